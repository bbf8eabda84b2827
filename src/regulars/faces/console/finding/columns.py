"""The columns of the list: which facts it shows, and by which it is sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regulars.faces.console.finding.asked import Asked
from regulars.faces.console.finding.fact_words import family_of, label_of
from regulars.facts.contracts import NUMERIC, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A column's head; `address` sorts by it, where an index has it."""

    text: str
    definition: str
    name: str
    look: str
    address: str
    # As `aria-sort` says it; empty where the list is not sorted by it.
    sorted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A fact that can be a column."""

    name: str
    text: str
    is_shown: bool


def sorts_of(asked: Asked) -> list[Header]:
    """Return the heads of the columns."""
    return [_header(fact, asked, number) for number, fact in enumerate(asked.columns)]


def column_groups(asked: Asked) -> Sequence[tuple[str, list[Choice]]]:
    """Return all facts that can be columns, by family; those that are shown say so."""
    shown = {fact.name for fact in asked.columns}
    groups: dict[str, list[Choice]] = {}
    for fact in asked.setting.catalogue.facts.values():
        if fact.source:
            choice = Choice(name=fact.name, text=label_of(fact), is_shown=fact.name in shown)
            groups.setdefault(family_of(fact), []).append(choice)
    return list(groups.items())


def look_of(fact: Fact, number: int) -> str:
    """Return the classes of a column's cells: figures stand at the right, and a phone shows the first two."""
    return " ".join(filter(None, ("n" if fact.type in NUMERIC else "", "" if number < 2 else "wide-only")))


def _header(fact: Fact, asked: Asked, number: int) -> Header:
    is_sorted = asked.order.fact.name == fact.name and not asked.search
    descending = asked.order.descending
    address = ""
    # What words find is sorted by when it came.
    if fact.is_indexed and not asked.search:
        address = asked.address(sort=fact.name, direction="ascending" if is_sorted and descending else "")
    return Header(
        text=label_of(fact),
        definition=fact.description,
        name=fact.name,
        look=look_of(fact, number),
        address=address,
        sorted=("descending" if descending else "ascending") if is_sorted else "",
    )
