"""The kinds of exports. To add one, add a module like these and a line to `KINDS`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.exports.contracts import ExportKind
from regulars.exports.kinds.customers import CustomersKind
from regulars.exports.kinds.events import EventsKind
from regulars.exports.kinds.facts import FactsKind
from regulars.exports.kinds.orders import OrdersKind
from regulars.exports.kinds.products import ProductsKind
from regulars.exports.kinds.protocol import Kind
from regulars.exports.kinds.scores import ScoresKind

KINDS: Mapping[ExportKind, Kind[Any]] = {
    ExportKind.CUSTOMERS: CustomersKind(),
    ExportKind.ORDERS: OrdersKind(),
    ExportKind.PRODUCTS: ProductsKind(),
    ExportKind.EVENTS: EventsKind(),
    ExportKind.FACTS: FactsKind(),
    ExportKind.SCORES: ScoresKind(),
}

__all__ = ["KINDS", "Kind"]
