"""What a fact is: something that is known of a customer, declared once, by the feature that knows it.

Expressions in SQL stand in declarations only, never in what a user writes. They speak of their row by its table's name,
of an occurrence as `happened`, and of the customer as `customer`; `{key}` in one is a bound value, and `{now}` in a
fact's column the moment at which it is read, where the clock decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from regulars.kit.classification import Classification

Scalar = bool | int | float | Decimal | str | date | datetime
FlipsAt = Callable[[datetime, ZoneInfo], datetime]


class FactType(StrEnum):
    """What a value is."""

    INTEGER = "integer"
    # Exact, as a customer's shoe size is.
    NUMBER = "number"
    # Of double precision, as what a model estimates.
    FRACTION = "fraction"
    # Minor units of the reporting currency.
    MONEY = "money"
    BOOLEAN = "boolean"
    TEXT = "text"
    # One of some texts that are known beforehand.
    CHOICE = "choice"
    TEXTS = "texts"
    DAY = "day"
    MOMENT = "moment"


NUMERIC = frozenset({FactType.INTEGER, FactType.NUMBER, FactType.FRACTION, FactType.MONEY})
TEXTUAL = frozenset({FactType.TEXT, FactType.CHOICE})
TEMPORAL = frozenset({FactType.DAY, FactType.MOMENT})
ORDERED = NUMERIC | TEMPORAL


class Unit(StrEnum):
    """What a number counts; money says its currency itself."""

    NONE = ""
    ORDERS = "orders"
    ITEMS = "items"
    DAYS = "days"
    YEARS = "years"
    # Of a loyalty programme.
    POINTS = "points"
    # Between 0 and 1.
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Row:
    """A table with at most one row per customer, kept with the change; the customers' own is one too.

    Of one that `has_all`, who has no row yet is found by no condition on it until the row is there, a moment later.
    """

    table: str
    customer: str = "customer_id"
    has_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """Something that an occurrence says of itself; `expression` reads it."""

    type: FactType
    expression: str
    label: str
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """A table of what happened to customers, one row each; those that do not count are left out by `condition`."""

    name: str
    table: str
    customer: str
    at: str
    condition: str
    properties: Mapping[str, Property]


class Measure(StrEnum):
    """How occurrences in a window come to one value."""

    COUNT = "count"
    SUM = "sum"
    # Rounded to a whole number, half away from nought.
    AVERAGE = "average"
    FIRST = "first"
    LAST = "last"
    # On how many days of the business's calendar.
    DAYS = "days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """How a fact is read in a window, or of some occurrences only; `of` what, for sums and averages."""

    occurrences: Occurrences
    measure: Measure
    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A table of the changes of a fact: from the day `on`, a customer's value was `value`."""

    table: str
    customer: str
    on: str
    value: str


class Since(StrEnum):
    """In which unit a fact counts the time since its column's moment or day."""

    DAYS = "days"
    YEARS = "years"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that is known of a customer.

    `source` and `column` read it as it stands; a fact without a source is known of one cart or event only. `aggregate`
    says how a window applies. `changed_by` are the events after which it is to be read again, `flips_at` tells when it
    can next change by time alone. `missing` is what absence means, None that nothing is known.
    """

    name: str
    type: FactType
    label: str
    description: str
    source: Row | None
    column: str = ""
    key: str | None = None
    unit: Unit = Unit.NONE
    classification: Classification = Classification.PERSONAL
    aggregate: Aggregate | None = None
    changed_by: frozenset[str] = frozenset()
    flips_at: FlipsAt | None = None
    missing: Scalar | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    history: History | None = None
    # An empty text in the column says that nothing is known.
    blank_is_missing: bool = False
    # The fact is how many days ago the column's moment was, or years its day, by the business's calendar.
    counts: Since | None = None
    # It comes again each year, as a birthday.
    is_yearly: bool = False
    # An index has its column and the customer, so that lists sort by it.
    is_indexed: bool = False
    # Its column looks for other rows of each customer; what that costs the server does not always reckon beforehand.
    looks_further: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The tables on which the language stands: customers, where ids of merged ones lead, and what happened."""

    customers: Row
    aliases: str
    events: str


EventsSay = Callable[[], Mapping[str, Sequence[str]]]
"""Returns types of events, each with the names of what its events say of themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All facts by name that somebody may see, and the ground on which they stand.

    Of those that are `withheld` only the names are here: what asks this catalogue can neither tell nor read them.
    `events` tells which types of events have come lately, each with the names of what these say; others may come.
    Conditions about one event, of the type `event`, ask for what it says as `event.<property>`.
    """

    ground: Ground
    facts: Mapping[str, Fact]
    withheld: frozenset[str] = frozenset()
    events: EventsSay = dict
    event: str = ""

    def property_named(self, name: str) -> str | None:
        """Return of which property of the event at hand a name speaks, None of one that speaks of none."""
        family, _, rest = name.partition(".")
        return rest if self.event and family == "event" and rest else None

    def event_types(self) -> Sequence[str]:
        """Return the types of events that change a fact, or have come lately."""
        changing = {event for fact in self.facts.values() for event in fact.changed_by}
        return sorted(changing | self.events().keys())

    def families(self) -> Mapping[str, Sequence[Fact]]:
        """Return the facts by what stands before the first dot of their names."""
        found: dict[str, list[Fact]] = {}
        for fact in self.facts.values():
            found.setdefault(fact.name.partition(".")[0], []).append(fact)
        return found
