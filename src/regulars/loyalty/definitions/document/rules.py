"""Earning rules: what happens, to whom it applies, what it grants, and within which bounds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from regulars.loyalty.definitions.document.common import (
    Amount,
    Amounts,
    Condition,
    Dates,
    Factor,
    Key,
    Name,
    Part,
    Percent,
    Period,
    Points,
    Rounding,
    Several,
    Span,
    Text,
)
from regulars.loyalty.definitions.document.currencies import Expiry

# --- What sets a rule off ---------------------------------------------------------------------------------------------


class OnOrder(Part):
    """An order as a whole."""

    kind: Literal["order"]


class OnLine(Part):
    """The lines of an order of which the condition is true; the others are as if they were not there."""

    kind: Literal["line"]


class OnEvent(Part):
    """An event of the stream, as `review.written`."""

    kind: Literal["event"]
    event: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z0-9_]+$", max_length=80, description="The type of the event.")
    ]


class OnProfile(Part):
    """Something of the profile becomes known, as the birthday; once for each member and field."""

    kind: Literal["profile"]
    field: Annotated[Key, Field(description="Of the profile, or the key of a trait.")]


class OnEnrolment(Part):
    """Somebody becomes a member."""

    kind: Literal["enrolment"]


class OnSchedule(Part):
    """Days of the calendar, by an iCal RRULE; each member of whom the condition is true then."""

    kind: Literal["schedule"]
    rrule: Annotated[str, Field(max_length=500, description="RFC 5545, as FREQ=MONTHLY;BYMONTHDAY=1.")]
    start: Annotated[date, Field(description="The first day; intervals count from it.")]


class OnAnniversary(Part):
    """The day of each year that a fact is of, as `profile.birthday`; 29 February is the 28th where there is none."""

    kind: Literal["anniversary"]
    of: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z0-9_.]+$", max_length=80, description="A fact that is a day.")
    ]


Trigger = Annotated[
    OnOrder | OnLine | OnEvent | OnProfile | OnEnrolment | OnSchedule | OnAnniversary, Field(discriminator="kind")
]

# --- What an amount is counted of -------------------------------------------------------------------------------------


class Base(Part):
    """Which part of an order counts."""

    discounts: Annotated[
        Literal["before", "after"], Field(description="Whether prices count before or after discounts.")
    ] = "after"
    tax: Annotated[bool, Field(description="Whether tax counts.")] = True
    shipping: Annotated[bool, Field(description="Whether shipping counts.")] = False
    gift_cards: Annotated[bool, Field(description="Whether what was paid by gift card counts.")] = True
    points: Annotated[bool, Field(description="Whether what was paid with points counts.")] = False


# --- What it grants ---------------------------------------------------------------------------------------------------


class Fixed(Part):
    """So many points, once."""

    kind: Literal["fixed"]
    points: Points


class PerAmount(Part):
    """Points for each full or partial amount of the base: 1 point per 1 EUR; a rate for each currency."""

    kind: Literal["per_amount"]
    points: Annotated[Decimal, Field(gt=0, le=10**9, decimal_places=6, description="How many for each `per`.")]
    per: Annotated[Amounts, Field(description="The amount that earns them, for each currency.")]
    base: Base = Base()
    other_currencies: Annotated[
        Literal["nothing", "convert"],
        Field(
            description=(
                "What an order in another currency earns: nothing, or by the business's rates into the first currency"
                " of `per`."
            )
        ),
    ] = "nothing"


class PerItem(Part):
    """Points for each piece."""

    kind: Literal["per_item"]
    points: Annotated[Decimal, Field(gt=0, le=10**9, decimal_places=6, description="How many for each piece.")]


class Percentage(Part):
    """A share of the base, given as points of a value: 5 % back, where a point is worth 0.01 EUR."""

    kind: Literal["percentage"]
    percent: Percent
    value: Annotated[Amounts, Field(description="What a point is worth.")]
    base: Base = Base()
    other_currencies: Annotated[
        Literal["nothing", "convert"],
        Field(
            description=(
                "What an order in another currency earns: nothing, or by the business's rates into the first currency"
                " of `value`."
            )
        ),
    ] = "nothing"


class Formula(Part):
    """Points by an expression: numbers, + - * /, min, max, floor, ceil, round, and numeric facts of cart and member."""

    kind: Literal["formula"]
    expression: Annotated[str, Field(min_length=1, max_length=500, description="As floor(cart.total / 3).")]


class Multiplier(Part):
    """(factor - 1) times what the amount and item rules give before rounding; never of fixed bonuses."""

    kind: Literal["multiplier"]
    factor: Annotated[Factor, Field(gt=1)]
    of: Annotated[
        Several[Key],
        Field(
            description=(
                "The keys of the rules that are multiplied; all amount, item and percentage rules of the currency"
                " where none is named."
            )
        ),
    ] = ()


Grant = Annotated[Fixed | PerAmount | PerItem | Percentage | Formula | Multiplier, Field(discriminator="kind")]

# --- When, how much at most, beside which others ----------------------------------------------------------------------


class Hours(Part):
    """Happy hours: each occurrence of the RRULE in the programme's zone, for so many minutes."""

    rrule: Annotated[str, Field(max_length=500, description="RFC 5545, as FREQ=WEEKLY;BYDAY=MO;BYHOUR=17;BYMINUTE=0.")]
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60, description="How long each lasts.")]


