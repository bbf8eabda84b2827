"""The lines of the builder: what is told of them, and what their fields offer; of customers and of rules alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from regulars.faces.console.finding.asked import text_of
from regulars.faces.console.finding.fact_words import family_of, label_of
from regulars.faces.console.finding.parts import DURATIONS, NO_VALUE, SPANS, Part, asked_of
from regulars.facts.contracts import NUMERIC, TEMPORAL, Catalogue, Fact, FactType
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.tree import MOST_PARTS
from regulars.kit.i18n import gettext


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


def told_parts(told: QueryDict, catalogue: Catalogue) -> tuple[str, list[Part]]:
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


def line_of(number: int, part: Part) -> Line:
    """Return a line as the page shows it."""
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


def facts_by_family(catalogue: Catalogue, *, has_own: bool = False) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the facts of people by family, with their labels; `has_own` adds what is known of a cart or event only."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for fact in catalogue.facts.values():
        if fact.source or has_own:
            groups.setdefault(family_of(fact), []).append((fact.name, label_of(fact)))
    return list(groups.items())


def said_of_fault(fault: WrongCondition, where: str) -> Said:
    """Return what is wrong with a condition, and where in its text."""
    if fault.place is None:
        return Said(fault=fault.message)
    start, end = fault.place.start, fault.place.end
    return Said(fault=fault.message, before=where[:start], wrong=where[start:end] or "…", behind=where[end:])
