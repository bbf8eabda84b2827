"""The schedules of reports: made, changed, let rest, removed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from regulars.faces.console.acting import acting
from regulars.faces.console.permission import needs
from regulars.faces.console.reporting.forms import ScheduleForm, first_wishes, initial_of_plan
from regulars.faces.console.reporting.words import next_in_words
from regulars.faces.console.security import mails
from regulars.faces.console.zone import business_of
from regulars.insights.reports import scheduling
from regulars.insights.reports.contracts import Schedule
from regulars.insights.reports.queries import get_schedule
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext, language
from regulars.kit.ids import new_id


@needs("insights.run")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a schedule."""
    initial = first_wishes(business_of(request), language())
    return _page(request, ScheduleForm(request.POST or None, initial=initial), None)


@needs("insights.run")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Let a schedule do something else."""
    found = get_schedule(schedule_id)
    return _page(request, ScheduleForm(request.POST or None, initial=initial_of_plan(found.plan)), found)


@needs("insights.run")
@require_POST
def pause(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Let a schedule rest."""
    who = acting(request)
    found = scheduling.pause_schedule(schedule_id=schedule_id, now=who.now, actor=who.actor)
    messages.success(request, gettext("“{title}” rests until you resume it.").format(title=found.plan.wishes.title))
    return redirect("console:reports")


@needs("insights.run")
@require_POST
def resume(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Let a schedule go on."""
    who = acting(request)
    return _saved(request, scheduling.resume_schedule(schedule_id=schedule_id, now=who.now, actor=who.actor))


@needs("insights.run")
@require_POST
def remove(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Remove a schedule; the reports that it has made stay."""
    who = acting(request)
    removed = scheduling.remove_schedule(schedule_id=schedule_id, now=who.now, actor=who.actor)
    words = gettext("The schedule of “{title}” is removed; its reports stay.")
    messages.success(request, words.format(title=removed.plan.wishes.title))
    return redirect("console:reports")


def _page(request: HttpRequest, form: ScheduleForm, found: Schedule | None) -> HttpResponse:
    """Show the form, or keep what it says."""
    if request.method == "POST" and form.is_valid():
        who = acting(request)
        try:
            saved = scheduling.save_schedule(
                schedule_id=found.id if found else new_id(),
                plan=form.plan(found.plan if found else None),
                now=who.now,
                actor=who.actor,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return _saved(request, saved)
    context = {
        "form": form,
        "found": found,
        "sends_mails": mails.is_set_up(),
        "address": request.path,
        "trail": [(gettext("Reports"), reverse("console:reports"))],
    }
    return render(request, "console/report_schedule.html", context, status=422 if form.errors else 200)


def _saved(request: HttpRequest, saved: Schedule) -> HttpResponse:
    title = saved.plan.wishes.title
    if saved.next_on is None:
        messages.success(request, gettext("“{title}” is saved; it rests until you resume it.").format(title=title))
    else:
        words = gettext("“{title}” comes next {when}.")
        messages.success(request, words.format(title=title, when=next_in_words(saved)))
    return redirect("console:reports")
