"""The RFM segments: how large each is, what hangs on it, and how customers moved; and the runs that score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.latest import Latest, find_latest
from regulars.faces.console.permission import needs
from regulars.faces.console.rfm_flows import flows_of
from regulars.faces.console.rfm_map import customers_address, table_of
from regulars.faces.console.zone import business_of
from regulars.insights import queries as insights
from regulars.insights.contracts import Run, RunState, Severity
from regulars.insights.past import find_history_start
from regulars.insights.services import RunUnderWay, request_run
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.report.contracts import Report, Segment
from regulars.report.segments import SEGMENTS, segment_look
from regulars.report.wording import count_of_customers, count_of_orders, say

# The tones of the report in those of the console's tags.
_TONES = {"warn": "attention", "plain": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A segment as the page tells it; `address` lists its customers as they are now."""

    name: str
    tone: str
    address: str
    customers: str
    share: float
    share_text: str
    revenue: str
    expected: str
    at_stake: str
    last: str


@needs("insights.read")
@require_safe
def rfm(request: HttpRequest) -> HttpResponse:
    """Show the segments as the last run found them, and how the runs go."""
    good = find_latest()
    part = request.headers.get("HX-Target") == "run"
    context = run_context(request, good)
    if good and not part:
        currency = business_of(request).reporting_currency
        context |= {"lines": _lines(good.report, currency), "sentence": _sentence(good.report)}
        context |= _moved(request, good, currency)
    return render(request, "console/_run.html" if part else "console/rfm.html", context)


def run_context(request: HttpRequest, good: Latest | None) -> dict[str, Any]:
    """Return what `_run.html` shows: how the last run went, and whether one may ask for another."""
    latest = insights.find_latest_run()
    return {
        "as_of": formats.day(good.run.as_of) if good else "",
        "run": latest,
        "scored": count_of_customers(latest.customers) if latest else "",
        "scored_by": count_of_orders(latest.orders) if latest else "",
        "is_running": latest is not None and latest.state is RunState.RUNNING,
        "failed": latest.error_message if latest and latest.state is RunState.FAILED else "",
        "alarms": _alarms(good.run) if good else [],
        "may_run": request.user.has_perm("insights.run"),
        "no_orders": not (good and good.run.customers) and not insights.has_purchases(),
    }


def _moved(request: HttpRequest, good: Latest, currency: str) -> dict[str, Any]:
    """Return the map and the flows; neither where the run was made before there were such."""
    told = good.rfm_map
    if told is None:
        return {"is_older": True}
    asked = {"measure": request.GET.get("measure", ""), "across": request.GET.get("across", "")}
    map_ = table_of(told, good.run.boundaries, currency, **asked)
    return {"map": map_, "flows": flows_of(told, good.run.as_of, kept_since=find_history_start())}


@needs("insights.run")
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Have all customers scored now."""
    who = acting(request)
    try:
        request_run(now=who.now, actor=who.actor)
    except RunUnderWay as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("All customers are being scored; you can leave the page meanwhile."))
    return redirect("console:rfm")


def _lines(report: Report, currency: str) -> list[Line]:
    total = sum(each.customers for each in report.segments) or 1
    found = {each.name: each for each in report.segments}
    return [_line(each, total, currency) for name in SEGMENTS if (each := found.get(name))]


def _line(told: Segment, total: int, currency: str) -> Line:
    look, share, days = segment_look(told.name), told.customers / total, told.median_days_since_last
    return Line(
        name=look.name,
        tone=_TONES.get(look.tone, look.tone),
        address=customers_address(f'rfm.segment = "{told.name}"'),
        customers=formats.number(told.customers),
        share=share,
        share_text=formats.percent(share),
        revenue=formats.money(told.revenue, currency, whole=True),
        expected=formats.money(told.expected_revenue_minor, currency, whole=True),
        at_stake=formats.money(told.revenue_at_stake_minor, currency, whole=True),
        last=formats.MISSING
        if days is None
        else ngettext("{count} day", "{count} days", round(days)).format(count=formats.number(round(days))),
    )


def _sentence(report: Report) -> str:
    """Return what the segments say, in a sentence."""
    segments = {each.name: each for each in report.segments}
    revenue = sum(each.revenue for each in segments.values())
    customers = sum(each.customers for each in segments.values())
    best = [segments[name] for name in ("champions", "loyal") if name in segments]
    if not best or revenue <= 0 or not customers:
        return gettext("There is not enough yet to tell regulars from others.")
    words = gettext(
        "Champions and loyal customers are {share} of the customers, and have brought {part} of the revenue."
    )
    return words.format(
        share=formats.percent(sum(each.customers for each in best) / customers),
        part=formats.percent(sum(each.revenue for each in best) / revenue),
    )


def _alarms(found: Run) -> list[tuple[str, str]]:
    return [("attention" if each.severity is Severity.WARNING else "info", say(each.reason)) for each in found.alarms]
