"""What members spend points for, and the vouchers that shops take."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from regulars.loyalty.definitions.document.common import (
    Amount,
    Amounts,
    Condition,
    Currency,
    Dates,
    Key,
    Name,
    Part,
    Percent,
    Period,
    Points,
    Several,
    Span,
    Text,
)

# --- What a voucher takes off -----------------------------------------------------------------------------------------


class PercentOff(Part):
    """A share of what it applies to, up to a most."""

    kind: Literal["percent"]
    percent: Annotated[Percent, Field(le=100)]
    most: Annotated[Amounts | None, Field(description="At most so much, for each currency.")] = None


class AmountOff(Part):
    """An amount, in the order's currency."""

    kind: Literal["amount"]
    amount: Amounts


class FreeItem(Part):
    """A product, by its source's number."""

    kind: Literal["free_item"]
    product: Annotated[str, Field(min_length=1, max_length=200, description="Its source's number.")]


class FreeShipping(Part):
    """The shipping."""

    kind: Literal["free_shipping"]


Off = Annotated[PercentOff | AmountOff | FreeItem | FreeShipping, Field(discriminator="kind")]


class VoucherSeries(Part):
    """Vouchers of one kind: each code is of one series."""

    key: Key
    name: Name
    off: Annotated[Off, Field(description="What it takes off.")]
    pattern: Annotated[
        Annotated[str, Field(pattern=r"^[A-Z0-9#-]{4,40}$")] | None,
        Field(
            description=(
                "What codes look like, each # a random one of 32 characters: SUMMER-########. Eight of them or more,"
                " unless a code is taken more than once and so is no secret. Without a pattern, 80 random bits or more."
            )
        ),
    ] = None
    uses: Annotated[int, Field(ge=1, le=10**9, description="How often one code is taken.")] = 1
    uses_per_member: Annotated[
        Annotated[int, Field(ge=1, le=10**6)] | None, Field(description="How often by one member.")
    ] = None
    dates: Annotated[Dates, Field(description="On which days it is taken.")] = Dates()
    good_for: Annotated[
        Span | None,
        Field(description="From the day on which a code is given to somebody, through its last day: 30 days."),
    ] = None
    minimum: Annotated[Amounts | None, Field(description="What the order comes to at least.")] = None
    condition: Condition = ""
    combines: Annotated[bool, Field(description="Whether it may be used beside others.")] = True
    group: Annotated[Key | None, Field(description="Of an exclusive group only one is used.")] = None
    hold_minutes: Annotated[
        int, Field(ge=1, le=24 * 60, description="How long a code is held for who validates it.")
    ] = 15


# --- What a reward is -------------------------------------------------------------------------------------------------


class GivesVoucher(Part):
    """A voucher of a series."""

    kind: Literal["voucher"]
    series: Annotated[Key, Field(description="The key of a voucher series.")]


class PayWithPoints(Part):
    """A part of an order is paid with points: so much for each, at least so many, at most such a share."""

    kind: Literal["pay_with_points"]
    value: Annotated[Amounts, Field(description="What a point pays.")]
    least_points: Annotated[Points, Field(description="At least so many at once.")] = 1
    most_percent: Annotated[Percent, Field(le=100, description="At most such a share of the order.")] = Decimal(100)


class StoreCredit(Part):
    """Credit at the shop."""

    kind: Literal["store_credit"]
    amount: Amount
    currency: Currency


class Gift(Part):
    """A thing that is handed over or shipped; one that was cannot be undone."""

    kind: Literal["gift"]
    product: Annotated[str, Field(max_length=200, description="Its source's number, where it has one.")] = ""
    shipped: Annotated[bool, Field(description="Whether it is shipped, rather than handed over.")] = False


class EventAccess(Part):
    """A place at an event."""

    kind: Literal["event_access"]
    event: Annotated[Name, Field(description="Which event it is.")]


class Donation(Part):
    """An amount that the business gives to somebody else in the member's name; once given it cannot be undone."""

    kind: Literal["donation"]
    to: Annotated[Name, Field(description="Who gets it.")]
    amount: Amount
    currency: Currency


class Experience(Part):
    """Something to live through, arranged by the business."""

    kind: Literal["experience"]
    details: Annotated[Text, Field(description="What happens, and how it is arranged.")] = ""


class External(Part):
    """Something that another system gives, which is told by an event and says when it is done."""

    kind: Literal["external"]
    reference: Annotated[str, Field(min_length=1, max_length=200, description="What the other system knows it by.")]


Gives = Annotated[
    GivesVoucher | PayWithPoints | StoreCredit | Gift | EventAccess | Donation | Experience | External,
    Field(discriminator="kind"),
]


class Limit(Part):
    """How often a reward is given at most, to one member or to all, in a period."""

    of: Annotated[Literal["member", "all"], Field(description="Whose times count.")] = "member"
    period: Annotated[Period, Field(description="In which time they count.")] = Period.EVER
    times: Annotated[int, Field(ge=1, le=10**9, description="How often at most.")]


class Reward(Part):
    """Something that points buy, or a benefit gives."""

    key: Key
    name: Name
    description: Text = ""
    gives: Annotated[Gives, Field(description="What it is.")]
    cost: Annotated[
        Points | None,
        Field(description="How many points; one that pays with points is priced by the order instead."),
    ] = None
    currencies: Annotated[
        Several[Key], Field(min_length=1, description="Points of which currencies, the first soonest.")
    ]
    stock: Annotated[
        Annotated[int, Field(ge=0, le=10**9)] | None,
        Field(
            description=("How many there are; what was given, and how many were added, is counted beside the document.")
        ),
    ] = None
    limits: Annotated[Several[Limit], Field(description="How often it is given at most.")] = ()
    tiers: Annotated[
        Several[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}$")]],
        Field(description="Only for who has one of these tiers, as `status.gold`."),
    ] = ()
    condition: Condition = ""
    dates: Annotated[Dates, Field(description="On which days it is given.")] = Dates()
    reserve_minutes: Annotated[
        int,
        Field(ge=1, le=90 * 24 * 60, description="A reservation that is not confirmed ends by itself after so long."),
    ] = 30

    @model_validator(mode="after")
    def _priced(self) -> Reward:
        if (self.cost is None) != (self.gives.kind == "pay_with_points"):
            raise PydanticCustomError("priced", "a reward has a cost, but for one that pays with points")
        return self
