"""Orders on the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, JsonValue

from regulars.faces.api.schemas.customers import IdentifierIn, ProfileIn
from regulars.faces.api.schemas.loyalty_effects import AdjudicatedOut
from regulars.faces.api.schemas.products import ProductIn
from regulars.faces.api.schemas.wire import Amount, Code, Currency, In, Minor, Moment, Number, Out, Quantity, Text
from regulars.loyalty.adjudication.services import Answer
from regulars.orders.contracts import (
    Buyer,
    DiscountState,
    LineState,
    Order,
    OrderState,
    Outcome,
    PaymentState,
    ReturnedLine,
    ReturnState,
    TenderKind,
    TenderState,
)


class BuyerIn(In):
    """Who bought: any of the customer's names."""

    identifiers: Annotated[tuple[IdentifierIn, ...], Field(max_length=20)]
    profile: Annotated[ProfileIn, Field(default_factory=ProfileIn)]


class LineIn(In):
    """A line of an order."""

    product: ProductIn
    quantity: Quantity
    unit_price_minor: Minor
    discount_minor: Minor = 0
    tax_minor: Minor = 0
    total_minor: Minor


class DiscountIn(In):
    """A discount on the whole order."""

    name: Text = ""
    coupon: Text = ""
    amount_minor: Amount


class TenderIn(In):
    """A payment."""

    kind: TenderKind
    amount_minor: Minor
    paid_at: Moment | None = None


class ReturnedLineIn(In):
    """What came back of a line."""

    line: Annotated[int, Field(ge=1)]
    quantity: Quantity
    amount_minor: Amount


class ReturnIn(In):
    """A return."""

    external_id: Number
    returned_at: Moment
    reason: Text = ""
    shipping_minor: Amount = 0
    lines: Annotated[tuple[ReturnedLineIn, ...], Field(max_length=1000)] = ()


class OrderIn(In):
    """The full state of an order, as its source has it."""

    version: Annotated[int, Field(ge=0, le=2**62)] | None = None
    number: Text = ""
    placed_at: Moment
    buyer: BuyerIn | None = None
    currency: Currency
    lines: Annotated[tuple[LineIn, ...], Field(min_length=1, max_length=1000)]
    tax_included: bool = True
    shipping_minor: Amount = 0
    shipping_tax_minor: Amount = 0
    discounts: Annotated[tuple[DiscountIn, ...], Field(max_length=100)] = ()
    total_minor: Minor
    payment_state: PaymentState = PaymentState.PAID
    tenders: Annotated[tuple[TenderIn, ...], Field(max_length=100)] = ()
    returns: Annotated[tuple[ReturnIn, ...], Field(max_length=100)] = ()
    cancelled_at: Moment | None = None
    delivered_at: Moment | None = None
    channel: Code = ""
    location: Code = ""
    staff: Text = ""
    attributes: Annotated[dict[str, JsonValue], Field(default_factory=dict)]

    def contract(self, source: str, external_id: str) -> OrderState:
        """Return what services take."""
        return OrderState(
            source=source,
            external_id=external_id,
            version=self.version,
            number=self.number,
            placed_at=self.placed_at,
            buyer=_buyer(self.buyer),
            currency=self.currency,
            lines=[_line(line) for line in self.lines],
            tax_included=self.tax_included,
            shipping_minor=self.shipping_minor,
            shipping_tax_minor=self.shipping_tax_minor,
            discounts=[
                DiscountState(name=each.name, coupon=each.coupon, amount_minor=each.amount_minor)
                for each in self.discounts
            ],
            total_minor=self.total_minor,
            payment_state=self.payment_state,
            tenders=[
                TenderState(kind=each.kind, amount_minor=each.amount_minor, paid_at=each.paid_at)
                for each in self.tenders
            ],
            returns=[_return(each) for each in self.returns],
            cancelled_at=self.cancelled_at,
            delivered_at=self.delivered_at,
            channel=self.channel,
            location=self.location,
            staff=self.staff,
            attributes=self.attributes,
        )


