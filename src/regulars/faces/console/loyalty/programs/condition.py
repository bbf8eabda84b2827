"""The condition of a rule, as lines and as a text: by the facts of people, and by those of what sets the rule off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from regulars.customers.questions import read_condition, understand
from regulars.faces.console.finding.asked import text_of
from regulars.faces.console.finding.lines import Said, facts_by_family, line_of, said_of_fault, told_parts
from regulars.faces.console.finding.parts import Part, condition_of, is_untouched, joined, lines_of
from regulars.faces.console.loyalty.programs.rule_words import condition_words
from regulars.faces.console.loyalty.programs.sight import Sight, setting_for, sight_of
from regulars.faces.console.permission import needs
from regulars.facts.contracts import Catalogue
from regulars.facts.language.binding import Setting
from regulars.facts.language.completion import complete
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.printer import write_in_lines
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.document.rules import OnLine, OnOrder
from regulars.loyalty.rules.vocabulary import any_event, catalogue_for


@needs("loyalty.read")
@require_safe
def condition_part(request: HttpRequest, key: str) -> HttpResponse:
    """Show the other side of a condition as one side changes."""
    sight, told = sight_of(request, key), request.GET
    trigger, text = told.get("trigger", ""), text_of(told, "condition")
    if told.get("by") == "text":
        context = condition_context(request, sight, trigger, text)
        return render(request, "console/loyalty/programs/_condition.html", context)
    setting = _setting(request, sight, trigger)
    kind, parts = told_parts(told, setting.catalogue)
    conditions = [condition_of(part, setting.currency) for part in parts]
    for part in filter(is_untouched, parts):
        part.error = ""
    whole = joined(kind, [each for each in conditions if each is not None])
    text = write_in_lines(whole) if whole else ""
    context = _context(sight, setting, text, kind, parts) | _completes_at(sight, trigger)
    context["at_line"] = len(parts) - 1 if told.get("add") else None
    return render(request, "console/loyalty/programs/_condition.html", context)


@needs("loyalty.read")
@require_safe
def complete_part(request: HttpRequest, key: str, trigger: str) -> HttpResponse:
    """Return what could come next in a condition's text."""
    setting = _setting(request, sight_of(request, key), trigger)
    at = request.GET.get("at", "")
    place = int(at) if at.isascii() and at.isdecimal() and len(at) < 6 else None
    found = complete(request.GET.get("text", "")[:4_000], setting.catalogue, at=place)
    return JsonResponse({"items": [{"text": each.text, "start": each.start, "label": each.label} for each in found]})


def condition_context(request: HttpRequest, sight: Sight, trigger: str, text: str) -> dict[str, Any]:
    """Return both sides of a rule's condition."""
    return _context(sight, _setting(request, sight, trigger), text, "all", None) | _completes_at(sight, trigger)


def _context(sight: Sight, setting: Setting, text: str, kind: str, parts: Sequence[Part] | None) -> dict[str, Any]:
    said, fails = _said(text, setting), False
    if parts is None:
        try:
            tree = read_condition(text).tree if text.strip() else None
            kind, parts = lines_of(tree, setting.catalogue, setting.currency)
        except WrongCondition:
            kind, parts, fails = "all", [], True
    return {
        "condition": text,
        "joined": kind,
        "lines": [line_of(number, part) for number, part in enumerate(parts)],
        "lines_fail": fails,
        "facts": facts_by_family(setting.catalogue, has_own=True),
        "said": said,
        "asks_at": reverse("console:loyalty.condition", args=[sight.key]),
        "asks_with": "#filter,[name=trigger]",
    }


def _completes_at(sight: Sight, trigger: str) -> dict[str, str]:
    return {"completes_at": reverse("console:loyalty.condition.complete", args=[sight.key, trigger or "order"])}


def _said(text: str, setting: Setting) -> Said:
    """Return a condition in words, or what is wrong with it."""
    if not text.strip():
        return Said(count=gettext("No condition: it is for everybody."))
    try:
        understand(read_condition(text), setting)
    except WrongCondition as error:
        return said_of_fault(error, text)
    return Said(count=condition_words(text, setting.catalogue, setting.currency))


def _setting(request: HttpRequest, sight: Sight, trigger: str) -> Setting:
    setting = setting_for(request, sight)
    return replace(setting, catalogue=_catalogue(trigger, setting.catalogue))


def _catalogue(trigger: str, people: Catalogue) -> Catalogue:
    match trigger:
        case "order":
            return catalogue_for(OnOrder(kind="order"), people)
        case "line":
            return catalogue_for(OnLine(kind="line"), people)
        case "event":
            return any_event(people)
    return people
