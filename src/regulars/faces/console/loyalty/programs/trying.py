"""Trying a programme out: a sample cart, judged by the draft, by what is in force, or by what one is writing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from regulars.faces.console.loyalty.programs.rule_filled import find_rule, sent_of
from regulars.faces.console.loyalty.programs.sight import Sight, around, language_of, sight_of
from regulars.faces.console.loyalty.programs.trial import Tried, try_cart
from regulars.faces.console.loyalty.programs.try_form import (
    DRAFT,
    PUBLISHED,
    TryForm,
    cart_of,
    has_no_lines,
    missing_words,
    sample_forms,
    sent_forms,
)
from regulars.faces.console.permission import needs
from regulars.faces.console.zone import business_of
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.reading import read_program


@needs("loyalty.read")
@require_http_methods(["GET", "HEAD", "POST"])
def try_out(request: HttpRequest, key: str) -> HttpResponse:
    """Judge a cart: the whole page, or only what came of it, where that part asks."""
    sight = sight_of(request, key)
    if request.method == "POST" and getattr(request, "htmx", False):
        _, lines, tried = _answer(request, sight)
        context = {"tried": tried, "has_room": not lines or not lines[-1].has_changed()}
        return render(request, "console/loyalty/programs/_tried.html", context)
    context = around(request, sight, "loyalty.try") | trying_context(request, sight)
    return render(request, "console/loyalty/programs/try.html", context)


def trying_context(request: HttpRequest, sight: Sight) -> dict[str, Any]:
    """Return the cart and what comes of it, for the page of it and for those beside which it stands."""
    form, lines, tried = _answer(request, sight)
    return {
        "try_form": form,
        "try_lines": lines,
        "tried": tried,
        "try_address": reverse("console:loyalty.try", args=[sight.key]),
    }


def _answer(request: HttpRequest, sight: Sight) -> tuple[TryForm, Sequence[Any], Tried]:
    """Return the forms of the cart, and what comes of it."""
    currency, now, zone = business_of(request).reporting_currency, sight.now, sight.zone
    versions = _versions(sight)
    is_sent = request.method == "POST" and "line-0-price" in request.POST
    program, error = _document(request, sight, request.POST.get("on", "") if is_sent else "")
    shown = program or sight.document
    if is_sent:
        form, lines = sent_forms(request.POST, shown, versions)
    else:
        form, lines = sample_forms(shown, versions, now=now, zone=zone, currency=currency)
        form, lines = _as_sent(form, lines, shown, versions)
    cart = cart_of(form, lines, now=now, zone=zone, currency=currency)
    if cart is None:
        return form, lines, Tried(error=gettext("The cart cannot be read; its fields say why."))
    if program is None:
        return form, lines, Tried(error=error)
    if has_no_lines(lines):
        return form, lines, Tried(error=missing_words())
    return form, lines, try_cart(request, sight, program, cart, form)


def _as_sent(form: TryForm, lines: Sequence[Any], program: Program, versions: Sequence[str]) -> Any:
    """Return the forms as if the sample had been sent: what one sees first is what comes of it."""
    sent = QueryDict(mutable=True)
    for each in (form, *lines):
        for bound in each:
            if (value := bound.value()) is not None and value is not False:
                sent[bound.html_name] = str(value)
            elif bound.name in {"price", "quantity", "product"}:
                sent[bound.html_name] = ""
    return sent_forms(sent, program, versions)


def _versions(sight: Sight) -> list[str]:
    if sight.in_force is None:
        return [DRAFT]
    is_same = sight.document == sight.in_force.document
    return [PUBLISHED] if is_same else [DRAFT, PUBLISHED]


def _document(request: HttpRequest, sight: Sight, on: str) -> tuple[Program | None, str]:
    """Return the document that the cart is tried on, as it is being written where one is writing; or why not."""
    sent = request.POST
    if on == PUBLISHED and sight.in_force is not None:
        return sight.in_force.document, ""
    if "text" in sent:
        reading = read_program(sent["text"])
        return reading.program, reading.faults[0].message if reading.faults else ""
    if "trigger" in sent and request.method == "POST":
        rule = find_rule(sight.document, sent.get("of", ""))
        filled = sent_of(request, sight, rule, language_of(request, sight.document))
        return filled.program, gettext("The rule cannot be tried yet: something in it is missing or cannot be meant.")
    return sight.document, ""
