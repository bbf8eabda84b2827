"""What the parts of a cart (its lines, and its shipping) come to, and what of that remains after returns.

What applies to the whole is spread over what a part still comes to after those before it, so that none falls below
nought: discounts over the lines, and over shipping only where they are more than the lines; then points, then gift
cards, over all lines and shipping. A line below nought is such a discount. The tax of a part is what its source tells
for it after discounts; before them it is in the same proportion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Literal

from regulars.loyalty.rules.contracts import SHIPPING, Cart, CartLine, Spread
from regulars.loyalty.rules.spreading import bear, proportion
from regulars.orders.contracts import TenderKind

PointsAre = Literal["discount", "tender"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """An amount with its tax, and without."""

    gross: int = 0
    net: int = 0

    def times(self, share: Fraction) -> Taxed:
        """Return a share of it, each amount rounded once, half to even."""
        return Taxed(gross=round(self.gross * share), net=round(self.net * share))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A line, or shipping (number 0): what it comes to before and after discounts, and what of it was paid otherwise.

    `points` and `gift_cards` are the part of `after` that they paid. Of one that came back in part, `share` is left of
    what was `placed`.
    """

    number: int
    line: CartLine | None = None
    quantity: Decimal = Decimal(0)
    before: Taxed
    after: Taxed
    points: Taxed = Taxed()
    gift_cards: Taxed = Taxed()
    share: Fraction = Fraction(1)
    placed: Part | None = None

    @property
    def is_goods(self) -> bool:
        """Whether it is a line that earns."""
        return self.line is not None and self.line.is_goods


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What remains of a cart: its parts, but for what came back; what they come to; and what was spread over them."""

    parts: Sequence[Part]
    total_minor: int
    spread: Spread = field(default_factory=Spread)

    @property
    def goods(self) -> Sequence[Part]:
        """The lines that are left and earn."""
        return [part for part in self.parts if part.is_goods and part.quantity > 0]


def remains_of(cart: Cart, points_are: PointsAre = "tender") -> Remains:
    """Return what remains of a cart, where the programme takes points for a discount or for a payment."""
    discounts = _discounts(cart)
    parts = _parts(cart, discounts)
    points, gift_cards = _tendered(cart, TenderKind.POINTS), _tendered(cart, TenderKind.GIFT_CARD)
    parts, points_spread = _paid_with_points(parts, points, before_tax=_is_before_tax(cart, points_are))
    parts, gift_cards_spread = _paid_with_gift_cards(parts, gift_cards)
    left = [_left(cart, part) for part in parts]
    pairs = list(zip(parts, left, strict=True))
    total = cart.total_minor - sum(part.after.gross - rest.after.gross for part, rest in pairs)
    return Remains(
        parts=left,
        total_minor=max(0, total) if any(part.after.gross for part in left) else 0,
        spread=Spread(
            discounts=_borne(discounts),
            points=_borne(points_spread),
            gift_cards=_borne(gift_cards_spread),
            points_back=_came_back(points_spread, pairs),
            gift_cards_back=_came_back(gift_cards_spread, pairs),
        ),
    )


# --- What was bought --------------------------------------------------------------------------------------------------


def _discounts(cart: Cart) -> dict[int, int]:
    """Return what each line, and shipping, bears of the discounts on the whole."""
    whole = sum(discount.amount_minor for discount in cart.discounts)
    whole += sum(-line.total_minor for line in cart.lines if line.total_minor < 0)
    lines = bear(whole, {line.number: line.total_minor for line in cart.lines if line.total_minor >= 0})
    return {**lines, SHIPPING: max(0, min(whole - sum(lines.values()), cart.shipping_minor))}


def _parts(cart: Cart, discounts: Mapping[int, int]) -> list[Part]:
    lines = {line.number: line for line in cart.lines if line.total_minor >= 0}
    taxes = {number: max(0, line.tax_minor) for number, line in lines.items()}
    # A line below nought takes its tax off the others.
    off = bear(sum(max(0, -line.tax_minor) for line in cart.lines if line.total_minor < 0), taxes)
    found = []
    for number, line in lines.items():
        amounts = (line.total_minor + max(0, line.discount_minor), line.total_minor - discounts[number])
        before, after = _with_tax(*amounts, taxes[number] - off[number], included=cart.tax_included)
        found.append(Part(number=number, line=line, quantity=line.quantity, before=before, after=after))
    shipping, tax = max(0, cart.shipping_minor), max(0, cart.shipping_tax_minor)
    before, after = _with_tax(shipping, shipping - discounts[SHIPPING], tax, included=cart.tax_included)
    return [*found, Part(number=SHIPPING, before=before, after=after)]


def _with_tax(before: int, after: int, tax: int, *, included: bool) -> tuple[Taxed, Taxed]:
    """Return an amount before and after discounts, each with its tax and without; the tax is that of the second."""
    if included:
        net = max(0, after - tax)
        return Taxed(gross=before, net=proportion(before, net, after) if after else before), Taxed(gross=after, net=net)
    gross = proportion(before, after + tax, after) if after else before
    return Taxed(gross=gross, net=before), Taxed(gross=after + tax, net=after)


# --- What it was paid with --------------------------------------------------------------------------------------------


def _tendered(cart: Cart, kind: TenderKind) -> int:
    return sum(tender.amount_minor for tender in cart.tenders if tender.kind is kind)


def _is_before_tax(cart: Cart, points_are: PointsAre) -> bool:
    """Tell whether points lower the amount of which tax is reckoned; where prices hold tax, both come to the same."""
    return points_are == "discount" and not cart.tax_included


def _paid_with_points(parts: Sequence[Part], amount: int, *, before_tax: bool) -> tuple[list[Part], dict[int, int]]:
    if amount <= 0:
        return list(parts), {}
    shares = bear(amount, {part.number: part.after.net if before_tax else part.after.gross for part in parts})
    found = []
    for part in parts:
        share, after = shares[part.number], part.after
        if not share:
            points = Taxed()
        elif before_tax:
            points = Taxed(gross=proportion(after.gross, share, after.net), net=share)
        else:
            points = Taxed(gross=share, net=proportion(after.net, share, after.gross))
        found.append(replace(part, points=points))
    return found, shares


def _paid_with_gift_cards(parts: Sequence[Part], amount: int) -> tuple[list[Part], dict[int, int]]:
    if amount <= 0:
        return list(parts), {}
    shares = bear(amount, {part.number: part.after.gross - part.points.gross for part in parts})
    found = []
    for part in parts:
        share = shares[part.number]
        paid = Taxed(gross=share, net=proportion(part.after.net, share, part.after.gross)) if share else Taxed()
        found.append(replace(part, gift_cards=paid))
    return found, shares


# --- What came back ---------------------------------------------------------------------------------------------------


def _left(cart: Cart, part: Part) -> Part:
    """Return what is left of a part.

    Money that went back earns nothing, and neither do pieces that came back, whatever was paid for them.
    """
    whole = part.after.gross
    if part.line is None:
        money, pieces, quantity = max(0, cart.returned_shipping_minor), Fraction(1), part.quantity
    else:
        money = max(0, part.line.returned_minor)
        quantity = max(Decimal(0), part.quantity - max(Decimal(0), part.line.returned_quantity))
        pieces = Fraction(quantity) / Fraction(part.quantity)
    if cart.is_void:
        money, pieces, quantity = whole, Fraction(0), Decimal(0)
    if not money and pieces == 1:
        return part
    gross = max(0, min(whole - money, ceil(whole * pieces)))
    share = Fraction(gross, whole) if whole else pieces
    before, after, points, gift_cards = (
        each.times(share) for each in (part.before, part.after, part.points, part.gift_cards)
    )
    return Part(
        number=part.number,
        line=part.line,
        quantity=quantity,
        before=before,
        after=after,
        points=points,
        gift_cards=gift_cards,
        share=share,
        placed=part,
    )


def _borne(shares: Mapping[int, int]) -> dict[int, int]:
    return {number: share for number, share in shares.items() if share}


def _came_back(shares: Mapping[int, int], pairs: Sequence[tuple[Part, Part]]) -> dict[int, int]:
    """Return what of the shares came back with their parts."""
    return _borne(
        {part.number: share - round(share * rest.share) for part, rest in pairs if (share := shares.get(part.number))}
    )
