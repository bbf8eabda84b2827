"""Conditions of rules, read once for each version of a programme: what they mean, ask for, and must see in a cart.

What a condition means can move with time, as `last 90 days` does; such a one is bound to each moment anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from regulars.facts.contracts import Catalogue, FactType
from regulars.facts.interpreters.memory import Subject, judge
from regulars.facts.language import meaning
from regulars.facts.language.binding import FindSegment, Setting, bind, no_segment
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.meaning import Meaning
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import Parsed, parse
from regulars.facts.needs import Needs, needs_of, walk
from regulars.loyalty.rules.vocabulary import is_of_line

# A rule may be looked for by one of these; the narrowest first. What a line is, some line of the cart is.
_SEEN_BY: Mapping[str, tuple[int, str]] = {
    "cart.products": (0, "cart.products"),
    "line.product": (0, "cart.products"),
    "cart.product_names": (0, "cart.product_names"),
    "line.name": (0, "cart.product_names"),
    "cart.coupons": (0, "cart.coupons"),
    "cart.categories": (1, "cart.categories"),
    "line.category": (1, "cart.categories"),
    "cart.location": (2, "cart.location"),
    "cart.paid_with": (3, "cart.paid_with"),
    "cart.channel": (4, "cart.channel"),
    "cart.source": (5, "cart.source"),
    "cart.currency": (6, "cart.currency"),
}
SEEN = frozenset(name for _, name in _SEEN_BY.values())
_MOVING = (
    meaning.WindowReading,
    meaning.EventReading,
    meaning.PastReading,
    meaning.AnniversaryReading,
)

Sign = tuple[str, str]
"""A fact of the cart, and a text that it is or holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where conditions are read: the facts of people, the clock of the check, the currency, what segments mean."""

    catalogue: Catalogue
    clock: Clock
    currency: str
    find_segment: FindSegment = no_segment


@dataclass(frozen=True, slots=True)
class Halves:
    """What a condition asks of the whole, and what of each line; None where it asks nothing."""

    whole: Meaning | None = None
    line: Meaning | None = None


@dataclass(slots=True, kw_only=True)
class ReadyCondition:
    """A condition that is ready to be judged."""

    text: str
    needs: Needs
    # One of these signs is in each cart of which it is true; None where nothing can be told.
    signs: frozenset[Sign] | None
    parsed: Parsed | None = None
    surroundings: Surroundings
    moves: bool = False
    # Replaced as one, since several threads may ask.
    _bound: tuple[Clock | None, Halves] = (None, Halves())

    def at(self, clock: Clock) -> Halves | None:
        """Return what it means at a moment; None where it can mean nothing then, as of a day that is yet to come."""
        bound_at, bound = self._bound
        if self.moves and clock != bound_at:
            try:
                bound = _halves(_bind(self.parsed, self.surroundings, clock))
            except WrongCondition:
                return None
            self._bound = clock, bound
        return bound


def read_condition(text: str, surroundings: Surroundings) -> ReadyCondition:
    """Return a condition ready to be judged; an empty one is true of all.

    Raises
    ------
    WrongCondition
        It cannot be meant.
    """
    if not text.strip():
        return ReadyCondition(text="", needs=Needs(), signs=None, surroundings=surroundings)
    parsed = parse(text)
    meant = _bind(parsed, surroundings, surroundings.clock)
    return ReadyCondition(
        text=text,
        needs=needs_of(meant),
        signs=_signs(meant),
        parsed=parsed,
        surroundings=surroundings,
        moves=any(map(_moves, walk(meant))),
        _bound=(surroundings.clock, _halves(meant)),
    )


def is_true(condition: Meaning | None, subject: Subject, clock: Clock) -> bool:
    """Tell whether a condition is true of a subject; one that asks nothing is."""
    return condition is None or judge(condition, subject, clock)


def _bind(parsed: Parsed | None, surroundings: Surroundings, clock: Clock) -> Meaning | None:
    if parsed is None:
        return None
    setting = Setting(
        catalogue=surroundings.catalogue,
        clock=clock,
        currency=surroundings.currency,
        find_segment=surroundings.find_segment,
    )
    return bind(parsed.tree, setting, parsed.places)


def _halves(condition: Meaning | None) -> Halves:
    """Return the parts of a condition that all have to hold, those that speak of lines apart."""
    parts = list(_conjuncts(condition)) if condition else []
    of_lines = [part for part in parts if any(is_of_line(name) for name in _facts(part))]
    return Halves(_joined([part for part in parts if part not in of_lines]), _joined(of_lines))


def _conjuncts(condition: Meaning) -> Iterator[Meaning]:
    if isinstance(condition, meaning.Both):
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _joined(parts: list[Meaning]) -> Meaning | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else meaning.Both(parts)


def _facts(condition: Meaning) -> Iterator[str]:
    return (each.fact.name for each in walk(condition) if isinstance(each, meaning.FactReading))


def _moves(part: Any) -> bool:
    """Tell whether what a part means can move with time; a day in it may be one that is told from today."""
    if isinstance(part, meaning.Compares):
        return isinstance(part.value, date)
    if isinstance(part, meaning.IsOneOf):
        return isinstance(part.values[0], date)
    if isinstance(part, meaning.LiesBetween):
        return isinstance(part.low, date)
    return isinstance(part, (*_MOVING, meaning.LiesIn, meaning.Followed, meaning.Lasted))


def _signs(condition: Meaning | None) -> frozenset[Sign] | None:
    """Return signs of which a cart has one where a condition is true; the narrowest that can be told."""
    match condition:
        case meaning.Both(parts=parts):
            return min((found for part in parts if (found := _signs(part))), key=_breadth, default=None)
        case meaning.Either(parts=parts):
            all_found = [_signs(part) for part in parts]
            return None if None in all_found else frozenset().union(*(found for found in all_found if found))
        case meaning.Test(reading=meaning.FactReading(fact=fact), predicate=predicate) if fact.name in _SEEN_BY:
            texts = _texts(predicate, is_list=fact.type is FactType.TEXTS)
            return frozenset((_SEEN_BY[fact.name][1], text) for text in texts) or None
    return None


def _texts(predicate: meaning.Predicate, *, is_list: bool) -> Iterable[Any]:
    """Return the texts of which a predicate asks for one."""
    match predicate:
        case meaning.Compares(operator="=", value=value):
            return (value,)
        case meaning.IsOneOf(values=values):
            return values
        case meaning.Holds(value=value) if is_list:
            return (value,)
    return ()


def _breadth(signs: frozenset[Sign]) -> tuple[int, int]:
    return max(_SEEN_BY[name][0] for name, _ in signs), len(signs)
