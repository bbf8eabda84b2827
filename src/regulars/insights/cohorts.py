"""What a run tells of cohorts: the section `cohorts`, typed, as faces read it; it loads none of what makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from regulars.facts.contracts import Catalogue
from regulars.insights import queries
from regulars.insights.contracts import RunState, SectionJson
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.report.contracts import Cohort
from regulars.report.json_form import form_of, read_as

if TYPE_CHECKING:
    # What reads a section loads none of what makes it.
    from retention.calendar import Period

SECTION = "cohorts"
# What a section of another form says is not read.
FORM = 2
PERIODS: tuple[Period, ...] = ("week", "month", "quarter")
JOINED, SEASON, SEGMENT = "joined", "season", "segment"
OF_PURCHASES = (JOINED, "channel", "location", "category", "size", SEASON, SEGMENT)
"""By what cohorts are split that follows from purchases: when somebody first bought; channel, location, category and
size of the first order, and its time of the year; the RFM segment now, which is an outcome and no cause. Beside these
they are split by each fact of the profile, under its name, the business's own traits included."""


class Kind(StrEnum):
    """What a group of customers is: those of one value, of all rarer values, or those of whom none is known."""

    EVERYBODY = "everybody"
    VALUE = "value"
    OTHERS = "others"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """What customers did in the k-th period after that of their first purchase, k being `periods`.

    `followed` of them have seen its end, and `bought` of those bought in it; `share` is the one of the other, `low` and
    `high` its 95 % interval (Wilson). `revenue_minor` is what those who were followed so long have spent by then.
    """

    periods: int
    followed: int
    bought: int
    share: float
    low: float
    high: float
    revenue_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Customers who have something in common, all ages of theirs, and their latest cohorts.

    Where groups are stretches of a range, `over` and `until` bound it, as texts: a number, minor units, or a day.
    """

    kind: Kind
    value: str
    customers: int
    ages: tuple[Age, ...]
    cohorts: tuple[Cohort, ...]
    over: str | None = None
    until: str | None = None

    def at(self, periods: int) -> Age | None:
        """Return what they did at an age; None where nobody has been followed so long."""
        return self.ages[periods] if periods < len(self.ages) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Cohorts from one to another, both included, that are held against others."""

    first: date
    last: date
    followed: int
    bought: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Newer cohorts against older ones at the same age of one period; the older came a year before where they could.

    `difference` is the newer share less the older one, `low` and `high` its 95 % interval (Newcombe).
    """

    newer: Side
    older: Side
    is_a_year: bool
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The groups that an attribute makes. `type` is that of its values: of a fact, or `season`, `segment`, `joined`.

    It `overlaps` where a customer can be in more than one of its groups, as by tags.
    """

    type: str
    groups: tuple[Group, ...]
    overlaps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohorts:
    """Cohorts by one period, and by each attribute; `open_end` where the last one is not over."""

    period: str
    open_end: bool
    everybody: Group
    trend: Trend | None
    splits: Mapping[str, Split]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The cohorts by one period, and where they stand; `own_period` is the one that the report chose."""

    as_of: date
    currency: str
    own_period: str
    cohorts: Cohorts


class NotSplitBy(DomainError):
    """Cohorts are not split by what was asked for: there is no such fact, or it is sensitive."""

    code = "not_split_by"


class NoSuchCohorts(DomainError):
    """No run has counted cohorts yet, or the last one found nobody who has bought."""

    code = "no_such_cohorts"


def section_of(cohorts: Mapping[Period, Cohorts], *, as_of: date, currency: str, own_period: str) -> SectionJson:
    """Return the section as JSON."""
    periods = {name: form_of(each) for name, each in cohorts.items()}
    return {
        "form": FORM,
        "as_of": as_of.isoformat(),
        "currency": currency,
        "own_period": own_period,
        "periods": periods,
    }


def tells_cohorts(told: SectionJson | None) -> bool:
    """Tell whether a section tells of any cohorts, in this form."""
    return told is not None and told.get("form") == FORM and bool(told["periods"])


def read_section(told: SectionJson, period: str | None) -> Told:
    """Return the cohorts of a section by a period; by the report's own where none is named."""
    own = str(told["own_period"])
    return Told(
        as_of=date.fromisoformat(told["as_of"]),
        currency=str(told["currency"]),
        own_period=own,
        cohorts=read_as(told["periods"][period or own], Cohorts),
    )


def attributes_of(cohorts: Cohorts, catalogue: Catalogue) -> list[str]:
    """Return by what cohorts are split, for somebody who may see these facts; a trait that is gone by now splits none.

    What became sensitive after the run is withheld by the catalogue, and with it what the run counted.
    """
    splits = cohorts.splits
    facts = (name for name, fact in catalogue.facts.items() if name in splits and splits[name].type == fact.type)
    return [*(name for name in OF_PURCHASES if name in splits), *facts]


def get_latest_cohorts(period: str | None = None) -> tuple[UUID, Told]:
    """Return the run that succeeded last, and its cohorts by a period; by the report's own where none is named.

    Raises
    ------
    NoSuchCohorts
        There is no such run, it was made before runs told of cohorts, or nothing bought is left.
    """
    run = queries.find_latest_run(state=RunState.SUCCEEDED)
    section = None if run is None else queries.find_section(run.id, SECTION)
    if run is None or section is None or not tells_cohorts(section):
        raise NoSuchCohorts(gettext("No cohorts have been counted yet; the next run does it."))
    return run.id, read_section(section, period)
