"""Judge whether a rule applies to an occasion, and to which lines of it.

The order of the questions is fixed, so that each refusal has one reason: the rule's time, who is granted, whether the
offer was wanted, the currency, whether anything is left of the order, the condition, happy hours.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from regulars.facts.interpreters.memory import Subject
from regulars.facts.language.moments import Clock
from regulars.loyalty.definitions.calendar import local_day
from regulars.loyalty.definitions.document.rules import OnAnniversary
from regulars.loyalty.rules.bounds import Headroom
from regulars.loyalty.rules.compiling import Compiled, ReadyRule
from regulars.loyalty.rules.conditions import SEEN, Sign, is_true
from regulars.loyalty.rules.contracts import DayCame, Happened, Occasion, Ordered, Reason, Refusal
from regulars.loyalty.rules.money_rates import not_covered
from regulars.loyalty.rules.sight import Scene, Sight
from regulars.loyalty.rules.vocabulary import CART, LINE, cart_facts, line_facts, number_of, said_number
from regulars.loyalty.rules.worth import Remains, remains_of

_NOBODY = Subject(id=UUID(int=0))
_OWN = {fact.name: fact for fact in (*CART, *LINE)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is known beside the occasion itself.

    `member` holds the facts that the rules need (`RuleSet.needs`), as their columns hold them; None where nobody is
    a member. `tiers` are the member's tiers by their sets, before the occasion. `headroom` is what is left of bounds by
    their keys; of one that is left out, all of it. By `rates` one unit of a currency is so many of the reporting one.
    """

    member: Subject | None = None
    tiers: Mapping[str, str] = field(default_factory=dict)
    opted_in: Collection[str] = frozenset()
    headroom: Headroom = field(default_factory=dict)
    rates: Mapping[str, Decimal] = field(default_factory=dict)


