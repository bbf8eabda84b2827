"""Publishing: what will happen is named once, before the draft or an earlier version becomes the next version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from regulars.faces.console.acting import acting
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.loyalty.programs.moving import Answer, can_move, moves_of
from regulars.faces.console.loyalty.programs.sight import Sight, around, checks_of, sight_of, trail_to
from regulars.faces.console.loyalty.programs.versions import changes_of, found_in
from regulars.faces.console.permission import needs
from regulars.kit import formats
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions import queries, services
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program

_MOMENT = "%Y-%m-%dT%H:%M"
# Where an error of the services stands in the form.
_FIELD_OF: Mapping[str, str] = {"effective_too_early": "effective_at"}


class PublishForm(DesignedForm):
    """When it is effective, and why it is published."""

    effective_at = forms.DateTimeField(
        label=gettext_lazy("Effective from"),
        help_text=gettext_lazy("In the programme's time zone; empty: at once. Never in the past."),
        required=False,
        input_formats=[_MOMENT, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("Why it changes; it stands in the history."),
        max_length=500,
        required=False,
    )
    digest = forms.CharField(widget=forms.HiddenInput, required=False)


@needs("loyalty.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, key: str) -> HttpResponse:
    """Name what will happen, and publish the draft; or an earlier version again, where the address names one."""
    sight = sight_of(request, key)
    earlier = _earlier(request, sight)
    if earlier is None and sight.draft is None:
        messages.error(request, gettext("There is no draft to publish."))
        return redirect("console:loyalty.versions", key)
    document = earlier.document if earlier else sight.document
    if request.method != "POST":
        return _page(request, sight, earlier, document, PublishForm(initial={"digest": sight.digest}))
    form = PublishForm(request.POST)
    if form.is_valid():
        try:
            version = _publish(request, sight, earlier, form.cleaned_data)
        except services.FaultyProgram:
            form.add_error(None, gettext("It cannot be published as it is; what is wrong stands below."))
        except DomainError as error:
            form.add_error(_FIELD_OF.get(error.code), error.message)
        else:
            messages.success(request, _done(version, sight))
            return redirect("console:loyalty.versions", key)
    return _page(request, sight, earlier, document, form)


def _earlier(request: HttpRequest, sight: Sight) -> ProgramVersion | None:
    told = request.GET.get("version", "")
    is_number = told.isascii() and told.isdecimal() and len(told) < 10
    return queries.get_version(sight.key, int(told)) if is_number else None


def _publish(
    request: HttpRequest, sight: Sight, earlier: ProgramVersion | None, told: Mapping[str, Any]
) -> ProgramVersion:
    who = acting(request)
    at: datetime | None = told["effective_at"].replace(tzinfo=sight.zone) if told["effective_at"] else None
    checks = checks_of(request, who.now)
    if earlier is not None:
        return services.roll_back(
            program=sight.key,
            to_version=earlier.number,
            note=told["note"],
            effective_at=at,
            now=who.now,
            actor=who.actor,
            checks=checks,
        )
    return services.publish(
        program=sight.key,
        note=told["note"],
        effective_at=at,
        expected_digest=told["digest"] or None,
        now=who.now,
        actor=who.actor,
        checks=checks,
    )


def _page(
    request: HttpRequest, sight: Sight, earlier: ProgramVersion | None, document: Program, form: PublishForm
) -> HttpResponse:
    number = (sight.newest.number if sight.newest else 0) + 1
    found = found_in(request, sight, document)
    can_ask = earlier is None and not found and can_move(sight)
    context = around(request, sight, "loyalty.versions") | {
        "trail": trail_to(sight, "loyalty.versions"),
        "form": form,
        "title": gettext("Publish version {number}").format(number=number)
        if earlier is None
        else gettext("Bring back version {number}").format(number=earlier.number),
        "sentence": _sentence(sight, earlier, number),
        "parts": changes_of(request, sight, document),
        "found": found,
        "ask_moves": f"{request.path}?moves=1#moves" if can_ask else "",
        "moves": _moves(request, sight) if can_ask and "moves" in request.GET else None,
        "address": request.get_full_path(),
        "back": reverse("console:loyalty.versions", args=[sight.key]),
    }
    return render(request, "console/loyalty/programs/publish.html", context)


def _moves(request: HttpRequest, sight: Sight) -> Answer:
    """Return who moves, from the moment on that the form holds; from now on where it holds none that is one."""
    told = PublishForm(request.GET)
    at = told.cleaned_data.get("effective_at") if told.is_valid() else None
    try:
        return moves_of(request, sight, at.replace(tzinfo=sight.zone) if at else sight.now)
    except DomainError as error:
        return Answer(why_not=error.message)


def _sentence(sight: Sight, earlier: ProgramVersion | None, number: int) -> str:
    if earlier is not None:
        words = gettext(
            "Its document is published again, as version {number}. Orders that were placed before keep the version of"
            " their time; the draft stays as it is."
        )
        return words.format(number=formats.number(number))
    if sight.newest is None:
        return gettext(
            "With it the programme begins: who is a member earns from that moment on. It can be changed later."
        )
    words = gettext(
        "The draft becomes version {number}, for all members. Orders that were placed before keep the version of their"
        " time. A version is never changed; an earlier one can be brought back."
    )
    return words.format(number=formats.number(number))


def _done(version: ProgramVersion, sight: Sight) -> str:
    number = formats.number(version.number)
    if version.effective_at <= sight.now or (version.effective_at - sight.now).total_seconds() < 1:
        return gettext("Version {number} is published and in force.").format(number=number)
    there = version.effective_at.astimezone(sight.zone)
    moment = f"{formats.day(there)}, {formats.time_of_day(there)}"
    return gettext("Version {number} is published, and in force from {moment} on.").format(number=number, moment=moment)
