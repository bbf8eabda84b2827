"""What is known of a customer by the catalogue of facts: each in words, with what it means and who is like that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode

from regulars.faces.console.finding.fact_words import FAMILY_WORDS, family_of, label_of, value_in_words
from regulars.facts import asking
from regulars.facts.contracts import TEXTUAL, Fact, FactType
from regulars.facts.language import tree
from regulars.facts.language.binding import Setting
from regulars.facts.language.printer import write
from regulars.kit.i18n import gettext


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """A fact of a customer in words. `likes` lead to those of whom the same is true, each with its words."""

    name: str
    label: str
    definition: str
    value: str
    likes: Sequence[tuple[str, str]]


def facts_of(customer_id: UUID, *, setting: Setting) -> list[tuple[str, list[KnownFact]]]:
    """Return the facts that are known of a customer and that the setting does not withhold, by what they are about.

    Raises
    ------
    TookTooLong
        It was given up.
    """
    facts = [fact for fact in setting.catalogue.facts.values() if fact.source]
    values = asking.read_values([fact.name for fact in facts], [customer_id], setting=setting).get(customer_id, {})
    groups: dict[str, list[KnownFact]] = {gettext(words): [] for words in FAMILY_WORDS.values()}
    for fact in _of_rows_that_are_there(facts, values):
        if values.get(fact.name) not in (None, "", []):
            groups.setdefault(family_of(fact), []).append(_known(fact, values, setting.currency))
    return [(words, known) for words, known in groups.items() if known]


def _of_rows_that_are_there(facts: Sequence[Fact], values: Mapping[str, Any]) -> list[Fact]:
    """Leave out the facts of a row that the customer does not have: that nobody is a member is told of nobody.

    A row says something where one of its facts is another than what absence means.
    """
    there = {fact.source for fact in facts if values.get(fact.name) not in (None, "", [], fact.missing)}
    return [fact for fact in facts if fact.source in there or (fact.source and fact.source.has_all)]


def like(fact: Fact, value: Any) -> list[tuple[str, tree.Condition]]:
    """Return what is true of others of whom the same is known: of a list, one condition for each of its texts.

    An amount or a moment is hardly ever another's too: there is none for these.
    """
    what = tree.FactOperand(fact=fact.name)
    if fact.type is FactType.TEXTS:
        return [(each, tree.Contains(what=what, value=each)) for each in value]
    if fact.type is FactType.BOOLEAN:
        holds = tree.Holds(what=what)
        return [("", holds if value else tree.Not(of=holds))]
    if fact.type in TEXTUAL or fact.type is FactType.INTEGER:
        told = str(value) if fact.type in TEXTUAL else int(value)
        return [("", tree.Compare(what=what, operator=tree.Comparator.EQUAL, value=told))]
    return []


def _known(fact: Fact, values: Mapping[str, Any], currency: str) -> KnownFact:
    value = values[fact.name]
    shown = value_in_words(fact, value, currency)
    return KnownFact(
        name=fact.name.replace(".", "-"),
        label=label_of(fact),
        definition=gettext(fact.description) if fact.description else fact.name,
        value=shown,
        likes=[(text or shown, _address(condition)) for text, condition in like(fact, value)],
    )


def _address(condition: tree.Condition) -> str:
    return f"{reverse('console:customers')}?{urlencode({'where': write(condition)})}"
