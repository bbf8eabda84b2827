"""Orders and products."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from regulars.client.shapes.customers import Person


class Product(TypedDict):
    """What a line sells."""

    external_id: str
    name: NotRequired[str]
    category: NotRequired[str]


class Line(TypedDict):
    """A line of an order; `total_minor` is quantity × unit price − discount."""

    product: Product
    quantity: str | int
    unit_price_minor: int
    discount_minor: NotRequired[int]
    tax_minor: NotRequired[int]
    total_minor: int


class Order(TypedDict):
    """An order in full state. Those of `put_many` carry `source` and `external_id` too."""

    source: NotRequired[str]
    external_id: NotRequired[str]
    version: NotRequired[int | None]
    number: NotRequired[str]
    placed_at: str
    buyer: NotRequired[Person | None]
    currency: str
    lines: list[Line]
    tax_included: NotRequired[bool]
    shipping_minor: NotRequired[int]
    shipping_tax_minor: NotRequired[int]
    discounts: NotRequired[list[dict[str, Any]]]
    total_minor: int
    payment_state: NotRequired[Literal["unpaid", "paid", "refunded"]]
    tenders: NotRequired[list[dict[str, Any]]]
    returns: NotRequired[list[dict[str, Any]]]
    cancelled_at: NotRequired[str | None]
    delivered_at: NotRequired[str | None]
    channel: NotRequired[str]
    location: NotRequired[str]
    staff: NotRequired[str]
    attributes: NotRequired[dict[str, Any]]


class OrderPut(TypedDict):
    """What became of an order; where it was refused, why and where."""

    source: str
    external_id: str
    outcome: Literal["created", "updated", "unchanged", "stale", "refused"]
    order_id: str | None
    customer_id: str | None
    version: int | None
    code: str
    message: str
    pointer: str


class OrderHead(TypedDict):
    """An order without its lines."""

    id: str
    source: str
    external_id: str
    number: str
    version: int
    customer_id: str | None
    placed_at: str
    currency: str
    total_minor: int
    returned_minor: int
    payment_state: str
    cancelled_at: str | None
    channel: str
    items: str


class KeptProduct(TypedDict):
    """A product."""

    id: str
    source: str
    external_id: str
    name: str
    category: str
    updated_at: str


class ProductPut(TypedDict):
    """What became of a product."""

    source: str
    external_id: str
    product_id: str
    outcome: Literal["created", "updated", "unchanged"]
