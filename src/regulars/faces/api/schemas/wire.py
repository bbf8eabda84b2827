"""The bases and the words that all schemas are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=500)]
Number = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(max_length=100)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Minor = Annotated[int, Field(ge=-(10**15), le=10**15)]
Amount = Annotated[int, Field(ge=0, le=10**15)]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=3)]


def in_utc(moment: datetime) -> datetime:
    """Return a time in UTC: PostgreSQL takes no zone that is more than 16 hours off, and ISO 8601 can tell one."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time is between the years 1 and 9999, in UTC too") from None


Moment = Annotated[AwareDatetime, AfterValidator(in_utc), Field(examples=["2026-11-20T10:15:00+01:00"])]


class In(BaseModel):
    """The base of what comes in: a field that we do not know is refused, not dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Out(BaseModel):
    """The base of what goes out, read from a contract's attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Refusal(Out):
    """Why something was refused; `pointer` is the JSON pointer to the place in the item that is wrong."""

    code: str
    message: str
    pointer: str
