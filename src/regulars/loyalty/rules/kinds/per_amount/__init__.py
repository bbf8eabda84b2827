"""Points for each full or partial amount of the base: 1 point per 1 EUR."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from regulars.loyalty.definitions.document.rules import PerAmount
from regulars.loyalty.rules.money_rates import ready_for_money
from regulars.loyalty.rules.sight import About, Ready


@dataclass(frozen=True, slots=True)
class _PerAmount:
    is_multiplied = True
    can_be_multiplied = True

    def prepare(self, grant: PerAmount, about: About) -> Ready:  # noqa: ARG002  # As each kind is asked.
        return ready_for_money(Fraction(grant.points), grant.per, grant.base, others=grant.other_currencies)


PER_AMOUNT = _PerAmount()
