"""The page of the cohorts: a map of them, lines by an attribute, groups side by side, and the second purchase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from regulars.customers.questions import setting_of
from regulars.faces.console.cohorts import asked as asking
from regulars.faces.console.cohorts.asked import Asked
from regulars.faces.console.cohorts.conditions import (
    after,
    askable,
    bought_again,
    customers_address,
    first_bought,
    who_are,
)
from regulars.faces.console.cohorts.curves import COMPARED, compared, curves
from regulars.faces.console.cohorts.words import (
    FEWEST,
    MEASURE_WORDS,
    PERIOD_WORDS,
    Seen,
    Sight,
    group_name,
    opening,
    sight_of,
)
from regulars.faces.console.figures import define, shown
from regulars.faces.console.latest import Latest, find_latest, report_of
from regulars.faces.console.permission import needs, sees_sensitive
from regulars.faces.console.zone import business_of
from regulars.insights import queries as insights
from regulars.insights.cohorts import (
    JOINED,
    PERIODS,
    SECTION,
    SEGMENT,
    Cohorts,
    Group,
    Told,
    read_section,
    tells_cohorts,
)
from regulars.insights.contracts import RunState
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.report.contracts import Cohort
from regulars.report.page.charts import second_purchase
from regulars.report.page.cohort_map import SHARE, CohortMap, HeatRow, map_of
from regulars.report.page.names import period_words

# How many pages are kept in memory, some hundred kilobytes each.
_SHOWN = 24
# How many cohorts the map shows.
_ROWS: Mapping[str, int] = {"week": 26, "month": 24, "quarter": 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A cohort of the map with the ways to its customers, of the whole and of each cell; empty where there is none."""

    row: HeatRow
    address: str
    cells: Sequence[tuple[Any, str]]
    missing: Sequence[int]


@needs("insights.read")
@require_safe
def cohorts(request: HttpRequest) -> HttpResponse:
    """Show who comes back, as the last run found it."""
    latest = find_latest()
    told = None if latest is None else _told(latest, request.GET.get("period"))
    context: dict[str, Any] = {"may_run": request.user.has_perm("insights.run"), "has_run": latest is not None}
    if latest is None or told is None:
        under_way = insights.find_latest_run()
        context["no_orders"] = not insights.has_purchases()
        context["is_running"] = under_way is not None and under_way.state is RunState.RUNNING
        return render(request, "console/cohorts.html", context)
    setting = setting_of(business_of(request), now=timezone.now(), sees_sensitive=sees_sensitive(request))
    sight = sight_of(told.cohorts, setting)
    asked = asking.read(request.GET, own_period=told.own_period, attributes=[each.name for each in sight.seen])
    shown_once = _context(latest.run.id, asked, sight, get_language())
    return render(request, "console/cohorts.html", context | shown_once)


def _told(latest: Latest, period: str | None) -> Told | None:
    """Return what the run tells of cohorts by a period; None where it was made before it told of any."""
    section = latest.section(SECTION)
    if section is None or not tells_cohorts(section):
        return None
    return _read(latest.run.id, period if period in PERIODS else str(section["own_period"]))


@lru_cache(2 * len(PERIODS))
def _read(run_id: UUID, period: str) -> Told:
    """Return a section of a run, which never changes, read once."""
    section = insights.find_section(run_id, SECTION)
    assert section is not None  # noqa: S101  # It was there, and sections stay.
    return read_section(section, period)


