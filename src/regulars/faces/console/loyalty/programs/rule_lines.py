"""The rules of a programme as its page lists them: each in words, with how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from regulars.faces.console.loyalty.programs.rule_words import Language, sentence_of
from regulars.faces.console.loyalty.programs.sight import Sight
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.calendar import local_day
from regulars.loyalty.definitions.contracts import Fault
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a rule stands, in words and a tone."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A rule as the list shows it; one that the draft takes away leads nowhere and cannot be changed."""

    key: str
    name: str
    sentence: str
    standing: Standing
    priority: str
    address: str
    faults: Sequence[str] = ()
    is_first: bool = False
    is_last: bool = False
    is_gone: bool = False


def lines_of(sight: Sight, told: Language, faults: Sequence[Fault]) -> list[Line]:
    """Return the rules of the document that is worked on, in its order, then those that the draft takes away."""
    rules = sight.document.rules
    lines = [_line(sight, told, rule, number, _of_rule(faults, number)) for number, rule in enumerate(rules)]
    kept = {rule.key for rule in rules}
    gone = [rule for rule in sight.in_force.document.rules if rule.key not in kept] if sight.in_force else []
    before = Language(program=sight.shown, catalogue=told.catalogue, reporting=told.reporting)
    return lines + [
        Line(
            key=rule.key,
            name=rule.name,
            sentence=sentence_of(rule, before),
            standing=Standing(text=gettext("in force, taken away in the draft"), tone="attention"),
            priority="",
            address="",
            is_gone=True,
        )
        for rule in gone
    ]


def standing_of(sight: Sight, rule: Rule) -> Standing:
    """Return how a rule of the document that is worked on stands today."""
    lived = _rule(sight.in_force.document if sight.in_force else None, rule.key)
    published = _rule(sight.newest.document if sight.newest else None, rule.key)
    if published is None:
        return Standing(text=gettext("only in the draft"), tone="info")
    if rule != published:
        return Standing(text=gettext("changed in the draft"), tone="attention")
    if lived != published:
        assert sight.newest is not None  # noqa: S101  # It holds the rule.
        day = formats.day(sight.newest.effective_at.astimezone(sight.zone))
        return Standing(text=gettext("from {day} on").format(day=day), tone="info")
    return _by_dates(sight, rule)


def _by_dates(sight: Sight, rule: Rule) -> Standing:
    today = local_day(sight.now, sight.zone)
    if rule.dates.end is not None and rule.dates.end < today:
        return Standing(text=gettext("ended on {day}").format(day=formats.day(rule.dates.end)), tone="")
    if rule.dates.start is not None and rule.dates.start > today:
        return Standing(text=gettext("from {day} on").format(day=formats.day(rule.dates.start)), tone="info")
    return Standing(text=gettext("in force"), tone="good")


def _line(sight: Sight, told: Language, rule: Rule, number: int, faults: Sequence[str]) -> Line:
    return Line(
        key=rule.key,
        name=rule.name,
        sentence=sentence_of(rule, told),
        standing=standing_of(sight, rule),
        priority=formats.number(rule.priority) if rule.priority or rule.group else "",
        address=reverse("console:loyalty.rule", args=[sight.key, rule.key]),
        faults=faults,
        is_first=number == 0,
        is_last=number == len(sight.document.rules) - 1,
    )


def _of_rule(faults: Sequence[Fault], number: int) -> list[str]:
    at = f"/rules/{number}"
    return [each.message for each in faults if each.pointer == at or each.pointer.startswith(f"{at}/")]


def _rule(program: Program | None, key: str) -> Rule | None:
    rules = program.rules if program else ()
    return next((rule for rule in rules if rule.key == key), None)
