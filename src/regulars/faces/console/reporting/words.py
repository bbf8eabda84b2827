"""Reports in words: how far they are, what was asked, when they come."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.insights.reports.contracts import Every, NarrowedBy, Narrowing, Plan, ReportState, Schedule, Wishes
from regulars.kit import formats
from regulars.kit.i18n import LANGUAGES, gettext, mark, ngettext
from regulars.orders.queries import list_channels, list_locations

# Each state with the tone of its tag.
STATE_WORDS: Mapping[ReportState, tuple[str, str]] = {
    ReportState.WAITING: (mark("Waiting"), ""),
    ReportState.RUNNING: (mark("Being made"), "info"),
    ReportState.READY: (mark("Ready"), "good"),
    ReportState.FAILED: (mark("Failed"), "bad"),
}
WEEKDAYS: Mapping[int, str] = {
    1: mark("Each Monday"),
    2: mark("Each Tuesday"),
    3: mark("Each Wednesday"),
    4: mark("Each Thursday"),
    5: mark("Each Friday"),
    6: mark("Each Saturday"),
    7: mark("Each Sunday"),
}
FIRSTS: Mapping[Every, str] = {
    Every.MONTH: mark("On the first of each month"),
    Every.QUARTER: mark("On the first of each quarter"),
}
GRAINS: Mapping[str, str] = {
    "day": mark("all orders of a customer’s day"),
    "week": mark("all orders of a customer’s week"),
}
NARROWED: Mapping[NarrowedBy, str] = {
    NarrowedBy.CHANNEL: mark("Channel"),
    NarrowedBy.LOCATION: mark("Location"),
    NarrowedBy.COUNTRY: mark("Country of the buyer"),
}


def pattern_in_words(plan: Plan) -> str:
    """Return when the reports of a schedule come, as `Each Monday`."""
    return gettext(WEEKDAYS[plan.weekday]) if plan.weekday else gettext(FIRSTS[plan.every])


def next_in_words(schedule: Schedule) -> str:
    """Return when the next report of a schedule comes."""
    if schedule.next_on is None:
        return gettext("paused")
    return gettext("in the night to {day}").format(day=formats.day(schedule.next_on))


def narrowing_in_words(narrowing: Narrowing | None) -> str:
    """Return which orders a report is about, as `Channel: online`."""
    if narrowing is None:
        return gettext("All orders")
    return f"{gettext(NARROWED[narrowing.by])}: {_value_in_words(narrowing)}"


def wishes_in_words(wishes: Wishes) -> list[tuple[str, str]]:
    """Return what was asked of a report: each wish and what it is."""
    days = wishes.horizon_days
    horizon = ngettext("{count} day", "{count} days", days or 0).format(count=formats.number(days))
    return [
        (gettext("Orders"), narrowing_in_words(wishes.narrowing)),
        (gettext("Looks ahead"), horizon if days else gettext("as far as the history allows")),
        (gettext("Margin"), formats.percent(wishes.margin, 0 if float(wishes.margin * 100).is_integer() else 1)),
        (gettext("One purchase is"), gettext(GRAINS[wishes.grain])),
        (gettext("Language"), LANGUAGES[wishes.language]),
    ]


def _value_in_words(narrowing: Narrowing) -> str:
    if narrowing.by is NarrowedBy.COUNTRY:
        return formats.territory(narrowing.value)
    named = list_channels() if narrowing.by is NarrowedBy.CHANNEL else list_locations()
    return named.get(narrowing.value) or narrowing.value
