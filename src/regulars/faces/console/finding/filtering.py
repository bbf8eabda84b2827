"""The filter: a condition as lines and as a text, side by side, with how many customers it finds as one writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from regulars.customers.questions import read_condition, understand
from regulars.faces.console.finding.asked import Asked, read_asked
from regulars.faces.console.finding.chips import Chip, in_words
from regulars.faces.console.finding.lines import Said, facts_by_family, line_of, said_of_fault, told_parts
from regulars.faces.console.finding.parts import Part, condition_of, is_untouched, joined, lines_of
from regulars.faces.console.permission import needs
from regulars.facts import asking
from regulars.facts.language import tree
from regulars.facts.language.completion import complete
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.printer import write, write_in_lines
from regulars.facts.reading import TookTooLong
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext


@needs("customers.read")
@require_safe
def filter_part(request: HttpRequest) -> HttpResponse:
    """Show the filter's other side as one side changes; without scripts, take the lines over into the list."""
    told, asked = request.GET, read_asked(request, now=timezone.now())
    if told.get("by") == "text":
        context = _context(asked, asked.where, told.get("joined", "all"), None)
        return render(request, "console/_filter.html", context)
    kind, parts = told_parts(told, asked.setting.catalogue)
    conditions = [condition_of(part, asked.setting.currency) for part in parts]
    for part in filter(is_untouched, parts):
        part.error = ""
    whole = joined(kind, [each for each in conditions if each is not None])
    where = write_in_lines(whole) if whole else ""
    if not getattr(request, "htmx", False):
        return redirect(asked.address(where=where))
    context = _context(asked, where, kind, parts) | {"at_line": len(parts) - 1 if told.get("add") else None}
    return render(request, "console/_filter.html", context)


@needs("customers.read")
@require_safe
def complete_part(request: HttpRequest) -> HttpResponse:
    """Return what could come next in the text, for the field that it is written in."""
    asked = read_asked(request, now=timezone.now())
    text = request.GET.get("text", "")[:20_000]
    at = request.GET.get("at", "")
    place = int(at) if at.isascii() and at.isdecimal() and len(at) < 6 else None
    found = complete(text, asked.setting.catalogue, at=place)
    return JsonResponse({"items": [{"text": each.text, "start": each.start, "label": each.label} for each in found]})


@needs("customers.read")
@require_safe
def count_part(request: HttpRequest) -> HttpResponse:
    """Return how many customers a condition finds, for a list that is there already."""
    asked = read_asked(request, now=timezone.now())
    count = _say(asked).count if asked.where else ""
    return render(request, "console/_count.html", {"count": count})


def filter_context(asked: Asked, told: QueryDict) -> dict[str, Any]:
    """Return both sides of the filter of a list, and the line at which one begins where the address tells one."""
    kind, parts = lines_of(asked.condition, asked.setting.catalogue, asked.setting.currency)
    where = write_in_lines(asked.condition) if asked.condition else asked.where
    line = told.get("line", "")
    at_line = int(line) if line.isascii() and line.isdecimal() and len(line) < 6 else None
    return _context(asked, where, kind, parts, counts=False) | {"at_line": at_line}


def chips_context(asked: Asked) -> dict[str, Any]:
    """Return the parts of the condition as chips, each with the address of its line and of the list without it."""
    kind, parts = lines_of(asked.condition, asked.setting.catalogue, asked.setting.currency)
    whole = asked.condition
    conditions = whole.of if isinstance(whole, tree.All | tree.AnyOf) else [whole] if whole else []
    chips = []
    for number, part in enumerate(parts):
        rest = joined(kind, [each for place, each in enumerate(conditions) if place != number])
        without = asked.address(where=write(rest) if rest else "")
        opens = asked.address(open="1", line=str(number))
        chips.append(Chip(text=in_words(part, asked.setting.currency), opens=opens, without=without))
    return {"chips": chips, "joined_by": _words_of(kind)}


def _context(
    asked: Asked, where: str, kind: str, parts: Sequence[Part] | None, *, counts: bool = True
) -> dict[str, Any]:
    """Return both sides of the filter; the lines are those of the text where none are told."""
    told = _with_text(asked, where)
    if parts is None:
        kind, parts = lines_of(told.condition, asked.setting.catalogue, asked.setting.currency)
        if told.fault:
            parts = []
    return {
        "asked": asked,
        "where": where,
        "joined": kind,
        "lines": [line_of(number, part) for number, part in enumerate(parts)],
        "facts": facts_by_family(asked.setting.catalogue),
        "said": _say(told) if counts and where else _fault_of(told) or Said(),
        "lines_fail": told.fault is not None and not parts,
    }


def _with_text(asked: Asked, where: str) -> Asked:
    """Return what is asked, with another text for its condition."""
    if where == asked.where:
        return asked
    try:
        parsed = read_condition(where) if where else None
        meant = understand(parsed, asked.setting) if parsed else None
    except WrongCondition as error:
        return replace(asked, where=where, condition=None, meaning=None, fault=error)
    return replace(asked, where=where, condition=parsed.tree if parsed else None, meaning=meant, fault=None)


def _say(asked: Asked) -> Said:
    if fault := _fault_of(asked):
        return fault
    try:
        found = asking.count_customers(asked.meaning, setting=asked.setting)
    except TookTooLong as error:
        return Said(count=error.message)
    shown = formats.number(found.value)
    if found.is_exact:
        return Said(ngettext("{count} customer found", "{count} customers found", found.value).format(count=shown))
    low, high = formats.number(found.low), formats.number(found.high)
    words = gettext("about {count} customers, estimated from a sample ({low} to {high})")
    return Said(words.format(count=shown, low=low, high=high))


def _fault_of(asked: Asked) -> Said | None:
    return said_of_fault(asked.fault, asked.where) if asked.fault else None


def _words_of(kind: str) -> str:
    return gettext("or") if kind == "any" else gettext("and")
