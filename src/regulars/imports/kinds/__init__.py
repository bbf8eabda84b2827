"""The kinds of files that can be imported. To add one, add a module like these and a line to `KINDS`."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.imports.contracts import ImportKind
from regulars.imports.kinds.customers import CustomersKind
from regulars.imports.kinds.orders import OrdersKind
from regulars.imports.kinds.products import ProductsKind
from regulars.imports.kinds.protocol import Kind

KINDS: Mapping[ImportKind, Kind] = {
    ImportKind.ORDERS: OrdersKind(),
    ImportKind.CUSTOMERS: CustomersKind(),
    ImportKind.PRODUCTS: ProductsKind(),
}

__all__ = ["KINDS", "Kind"]