@lru_cache(_SHOWN)
def _context(
    run_id: UUID,
    asked: Asked,
    sight: Sight,
    language: str | None,  # noqa: ARG001  # It is spoken.
) -> dict[str, Any]:
    """Return what a page shows in a language, made once: what a run has found never changes."""
    told, report = _read(run_id, asked.period), report_of(run_id)
    [by] = (each for each in sight.seen if each.name == asked.by)
    found, currency = told.cohorts, told.currency
    group = asking.find_group(found, asked)
    lines, spent_by = compared(found, by, asked, sight.setting, currency=currency)
    heat = _map(found.everybody.cohorts if group is None else group.cohorts, told, asked)
    letter = period_words(asked.period)[2]
    return {
        "sentence": opening(found),
        "as_of": formats.day(told.as_of),
        "asked": asked,
        "choices": _choices(told, asked, sight.seen, by),
        "map": heat,
        "map_figure": shown(heat.figure) if heat else None,
        "map_unit": _unit(told, asked),
        "rows": _rows(heat, asked, _who_are(found, asked, group, sight)),
        "of": group_name(by, group, currency) if group else "",
        "curves": shown(curves(found, by, currency, show=asked.show)),
        "attribute": by.label,
        "attribute_meaning": by.meaning,
        "is_outcome": asked.by == SEGMENT,
        "overlaps": found.splits[asked.by].overlaps,
        "heads": [letter.format(n=k) for k in COMPARED],
        "lines": lines,
        "spent_by": None if spent_by is None else letter.format(n=spent_by),
        "interval_name": gettext("95% interval"),
        "interval": define("interval"),
        "revenue": define("revenue"),
        "fewest": FEWEST,
        "second_purchase": shown(second_purchase(report)) if report else None,
    }


def _choices(told: Told, asked: Asked, seen: Sequence[Seen], by: Seen) -> list[dict[str, Any]]:
    """Return what can be chosen: names of fields, what they are called, and their values by families."""
    periods = [(each, gettext(PERIOD_WORDS[each])) for each in PERIODS]
    measures = [(each, gettext(text)) for each, text in MEASURE_WORDS.items()]
    families: dict[str, list[tuple[str, str]]] = {}
    for each in seen:
        families.setdefault(each.family, []).append((each.name, each.label))
    groups = [
        (asking.token_of(asked.by, each), group_name(by, each, told.currency))
        for each in told.cohorts.splits[asked.by].groups
    ]
    return [
        _choice("period", gettext("Cohorts by"), {"": periods}, asked.period),
        _choice("show", gettext("Show"), {"": measures}, asked.show),
        _choice("by", gettext("Split by"), families, asked.by),
        _choice("of", gettext("Map of"), {"": [("", gettext("All customers")), *groups]}, asked.of),
    ]


def _choice(name: str, label: str, families: Mapping[str, Sequence[tuple[str, str]]], value: str) -> dict[str, Any]:
    return {"name": name, "label": label, "families": list(families.items()), "value": value}


def _map(cohorts_of: Sequence[Cohort], told: Told, asked: Asked) -> CohortMap | None:
    return map_of(
        cohorts_of,
        period=asked.period,
        open_end=told.cohorts.open_end,
        currency=told.currency,
        most=_ROWS[asked.period],
        measure=asked.show,
    )


def _unit(told: Told, asked: Asked) -> str:
    noun = period_words(asked.period)[1]
    if asked.show == SHARE:
        return gettext("% of the cohort that bought again, by {period} after the first").format(period=noun)
    text = gettext("{currency} that a customer of the cohort has spent so far, by {period} after the first")
    return text.format(currency=told.currency, period=noun)


def _who_are(cohorts: Cohorts, asked: Asked, group: Group | None, sight: Sight) -> str | None:
    """Return the condition that those of the map meet beside when they first bought; None where none can be asked."""
    if asked.by == JOINED:
        return ""
    return askable(who_are(asked.by, cohorts.splits[asked.by], group, asked.period), sight.setting)


def _rows(heat: CohortMap | None, asked: Asked, who: str | None) -> list[Row]:
    if heat is None:
        return []
    rows = []
    for row in heat.rows:
        own = first_bought(row.start, after(row.start, asked.period, 1))
        cells = [
            (cell, customers_address(who, own, bought_again(row.start, asked.period, cell.periods)))
            for cell in row.cells
        ]
        missing = range(len(heat.heads) - len(cells))
        rows.append(Row(row=row, address=customers_address(who, own), cells=cells, missing=missing))
    return rows
