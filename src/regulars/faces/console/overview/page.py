"""The overview: how are we, what changed, what needs me today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from regulars.faces.console.acting import person_of
from regulars.faces.console.figures import define, shown
from regulars.faces.console.latest import find_latest
from regulars.faces.console.overview.attention import Need, needs_of
from regulars.faces.console.overview.cards import cards_of, lines_of
from regulars.faces.console.overview.reading import USUAL_WINDOW, Reading, read_all
from regulars.faces.console.overview.words import change_since, value_in_words
from regulars.faces.console.permission import for_staff, needs
from regulars.faces.console.zone import business_of
from regulars.insights import queries as insights
from regulars.insights.catalogue import WINDOWS_DAYS
from regulars.insights.contracts import RunState
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.report.contracts import Report
from regulars.report.page.charts import revenue_by_buyer
from regulars.report.page.cohort_map import CohortMap, cohort_map
from regulars.report.segments import segment_look
from regulars.report.wording import span

COHORTS = 7
_MORNING, _AFTERNOON, _EVENING = 4, 12, 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """An RFM segment as the overview tells it; `share` is its part of the revenue, between 0 and 1."""

    name: str
    tone: str
    address: str
    customers: str
    share: float
    share_text: str


@for_staff
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead to where the work begins: the overview, or the customers for who may not see the figures."""
    return redirect("console:overview" if request.user.has_perm("insights.read") else "console:customers")


@needs("insights.read")
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show how the business does, what has changed, and what needs somebody."""
    days, now = read_window(request), timezone.now()
    latest, business = find_latest(), business_of(request)
    currency = business.reporting_currency
    readings = read_all(latest, days) if latest else None
    found = needs_of(latest, readings, request.user, currency=currency, now=now)
    context: dict[str, Any] = {
        "greeting": _greeting(person_of(request).name, now.astimezone(business.zone_info)),
        "needs": found,
        "latest": latest,
        "window": days,
        "periods": periods("console:overview", days),
        "may_run": request.user.has_perm("insights.run"),
    }
    if latest is None:
        run = insights.find_latest_run()
        context |= {
            "is_running": run is not None and run.state is RunState.RUNNING,
            "no_orders": not insights.has_purchases(),
        }
        return render(request, "console/overview_begin.html", context)
    report = latest.report
    context |= {
        "cohorts_definition": define("cohort"),
        "sentence": _sentence(readings, found, days, currency),
        "as_of": formats.day(latest.run.as_of),
        "cards": cards_of(readings, currency) if readings else [],
        "lines": lines_of(readings, currency) if readings else [],
        "revenue": shown(revenue_by_buyer(report)),
        "cohorts": _youngest(cohort_map(report)),
        "segments": _segments(report),
    }
    return render(request, "console/overview.html", context)


def read_window(request: HttpRequest) -> int:
    """Return the length of window that the address asks for, in days."""
    asked = request.GET.get("window", "")
    return int(asked) if asked in map(str, WINDOWS_DAYS) else USUAL_WINDOW


def periods(page: str, chosen: int, *args: str) -> list[dict[str, Any]]:
    """Return the windows as chips that lead to a page."""
    return [
        {
            "text": span(days),
            "address": f"{reverse(page, args=args)}?{urlencode({'window': days})}",
            "current": days == chosen,
        }
        for days in WINDOWS_DAYS
    ]


def _greeting(name: str, there: datetime) -> str:
    first = name.split(maxsplit=1)[0] if name.split() else ""
    if _MORNING <= there.hour < _AFTERNOON:
        words, alone = gettext("Good morning, {name}"), gettext("Good morning")
    elif _AFTERNOON <= there.hour < _EVENING:
        words, alone = gettext("Good afternoon, {name}"), gettext("Good afternoon")
    else:
        words, alone = gettext("Good evening, {name}"), gettext("Good evening")
    return words.format(name=first) if first else alone


def _sentence(readings: Mapping[str, Reading] | None, found: Sequence[Need], days: int, currency: str) -> str:
    """Say how the business keeps its customers, and how much there is to do."""
    urgent = sum(need.tone in ("bad", "attention") for need in found)
    to_do = gettext("Nothing needs you today.")
    if urgent:
        to_do = ngettext("{count} thing needs you today.", "{count} things need you today.", urgent)
        if urgent < len(found):
            to_do = ngettext(
                "{count} of {all} things needs you today.", "{count} of {all} things need you today.", urgent
            )
        to_do = to_do.format(count=urgent, all=len(found))
    if readings is None:
        return to_do
    reading = readings["retention_rate"]
    change = change_since(reading, reading.before)
    if reading.now is None:
        return gettext("The history is too short yet to tell who comes back.") + " " + to_do
    if change is None:
        words = gettext("Of the customers of the {span} before, {now} came back.")
    elif change.by_chance:
        words = gettext("The shop keeps about as many of its customers as before: {now} came back, after {before}.")
    elif change.tone == "up":
        words = gettext("The shop keeps more of its customers than before: {now} came back, after {before}.")
    else:
        words = gettext("The shop keeps fewer of its customers than before: {now} came back, after {before}.")
    before = value_in_words(reading.metric, reading.before.value if reading.before else None, currency)
    now = value_in_words(reading.metric, reading.now.value, currency)
    return words.format(span=span(days), now=now, before=before) + " " + to_do


def _youngest(found: CohortMap | None) -> dict[str, Any] | None:
    if found is None:
        return None
    rows = found.rows[-COHORTS:]
    width = max(len(row.cells) for row in rows)
    return {"heads": found.heads[:width], "rows": rows, "figure": found.figure}


def _segments(report: Report) -> list[Segment]:
    """Return the segments that bring most, first."""
    total = sum(max(0, each.revenue) for each in report.segments)
    lines = []
    for each in sorted(report.segments, key=lambda one: -one.revenue):
        look, share = segment_look(each.name), max(0, each.revenue) / total if total else 0.0
        condition = {"where": f'rfm.segment = "{each.name}"', "sort": "orders.revenue"}
        lines.append(
            Segment(
                name=look.name,
                tone={"warn": "attention", "plain": ""}.get(look.tone, look.tone),
                address=f"{reverse('console:customers')}?{urlencode(condition)}",
                customers=formats.number(each.customers),
                share=share,
                share_text=formats.percent(share),
            )
        )
    return lines
