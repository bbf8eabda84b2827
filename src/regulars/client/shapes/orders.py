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


class Effect(TypedDict):
    """One thing that came of an order; of a preview nothing is posted, and there is no transaction."""

    kind: Literal[
        "granted",
        "held",
        "reversed",
        "refunded",
        "unlocked",
        "cancelled",
        "taken_back",
        "given_back",
        "spent_again",
        "cannot_be_undone",
    ]
    rule: str
    version: int | None
    currency: str
    points: int
    member_id: str | None
    transaction_id: str | None
    activates_at: str | None
    expires_at: str | None
    values: dict[str, Any]


class RuleRefused(TypedDict):
    """A rule that granted nothing, and why."""

    rule: str
    reason: str
    values: dict[str, Any]
    sentence: str


class Adjudicated(TypedDict):
    """What came of an order in a loyalty programme."""

    program: str
    version: int | None
    outcome: Literal["adjudicated", "stale", "unchanged"]
    effects: list[Effect]
    refused: list[RuleRefused]


class OrderPutAlone(OrderPut):
    """What became of an order that was put by itself, and what came of it in each programme of its time."""

    loyalty: list[Adjudicated]


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
