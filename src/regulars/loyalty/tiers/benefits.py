"""What the tiers of a member give together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import prod

from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.tiers.contracts import MemberBenefits, TierMultiplier


def benefits_of(document: Program, tiers: Mapping[str, str]) -> MemberBenefits:
    """Return what a member has who stands on some tiers, given by the keys of their sets; in the document's order.

    A tier that the document does not have gives nothing. The same reward and the same words are told once.
    """
    held = [
        (tier_set.key, tier.key, tier.benefits)
        for tier_set in document.tier_sets
        for tier in tier_set.tiers
        if tiers.get(tier_set.key) == tier.key
    ]
    benefits = [each for _, _, each in held]
    return MemberBenefits(
        multipliers=tuple(
            TierMultiplier(tier_set=tier_set, tier=tier, currency=currency, factor=factor)
            for tier_set, tier, each in held
            for currency, factor in each.multipliers.items()
        ),
        free_shipping=any(each.free_shipping for each in benefits),
        early_access_hours=max((each.early_access_hours for each in benefits), default=0),
        birthday_rewards=tuple(dict.fromkeys(each.birthday_reward for each in benefits if each.birthday_reward)),
        words=tuple(dict.fromkeys(word for each in benefits for word in each.words)),
    )


def factor_of(document: Program, benefits: MemberBenefits, currency: str) -> Decimal:
    """Return by how much all multipliers of a currency multiply together, as the programme says that they add up."""
    factors = [each.factor for each in benefits.multipliers if each.currency == currency]
    if document.multipliers == "compound":
        return prod(factors, start=Decimal(1))
    return 1 + sum((factor - 1 for factor in factors), start=Decimal(0))
