"""What goes over the wire, and the contract that each becomes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from regulars.customers.contracts import Identifier, IdentifierKind, Profile
from regulars.orders.contracts import (
    Buyer,
    DiscountState,
    LineState,
    OrderState,
    PaymentState,
    ProductState,
    ReturnedLine,
    ReturnState,
    TenderKind,
    TenderState,
)

Text = Annotated[str, Field(max_length=500)]
Number = Annotated[str, Field(min_length=1, max_length=200)]
Minor = Annotated[int, Field(ge=-(10**15), le=10**15)]
Amount = Annotated[int, Field(ge=0, le=10**15)]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=3)]


class Wire(Schema):
    """The base of what comes in: a field that we do not know is refused, not dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentifierIn(Wire):
    """A name that a customer goes by."""

    kind: IdentifierKind
    value: Number
    source: Text = ""

    def contract(self) -> Identifier:
        """Return what services take."""
        return Identifier(self.kind, self.value, self.source)


class ProfileIn(Wire):
    """What is known of a person. What is left out changes nothing."""

    name: Text | None = None
    given_name: Text | None = None
    family_name: Text | None = None
    birthday: date | None = None
    language: Annotated[str, Field(max_length=8)] | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    city: Text | None = None
    postcode: Text | None = None

    def contract(self) -> Profile:
        """Return what services take."""
        return Profile(**self.model_dump())


class BuyerIn(Wire):
    """Who bought: any of the customer's names."""

    identifiers: Annotated[list[IdentifierIn], Field(max_length=20)]
    profile: ProfileIn = ProfileIn()


class ProductIn(Wire):
    """What a line sells."""

    external_id: Number
    name: Text = ""
    category: Text = ""


class LineIn(Wire):
    """A line of an order."""

    product: ProductIn
    quantity: Quantity
    unit_price_minor: Minor
    discount_minor: Minor = 0
    tax_minor: Minor = 0
    total_minor: Minor


class DiscountIn(Wire):
    """A discount on the whole order."""

    name: Text = ""
    coupon: Text = ""
    amount_minor: Amount


class TenderIn(Wire):
    """A payment."""

    kind: TenderKind
    amount_minor: Minor
    paid_at: datetime | None = None


class ReturnedLineIn(Wire):
    """What came back of a line."""

    line: Annotated[int, Field(ge=1)]
    quantity: Quantity
    amount_minor: Amount


class ReturnIn(Wire):
    """A return."""

    external_id: Number
    returned_at: datetime
    reason: Text = ""
    shipping_minor: Amount = 0
    lines: Annotated[list[ReturnedLineIn], Field(max_length=1000)] = []


class OrderIn(Wire):
    """The full state of an order, as its source has it."""

    version: Annotated[int, Field(ge=0, le=2**62)] | None = None
    number: Text = ""
    placed_at: datetime
    buyer: BuyerIn | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=1000)]
    tax_included: bool = True
    shipping_minor: Amount = 0
    shipping_tax_minor: Amount = 0
    discounts: Annotated[list[DiscountIn], Field(max_length=100)] = []
    total_minor: Minor
    payment_state: PaymentState = PaymentState.PAID
    tenders: Annotated[list[TenderIn], Field(max_length=100)] = []
    returns: Annotated[list[ReturnIn], Field(max_length=100)] = []
    cancelled_at: datetime | None = None
    delivered_at: datetime | None = None
    channel: Annotated[str, Field(max_length=100)] = ""
    location: Annotated[str, Field(max_length=100)] = ""
    staff: Text = ""
    attributes: dict[str, Any] = {}

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


def _buyer(told: BuyerIn | None) -> Buyer | None:
    if told is None:
        return None
    return Buyer(identifiers=[each.contract() for each in told.identifiers], profile=told.profile.contract())


def _line(told: LineIn) -> LineState:
    return LineState(
        product=ProductState(
            external_id=told.product.external_id, name=told.product.name, category=told.product.category
        ),
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


class OrderPutOut(Schema):
    """What became of an order."""

    source: str
    external_id: str
    outcome: str
    order_id: UUID | None
    customer_id: UUID | None
    version: int | None
