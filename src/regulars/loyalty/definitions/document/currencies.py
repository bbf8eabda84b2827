"""What is earned and spent: a programme's point currencies, and how long their points are good."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from regulars.loyalty.definitions.document.common import Amounts, Key, Name, Part, Rounding, Span


class CurrencyKind(StrEnum):
    """What points of a currency are for."""

    SPENDABLE = "spendable"
    # They count for tiers alone, and buy nothing.
    STATUS = "status"


class OnShortfall(StrEnum):
    """What becomes of points that a return takes back, and that the member no longer has."""

    DEBT = "debt"
    WRITE_OFF = "write_off"


class RoundTo(StrEnum):
    """To the end of which stretch of the calendar an expiry is moved."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Never(Part):
    """Points stay good for ever."""

    kind: Literal["never"] = "never"


class Rolling(Part):
    """Points are good for a span from their activation on."""

    kind: Literal["rolling"]
    after: Span
    round_to: Annotated[RoundTo | None, Field(description="To the end of which stretch the last day is moved.")] = None


class Calendar(Part):
    """Points are good through a fixed day of the year, as 31 December, `years` later where that is given."""

    kind: Literal["calendar"]
    month: Annotated[int, Field(ge=1, le=12, description="Of the last day.")]
    day: Annotated[int, Field(ge=1, le=31, description="The last of the month where it has fewer.")]
    years: Annotated[int, Field(ge=0, le=20, description="So many years after the next such day.")] = 0


class FixedDay(Part):
    """Points are good through one day, as those of a campaign."""

    kind: Literal["on"]
    on: Annotated[date, Field(description="The last day.")]


class Inactivity(Part):
    """Points are good for a span from the member's last earning or spending on."""

    kind: Literal["inactivity"]
    after: Span
    round_to: Annotated[RoundTo | None, Field(description="To the end of which stretch the last day is moved.")] = None


PlainExpiry = Annotated[Never | Rolling | Calendar | FixedDay | Inactivity, Field(discriminator="kind")]


class PerTier(Part):
    """How long points are good follows from the tier at their grant."""

    kind: Literal["per_tier"]
    tier_set: Annotated[Key, Field(description="The key of a tier set.")]
    tiers: Annotated[dict[Key, PlainExpiry], Field(min_length=1, description="How long they are good, by tier.")]
    otherwise: Annotated[PlainExpiry, Field(description="How long they are good of a member with another tier.")] = (
        Never()
    )


Expiry = Annotated[Never | Rolling | Calendar | FixedDay | Inactivity | PerTier, Field(discriminator="kind")]


class PointCurrency(Part):
    """A kind of points."""

    key: Key
    name: Name
    kind: Annotated[
        CurrencyKind, Field(description="Points that buy, or `status` points, which count for tiers alone.")
    ] = CurrencyKind.SPENDABLE
    cost: Annotated[
        Amounts | None,
        Field(description="What a point costs the business, fixed with the version; caps in money and reports use it."),
    ] = None
    expiry: Annotated[Expiry, Field(description="How long points are good; a rule may say otherwise.")] = Never()
    rounding: Annotated[Rounding, Field(description="What becomes of fractions; a rule may say otherwise.")] = (
        Rounding.DOWN
    )
    on_shortfall: Annotated[
        OnShortfall,
        Field(description="What becomes of points that a return takes back, and that the member no longer has."),
    ] = OnShortfall.DEBT
    grace_days: Annotated[
        int,
        Field(
            ge=0,
            le=366,
            description=(
                "Points that come back to a lot that has expired, or soon does, are good for so long from the first"
                " time on."
            ),
        ),
    ] = 14