class Measured(Part):
    """At most so much in a period; in points, or in money at the currency's cost per point."""

    period: Annotated[Period, Field(description="In which time it adds up.")] = Period.EVER
    points: Annotated[Points | None, Field(description="So many points.")] = None
    money: Annotated[Amount | None, Field(description="In the reporting currency.")] = None
    over: Annotated[Literal["cut", "refuse"], Field(description="What becomes of a grant that goes over it.")] = "cut"

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.points is None) == (self.money is None):
            raise PydanticCustomError("one_measure", "it is in points or in money, one of them")
        return self


class CapScope(StrEnum):
    """Whose grants by the rule a cap adds up."""

    TRANSACTION = "transaction"
    MEMBER = "member"
    # Of all members.
    RULE = "rule"


class Cap(Measured):
    """A bound of one rule."""

    scope: Annotated[CapScope, Field(description="Whose grants by the rule add up: of `rule`, all members'.")]


class Budget(Measured):
    """A bound of all rules that name it, for all members: a programme's, or a campaign's."""

    key: Key
    name: Name


class Now(Part):
    """Points are active at once."""

    kind: Literal["now"] = "now"


class Delay(Part):
    """Points are active after a span."""

    kind: Literal["delay"]
    after: Annotated[Span, Field(description="How long after the grant, in days of the calendar.")]


class OnDay(Part):
    """Points are active from a day on."""

    kind: Literal["on"]
    on: Annotated[date, Field(description="The first day.")]


class UponEvent(Part):
    """Points are active a span after the order was delivered or paid; cancelled where that does not come in time."""

    kind: Literal["event"]
    event: Annotated[Literal["order.delivered", "order.paid"], Field(description="What they wait for.")]
    after: Annotated[Span | None, Field(description="How long after it; at once where it is left out.")] = None
    cancel_after: Annotated[Span, Field(description="How long after the grant it must have come.")]


Activation = Annotated[Now | Delay | OnDay | UponEvent, Field(discriminator="kind")]


class Funding(StrEnum):
    """Whose money the points are: those of a sale are part of its price, the others are not."""

    SALE = "sale"
    WELCOME = "welcome"
    PARTNER = "partner"
    GOODWILL = "goodwill"


class Rule(Part):
    """An earning rule."""

    key: Key
    name: Name
    description: Text = ""
    on: Annotated[Trigger, Field(description="What sets it off.")]
    condition: Condition = ""
    currency: Annotated[Key, Field(description="The key of the point currency that it grants.")]
    grant: Annotated[Grant, Field(description="How many points.")]
    rounding: Annotated[Rounding | None, Field(description="The currency's where it is left out.")] = None
    round_per: Annotated[
        Literal["order", "line"],
        Field(description="Where a fraction is rounded: once for the order, or for each of its lines."),
    ] = "order"
    dates: Annotated[Dates, Field(description="On which days it is in force.")] = Dates()
    hours: Annotated[Hours | None, Field(description="At which hours it is in force.")] = None
    caps: Annotated[Several[Cap], Field(description="How much it grants at most.")] = ()
    budgets: Annotated[Several[Key], Field(description="The keys of the budgets that it draws on.")] = ()
    group: Annotated[
        Key | None,
        Field(
            description=("Of an exclusive group the first that applies by priority counts, the others say `excluded`.")
        ),
    ] = None
    priority: Annotated[int, Field(ge=-1_000, le=1_000, description="The highest comes first.")] = 0
    activation: Annotated[Activation, Field(description="When the points become active.")] = Now()
    expiry: Annotated[Expiry | None, Field(description="The currency's where it is left out.")] = None
    funding: Annotated[Funding, Field(description="Whose money the points are.")] = Funding.SALE
    opt_in: Annotated[bool, Field(description="Whether the member says first that the offer is wanted.")] = False
    beneficiary: Annotated[
        str,
        Field(
            pattern=r"^(member|attribute:[a-z][a-z0-9_]{0,39})$",
            description=(
                "Who is granted: who bought (`member`), or the member whose number stands in the order's attribute"
                " (`attribute:seller`)."
            ),
        ),
    ] = "member"
    counts_for_tiers: Annotated[
        bool, Field(description="Whether the points count for tiers that are reached by points earned.")
    ] = True
