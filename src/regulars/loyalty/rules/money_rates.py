"""Points for money: a rate for each currency, and for the others the first of them by the business's rates."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from regulars.loyalty.definitions.document.common import to_minor
from regulars.loyalty.definitions.document.rules import Base
from regulars.loyalty.rules.contracts import RateUsed, Reason, Refusal
from regulars.loyalty.rules.sight import Amounts, Ready, Sight, minor_ratio


def ready_for_money(
    points: Fraction, per: Mapping[str, Decimal], base: Base, *, others: Literal["nothing", "convert"]
) -> Ready:
    """Return a grant of so many points for each amount of the base, in any currency that is covered."""
    by_currency = {currency: points / Fraction(to_minor(amount, currency)) for currency, amount in per.items()}
    first = next(iter(per))

    def weigh(sight: Sight) -> Amounts | Refusal:
        currency, used = sight.scene.currency, None
        if not currency:
            return Refusal(Reason.NOTHING_TO_COUNT, {"counted": "money"})
        points_per_minor = by_currency.get(currency)
        if points_per_minor is None:
            rate = sight.scene.rate_to(first) if others == "convert" else None
            if rate is None:
                return not_covered(currency, by_currency)
            used = RateUsed(currency, first, rate)
            points_per_minor = by_currency[first] * minor_ratio(currency, first, rate)
        weights = {number: each for number, each in sight.bases(base).items() if each}
        if not weights:
            return Refusal(Reason.NOTHING_TO_COUNT, {"counted": "money"})
        total = points_per_minor * sum(weights.values())
        return Amounts(total=total, weights=weights, is_by_part=True, rate=used)

    return Ready(weigh=weigh, currencies=None if others == "convert" else frozenset(by_currency))


def not_covered(currency: str, covered: Mapping[str, object] | frozenset[str]) -> Refusal:
    """Return why an order in a currency earns nothing by a rule that names others."""
    return Refusal(Reason.CURRENCY_NOT_COVERED, {"currency": currency, "covered": sorted(covered)})
