"""So many points, once for the order or event; where lines count, they belong to these by what was paid for them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from regulars.loyalty.definitions.document.rules import Fixed
from regulars.loyalty.rules.sight import About, Amounts, Ready, Sight


@dataclass(frozen=True, slots=True)
class _Fixed:
    is_multiplied = False
    can_be_multiplied = False

    def prepare(self, grant: Fixed, about: About) -> Ready:  # noqa: ARG002  # As each kind is asked.
        def weigh(sight: Sight) -> Amounts:
            weights = {part.number: part.after.gross for part in sight.goods}
            return Amounts(total=Fraction(grant.points), weights=weights)

        return Ready(weigh=weigh)


FIXED = _Fixed()