class Judge:
    """Judges the rules of a programme for one occasion; what several ask for is found once."""

    def __init__(self, compiled: Compiled, occasion: Occasion, given: Given) -> None:
        self.compiled, self.occasion, self.given = compiled, occasion, given
        self.clock = Clock(occasion.at, compiled.zone)
        cart = occasion.cart if isinstance(occasion, Ordered) else None
        self.remains = remains_of(cart, compiled.program.points_are) if cart else Remains(parts=(), total_minor=0)
        self.scene = Scene(
            parts=self.remains.parts,
            goods=self.remains.goods,
            currency=cart.currency if cart else "",
            reporting=compiled.reporting,
            rates=given.rates,
            number_of=self.number,
        )
        self.goods = self.scene.goods
        self.subject = self._subject()
        self._lines: dict[int, Subject] = {}
        self._answers: dict[int, list[int] | None] = {}

    def signs(self) -> Iterator[Sign]:
        """Return the signs by which rules are found."""
        for name in SEEN:
            seen = self.subject.facts.get(name, ())
            yield from ((name, text) for text in ((seen,) if isinstance(seen, str) else seen))

    def is_set_off(self, rule: ReadyRule) -> bool:
        """Tell whether the day is one of a rule of the calendar; other occasions set off all of theirs."""
        if not isinstance(self.occasion, DayCame):
            return True
        if rule.recurrence is not None:
            return rule.recurrence.is_on(self.occasion.on)
        if isinstance(rule.trigger, OnAnniversary):
            return _is_anniversary(self.subject.facts.get(rule.trigger.of), self.occasion.on, self.clock)
        return True

    def see(self, rule: ReadyRule, *, is_candidate: bool) -> Sight | Refusal:
        """Return what a rule sees of the occasion, or why it does not apply."""
        beneficiary = self._beneficiary(rule)
        if refusal := self._before_condition(rule, beneficiary):
            return refusal
        lines = self._lines_of(rule) if is_candidate else None
        if lines is None:
            return rule.false.refusal or Refusal(Reason.CONDITION_FALSE)
        if rule.hours and not rule.hours.has(self.occasion.at):
            return Refusal(Reason.OUTSIDE_HOURS, {"at": self.occasion.at.isoformat()})
        return Sight(
            scene=self.scene,
            beneficiary=beneficiary or None,
            lines=frozenset(lines) if rule.is_of_lines else None,
        )

    def number(self, name: str, line: int | None) -> Fraction | None:
        """Return a number as a formula reads it."""
        if isinstance(self.occasion, Happened) and name.startswith("event."):
            return said_number(self.occasion.payload, name.removeprefix("event."))
        fact = _OWN.get(name) or self.compiled.catalogue.facts.get(name)
        if fact is None:
            return None
        known = self.subject if line is None else self._line(line)
        return number_of(fact, known.facts, self.clock, self.compiled.reporting)

    def _before_condition(self, rule: ReadyRule, beneficiary: str | None) -> Refusal | None:
        if refusal := rule.time.refuse(self.occasion.at):
            return refusal
        if beneficiary is None:
            return Refusal(Reason.BENEFICIARY_UNKNOWN, {"attribute": rule.attribute})
        if self.given.member is None and not rule.attribute:
            return Refusal(Reason.MEMBER_UNKNOWN)
        if rule.opt_in and rule.key not in self.given.opted_in:
            return Refusal(Reason.NOT_OPTED_IN)
        if not isinstance(self.occasion, Ordered):
            return None
        covered = rule.grant.currencies
        if covered is not None and self.scene.currency not in covered:
            return not_covered(self.scene.currency, covered)
        return None if self.goods else Refusal(Reason.NOTHING_TO_COUNT, {"counted": "lines"})

    def _beneficiary(self, rule: ReadyRule) -> str | None:
        """Return the number of who is granted, empty for the member of the occasion; None where it is not known."""
        if not rule.attribute:
            return ""
        match self.occasion:
            case Ordered(cart=cart):
                found = cart.attributes.get(rule.attribute)
            case Happened(payload=payload):
                found = payload.get(rule.attribute)
            case _:
                return None
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) and found != "" else None

    def _lines_of(self, rule: ReadyRule) -> list[int] | None:
        """Return the lines of which a rule's condition is true; none for one that looks at no lines, None if false.

        Rules that share a condition, which are set off alike, share the answer.
        """
        key = id(rule.condition)
        if key not in self._answers:
            self._answers[key] = self._found(rule)
        return self._answers[key]

    def _found(self, rule: ReadyRule) -> list[int] | None:
        asked = rule.condition.at(self.clock)
        if asked is None or not is_true(asked.whole, self.subject, self.clock):
            return None
        if not rule.is_of_lines:
            return []
        numbers = [part.number for part in self.goods]
        if asked.line is not None:
            numbers = [number for number in numbers if is_true(asked.line, self._line(number), self.clock)]
        return numbers or None

    def _subject(self) -> Subject:
        """Return who is judged, with what the occasion adds."""
        member = self.given.member or _NOBODY
        match self.occasion:
            case Ordered():
                return replace(member, facts={**member.facts, **cart_facts(self.occasion, self.remains, self.scene)})
            case Happened(payload=payload):
                return replace(member, payload=payload)
        return member

    def _line(self, number: int) -> Subject:
        if number not in self._lines:
            part = next(part for part in self.goods if part.number == number)
            self._lines[number] = replace(self.subject, facts={**self.subject.facts, **line_facts(part, self.scene)})
        return self._lines[number]


def _is_anniversary(known: Any, day: date, clock: Clock) -> bool:
    """Tell whether a day is one of the later years of another; 29 February is the 28th where there is none."""
    if isinstance(known, datetime):
        known = local_day(known, clock.zone)
    if not isinstance(known, date) or known.year >= day.year:
        return False
    is_missing = (known.month, known.day) == (2, 29) and not isleap(day.year)
    return (day.month, day.day) == (known.month, 28 if is_missing else known.day)
