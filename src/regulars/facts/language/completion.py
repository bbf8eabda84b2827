"""What could be written next, where somebody writes a condition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from regulars.facts.contracts import (
    NUMERIC,
    ORDERED,
    TEMPORAL,
    TEXTUAL,
    Catalogue,
    Fact,
    FactType,
    Occurrences,
    Property,
)
from regulars.facts.language import tree
from regulars.facts.language.lexer import quoted
from regulars.facts.language.parser import COMPARATORS, hints_at_end
from regulars.facts.language.printer import write_property
from regulars.facts.language.reader import Hint
from regulars.kit.i18n import gettext

MOST = 100
_WORD_BEGUN = re.compile(r'(?:"[^"]*|[\w.]+|[<>!=]+)?$')
_WHOLE_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_ALL = frozenset(FactType)
# What an event says is one of these.
_OF_EVENTS = frozenset({FactType.TEXT, FactType.NUMBER, FactType.BOOLEAN})
_OF_ANNIVERSARIES = frozenset({"in", "last", "next"})
_EQUAL = _ALL - {FactType.TEXTS}
_LISTED = NUMERIC | TEXTUAL | TEMPORAL
_YES_OR_NO = frozenset({FactType.BOOLEAN})
# The types with which a word goes; a word that is not here goes with all.
_FITTING: Mapping[str, frozenset[FactType]] = dict.fromkeys(COMPARATORS, ORDERED) | {
    "=": _EQUAL,
    "!=": _EQUAL,
    "in": _LISTED,
    "not": _LISTED,
    "last": TEMPORAL,
    "next": TEMPORAL,
    "between": ORDERED,
    "contains": TEXTUAL | {FactType.TEXTS},
    "starts": TEXTUAL,
    "true": _YES_OR_NO,
    "false": _YES_OR_NO,
    "today": TEMPORAL,
    "now": frozenset({FactType.MOMENT}),
    "-": NUMERIC,
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text that could replace the characters from `start` to the place of writing; `label` says what it is."""

    text: str
    start: int
    label: str = ""


def complete(text: str, catalogue: Catalogue, *, at: int | None = None) -> list[Suggestion]:
    """Return what could come at a place of a text, the end by default; nothing behind a text that is wrong."""
    before = text[: len(text) if at is None else at]
    # The quotation mark that ends a text begins none.
    found = _WORD_BEGUN.search(_WHOLE_TEXT.sub(lambda text: " " * len(text[0]), before))
    start = found.start() if found else len(before)
    begun = before[start:].lower()
    suggestions: dict[str, Suggestion] = {}
    for hint in hints_at_end(before[:start]):
        for word, label in _words(hint, catalogue):
            if begun in word.lower() or (begun and begun in label.lower()):
                suggestions.setdefault(word, Suggestion(word, start, label))
    # What begins so comes before what only has it in it.
    ordered = sorted(suggestions.values(), key=lambda each: not each.text.lower().startswith(begun))
    return [each for each in ordered if each.text != before[start:]][:MOST]


def _words(hint: Hint, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    asked = _asked(hint, catalogue)
    match hint.kind:
        case "fact":
            yield from ((each.name, gettext(each.label)) for each in catalogue.facts.values())
            if catalogue.event:
                said = catalogue.events().get(catalogue.event, ())
                yield from ((f"event.{name}", "") for name in said if write_property(name) == name)
        case "yearly":
            yield from ((each.name, gettext(each.label)) for each in catalogue.facts.values() if each.is_yearly)
        case "event":
            yield from ((quoted(name), "") for name in catalogue.event_types())
        case "property":
            yield from _properties(hint.counted, catalogue)
        case "value" if asked:
            yield from ((quoted(value), gettext(label)) for value, label in asked.choices.items())
        case "moment":
            for word, label in (("today", gettext("Today")), ("now", gettext("Now"))):
                if _fits(word, hint, catalogue):
                    yield word, label
        case "word" if _fits(hint.word, hint, catalogue):
            yield hint.word, ""
        case "argument" if _can_be_given(hint, catalogue):
            yield hint.word, ""


def _properties(counted: tree.Operand | None, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Return the properties of what is counted, as they are written."""
    if isinstance(counted, tree.EventOperand):
        yield from ((write_property(name), "") for name in catalogue.events().get(counted.event, ()))
    elif occurrences := _occurrences(counted, catalogue):
        yield from ((write_property(name), gettext(each.label)) for name, each in occurrences.properties.items())


def _asked(hint: Hint, catalogue: Catalogue) -> Fact | Property | None:
    """Return what a hint's operand is, where it is declared."""
    match hint.operand:
        case tree.FactOperand(fact=name):
            return catalogue.facts.get(name)
        case tree.PropertyOperand(property=name) if occurrences := _occurrences(hint.counted, catalogue):
            return occurrences.properties.get(name)
    return None


def _occurrences(counted: tree.Operand | None, catalogue: Catalogue) -> Occurrences | None:
    fact = catalogue.facts.get(counted.fact) if isinstance(counted, tree.FactOperand) else None
    return fact.aggregate.occurrences if fact and fact.aggregate else None


def _types(hint: Hint, catalogue: Catalogue) -> frozenset[FactType]:
    """Return of which types the operand of a hint can be."""
    if asked := _asked(hint, catalogue):
        return frozenset({asked.type})
    match hint.operand:
        case tree.EventOperand() | tree.BucketOperand():
            return frozenset({FactType.INTEGER})
        case tree.PropertyOperand() if isinstance(hint.counted, tree.EventOperand):
            return _OF_EVENTS
        case tree.FactOperand(fact=name) if catalogue.property_named(name):
            return _OF_EVENTS
    return _ALL


def _can_be_given(hint: Hint, catalogue: Catalogue) -> bool:
    """Tell whether a word fits the parentheses of a fact: a day that is past, or which occurrences are counted."""
    fact = _asked(hint, catalogue)
    if not isinstance(fact, Fact):
        return True
    return (fact.history if hint.word == "on" else fact.aggregate) is not None


def _fits(word: str, hint: Hint, catalogue: Catalogue) -> bool:
    """Tell whether a word that would follow an operand, or be compared with it, fits its type."""
    if hint.operand is None:
        return True
    fact = _asked(hint, catalogue)
    if word == "(":
        if isinstance(hint.operand, tree.FactOperand) and catalogue.property_named(hint.operand.fact):
            return False
        return not isinstance(fact, Fact) or fact.aggregate is not None or fact.history is not None
    if word == "has":
        return isinstance(fact, Fact) and fact.history is not None
    if isinstance(hint.operand, tree.AnniversaryOperand):
        return word in _OF_ANNIVERSARIES
    return bool(_types(hint, catalogue) & _FITTING.get(word, _ALL))
