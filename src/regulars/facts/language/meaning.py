"""What a condition means at a moment: facts found, values read, times made moments. Both interpreters start from here.

A reading yields a value or nothing; a test is false where there is none. So everything is true or false.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from regulars.facts.contracts import Aggregate, Fact, FactType, History, Occurrences, Scalar
from regulars.facts.language.moments import Bounds

MonthAndDay = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FactReading:
    """A fact as it stands."""

    fact: Fact

    @property
    def type(self) -> FactType:
        """What its value is."""
        return self.fact.type


@dataclass(frozen=True, slots=True)
class WindowReading:
    """A fact of the occurrences within some time that fit a condition."""

    fact: Fact
    aggregate: Aggregate
    bounds: Bounds
    where: Meaning | None

    @property
    def type(self) -> FactType:
        """What its value is."""
        return self.fact.type


@dataclass(frozen=True, slots=True)
class PastReading:
    """A fact as it was at the end of a day, by its changes; nothing before the first of them."""

    fact: Fact
    history: History
    day: date

    @property
    def type(self) -> FactType:
        """What its value is."""
        return self.fact.type


@dataclass(frozen=True, slots=True)
class EventReading:
    """How many events of a type happened within some time that fit a condition."""

    event: str
    bounds: Bounds
    where: Meaning | None
    type: FactType = FactType.INTEGER


@dataclass(frozen=True, slots=True)
class PropertyReading:
    """A declared property of an occurrence, or what an event's payload has at a path; that is of the type asked for."""

    name: str
    occurrences: Occurrences | None
    type: FactType


@dataclass(frozen=True, slots=True)
class AnniversaryReading:
    """The month and day of a fact."""

    fact: Fact
    type: FactType = FactType.DAY


@dataclass(frozen=True, slots=True)
class BucketReading:
    """The draw of a customer under a name."""

    name: str
    of: int
    type: FactType = FactType.INTEGER


Reading = (
    FactReading | WindowReading | PastReading | EventReading | PropertyReading | AnniversaryReading | BucketReading
)


@dataclass(frozen=True, slots=True)
class Compares:
    """It compares so (`=`, `!=`, `<`, `<=`, `>`, `>=`) with a value."""

    operator: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class IsOneOf:
    """It is one of some values."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class LiesBetween:
    """It lies between two values, both included."""

    low: Scalar
    high: Scalar


@dataclass(frozen=True, slots=True)
class LiesIn:
    """It lies from `low` to before `high`."""

    low: date | datetime
    high: date | datetime


@dataclass(frozen=True, slots=True)
class Holds:
    """A text has another within it, or a list has it in it."""

    value: str


@dataclass(frozen=True, slots=True)
class Begins:
    """A text begins with another."""

    value: str


@dataclass(frozen=True, slots=True)
class IsKnown:
    """There is a value; of a list, one that is not empty."""


@dataclass(frozen=True, slots=True)
class FallsOn:
    """The month and day is one of some."""

    days: frozenset[MonthAndDay]


Predicate = Compares | IsOneOf | LiesBetween | LiesIn | Holds | Begins | IsKnown | FallsOn


@dataclass(frozen=True, slots=True)
class Both:
    """All parts are true."""

    parts: Sequence[Meaning]


@dataclass(frozen=True, slots=True)
class Either:
    """One part is true."""

    parts: Sequence[Meaning]


@dataclass(frozen=True, slots=True)
class Opposite:
    """The part is not true."""

    part: Meaning


@dataclass(frozen=True, slots=True)
class Test:
    """A value is there, and is as the predicate says."""

    reading: Reading
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a sequence."""

    event: str
    where: Meaning | None
    absent: bool


@dataclass(frozen=True, slots=True)
class Followed:
    """Events happened one after the other, all within a time of the first, which has passed for one that did not."""

    steps: tuple[Happening, ...]
    within: timedelta
    bounds: Bounds
    now: datetime


@dataclass(frozen=True, slots=True)
class Lasted:
    """A fact has had one of some values from a day on until today."""

    fact: Fact
    history: History
    values: tuple[Scalar, ...]
    since: date
    today: date


Meaning = Both | Either | Opposite | Test | Followed | Lasted
Number = int | float | Decimal
