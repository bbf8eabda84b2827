"""The filter: a condition as lines and as a text, side by side, with how many customers it finds as one writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from regulars.customers.questions import read_condition, understand
from regulars.faces.console.finding.asked import Asked, read_asked, text_of
from regulars.faces.console.finding.chips import Chip, in_words
from regulars.faces.console.finding.fact_words import family_of, label_of
from regulars.faces.console.finding.parts import (
    DURATIONS,
    NO_VALUE,
    SPANS,
    Part,
    asked_of,
    condition_of,
    is_untouched,
    joined,
    lines_of,
)
from regulars.faces.console.permission import needs
from regulars.facts import asking
from regulars.facts.contracts import NUMERIC, TEMPORAL, Catalogue, Fact, FactType
from regulars.facts.language import tree
from regulars.facts.language.completion import complete
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.printer import write, write_in_lines
from regulars.facts.language.tree import MOST_PARTS
from regulars.facts.reading import TookTooLong
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the builder as the page shows it: its fields, and what can be chosen in them."""

    number: int
    part: Part
    label: str
    definition: str
    asked: Sequence[tuple[str, str, bool]]
    # How a value is typed in: text, number, date, choice or length.
    input: str
    step: str
    choices: Sequence[tuple[str, str, bool]]
    units: Sequence[tuple[str, str, bool]]
    window_units: Sequence[tuple[str, str, bool]]
    takes_window: bool
    takes_day: bool
    takes_value: bool
    takes_two: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a condition: how many it finds, or what is wrong with it, and where in its text."""

    count: str = ""
    fault: str = ""
    before: str = ""
    wrong: str = ""
    behind: str = ""


@needs("customers.read")
@require_safe
def filter_part(request: HttpRequest) -> HttpResponse:
    """Show the filter's other side as one side changes; without scripts, take the lines over into the list."""
    told, asked = request.GET, read_asked(request, now=timezone.now())
    if told.get("by") == "text":
        context = _context(asked, asked.where, told.get("joined", "all"), None)
        return render(request, "console/_filter.html", context)
    kind, parts = _told_parts(told, asked.setting.catalogue)
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
    count = _say(asked, asked.where).count if asked.where else ""
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
        "lines": [_line(number, part) for number, part in enumerate(parts)],
        "facts": _grouped(asked.setting.catalogue),
        "said": _say(told, where) if counts and where else _fault_of(told, where) or Said(),
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


def _say(asked: Asked, where: str) -> Said:
    if fault := _fault_of(asked, where):
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


def _fault_of(asked: Asked, where: str) -> Said | None:
    fault = asked.fault
    if fault is None:
        return None
    if fault.place is None:
        return Said(fault=fault.message)
    start, end = fault.place.start, fault.place.end
    return Said(fault=fault.message, before=where[:start], wrong=where[start:end] or "…", behind=where[end:])


def _words_of(kind: str) -> str:
    return gettext("or") if kind == "any" else gettext("and")


# --- Lines ------------------------------------------------------------------------------------------------------------


def _told_parts(told: QueryDict, catalogue: Catalogue) -> tuple[str, list[Part]]:
    """Return the lines as their fields are filled in, one more where one was added, one less where one was dropped.

    The line that was added last is new until another is added.
    """
    count = told.get("lines", "0")
    most = min(int(count) if count.isascii() and count.isdecimal() else 0, MOST_PARTS)
    parts = [_told_part(told, number, catalogue) for number in range(most) if told.get("drop") != str(number)]
    added = catalogue.facts.get(told.get("add", ""))
    if added:
        parts.append(Part(fact=added, asked=next(iter(asked_of(added))), is_new=True))
    if told.get("add") == "text":
        parts.append(Part(is_new=True))
    return "any" if told.get("joined") == "any" else "all", parts


def _told_part(told: QueryDict, number: int, catalogue: Catalogue) -> Part:
    fact = catalogue.facts.get(told.get(f"fact.{number}", ""))
    is_new = told.get("new") == str(number) and not told.get("add")
    if fact is None:
        return Part(text=text_of(told, f"text.{number}"), is_new=is_new)
    asked = told.get(f"asked.{number}", "")
    return Part(
        fact=fact,
        asked=asked if asked in asked_of(fact) else next(iter(asked_of(fact))),
        values=[text_of(told, f"value.{number}"), text_of(told, f"second.{number}")],
        window=text_of(told, f"window.{number}"),
        window_unit=_unit(told, f"window_unit.{number}"),
        since=text_of(told, f"since.{number}"),
        until=text_of(told, f"until.{number}"),
        on=text_of(told, f"on.{number}"),
        unit=_unit(told, f"unit.{number}"),
        is_new=is_new,
    )


def _unit(told: QueryDict, name: str) -> str:
    unit = told.get(name, "")
    return unit if unit in SPANS else "days"


def _line(number: int, part: Part) -> Line:
    fact = part.fact
    asked = asked_of(fact) if fact else {}
    return Line(
        number=number,
        part=part,
        label=label_of(fact) if fact else "",
        definition=gettext(fact.description) if fact and fact.description else "",
        asked=[(code, words, code == part.asked) for code, words in asked.items()],
        input=_input(fact, part.asked),
        step="any" if fact and fact.type is not FactType.INTEGER else "1",
        choices=[
            (code, gettext(text), code == part.values[0]) for code, text in (fact.choices if fact else {}).items()
        ],
        units=_units(part.unit),
        window_units=_units(part.window_unit),
        takes_window=fact is not None and fact.aggregate is not None,
        takes_day=fact is not None and fact.history is not None,
        takes_value=fact is not None and part.asked not in NO_VALUE,
        takes_two=part.asked == "between",
    )


def _input(fact: Fact | None, asked: str) -> str:
    if fact is None:
        return "text"
    if asked in DURATIONS:
        return "length"
    if fact.type in NUMERIC:
        return "number"
    if fact.type in TEMPORAL:
        return "date"
    return "choice" if fact.choices and asked in {"=", "!="} else "text"


def _units(chosen: str) -> list[tuple[str, str, bool]]:
    return [(code, gettext(words), code == chosen) for code, words in SPANS.items()]


def _grouped(catalogue: Catalogue) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the facts that can be asked of, by family, with their labels."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for fact in catalogue.facts.values():
        if fact.source:
            groups.setdefault(family_of(fact), []).append((fact.name, label_of(fact)))
    return list(groups.items())
