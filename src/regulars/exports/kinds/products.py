"""Products: one row each, with the columns that an import of products recognises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from regulars.exports.kinds.protocol import Cell, Place, Settled, Wanted
from regulars.orders.contracts import Product
from regulars.orders.queries import count_products, list_products


class ProductsKind:
    """Products by source and number."""

    def settle(self) -> Settled:
        """Settle nothing: a product that comes while the file is written stands in it or not."""
        return {}

    def columns(self, settled: Settled) -> Sequence[str]:  # noqa: ARG002  # They are always these.
        """Return the columns."""
        return ["product_id", "product_name", "category", "source", "updated_at", "regulars_id"]

    def count(self, wanted: Wanted) -> int:
        """Return how many products there are."""
        return count_products(source=wanted.source, since=wanted.since)

    def read(self, wanted: Wanted, after: Place | None, *, limit: int) -> Sequence[Product]:
        """Return products by source and number."""
        place = (str(after[0]), str(after[1])) if after else None
        return list_products(limit=limit, after=place, source=wanted.source, since=wanted.since)

    def place_of(self, item: Product) -> Place:
        """Return source and number."""
        return [item.source, item.external_id]

    def rows_of(self, items: Sequence[Product], wanted: Wanted) -> Iterable[Sequence[Cell]]:  # noqa: ARG002
        """Yield a row for each."""
        for item in items:
            name, updated_at = item.name, item.updated_at.isoformat()
            yield [item.external_id, name, item.category, item.source, updated_at, str(item.id)]

    def object_of(self, item: Product) -> Mapping[str, Any]:
        """Return all that is kept of a product."""
        return asdict(item)
