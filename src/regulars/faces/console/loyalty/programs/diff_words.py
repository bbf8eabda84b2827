"""What differs between two documents, in words: each part that changed, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from regulars.faces.console.loyalty.programs.field_words import PART_WORDS, field_words, value_words
from regulars.faces.console.loyalty.programs.rule_filled import find_rule
from regulars.faces.console.loyalty.programs.rule_words import Language, sentence_of
from regulars.kit.i18n import gettext, mark
from regulars.loyalty.definitions.diffing import Change, ChangeKind, diff_programs
from regulars.loyalty.definitions.document.program import Program

_TONES: Mapping[ChangeKind, tuple[str, str]] = {
    ChangeKind.ADDED: (mark("added"), "good"),
    ChangeKind.REMOVED: (mark("taken away"), "bad"),
    ChangeKind.CHANGED: (mark("changed"), "attention"),
    ChangeKind.REORDERED: (mark("in another order"), "info"),
}
# What the sentence of a rule says; base and roundings of a grant aside, which it only says where they are unusual.
_IN_SENTENCES = frozenset(
    {
        "activation",
        "beneficiary",
        "budgets",
        "caps",
        "condition",
        "currency",
        "dates",
        "expiry",
        "grant",
        "group",
        "hours",
        "on",
        "opt_in",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that changed."""

    name: str
    before: str
    after: str


@dataclass(slots=True, kw_only=True)
class Part:
    """A part of the programme that changed; of a rule, the whole sentence before and after."""

    kind: str
    name: str
    state: str
    tone: str
    before: str = ""
    after: str = ""
    # Its sentences tell most of it.
    is_told: bool = False
    fields: list[Field] = field(default_factory=list)


def parts_between(before: Program | None, after: Program, told: Language) -> list[Part]:
    """Return what changes from one document to another; all of it where there was none before."""
    changes = diff_programs(before or _emptied(after), after)
    found: dict[tuple[str, ...], Part] = {}
    for change in changes:
        steps = _steps(change.pointer)
        at = tuple(steps[:2]) if steps[0] in PART_WORDS and len(steps) > 1 else ()
        if at not in found:
            found[at] = _part(at, before, after, change, told)
        _add(found[at], change, steps[len(at) :], before, after)
    return list(found.values())


def _emptied(program: Program) -> Program:
    """Return a document of which nothing but its currencies is left, to compare a first one with."""
    return program.model_copy(update=dict.fromkeys(("rules", "budgets", "tier_sets", "vouchers", "rewards"), ()))


def _part(at: tuple[str, ...], before: Program | None, after: Program, change: Change, told: Language) -> Part:
    if not at:
        words, tone = _TONES[ChangeKind.CHANGED]
        return Part(kind=gettext("Programme"), name=after.name, state=gettext(words), tone=tone)
    section, key = at
    is_whole = len(_steps(change.pointer)) == 2
    words, tone = _TONES[change.kind if is_whole else ChangeKind.CHANGED]
    part = Part(
        kind=gettext(PART_WORDS[section]),
        name=_name(section, key, before, after),
        state=gettext(words),
        tone=tone,
    )
    if section == "rules":
        part.before, part.after = _sentence(before, key, told), _sentence(after, key, told)
        if part.before == part.after:
            part.before = part.after = ""
        part.is_told = part.before != part.after
    return part


def _add(part: Part, change: Change, steps: Sequence[str], before: Program | None, after: Program) -> None:
    if not steps:
        if change.kind is ChangeKind.REORDERED:
            _add_order(part, change, "")
        return
    if part.is_told and steps[0] in _IN_SENTENCES:
        return
    name = " · ".join(_step_words(steps, number, before, after) for number in range(len(steps)))
    if change.kind is ChangeKind.REORDERED:
        _add_order(part, change, name)
        return
    part.fields.append(Field(name=name, before=value_words(change.before), after=value_words(change.after)))


def _add_order(part: Part, change: Change, name: str) -> None:
    words = gettext("order of {parts}").format(parts=name) if name else gettext("order")
    part.fields.append(Field(name=words, before=value_words(change.before), after=value_words(change.after)))


def _step_words(steps: Sequence[str], number: int, before: Program | None, after: Program) -> str:
    """Return a step of a pointer; a tier within its set by its name."""
    step = steps[number]
    if number and steps[number - 1] == "tiers":
        names = {
            tier.key: tier.name
            for program in (before, after)
            for tier_set in (program.tier_sets if program else ())
            for tier in tier_set.tiers
        }
        return f"“{names.get(step, step)}”"
    return field_words(step)


def _name(section: str, key: str, before: Program | None, after: Program) -> str:
    for program in (after, before):
        parts: Sequence[Any] = getattr(program, section) if program is not None else ()
        for each in parts:
            if each.key == key:
                return str(each.name)
    return key


def _sentence(program: Program | None, key: str, told: Language) -> str:
    rule = find_rule(program, key) if program is not None else None
    return sentence_of(rule, replace(told, program=program)) if rule and program else ""


def _steps(pointer: str) -> list[str]:
    return [each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:]]
