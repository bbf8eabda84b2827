"""Cohorts in words: attributes, groups, and the sentence that the page opens with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from babel import Locale

from regulars.faces.console.finding.fact_words import family_of, label_of
from regulars.facts.contracts import Catalogue, Fact, FactType
from regulars.facts.language.binding import Setting
from regulars.insights.cohorts import Cohorts, Group, Kind, Trend, attributes_of
from regulars.kit import formats
from regulars.kit.i18n import gettext, language, mark
from regulars.report.page.cohort_map import REVENUE, SHARE
from regulars.report.segments import segment_look
from regulars.report.wording import signed_points

_LARGEST = 10**15
# Of fewer customers who were followed so long nothing is said.
FEWEST = 30

PERIOD_WORDS: Mapping[str, str] = {"week": mark("Weeks"), "month": mark("Months"), "quarter": mark("Quarters")}
MEASURE_WORDS: Mapping[str, str] = {SHARE: mark("Share who bought"), REVENUE: mark("Revenue per customer so far")}
ATTRIBUTE_WORDS: Mapping[str, str] = {
    "joined": mark("When they first bought"),
    "channel": mark("Channel of the first order"),
    "location": mark("Location of the first order"),
    "category": mark("Category of the first order"),
    "size": mark("Size of the first order"),
    "season": mark("Time of year of the first order"),
    "segment": mark("RFM segment now"),
}
MEANINGS: Mapping[str, str] = {
    "joined": mark("Customers whose first purchase lies in the same half-year, or year."),
    "channel": mark("The channel through which the first order came."),
    "location": mark("Where the first order was placed."),
    "category": mark("The category of what cost most in the first order."),
    "size": mark("What the first order came to: a quarter of the customers each, where amounts differ enough."),
    "season": mark("The quarter of the year in which the first purchase lies."),
    "segment": mark(
        "The segment that the last run found. It follows from what customers bought, so that it must not be taken for a"
        " reason why they came back."
    ),
}
_IN_PERIOD: Mapping[str, str] = {
    "week": mark(
        "{share} of the customers buy again in the week after that of their first purchase (95%: {low} to {high})."
    ),
    "month": mark(
        "{share} of the customers buy again in the month after that of their first purchase (95%: {low} to {high})."
    ),
    "quarter": mark(
        "{share} of the customers buy again in the quarter after that of their first purchase (95%: {low} to {high})."
    ),
}
_SEASONS: Mapping[str, tuple[int, int]] = {"1": (1, 3), "2": (4, 6), "3": (7, 9), "4": (10, 12)}


@dataclass(frozen=True, slots=True)
class Seen:
    """An attribute that somebody may see: of which type its values are, what it is called and means, and its family.

    `choices` are what it can be now, where it is one of some.
    """

    name: str
    type: str
    label: str
    meaning: str
    family: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """The attributes that somebody may see, and where their conditions are asked."""

    seen: tuple[Seen, ...]
    # What of it pages show stands in what is seen.
    setting: Setting = field(compare=False)


def sight_of(cohorts: Cohorts, setting: Setting) -> Sight:
    """Return the attributes that somebody with these facts may see, in words."""
    known, splits = setting.catalogue, cohorts.splits
    return Sight(tuple(_seen(name, splits[name].type, known) for name in attributes_of(cohorts, known)), setting)


def _seen(name: str, kind: str, catalogue: Catalogue) -> Seen:
    if name in ATTRIBUTE_WORDS:
        return Seen(name, kind, gettext(ATTRIBUTE_WORDS[name]), gettext(MEANINGS[name]), gettext("Their purchases"))
    fact = catalogue.facts[name]
    return Seen(name, kind, label_of(fact), _meaning(fact, kind), family_of(fact), tuple(fact.choices))


def _meaning(fact: Fact, kind: str) -> str:
    told = [gettext(fact.description), gettext("As the last run found it.")]
    if kind == FactType.TEXTS:
        told.append(gettext("Who has several counts in each."))
    return " ".join(each for each in told if each)


def group_name(by: Seen, group: Group, currency: str) -> str:
    """Return what a group of an attribute is called."""
    match group.kind:
        case Kind.UNKNOWN:
            return gettext("Has none") if by.type == FactType.TEXTS else gettext("Not known")
        case Kind.OTHERS:
            return gettext("All others")
    if group.over is not None or group.until is not None:
        return _stretch(by, group, currency)
    match by.name:
        case "joined":
            return _span(group.value)
        case "profile.country":
            return formats.territory(group.value)
        case "profile.language":
            return str(Locale.parse(language()).languages.get(group.value, group.value))
        case "season":
            first, last = (formats.month_name(date(2000, month, 1)) for month in _SEASONS[group.value])
            return gettext("{first} to {last}").format(first=first, last=last)
        case "segment":
            return segment_look(group.value).name
    return _in_words(by.type, group.value, currency)


def opening(cohorts: Cohorts) -> str:
    """Return what share comes back, and whether newer cohorts come back as often as older ones."""
    age = cohorts.everybody.at(1)
    if age is None or age.followed < FEWEST:
        return gettext(
            "Too few customers have been followed beyond the period of their first purchase to tell who stays."
        )
    share, low, high = (formats.percent(each, 1) for each in (age.share, age.low, age.high))
    return (
        f"{gettext(_IN_PERIOD[cohorts.period]).format(share=share, low=low, high=high)} {_trend(cohorts.trend)}".strip()
    )


def _trend(trend: Trend | None) -> str:
    if trend is None or min(trend.newer.followed, trend.older.followed) < FEWEST:
        return ""
    if trend.low > 0:
        text = mark("Of those who came lately more do than of those {before}: {points} (95%: {low} to {high}).")
    elif trend.high < 0:
        text = mark("Of those who came lately fewer do than of those {before}: {points} (95%: {low} to {high}).")
    else:
        text = mark(
            "Those who came lately and those {before} differ by no more than chance: {points} (95%: {low} to {high})."
        )
    points, low, high = (signed_points(each) for each in (trend.difference, trend.low, trend.high))
    before = gettext("of a year before") if trend.is_a_year else gettext("of the half-year before")
    return gettext(text).format(before=before, points=points, low=low, high=high)


def _span(value: str) -> str:
    year, _, half = value.partition("-")
    if not half:
        return year
    text = gettext("1st half of {year}") if half == "1" else gettext("2nd half of {year}")
    return text.format(year=year)


def _stretch(by: Seen, group: Group, currency: str) -> str:
    over, until = (each and _in_words(by.type, each, currency) for each in (group.over, group.until))
    if not over:
        return gettext("up to {amount}").format(amount=until)
    if not until:
        return gettext("over {amount}").format(amount=over)
    return gettext("over {over}, up to {until}").format(over=over, until=until)


def _in_words(kind: str, value: str, currency: str) -> str:
    match kind:
        case FactType.MONEY:
            return formats.money(int(value), currency)
        case FactType.BOOLEAN:
            return gettext("Yes") if value == "true" else gettext("No")
        case FactType.DAY:
            return formats.day(date.fromisoformat(value))
        # What was kept before traits had bounds is told as it is.
        case FactType.INTEGER | FactType.NUMBER | FactType.FRACTION if abs(float(value)) <= _LARGEST:
            return formats.number(float(value), len(value.partition(".")[2]))
    return value
