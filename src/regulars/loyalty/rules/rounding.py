"""How a fraction of a point becomes none or one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor

from regulars.loyalty.definitions.document.common import Rounding

_ROUND: Mapping[Rounding, Callable[[Fraction], int]] = {
    Rounding.DOWN: floor,
    Rounding.UP: ceil,
    Rounding.HALF_UP: lambda points: floor(points + Fraction(1, 2)),
    Rounding.HALF_EVEN: round,
}


def round_points(points: Fraction, rounding: Rounding) -> int:
    """Return whole points."""
    return _ROUND[rounding](points)
