"""How the value and the risk of customers are spread: what is expected of them within a year, and who may leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from regulars.insights.contracts import SectionJson
from regulars.insights.sections.ground import Ground
from regulars.kit.money import minor_digits
from retention.metrics import concentration_of

if TYPE_CHECKING:
    import pyarrow as pa

_TENTHS = 10
# Where the round amounts begin and end that divide the customers: the few below and above are told as one.
_LOWEST, _HIGHEST = 0.02, 0.995
_CURVE_STEP = 2

_Floats = NDArray[np.float64]


def make_value(ground: Ground) -> SectionJson:
    """Return how many customers are worth how much, what share of it the best have, and how many are how likely to go.

    All is empty, and the rest null, where no model could say it of anybody.
    """
    scores = ground.scored.analysis.scores
    worth, risk = _column(scores, "clv_minor"), _column(scores, "risk")
    known = worth[np.isfinite(worth)]
    shared = concentration_of(known) if len(known) else None
    top = shared.top_tenth_share if shared else None
    return {
        "bins": _bins(known, minor_digits(ground.business.reporting_currency)),
        "median_minor": float(np.median(known)) if len(known) else None,
        "top_tenth": [_finite(each) for each in (top.value, top.low, top.high)] if top else None,
        "curve": [list(point) for point in shared.lorenz[::_CURVE_STEP]] if shared else [],
        "risks": _risks(risk, _column(scores, "revenue_at_stake_minor"), _column(scores, "at_risk")),
    }


def _column(scores: pa.Table, name: str) -> _Floats:
    return np.asarray(scores[name].cast("float64").to_numpy(zero_copy_only=False), dtype=np.float64)


def _bins(worth: _Floats, digits: int) -> list[list[Any]]:
    """Divide the customers by round amounts; an end that is null is open."""
    if not len(worth):
        return []
    low, high = np.quantile(worth, [_LOWEST, _HIGHEST])
    edges = np.array([edge for edge in _round_amounts(digits) if low < edge <= high])
    place = np.searchsorted(edges, worth, side="right")
    ends = [None, *(int(edge) for edge in edges), None]
    counts, sums = (np.bincount(place, weights, len(edges) + 1) for weights in (None, worth))
    return [[ends[i], ends[i + 1], int(counts[i]), round(float(sums[i]))] for i in range(len(edges) + 1)]


def _round_amounts(digits: int) -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20, 50 … of the currency's major unit, in minor units."""
    for power in range(10):
        for step in (1, 2, 5):
            yield step * 10 ** (power + digits)


def _risks(risk: _Floats, stake: _Floats, at_risk: _Floats) -> list[list[int]]:
    """Return by tenths of the probability of leaving: customers, those at risk among them, and what is at stake."""
    known = np.isfinite(risk)
    if not known.any():
        return []
    place = np.minimum((risk[known] * _TENTHS).astype(int), _TENTHS - 1)
    weights = (None, np.nan_to_num(at_risk[known]), np.nan_to_num(stake[known]))
    columns = [np.bincount(place, each, _TENTHS) for each in weights]
    return [[round(float(column[tenth])) for column in columns] for tenth in range(_TENTHS)]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
