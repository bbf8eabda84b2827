"""Points for each piece of the lines that count; of what is sold by weight or length, for each unit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from regulars.loyalty.definitions.document.rules import PerItem
from regulars.loyalty.rules.sight import About, Amounts, Ready, Sight
from regulars.loyalty.rules.spreading import Weight


@dataclass(frozen=True, slots=True)
class _PerItem:
    is_multiplied = True
    can_be_multiplied = True

    def prepare(self, grant: PerItem, about: About) -> Ready:  # noqa: ARG002  # As each kind is asked.
        points = Fraction(grant.points)

        def weigh(sight: Sight) -> Amounts:
            weights = {part.number: _whole(part.quantity) for part in sight.goods}
            return Amounts(total=points * sum(weights.values()), weights=weights, is_by_part=True)

        return Ready(weigh=weigh)


def _whole(quantity: Decimal) -> Weight:
    """Return a quantity as a whole number where it is one, with which one reckons sooner."""
    return int(quantity) if quantity == quantity.to_integral_value() else Fraction(quantity)


PER_ITEM = _PerItem()
