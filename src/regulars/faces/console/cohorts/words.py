"""Cohorts in words: attributes, groups, and the sentence that the page opens with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from babel import Locale

from regulars.insights.cohorts import Cohorts, Group, Kind, Trend
from regulars.kit import formats
from regulars.kit.i18n import gettext, language, mark
from regulars.report.page.cohort_map import REVENUE, SHARE
from regulars.report.segments import segment_look
from regulars.report.wording import signed_points

# Of fewer customers who were followed so long nothing is said.
FEWEST = 30

PERIOD_WORDS: Mapping[str, str] = {"week": mark("Weeks"), "month": mark("Months"), "quarter": mark("Quarters")}
MEASURE_WORDS: Mapping[str, str] = {SHARE: mark("Share who bought"), REVENUE: mark("Revenue per customer so far")}
ATTRIBUTE_WORDS: Mapping[str, str] = {
    "joined": mark("When they first bought"),
    "country": mark("Country"),
    "language": mark("Language"),
    "channel": mark("Channel of the first order"),
    "location": mark("Location of the first order"),
    "category": mark("Category of the first order"),
    "size": mark("Size of the first order"),
    "season": mark("Time of year of the first order"),
    "segment": mark("RFM segment now"),
}
MEANINGS: Mapping[str, str] = {
    "joined": mark("Customers whose first purchase lies in the same half-year, or year."),
    "country": mark("The country of the customer's address as it is now."),
    "language": mark("The language in which the customer is spoken to."),
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


def group_name(by: str, group: Group, currency: str) -> str:
    """Return what a group of an attribute is called."""
    if group.kind is Kind.UNKNOWN:
        return gettext("Not known")
    if group.kind is Kind.OTHERS:
        return gettext("All others")
    match by:
        case "joined":
            return _span(group.value)
        case "country":
            return formats.territory(group.value)
        case "language":
            return str(Locale.parse(language()).languages.get(group.value, group.value))
        case "size":
            return _size(group, currency)
        case "season":
            first, last = (formats.month_name(date(2000, month, 1)) for month in _SEASONS[group.value])
            return gettext("{first} to {last}").format(first=first, last=last)
        case "segment":
            return segment_look(group.value).name
    return group.value


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


def _size(group: Group, currency: str) -> str:
    over, until = (formats.money(each, currency) for each in (group.over_minor, group.until_minor))
    if group.over_minor is None:
        return gettext("up to {amount}").format(amount=until)
    if group.until_minor is None:
        return gettext("over {amount}").format(amount=over)
    return gettext("over {over}, up to {until}").format(over=over, until=until)
