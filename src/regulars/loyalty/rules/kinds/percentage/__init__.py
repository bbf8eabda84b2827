"""A share of the base, given as points of a value: 5 % back, where a point is worth 0.01 EUR."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from regulars.loyalty.definitions.document.rules import Percentage
from regulars.loyalty.rules.money_rates import ready_for_money
from regulars.loyalty.rules.sight import About, Ready


@dataclass(frozen=True, slots=True)
class _Percentage:
    is_multiplied = True
    can_be_multiplied = True

    def prepare(self, grant: Percentage, about: About) -> Ready:  # noqa: ARG002  # As each kind is asked.
        share = Fraction(grant.percent) / 100
        return ready_for_money(share, grant.value, grant.base, others=grant.other_currencies)


PERCENTAGE = _Percentage()
