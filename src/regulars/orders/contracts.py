"""What others see of orders: the full state that a source tells, what became of it, and orders as they are kept.

Amounts are integers in minor units of the order's currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from regulars.customers.contracts import Identifier, Profile


class PaymentState(StrEnum):
    """Whether an order has been paid."""

    UNPAID = "unpaid"
    PAID = "paid"
    REFUNDED = "refunded"


class TenderKind(StrEnum):
    """What an order was paid with."""

    CARD = "card"
    CASH = "cash"
    BANK_TRANSFER = "bank_transfer"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    POINTS = "points"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductState:
    """What a line sells, as its source tells it."""

    external_id: str
    name: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product as it is kept."""

    id: UUID
    source: str
    external_id: str
    name: str
    category: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """One line. `total_minor` is quantity × unit price − discount, with tax where the prices hold it."""

    product: ProductState
    quantity: Decimal
    unit_price_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    total_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountState:
    """A discount on the whole order, beside those of its lines."""

    name: str = ""
    coupon: str = ""
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderState:
    """A payment."""

    kind: TenderKind
    amount_minor: int
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLine:
    """What came back of a line, by the line's number from 1."""

    line: int
    quantity: Decimal
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnState:
    """A return."""

    external_id: str
    returned_at: datetime
    reason: str = ""
    shipping_minor: int = 0
    lines: Sequence[ReturnedLine] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who bought, as the source tells it: any of its names, and what else it knows."""

    identifiers: Sequence[Identifier]
    profile: Profile = field(default_factory=Profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """An order in full, as its source tells it; without a `buyer` it is a guest's.

    `version` grows with each change at the source; without one the last that comes holds.
    """

    source: str
    external_id: str
    version: int | None = None
    number: str = ""
    placed_at: datetime
    buyer: Buyer | None = None
    currency: str
    lines: Sequence[LineState]
    tax_included: bool = True
    shipping_minor: int = 0
    shipping_tax_minor: int = 0
    discounts: Sequence[DiscountState] = ()
    total_minor: int
    payment_state: PaymentState = PaymentState.PAID
    tenders: Sequence[TenderState] = ()
    returns: Sequence[ReturnState] = ()
    cancelled_at: datetime | None = None
    delivered_at: datetime | None = None
    channel: str = ""
    location: str = ""
    staff: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductResult:
    """What became of a product that was put: `created`, `updated` or `unchanged`."""

    source: str
    external_id: str
    product_id: UUID
    outcome: str


class Outcome(StrEnum):
    """What became of an order that was put."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutResult:
    """What became of one order; where it was refused, why, and which part of it."""

    source: str
    external_id: str
    outcome: Outcome
    order_id: UUID | None = None
    customer_id: UUID | None = None
    version: int | None = None
    code: str = ""
    message: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHead:
    """An order without its lines, as lists show it."""

    id: UUID
    source: str
    external_id: str
    number: str
    version: int
    customer_id: UUID | None
    placed_at: datetime
    currency: str
    total_minor: int
    returned_minor: int
    payment_state: PaymentState
    cancelled_at: datetime | None
    channel: str
    items: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFacts:
    """What the orders of a customer come to, in the reporting currency. Cancelled orders do not count.

    `average_minor` is of the orders whose amount is known; None where there is none.
    """

    customer_id: UUID
    orders: int
    revenue_minor: int
    returned_minor: int
    first_ordered_at: datetime | None
    last_ordered_at: datetime | None
    unconverted_orders: int
    average_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order in full, as it is kept. A return's lines name the order's lines by their number from 1."""

    head: OrderHead
    lines: Sequence[LineState]
    discounts: Sequence[DiscountState]
    tenders: Sequence[TenderState]
    returns: Sequence[ReturnState]
    tax_minor: int
    tax_included: bool
    shipping_minor: int
    shipping_tax_minor: int
    delivered_at: datetime | None
    location: str
    staff: str
    attributes: Mapping[str, Any]
    received_at: datetime
