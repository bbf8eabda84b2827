"""(factor - 1) times what other rules come to before rounding and bounds, of the parts that count.

It multiplies what is granted to the same beneficiary in the same point currency: the rules that it names, or all whose
kind is multiplied. What bounds cut off of those, it does not feel, so that orders that share a cap come to the same
in any order of arrival.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

from regulars.loyalty.definitions.document.rules import Multiplier
from regulars.loyalty.rules.contracts import Reason, Refusal
from regulars.loyalty.rules.sight import About, Amounts, Earned, Pool, Ready, Sight
from regulars.loyalty.rules.spreading import Weight


@dataclass(frozen=True, slots=True)
class _Multiplier:
    is_multiplied = False
    can_be_multiplied = False

    def prepare(self, grant: Multiplier, about: About) -> Ready:
        more, of, currency = Fraction(grant.factor) - 1, frozenset(grant.of), about.points_currency

        def weigh(sight: Sight) -> Amounts | Refusal:
            pool = _pool(sight, currency, of)
            weights = {number: weight for number, weight in pool.weights.items() if weight and sight.counts(number)}
            if not weights:
                return Refusal(Reason.NOTHING_TO_MULTIPLY, {"of": sorted(of)})
            return Amounts(total=more * pool.unit * sum(weights.values()), weights=weights, is_by_part=True)

        return Ready(weigh=weigh)


def _pool(sight: Sight, currency: str, of: frozenset[str]) -> Pool:
    """Return what all rules that a multiplier counts come to for each part; it is the same for others like it."""
    key = (currency, sight.beneficiary, of)
    pools = sight.scene.pools
    if key not in pools:
        chosen = multiplied_by(sight, currency, of)
        # Whole numbers of a common unit add up much sooner than fractions do.
        least = lcm(*(earned.unit.denominator for earned in chosen))
        weights: dict[int, Weight] = {}
        for earned in chosen:
            unit = earned.unit.numerator * (least // earned.unit.denominator)
            for number, weight in earned.weights.items():
                weights[number] = weights.get(number, 0) + unit * weight
        pools[key] = Pool(Fraction(1, least), weights)
    return pools[key]


def multiplied_by(sight: Sight, currency: str, of: Collection[str]) -> list[Earned]:
    """Return what a multiplier of a currency counts; all that can be multiplied, where it names no rules."""
    return [
        earned
        for earned in sight.scene.earned
        if earned.currency == currency
        and earned.beneficiary == sight.beneficiary
        and (earned.rule in of if of else earned.is_multiplied)
    ]


def compound(chosen: Iterable[Earned], sight: Sight, factor: Decimal) -> None:
    """Let what a multiplier has counted be that much more for those that come after it."""
    for earned in chosen:
        for number in earned.weights:
            if sight.counts(number):
                earned.weights[number] *= Fraction(factor)
    sight.scene.pools.clear()


MULTIPLIER = _Multiplier()
