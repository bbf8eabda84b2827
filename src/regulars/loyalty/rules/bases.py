"""The part of a cart that counts for a rule: what it earns of each line, and of shipping, in minor units."""

from __future__ import annotations

from collections.abc import Iterable

from regulars.loyalty.definitions.document.rules import Base
from regulars.loyalty.rules.worth import Part


def base_of(part: Part, base: Base) -> int:
    """Return what of a part counts; never less than nothing. Lines that do not earn, and shipping, are not asked for.

    Without tax, what was paid by gift card counts without it too. What was paid with points is taken off wherever it
    does not count, before discounts as well. Of a part that came back, that share of what counted is left which is left
    of it, so that a return never makes more of it.
    """
    if part.placed is not None:
        return round(base_of(part.placed, base) * part.share)
    counted = part.before if base.discounts == "before" else part.after
    off = [paid for paid, counts in ((part.points, base.points), (part.gift_cards, base.gift_cards)) if not counts]
    if base.tax:
        return max(0, counted.gross - sum(paid.gross for paid in off))
    return max(0, counted.net - sum(paid.net for paid in off))


def bases_of(parts: Iterable[Part], base: Base) -> dict[int, int]:
    """Return what counts of the lines that earn, and of shipping where that counts, by their number."""
    counted = (part for part in parts if part.is_goods or (part.line is None and base.shipping))
    return {part.number: base_of(part, base) for part in counted}
