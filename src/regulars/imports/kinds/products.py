"""Files of products: their numbers, names and categories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from ibis.backends.duckdb import Backend

from regulars.imports.contracts import Item, Recognised, Refusal
from regulars.imports.kinds.columns import pick_fields
from regulars.imports.kinds.listings import plain_cells, recognised_of, refused_alone
from regulars.imports.kinds.protocol import Became, Outcome, Reading, Wanted
from regulars.intake.contracts import Role
from regulars.intake.fields import OF_PRODUCTS, Field
from regulars.intake.listing import Listing, read_listing
from regulars.orders.contracts import ProductState
from regulars.orders.services import put_products
from regulars.stream.contracts import Actor
from retention.reasons import mark

_BECAME = {"created": Became.IMPORTED, "updated": Became.UPDATED, "unchanged": Became.UNCHANGED}
_LONGEST_NAME = 300
REASONS: Mapping[str, str] = {
    "no_product": mark("No product is named."),
    "long_name": mark("A number, name or category is longer than 300 characters."),
}


class ProductsKind:
    """Products, one row each."""

    def read(self, wanted: Wanted, *, first_rows: int | None = None, connection: Backend) -> Reading:
        """Read a file of products."""
        listing = read_listing(
            wanted.path,
            wanted.settings(),
            id_role=Role.PRODUCT,
            fields=OF_PRODUCTS,
            wishes=pick_fields(wanted.mapping.columns, (Field.ID, *OF_PRODUCTS)),
            first_rows=first_rows,
            connection=connection,
        )
        return ProductsReading(listing)

    def put(self, items: Sequence[Item], *, source: str, now: datetime, actor: Actor) -> list[Outcome]:
        """Put the products."""
        told = [cast("ProductState", item.state) for item in items]
        return [
            Outcome(became=_BECAME[result.outcome])
            for result in put_products(source=source, products=told, now=now, actor=actor)
        ]


@dataclass(frozen=True, slots=True)
class ProductsReading:
    """A file of products that has been read."""

    listing: Listing

    @property
    def recognised(self) -> Recognised:
        """How the file was understood."""
        return recognised_of(self.listing)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.listing.rows

    def iter_refused(self) -> Iterator[Refusal]:
        """Yield nothing: each row is judged as an item."""
        yield from ()

    def iter_items(self, *, after: int) -> Iterator[Item]:
        """Yield the products, row by row."""
        for row, malformed, written in self.listing.iter_rows(after=after):
            cells = plain_cells(written)
            told = {field: cells[column] or "" for field, column in self.listing.fields.items()}
            number = told.get(Field.ID) or told.get(Field.PRODUCT_NAME) or ""
            if malformed:
                yield refused_alone(row, "unreadable_row")
            elif not number:
                yield refused_alone(row, "no_product", REASONS)
            elif max(map(len, told.values())) > _LONGEST_NAME:
                yield refused_alone(row, "long_name", REASONS)
            else:
                product = ProductState(
                    external_id=number,
                    name=told.get(Field.PRODUCT_NAME, ""),
                    category=told.get(Field.CATEGORY, ""),
                )
                yield Item(place=row, rows=[row], state=product)

    def moments(self) -> Sequence[datetime]:
        """Return none: products are no events."""
        return []
