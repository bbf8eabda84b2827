"""Products: one row each, with the columns that an import of products recognises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from regulars.exports.kinds.protocol import Chosen, Column, ColumnType, Place, Settled, Value, Wanted, texts
from regulars.orders.contracts import Product
from regulars.orders.queries import count_products, list_products


class ProductsKind:
    """Products by source and number."""

    takes = frozenset({"source", "since"})

    def settle(self, chosen: Chosen) -> Settled:  # noqa: ARG002  # Nothing can be chosen.
        """Settle nothing: a product that comes while the file is written stands in it or not."""
        return {}

    def columns(self, settled: Settled) -> Sequence[Column]:  # noqa: ARG002  # They are always these.
        """Return the columns."""
        told = texts("product_id", "product_name", "category", "source")
        return [*told, Column("updated_at", ColumnType.MOMENT), *texts("regulars_id")]

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

    def rows_of(self, items: Sequence[Product], wanted: Wanted) -> Iterable[Sequence[Value]]:  # noqa: ARG002
        """Yield a row for each."""
        for item in items:
            yield [item.external_id, item.name, item.category, item.source, item.updated_at, str(item.id)]

    def objects_of(self, items: Sequence[Product], wanted: Wanted) -> Iterable[Mapping[str, Any]]:  # noqa: ARG002
        """Yield all that is kept of each product."""
        return map(asdict, items)
