"""What others see of the rules: a cart, what can set rules off, and what each rule grants or why it does not.

Amounts are integers in minor units of the cart's currency. Nothing here reads or writes anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from regulars.orders.contracts import PaymentState, TenderKind

# The number of the shipping among the parts of a cart; lines count from 1.
SHIPPING = 0

# --- What is bought ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """One line. `total_minor` is after its discount, and holds its tax where prices hold it.

    A line below nought is a discount, and neither it nor one that a reward gave earns.
    """

    number: int
    product: str
    name: str = ""
    category: str = ""
    quantity: Decimal
    unit_price_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    total_minor: int
    is_reward: bool = False
    returned_quantity: Decimal = Decimal(0)
    # With tax, and with what was paid by points or gift card.
    returned_minor: int = 0

    @property
    def is_goods(self) -> bool:
        """Whether somebody bought something by it."""
        return not self.is_reward and self.total_minor >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CartDiscount:
    """A discount on the whole."""

    amount_minor: int
    coupon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CartTender:
    """A payment."""

    kind: TenderKind
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """A cart or an order, with what came back of it since."""

    source: str
    external_id: str
    currency: str
    placed_at: datetime
    lines: Sequence[CartLine]
    tax_included: bool = True
    shipping_minor: int = 0
    shipping_tax_minor: int = 0
    discounts: Sequence[CartDiscount] = ()
    tenders: Sequence[CartTender] = ()
    total_minor: int
    payment_state: PaymentState = PaymentState.PAID
    channel: str = ""
    location: str = ""
    staff: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    returned_shipping_minor: int = 0
    # It was cancelled, or all of its money has gone back: nothing of it remains.
    is_void: bool = False

    @property
    def coupons(self) -> Sequence[str]:
        """The coupons that were used, each once."""
        return list(dict.fromkeys(discount.coupon for discount in self.discounts if discount.coupon))


# --- What sets rules off ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order was placed, or a cart is looked at; `is_first` tells whether it is the member's first, if known."""

    cart: Cart
    is_first: bool | None = None

    @property
    def at(self) -> datetime:
        """When it is judged: at its business time."""
        return self.cart.placed_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event of the stream."""

    type: str
    at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BecameKnown:
    """A field of the profile became known."""

    field: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """Somebody became a member."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCame:
    """A day of the programme's calendar, for a member: what is scheduled for it, and anniversaries."""

    on: date
    at: datetime


Occasion = Ordered | Happened | BecameKnown | Enrolled | DayCame

# --- What comes of it -------------------------------------------------------------------------------------------------


class Reason(StrEnum):
    """Why a rule grants nothing; stable, for machines."""

    NOT_STARTED = "not_started"
    ENDED = "ended"
    OUTSIDE_HOURS = "outside_hours"
    # Nobody is a member who could be granted.
    MEMBER_UNKNOWN = "member_unknown"
    BENEFICIARY_UNKNOWN = "beneficiary_unknown"
    NOT_OPTED_IN = "not_opted_in"
    CURRENCY_NOT_COVERED = "currency_not_covered"
    CONDITION_FALSE = "condition_false"
    # A formula asks for what is not known.
    FACT_UNKNOWN = "fact_unknown"
    NOTHING_TO_COUNT = "nothing_to_count"
    NOTHING_TO_MULTIPLY = "nothing_to_multiply"
    EXCLUDED = "excluded"
    ROUNDS_TO_NOTHING = "rounds_to_nothing"
    CAP_REACHED = "cap_reached"
    BUDGET_REACHED = "budget_reached"
    # What its points wait for came too late, or not in time.
    WAITED_IN_VAIN = "waited_in_vain"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a rule grants nothing, with the values that explain it, which JSON can hold."""

    reason: Reason
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RateUsed:
    """By which rate an amount was converted: one unit of `source` was so many of `target`."""

    source: str
    target: str
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundUse:
    """How a bound was used: what was left before, what this took, in its own measure; how many points it cut off."""

    bound: str
    left: Decimal
    used: Decimal
    cut_points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """What one rule comes to: points of a currency for somebody, or the reason why none.

    `unrounded` is what it came to before rounding (to six places), `wanted` after it and before bounds. Of a grant that
    stems from an order, the shares of its parts, by the number of the line (0 is shipping), add up to what is granted.
    """

    rule: str
    currency: str
    # The number of who is granted instead of the member of the occasion.
    beneficiary: str | None = None
    granted: int = 0
    wanted: int = 0
    unrounded: Decimal = Decimal(0)
    shares: Mapping[int, int] = field(default_factory=dict)
    uses: Sequence[BoundUse] = ()
    rate: RateUsed | None = None
    refusal: Refusal | None = None

    @property
    def reason(self) -> Reason | None:
        """Why nothing is granted."""
        return self.refusal.reason if self.refusal else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What discounts on the whole, points and gift cards come to for each part of a cart, as it was placed.

    `points_back` and `gift_cards_back` are what of them came back with returned parts.
    """

    discounts: Mapping[int, int] = field(default_factory=dict)
    points: Mapping[int, int] = field(default_factory=dict)
    gift_cards: Mapping[int, int] = field(default_factory=dict)
    points_back: Mapping[int, int] = field(default_factory=dict)
    gift_cards_back: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What each rule that the occasion sets off comes to, in the document's order, then the multipliers of tiers."""

    outcomes: Sequence[RuleOutcome]
    spread: Spread = field(default_factory=Spread)

    @property
    def granted(self) -> Sequence[RuleOutcome]:
        """The outcomes that grant something."""
        return [outcome for outcome in self.outcomes if outcome.granted]

    def points(self, currency: str) -> int:
        """Return how many points of a currency are granted, to whomever."""
        return sum(outcome.granted for outcome in self.outcomes if outcome.currency == currency)
