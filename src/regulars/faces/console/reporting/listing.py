"""The reports that are kept, and asking for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.paging import read_id_place, write_place
from regulars.faces.console.permission import needs
from regulars.faces.console.reporting.forms import ReportForm, first_wishes
from regulars.faces.console.reporting.words import (
    STATE_WORDS,
    narrowing_in_words,
    next_in_words,
    pattern_in_words,
)
from regulars.faces.console.zone import business_of
from regulars.insights.contracts import RunState
from regulars.insights.queries import list_runs
from regulars.insights.reports import queries
from regulars.insights.reports.asking import request_report
from regulars.insights.reports.contracts import UNDER_WAY, KeptReport, ReportState, Schedule
from regulars.kit import formats
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext, language, ngettext
from regulars.staff.queries import list_accounts, map_names

ROWS = 25
RUNS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A report as the list shows it."""

    found: KeptReport
    state: str
    tone: str
    share: str
    about: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """A schedule as the list shows it."""

    found: Schedule
    pattern: str
    next: str
    about: str
    told: str


@needs("insights.read")
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Show the reports, the latest first, with schedules and runs; or only the list, where it asks for itself."""
    context = _listed(request.GET.get("before", ""))
    if request.headers.get("HX-Target") == "reports":
        return render(request, "console/_reports.html", context)
    schedules = queries.list_schedules()
    runs = [(each, True) for each in list_runs(limit=RUNS) if each.state is RunState.SUCCEEDED]
    context |= {
        "sentence": _sentence(_latest(context), schedules, has_runs=bool(runs)),
        "schedules": _schedule_rows(schedules),
        "runs": runs,
        "may_run": request.user.has_perm("insights.run"),
    }
    return render(request, "console/reports.html", context)


@needs("insights.run")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a report; it is made in the background."""
    form = ReportForm(request.POST or None, initial=first_wishes(business_of(request), language()))
    if request.method == "POST" and form.is_valid():
        who = acting(request)
        try:
            asked = request_report(wishes=form.wishes(), as_of=form.cleaned_data["as_of"], now=who.now, actor=who.actor)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, gettext("The report is being made; you can leave the page meanwhile."))
            return redirect("console:reports.one", asked.id)
    context = {"form": form, "has_purchases": queries.has_purchases()}
    return render(request, "console/report_new.html", context, status=422 if form.errors else 200)


def rows_of(found: list[KeptReport]) -> list[Row]:
    """Return reports as lists show them."""
    names = map_names({each.requested_by for each in found})
    return [_row(each, names[each.requested_by]) for each in found]


def _listed(place: str) -> dict[str, Any]:
    found = queries.list_reports(limit=ROWS + 1, before=read_id_place(place) if place else None)
    earlier = ""
    if len(found) > ROWS:
        last = found[ROWS - 1]
        earlier = _address({"before": write_place(last.requested_at, last.id)})
    return {
        "rows": rows_of(found[:ROWS]),
        "none_yet": not found and not place,
        "has_purchases": bool(found) or queries.has_purchases(),
        "is_under_way": any(each.state in UNDER_WAY for each in found[:ROWS]),
        "here": _address({"before": place} if place else {}),
        "newest": _address({}) if place else "",
        "earlier": earlier,
    }


def _row(found: KeptReport, who: str) -> Row:
    state, tone = STATE_WORDS[found.state]
    return Row(
        found=found,
        state=gettext(state),
        tone=tone,
        share=formats.percent(found.share_done) if found.state is ReportState.RUNNING else "",
        about=narrowing_in_words(found.wishes.narrowing) if found.wishes.narrowing else "",
        who=gettext("by schedule") if found.schedule_id else who,
    )


def _schedule_rows(found: list[Schedule]) -> list[ScheduleRow]:
    names = {each.id: each.name for each in list_accounts()} if found else {}
    return [_schedule_row(each, names) for each in found]


def _schedule_row(found: Schedule, names: Mapping[UUID, str]) -> ScheduleRow:
    plan = found.plan
    # Who has left is told nothing, and is not shown either.
    told = [names[each] for each in plan.told if each in names]
    return ScheduleRow(
        found=found,
        pattern=pattern_in_words(plan),
        next=next_in_words(found),
        about=narrowing_in_words(plan.wishes.narrowing) if plan.wishes.narrowing else "",
        told=", ".join(told),
    )


def _latest(context: Mapping[str, Any]) -> KeptReport | None:
    """Return the latest report that is ready, of those on the first page."""
    found = queries.list_reports(limit=ROWS) if context["newest"] else [row.found for row in context["rows"]]
    return next((each for each in found if each.state is ReportState.READY), None)


def _sentence(ready: KeptReport | None, schedules: list[Schedule], *, has_runs: bool) -> str:
    """Return what there is to read, and what comes next, in a sentence or two."""
    told = []
    if ready:
        words = gettext("The latest report, “{title}”, tells of {customers} as of {day}.")
        count = ngettext("{count} customer", "{count} customers", ready.customers)
        told.append(
            words.format(
                title=ready.wishes.title,
                customers=count.format(count=formats.number(ready.customers)),
                day=formats.day(ready.as_of),
            )
        )
    elif has_runs:
        told.append(gettext("The nightly scoring leaves a report each time; one of your own can be made at any time."))
    else:
        told.append(gettext("All that is known of the customers, on a page that can be printed and passed on."))
    days = [each.next_on for each in schedules if each.next_on]
    if days:
        told.append(gettext("The next comes by itself in the night to {day}.").format(day=formats.day(min(days))))
    return " ".join(told)


def _address(query: dict[str, str]) -> str:
    return reverse("console:reports") + (f"?{urlencode(query)}" if query else "")
