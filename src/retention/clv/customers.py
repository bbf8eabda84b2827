"""What the purchase models read of customers: frequency, recency and age, checked and folded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention.clv.inference import FloatArray, IntArray, compress
from retention.clv.lifetime_integral import LifetimeIntegral
from retention.reasons import InvalidInput, NotEnoughData, Reason, mark


class Kinds(NamedTuple):
    """The distinct values of a column in order, and which of them each row has."""

    values: FloatArray
    codes: npt.NDArray[np.intp]


class Ages(NamedTuple):
    """The distinct pairs of frequency and T, and which of them each row has."""

    frequency: FloatArray
    T: FloatArray
    codes: IntArray


@dataclass(frozen=True)
class Customers:
    """Distinct rows (x, t_x, T) in lexical order with their number of customers.

    Attributes
    ----------
    frequency, recency, T : ndarray, shape (m,), float64
        Repeat purchases; time from the first to the last; time from the first to the end. One unit of time.
    counts : ndarray, shape (m,), float64
        Customers per row.
    inverse : ndarray, shape (n,), int64
        The row of each given customer.
    """

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    counts: FloatArray
    inverse: IntArray

    @cached_property
    def frequency_kinds(self) -> Kinds:
        """The distinct frequencies."""
        return _kinds(self.frequency)

    @cached_property
    def recency_kinds(self) -> Kinds:
        """The distinct recencies."""
        return _kinds(self.recency)

    @cached_property
    def T_kinds(self) -> Kinds:  # noqa: N802 (the papers' symbol)
        """The distinct T."""
        return _kinds(self.T)

    @cached_property
    def ages(self) -> Ages:
        """The distinct (x, T), which tell what is to be expected of who is active."""
        (frequency, T), _, codes = compress([self.frequency, self.T], self.counts)
        return Ages(frequency, T, codes)

    @cached_property
    def rate(self) -> float:
        """Repeat purchases per customer and unit of time."""
        return float(self.counts @ self.frequency / (self.counts @ self.T))

    @cached_property
    def mean_age(self) -> float:
        """Mean time from the first purchase to the end."""
        return float(self.counts @ self.T / self.counts.sum())

    @cached_property
    def lifetimes(self) -> LifetimeIntegral:
        """The integral over the moment of leaving, whose knots are the same whatever the parameters."""
        return LifetimeIntegral(self)

    def aged(self, t: float) -> Customers:
        """Return the same histories, seen until T + t."""
        return Customers(self.frequency, self.recency, self.T + t, self.counts, self.inverse)

    def without_recency(self) -> Customers:
        """Fold rows that differ in recency alone into one, whose recency is T."""
        frequency, T, codes = self.ages
        counts = np.bincount(codes, weights=self.counts).astype(np.float64)
        return Customers(frequency, np.where(frequency > 0, T, 0.0), T, counts, codes[self.inverse])

    def thinned(self, rows: int) -> Customers:
        """Keep every so manieth row, at most `rows`; since rows are in order, each kind of customer stays."""
        step = -(-len(self.T) // rows)
        picked = slice(step // 2, None, step)
        kept = (self.frequency[picked], self.recency[picked], self.T[picked], self.counts[picked])
        return Customers(*kept, inverse=np.arange(len(kept[0]), dtype=np.int64))


def customers_of(
    frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike, counts: npt.ArrayLike | None = None
) -> Customers:
    """Check and fold customers' rows.

    Parameters
    ----------
    frequency, recency, T : array_like, shape (n,)
        As in `Customers`; 0 <= recency <= T, whole frequencies >= 0, recency 0 exactly where frequency is 0.
    counts : array_like, shape (n,), optional
        How many customers each row stands for, > 0.

    Returns
    -------
    Customers

    Raises
    ------
    InvalidInput
        If the above does not hold.
    """
    columns = [as_column(values) for values in (frequency, recency, T)]
    x, t_x, age = columns
    weights = np.ones(len(x)) if counts is None else as_column(counts)
    if not len(x) == len(t_x) == len(age) == len(weights):
        raise InvalidInput(Reason("shapes_differ", mark("Frequency, recency, T and counts must be equally long.")))
    _refuse(~np.isfinite(x + t_x + age + weights), "not_finite", mark("{rows} rows hold a value that is not a number."))
    _refuse(
        (x < 0) | (x != np.floor(x)), "frequency_invalid", mark("{rows} rows have a frequency that is not a count.")
    )
    _refuse((t_x < 0) | (t_x > age), "recency_outside", mark("{rows} rows have a recency below 0 or above T."))
    _refuse(
        (x == 0) != (t_x == 0),
        "recency_inconsistent",
        mark("{rows} rows have a repeat purchase at time 0, or none later."),
    )
    _refuse(weights <= 0, "counts_invalid", mark("{rows} rows have a count that is not positive."))
    (x, t_x, age), weights, inverse = compress(columns, weights)
    return Customers(x, t_x, age, weights, inverse)


def require_variety(customers: Customers) -> None:
    """Raise `NotEnoughData` where no model of repeat purchases can be fitted."""
    if customers.counts.sum() < 2:
        raise NotEnoughData(Reason("too_few_customers", mark("A model of purchases needs at least two customers.")))
    if not customers.frequency.any():
        raise NotEnoughData(Reason("no_repeat_purchases", mark("No customer has bought more than once.")))
    if len(customers.T) == 1:
        raise NotEnoughData(
            Reason("customers_identical", mark("All customers have the same history: nothing to compare."))
        )


def as_column(values: npt.ArrayLike) -> FloatArray:
    """Give `values` as a float column; raise `InvalidInput` if they are no numbers or not one-dimensional."""
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput(Reason("not_numbers", mark("A column holds something other than numbers."))) from error
    if column.ndim != 1:
        raise InvalidInput(
            Reason("not_a_column", mark("A column must have one dimension, not {ndim}."), {"ndim": column.ndim})
        )
    return column


def _kinds(column: FloatArray) -> Kinds:
    codes, values = pd.factorize(column, sort=True)
    return Kinds(np.asarray(values, dtype=np.float64), codes)


def _refuse(wrong: npt.NDArray[np.bool_], code: str, template: str) -> None:
    if wrong.any():
        raise InvalidInput(Reason(code, template, {"rows": int(wrong.sum())}))
