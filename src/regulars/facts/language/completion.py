"""What could be written next, where somebody writes a condition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from regulars.facts.contracts import NUMERIC, ORDERED, TEMPORAL, TEXTUAL, Catalogue, Fact, FactType
from regulars.facts.language import tree
from regulars.facts.language.lexer import quoted
from regulars.facts.language.parser import COMPARATORS, hints_at_end
from regulars.facts.language.reader import Hint
from regulars.kit.i18n import gettext

MOST = 50
_WORD_BEGUN = re.compile(r'(?:"[^"]*|[\w.]+|[<>!=]+)?$')
_WHOLE_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_EQUALITY = {"=", "!="}


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
    fact = _fact_of(hint.operand, catalogue)
    match hint.kind:
        case "fact":
            yield from ((each.name, gettext(each.label)) for each in catalogue.facts.values())
        case "property":
            known = catalogue.facts.get(hint.word)
            if known and known.aggregate:
                yield from ((n, gettext(each.label)) for n, each in known.aggregate.occurrences.properties.items())
        case "value" if fact:
            yield from _values(fact)
        case "moment":
            yield from (("today", gettext("Today")), ("now", gettext("Now")))
        case "word" if _can_be_asked(hint, fact):
            yield hint.word, ""
        case "argument" if _can_be_given(hint, fact):
            yield hint.word, ""


def _fact_of(operand: tree.Operand | None, catalogue: Catalogue) -> Fact | None:
    return catalogue.facts.get(operand.fact) if isinstance(operand, tree.FactOperand) else None


def _values(fact: Fact) -> Iterable[tuple[str, str]]:
    if fact.choices:
        return [(quoted(value), gettext(label)) for value, label in fact.choices.items()]
    return [("true", ""), ("false", "")] if fact.type is FactType.BOOLEAN else []


def _can_be_given(hint: Hint, fact: Fact | None) -> bool:
    """Tell whether a word fits the parentheses of a fact: a day that is past, or which occurrences are counted."""
    return fact is None or (fact.history if hint.word == "on" else fact.aggregate) is not None


def _can_be_asked(hint: Hint, fact: Fact | None) -> bool:
    """Tell whether a word that would follow an operand fits the type of its fact."""
    if fact is None:
        return True
    word, kind = hint.word, fact.type
    if word == "(":
        return fact.aggregate is not None or fact.history is not None
    if word in COMPARATORS:
        return kind in ORDERED or (word in _EQUALITY and kind is not FactType.TEXTS)
    if word in {"in", "not"}:
        return kind in NUMERIC | TEXTUAL | TEMPORAL
    if word in {"last", "next"}:
        return kind in TEMPORAL
    if word == "between":
        return kind in ORDERED
    if word in {"contains", "starts"}:
        return kind in TEXTUAL or (word == "contains" and kind is FactType.TEXTS)
    return word != "has" or fact.history is not None
