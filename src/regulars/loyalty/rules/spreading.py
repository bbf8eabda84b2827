"""Spread an amount over parts by largest remainder, so that the shares add up to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

Weight = int | Fraction


def spread(amount: int, weights: Sequence[Weight]) -> list[int]:
    """Return shares of an amount in proportion to weights, by largest remainder; of equal ones the first gets more.

    No weight is below nought. Where no part weighs anything, all weigh the same. The shares add up to the amount,
    where there is a part at all.
    """
    if not weights:
        return []
    whole: Weight = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    shares, remainders = [], []
    for weight in weights:
        share = amount * weight // whole
        shares.append(share)
        remainders.append(amount * weight - share * whole)
    left = amount - sum(shares)
    if left:
        # A sort that keeps the order of equals gives ties to the first.
        for place in sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)[:left]:
            shares[place] += 1
    return shares


def bear(amount: int, weights: Mapping[int, int]) -> dict[int, int]:
    """Return what of an amount each part bears: never more than it weighs, so that what all weigh is the most."""
    amount = max(0, min(amount, sum(weights.values())))
    return dict(zip(weights, spread(amount, list(weights.values())), strict=True))


def proportion(amount: int, part: Weight, whole: Weight) -> int:
    """Return the part of an amount that a part is of a whole, rounded once, half to even."""
    return amount if part == whole else round(Fraction(amount * part) / whole)
