"""What a kind of grant sees, and what it answers: amounts that are not rounded yet, exact as fractions.

A kind is made ready once for each version of a programme, and then asked for each cart or event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from regulars.facts.contracts import Catalogue
from regulars.kit.money import minor_digits
from regulars.loyalty.definitions.document.rules import Base
from regulars.loyalty.rules.bases import bases_of
from regulars.loyalty.rules.contracts import RateUsed, Refusal
from regulars.loyalty.rules.spreading import Weight
from regulars.loyalty.rules.worth import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What a grant comes to, unrounded, and how much each part weighs in it.

    `is_by_part` says whether each part has an amount of its own, which can be rounded for itself; otherwise the weights
    only tell whose the points are.
    """

    total: Fraction
    weights: Mapping[int, Weight] = field(default_factory=dict)
    is_by_part: bool = False
    rate: RateUsed | None = None

    def by_part(self) -> dict[int, Fraction]:
        """Return the unrounded amount of each part."""
        whole = sum(self.weights.values())
        return {number: self.total * weight / whole for number, weight in self.weights.items()} if whole else {}


@dataclass(slots=True)
class Earned:
    """What a rule comes to: for each part `unit` times its weight, unrounded.

    Fixed bonuses are none. What is not `is_multiplied` is so only by a multiplier that names it.
    """

    rule: str
    is_multiplied: bool
    currency: str
    beneficiary: str | None
    unit: Fraction
    weights: dict[int, Weight]


@dataclass(frozen=True, slots=True)
class Pool:
    """What several rules come to together: for each part `unit` times its weight, unrounded."""

    unit: Fraction
    weights: Mapping[int, Weight]


@dataclass(slots=True, kw_only=True)
class Scene:
    """The occasion as all rules see it: the parts of the cart, if there is one, and what else was given."""

    parts: Sequence[Part] = ()
    # The lines of them that are left and earn.
    goods: Sequence[Part] = ()
    currency: str = ""
    reporting: str
    # One unit of a currency is so many of the reporting currency.
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    # The value of a numeric fact, of a line where one is given; None where it is not known.
    number_of: Callable[[str, int | None], Fraction | None]
    earned: list[Earned] = field(default_factory=list)
    # By what is multiplied: the currency, the beneficiary, and the rules that are named.
    pools: dict[tuple[str, str | None, frozenset[str]], Pool] = field(default_factory=dict)
    _bases: dict[Base, dict[int, int]] = field(default_factory=dict)

    def bases(self, base: Base) -> Mapping[int, int]:
        """Return what counts of each part, reckoned once for all rules."""
        if base not in self._bases:
            self._bases[base] = bases_of(self.parts, base)
        return self._bases[base]

    def rate_to(self, currency: str) -> Decimal | None:
        """Return how many units of another currency one of the cart's is, by the rates to the reporting currency."""
        own, other = (self._to_reporting(each) for each in (self.currency, currency))
        return None if own is None or not other else own / other

    def in_reporting(self, minor: int) -> int | None:
        """Return an amount of the cart in the reporting currency, rounded once, half to even; None without a rate."""
        rate = self._to_reporting(self.currency)
        if rate == 1 and self.currency == self.reporting:
            return minor
        return None if rate is None else round(Fraction(minor) * minor_ratio(self.currency, self.reporting, rate))

    def _to_reporting(self, currency: str) -> Decimal | None:
        return Decimal(1) if currency == self.reporting else self.rates.get(currency)


def minor_ratio(source: str, target: str, rate: Decimal) -> Fraction:
    """Return how many minor units of a currency one of another is, where one major unit is `rate` of them."""
    return Fraction(rate) * Fraction(10) ** (minor_digits(target) - minor_digits(source))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one rule sees: the scene, and which lines count; all of them, and shipping, where it is of a whole order."""

    scene: Scene
    beneficiary: str | None = None
    # None where it is of the whole order.
    lines: frozenset[int] | None = None

    @property
    def goods(self) -> Sequence[Part]:
        """The lines that count."""
        goods = self.scene.goods
        return goods if self.lines is None else [part for part in goods if part.number in self.lines]

    def counts(self, number: int) -> bool:
        """Tell whether a part counts."""
        return self.lines is None or number in self.lines

    def bases(self, base: Base) -> Mapping[int, int]:
        """Return what counts of each part in minor units; shipping is part of a whole order only."""
        found = self.scene.bases(base)
        return found if self.lines is None else {number: each for number, each in found.items() if number in self.lines}


Weigh = Callable[[Sight], Amounts | Refusal]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a grant is made ready for: the rule's point currency, and the facts that it may ask for."""

    points_currency: str
    catalogue: Catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A grant that is ready to be asked: the facts that it asks for, and the currencies that it covers (None: all)."""

    weigh: Weigh
    facts: frozenset[str] = frozenset()
    currencies: frozenset[str] | None = None


class Kind(Protocol):
    """A kind of grant.

    `is_multiplied` says whether all multipliers count it, `can_be_multiplied` whether those do that name its rule.
    """

    @property
    def is_multiplied(self) -> bool:
        """Whether multipliers that name no rules count it."""
        ...

    @property
    def can_be_multiplied(self) -> bool:
        """Whether multipliers that name it count it."""
        ...

    def prepare(self, grant: Any, about: About) -> Ready:
        """Return a grant ready to be asked.

        Raises
        ------
        WrongFormula
            It holds an expression that cannot be meant.
        """
        ...
