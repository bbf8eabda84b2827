"""Products on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from regulars.faces.api.schemas.wire import In, Number, Out, Text
from regulars.orders.contracts import ProductState


class ProductFields(In):
    """What is told of a product; what is left out stays as it is."""

    name: Text = ""
    category: Text = ""


class ProductIn(ProductFields):
    """A product, by its number at the source."""

    external_id: Number

    def contract(self) -> ProductState:
        """Return what services take."""
        return ProductState(external_id=self.external_id, name=self.name, category=self.category)


class ProductsIn(In):
    """Up to 500 products of one source."""

    source: Number
    products: Annotated[tuple[ProductIn, ...], Field(min_length=1, max_length=500)]


class ProductPutOut(Out):
    """What became of a product."""

    source: str
    external_id: str
    product_id: UUID
    outcome: Literal["created", "updated", "unchanged"]


class ProductsPutOut(Out):
    """What became of each product, in the order in which they were sent."""

    items: list[ProductPutOut]


class ProductOut(Out):
    """A product."""

    id: UUID
    source: str
    external_id: str
    name: str
    category: str
    updated_at: datetime


class ProductsOut(Out):
    """A page of products, by source and number."""

    items: list[ProductOut]
    next: str | None
