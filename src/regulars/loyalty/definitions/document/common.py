"""What the parts of a document share: names, spans of time, amounts per currency, and what is refused everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from regulars.kit.money import is_currency, minor_digits

LONGEST_SPAN = 9_999
MOST_POINTS = 10**12


class Part(BaseModel):
    """A part of a document: what it does not know is refused, and nothing changes once it is read."""

    # What checks it is built when something is first checked: most processes read no document.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _known_currency(code: str) -> str:
    if not is_currency(code):
        raise PydanticCustomError("unknown_currency", "{code} is no ISO 4217 currency", {"code": code})
    return code


Item = TypeVar("Item")
# A list as a tuple, so that what is read is equal to what was written, and nothing of it can change.
Several = Annotated[Sequence[Item], AfterValidator(tuple)]
Key = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Small letters, digits and _, a letter first. Never changes."),
]
Name = Annotated[str, Field(min_length=1, max_length=120, description="What people read.")]
Text = Annotated[str, Field(max_length=2_000, description="What people read, at length.")]
Condition = Annotated[
    str, Field(max_length=4_000, description="A condition in the condition language; empty for everybody.")
]
Points = Annotated[int, Field(ge=1, le=MOST_POINTS, description="A number of points.")]
Currency = Annotated[
    str, Field(pattern=r"^[A-Z]{3}$", description="An ISO 4217 code."), AfterValidator(_known_currency)
]
Amount = Annotated[
    Decimal, Field(gt=0, le=10**12, max_digits=18, decimal_places=6, description="In major units: 1.50.")
]
Amounts = Annotated[Mapping[Currency, Amount], Field(min_length=1, description="An amount for each currency.")]
Percent = Annotated[Decimal, Field(gt=0, le=1_000, decimal_places=4, description="Of a hundred.")]
Factor = Annotated[Decimal, Field(gt=0, le=1_000, decimal_places=4, description="By how much it is multiplied.")]


class SpanUnit(StrEnum):
    """What a span counts."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


Span = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]{0,3} (day|week|month|year)s?$",
        description="How long, by the calendar of the programme's zone: 12 months, 14 days.",
    ),
]


class Period(StrEnum):
    """A stretch of the calendar, in the programme's zone."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    # As long as the member is one.
    EVER = "ever"


class Rounding(StrEnum):
    """How a fraction of a point becomes none or one."""

    DOWN = "down"
    UP = "up"
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"


class Dates(Part):
    """From which day until which, both included; what is left out is open."""

    start: Annotated[date | None, Field(description="The first day.")] = None
    end: Annotated[date | None, Field(description="The last day.")] = None


def span_of(text: str) -> tuple[int, SpanUnit]:
    """Return how many of which unit a span is."""
    number, unit = text.split()
    return int(number), SpanUnit(unit if unit.endswith("s") else f"{unit}s")


def to_minor(amount: Decimal, currency: str) -> Decimal:
    """Return an amount of major units in minor units of its currency, by ISO 4217's exponent."""
    return amount.scaleb(minor_digits(currency))