class OrderOfMany(OrderIn):
    """An order among many, with its source and its number there."""

    source: Number
    external_id: Number


class OrdersIn(In):
    """Up to 500 orders. Each is kept or refused by itself."""

    orders: Annotated[tuple[OrderOfMany, ...], Field(min_length=1, max_length=500)]

    def contracts(self) -> list[OrderState]:
        """Return what services take."""
        return [each.contract(each.source, each.external_id) for each in self.orders]


def _buyer(told: BuyerIn | None) -> Buyer | None:
    if told is None:
        return None
    return Buyer(identifiers=[each.contract() for each in told.identifiers], profile=told.profile.contract())


def _line(told: LineIn) -> LineState:
    return LineState(
        product=told.product.contract(),
        quantity=told.quantity,
        unit_price_minor=told.unit_price_minor,
        discount_minor=told.discount_minor,
        tax_minor=told.tax_minor,
        total_minor=told.total_minor,
    )


def _return(told: ReturnIn) -> ReturnState:
    return ReturnState(
        external_id=told.external_id,
        returned_at=told.returned_at,
        reason=told.reason,
        shipping_minor=told.shipping_minor,
        lines=[
            ReturnedLine(line=each.line, quantity=each.quantity, amount_minor=each.amount_minor) for each in told.lines
        ],
    )


class OrderPutOut(Out):
    """What became of an order; where it was refused, why and where."""

    source: str
    external_id: str
    outcome: Outcome
    order_id: UUID | None
    customer_id: UUID | None
    version: int | None
    code: str
    message: str
    pointer: str


class OrderPutAloneOut(OrderPutOut):
    """What became of an order, and what came of it in each loyalty programme of its time."""

    loyalty: list[AdjudicatedOut]

    @classmethod
    def of(cls, answer: Answer) -> OrderPutAloneOut:
        """Return the wire's form of an answer."""
        put = OrderPutOut.model_validate(answer.put)
        return cls(**put.model_dump(), loyalty=[AdjudicatedOut.of(each) for each in answer.adjudicated])


class OrdersPutOut(Out):
    """What became of each order, in the order in which they were sent."""

    items: list[OrderPutOut]


class OrderHeadOut(Out):
    """An order without its lines."""

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


class OrdersOut(Out):
    """A page of orders, the latest first."""

    items: list[OrderHeadOut]
    next: str | None


class SoldProductOut(Out):
    """What a line sold, under the name that it had then."""

    external_id: str
    name: str
    category: str


class LineOut(Out):
    """A line of an order."""

    product: SoldProductOut
    quantity: Decimal
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int


class DiscountOut(Out):
    """A discount on the whole order."""

    name: str
    coupon: str
    amount_minor: int


class TenderOut(Out):
    """A payment."""

    kind: TenderKind
    amount_minor: int
    paid_at: datetime | None


class ReturnedLineOut(Out):
    """What came back of a line, by the line's number from 1."""

    line: int
    quantity: Decimal
    amount_minor: int


class ReturnOut(Out):
    """A return."""

    external_id: str
    returned_at: datetime
    reason: str
    shipping_minor: int
    lines: list[ReturnedLineOut]


class OrderOut(OrderHeadOut):
    """An order in full."""

    lines: list[LineOut]
    discounts: list[DiscountOut]
    tenders: list[TenderOut]
    returns: list[ReturnOut]
    tax_minor: int
    tax_included: bool
    shipping_minor: int
    delivered_at: datetime | None
    location: str
    staff: str
    attributes: dict[str, Any]
    received_at: datetime

    @classmethod
    def of(cls, order: Order) -> OrderOut:
        """Return the wire's form of an order."""
        head = OrderHeadOut.model_validate(order.head).model_dump()
        rest = {name: getattr(order, name) for name in cls.model_fields if hasattr(order, name)}
        return cls.model_validate({**head, **rest})
