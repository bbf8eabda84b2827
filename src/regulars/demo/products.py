"""What the demo shop sells, to whom, and how often it comes back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One article; `weights` say how likely each kind of customer is to take it, in the order of `people.KINDS`.

    `returned` is the share of its lines that come back.
    """

    name: str
    price_minor: int
    weights: tuple[float, float, float, float]
    returned: float = 0.004
    advent_only: bool = False


CATALOGUE = (
    Product(name="House Espresso 250 g", price_minor=790, weights=(9, 4, 6, 2)),
    Product(name="House Espresso 1 kg", price_minor=2690, weights=(8, 1, 1, 0.2)),
    Product(name="Filter Roast 250 g", price_minor=850, weights=(7, 3, 4, 1)),
    Product(name="Ethiopia Single Origin 250 g", price_minor=1150, weights=(4, 2, 2, 2)),
    Product(name="Decaf 250 g", price_minor=890, weights=(3, 1, 2, 0.3)),
    Product(name="Oat Drink Barista 1 l", price_minor=290, weights=(5, 1, 3, 0)),
    Product(name="Paper Filters, 100", price_minor=350, weights=(3, 1, 1, 0)),
    Product(name="Dark Chocolate 70 %", price_minor=420, weights=(3, 3, 4, 4)),
    Product(name="Stoneware Mug", price_minor=1490, weights=(1, 5, 3, 6), returned=0.03),
    Product(name="Pour-over Set", price_minor=3900, weights=(0.6, 3, 1, 4), returned=0.05),
    Product(name="Moka Pot", price_minor=3490, weights=(0.4, 2, 1, 3), returned=0.05),
    Product(name="Hand Grinder", price_minor=8900, weights=(0.3, 1.2, 0.3, 1.5), returned=0.07),
    Product(name="Scented Candle", price_minor=1850, weights=(0.3, 5, 2, 6), returned=0.03),
    Product(name="Linen Tea Towel", price_minor=1200, weights=(0.3, 5, 2, 3), returned=0.04),
    Product(name="Oak Bread Board", price_minor=2900, weights=(0.2, 3, 1, 3), returned=0.05),
    Product(name="Wool Blanket", price_minor=7900, weights=(0.1, 2.2, 0.4, 2), returned=0.09),
    Product(name="Gift Box, Coffee and Chocolate", price_minor=3450, weights=(0.3, 1, 1, 9), returned=0.01),
    Product(name="Coffee Advent Calendar", price_minor=4400, weights=(4, 4, 3, 14), returned=0.01, advent_only=True),
)
