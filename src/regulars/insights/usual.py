"""What is usual of a figure: the median of what it was before, and how far it usually lies from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

FEWEST = 6
# The median absolute deviation as a standard deviation (Rousseeuw and Croux 1993), and how many of those are unusual.
_AS_DEVIATION = 1.4826
DEVIATIONS = 4.0


@dataclass(frozen=True, slots=True)
class UsualRange:
    """Where a figure usually lies, in its own unit."""

    middle: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Tell whether a value is nothing unusual."""
        return self.low <= value <= self.high


def usual_range(before: Sequence[float], *, least_width: float = 0.0) -> UsualRange | None:
    """Return where a figure usually lies by what it was before; None where that is too little to tell.

    `least_width` is by how much it may always differ from the middle, as by chance alone.
    """
    if len(before) < FEWEST:
        return None
    middle = median(before)
    width = max(DEVIATIONS * _AS_DEVIATION * median(abs(value - middle) for value in before), least_width)
    return UsualRange(middle, middle - width, middle + width)


def is_season(apart: float, *, year_ago: float) -> bool:
    """Tell whether what lies apart from the usual did so a year ago too: at least half as far, on the same side.

    Both are distances from the usual, in the same unit; that of now is not 0.
    """
    return year_ago / apart >= 0.5
