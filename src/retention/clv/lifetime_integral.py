"""The integral over the unseen moment of leaving that the likelihood of Pareto/NBD needs.

For a customer with the row (x, t_x, T), R = r + x, it is

    D = integral from t_x to T of (alpha + u)^-R (beta + u)^-(s + 1) du.

All rows with the same x share an integrand. So it is integrated once between neighbouring times of those rows and
summed up from the far end; a row's integral is the difference of two sums. That costs distinct x times distinct days,
not customers, and needs no hypergeometric function. The difference loses nothing that matters: the sum from T on is
less than 1/s of the term (alpha + T)^-R (beta + T)^-s to which s D is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from retention.clv.inference import FloatArray, IntArray

if TYPE_CHECKING:
    from retention.clv.customers import Customers

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)
_FRACTIONS, _SHARES = 0.5 * (1 + _NODES), 0.5 * _WEIGHTS
_GRID = 48  # Intervals that every x gets at least, for data with few distinct times.
_FAINT = 1e-280
_LARGEST_DROP = 300.0  # Of the integrand's logarithm within one block, so that the sums do not overflow.


@dataclass(frozen=True)
class RowTerms:
    """A row's two terms, divided by exp(`log_scale`): active at T, and left before.

    `left` is s times the integral D. `by` holds the integrals of the integrand times ln(alpha + u), 1/(alpha + u),
    ln(beta + u) and 1/(beta + u), for the gradient; None where it was not asked for.
    """

    log_scale: FloatArray
    active: FloatArray
    left: FloatArray
    by: FloatArray | None


class LifetimeIntegral:
    """The knots of given rows; `rows` then integrates for given parameters."""

    def __init__(self, customers: Customers) -> None:
        self.frequency, self.T = customers.frequency, customers.T
        lows, highs, values, blocks = [], [], [], []
        self.at_recency = np.empty(len(self.T), dtype=np.int64)
        self.at_end = np.empty(len(self.T), dtype=np.int64)
        offset = block = 0
        order = np.argsort(self.frequency, kind="stable")
        distinct, first = np.unique(self.frequency[order], return_index=True)
        for value, rows in zip(distinct.tolist(), np.split(order, first[1:]), strict=True):
            knots = _knots(customers.recency[rows], self.T[rows])
            self.at_recency[rows] = offset + np.searchsorted(knots, customers.recency[rows])
            self.at_end[rows] = offset + np.searchsorted(knots, self.T[rows])
            # The last knot opens an interval of no length, whose sum is zero.
            lows.append(knots)
            highs.append(np.append(knots[1:], knots[-1]))
            values.append(np.full(len(knots), value))
            numbers = _blocks(knots, value)
            blocks.append(block + numbers)
            offset, block = offset + len(knots), block + int(numbers[-1]) + 1
        self.low, self.high, self.x = np.concatenate(lows), np.concatenate(highs), np.concatenate(values)
        self.block = np.concatenate(blocks)
        self.block_first = np.flatnonzero(np.diff(self.block, prepend=-1))
        self.continues = np.append(self.x[self.block_first][1:] == self.x[self.block_first][:-1], [False])

    def rows(self, theta: FloatArray, *, gradient: bool) -> RowTerms:
        """Give both terms of each row for the parameters (r, alpha, s, beta)."""
        r, alpha, s, beta = theta
        shape = r + self.x
        log_low = -shape * np.log(alpha + self.low) - (s + 1) * np.log(beta + self.low)
        scale = log_low[self.block_first]
        pieces = self._pieces(theta, np.exp(log_low - scale[self.block]), gradient=gradient)
        sums = self._summed_from_the_end(pieces, scale)
        row_scale = scale[self.block[self.at_recency]]
        between = sums[:, self.at_recency]
        beyond = sums[:, self.at_end]
        if self.continues.any():
            beyond = beyond * np.exp(scale[self.block[self.at_end]] - row_scale)
        between -= beyond
        log_active = -(r + self.frequency) * np.log(alpha + self.T) - s * np.log(beta + self.T) - row_scale
        active, left = np.exp(log_active), s * np.maximum(between[0], 0.0)
        # Only at parameters that no data bear (a line search's) both terms underflow; the larger one stands for them.
        faint = active + left < _FAINT
        if faint.any():
            row_scale = np.where(faint, row_scale + log_active, row_scale)
            active, left = np.where(faint, 1.0, active), np.where(faint, 0.0, left)
            between = np.where(faint, 0.0, between)
        return RowTerms(row_scale, active, left, between[1:] if gradient else None)

    def _pieces(self, theta: FloatArray, at_low: FloatArray, *, gradient: bool) -> FloatArray:
        """Integrate over each interval, given the scaled integrand at its lower end.

        With c chosen so that (c + u)^-(R + s + 1) falls at `low` as the integrand does, z = ((c + low)/(c + u))^(R + s)
        as the variable leaves a factor that is one and level at `low`: few nodes do for long intervals too, and for
        large x. It is exact where alpha = beta.
        """
        r, alpha, s, beta = theta
        shape = r + self.x
        power = shape + s
        from_alpha, from_beta = alpha + self.low, beta + self.low
        centre = (power + 1) / (shape / from_alpha + (s + 1) / from_beta)
        share = -np.expm1(-power * np.log1p((self.high - self.low) / centre))
        log_z = np.log1p(-share * _FRACTIONS[:, None])
        beyond = centre * np.expm1(-log_z / power)
        # ln((alpha + u)/(alpha + low)), and so for beta.
        rise_alpha, rise_beta = np.log1p(beyond / from_alpha), np.log1p(beyond / from_beta)
        factor = np.exp(-(power + 1) / power * log_z - shape * rise_alpha - (s + 1) * rise_beta)
        factor *= _SHARES[:, None] * (at_low * centre / power * share)
        whole: FloatArray = factor.sum(axis=0)
        if not gradient:
            return whole[None, :]
        return np.array(
            [
                whole,
                np.log(from_alpha) * whole + (factor * rise_alpha).sum(axis=0),
                (factor / (from_alpha + beyond)).sum(axis=0),
                np.log(from_beta) * whole + (factor * rise_beta).sum(axis=0),
                (factor / (from_beta + beyond)).sum(axis=0),
            ]
        )

    def _summed_from_the_end(self, pieces: FloatArray, scale: FloatArray) -> FloatArray:
        sums = np.empty_like(pieces)
        ends = np.append(self.block_first[1:], len(self.x))
        for number in range(len(self.block_first) - 1, -1, -1):
            first, end = self.block_first[number], ends[number]
            sums[:, first:end] = pieces[:, first:end][:, ::-1].cumsum(axis=1)[:, ::-1]
            if self.continues[number]:
                sums[:, first:end] += sums[:, [end]] * np.exp(scale[number + 1] - scale[number])
        return sums


def _knots(recency: FloatArray, T: FloatArray) -> FloatArray:
    low, high = recency.min(), T.max()
    # Close together near the low end, where the integrand falls fastest: within moments where alpha or beta is tiny.
    shares = np.concatenate([np.linspace(0.0, 1.0, _GRID + 1)[1:-1] ** 3, np.geomspace(1e-7, 1e-2, _GRID // 2)])
    return np.unique(np.concatenate([recency, T, low + (high - low) * shares]))


def _blocks(knots: FloatArray, x: float) -> IntArray:
    """Give each knot of one x its block, within which (alpha + u)^-x falls by less than the largest drop."""
    if x == 0:
        return np.zeros(len(knots), dtype=np.int64)
    fallen = np.floor(x * np.log(knots / knots[0]) / _LARGEST_DROP)
    numbers: npt.NDArray[np.intp] = np.unique(fallen, return_inverse=True)[1]
    return numbers.astype(np.int64)
