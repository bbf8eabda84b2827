"""The RFM segments: how large each is, what it has brought, and what hangs on it; and the runs that score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.permission import needs
from regulars.faces.console.zone import business_of
from regulars.insights import queries as insights
from regulars.insights.contracts import Run, RunState, Severity
from regulars.insights.services import RunUnderWay, request_run
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.report.segments import SEGMENTS, segment_look
from regulars.report.wording import say

# The tones of the report in those of the console's tags.
_TONES = {"warn": "attention", "plain": ""}
_COLUMNS = ("rfm.segment", "orders.revenue", "clv.expected_12m", "churn.risk", "orders.last")


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
    latest = insights.find_latest_run()
    good = insights.find_latest_run(state=RunState.SUCCEEDED)
    report = insights.find_report(good.id) if good else None
    lines = _lines(report, business_of(request).reporting_currency) if report else []
    context = {
        "lines": lines,
        "sentence": _sentence(report) if report else "",
        "as_of": formats.day(good.as_of) if good else "",
        "run": latest,
        "is_running": latest is not None and latest.state is RunState.RUNNING,
        "failed": latest.error_message if latest and latest.state is RunState.FAILED else "",
        "alarms": _alarms(good) if good else [],
        "may_run": request.user.has_perm("insights.run"),
    }
    part = request.headers.get("HX-Target") == "run"
    return render(request, "console/_run.html" if part else "console/rfm.html", context)


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


def _lines(report: Mapping[str, Any], currency: str) -> list[Line]:
    segments: Sequence[Mapping[str, Any]] = report["segments"]
    total = sum(each["customers"] for each in segments) or 1
    found = {each["name"]: each for each in segments}
    return [_line(name, each, total, currency) for name in SEGMENTS if (each := found.get(name))]


def _line(name: str, told: Mapping[str, Any], total: int, currency: str) -> Line:
    look, share = segment_look(name), told["customers"] / total
    days = told["median_days_since_last"]
    query = {"where": f'rfm.segment = "{name}"', "show": _COLUMNS, "sort": "clv.expected_12m"}
    return Line(
        name=look.name,
        tone=_TONES.get(look.tone, look.tone),
        address=f"{reverse('console:customers')}?{urlencode(query, doseq=True)}",
        customers=formats.number(told["customers"]),
        share=share,
        share_text=formats.percent(share),
        revenue=formats.money(told["revenue"], currency, whole=True),
        expected=formats.money(told["expected_revenue_minor"], currency, whole=True),
        at_stake=formats.money(told["revenue_at_stake_minor"], currency, whole=True),
        last=formats.MISSING
        if days is None
        else ngettext("{count} day", "{count} days", round(days)).format(count=formats.number(round(days))),
    )


def _sentence(report: Mapping[str, Any]) -> str:
    """Return what the segments say, in a sentence."""
    segments = {each["name"]: each for each in report["segments"]}
    revenue = sum(each["revenue"] for each in segments.values())
    customers = sum(each["customers"] for each in segments.values())
    best = [segments[name] for name in ("champions", "loyal") if name in segments]
    if not best or revenue <= 0 or not customers:
        return gettext("There is not enough yet to tell regulars from others.")
    words = gettext(
        "Champions and loyal customers are {share} of the customers, and have brought {part} of the revenue."
    )
    return words.format(
        share=formats.percent(sum(each["customers"] for each in best) / customers),
        part=formats.percent(sum(each["revenue"] for each in best) / revenue),
    )


def _alarms(found: Run) -> list[tuple[str, str]]:
    return [("attention" if each.severity is Severity.WARNING else "info", say(each.reason)) for each in found.alarms]
