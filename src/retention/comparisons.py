"""Compare shares, and many of them at once: exact tests, and what many tests cost; intervals are in `estimates`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]


def fisher_p_value(successes: int, n: int, other_successes: int, other_n: int) -> float:
    """Return the two-sided p-value of Fisher's exact test that two groups have one share.

    Parameters
    ----------
    successes, n : int
        How many of the first group did it, and how many there are; 0 <= successes <= n.
    other_successes, other_n : int
        The same of the second group.

    Returns
    -------
    float
        Between 0 and 1; 1 where a group is empty, for then nothing speaks against it.

    References
    ----------
    Fisher (1935), The Design of Experiments, section 11: his tea taster is checked in
    `test_the_lady_tasting_tea_is_reproduced`.

    Examples
    --------
    >>> round(fisher_p_value(3, 4, 1, 4), 3)
    0.486
    """
    table = np.array([[successes, n - successes], [other_successes, other_n - other_successes]])
    return float(stats.fisher_exact(table).pvalue)


def adjusted_for_many(p_values: npt.ArrayLike, *, tested: int | None = None) -> Floats:
    """Adjust p-values of many tests by Benjamini and Hochberg, so that of what is called a finding few are false.

    Calling all findings whose adjusted value is not above q keeps the expected share of false ones among them at or
    below q, where the tests are independent or positively dependent on each other.

    Parameters
    ----------
    p_values : array_like of float, shape (n,)
        Between 0 and 1.
    tested : int, optional
        How many tests there were in all, where only the smallest p-values are given; the others are then taken for no
        findings, which can only make the adjusted values larger.

    Returns
    -------
    ndarray of float64, shape (n,)
        Adjusted values in the order given, each at least its p-value and at most 1.

    References
    ----------
    Benjamini & Hochberg (1995), Controlling the false discovery rate, JRSS B 57: their section 3.2 is checked in
    `test_benjamini_and_hochbergs_own_example_is_reproduced`.

    Examples
    --------
    >>> adjusted_for_many([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    values = np.asarray(p_values, dtype=np.float64)
    if not values.size:
        return values
    order = np.argsort(values)
    scaled = values[order] * max(tested or 0, values.size) / np.arange(1, values.size + 1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def log_likelihood_ratio(both: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike, n: int) -> Floats:
    """Return the statistic G² of independence of two things that may be in each of n cases.

    Parameters
    ----------
    both, first, second : array_like of int, shape (m,)
        In how many cases both are, the first is, and the second is.
    n : int
        How many cases there are.

    Returns
    -------
    ndarray of float64, shape (m,)
        Twice the log of the likelihood ratio, >= 0; about chi-square with one degree of freedom where the two have
        nothing to do with each other and cases are independent.

    References
    ----------
    Dunning (1993), Accurate methods for the statistics of surprise and coincidence, Computational Linguistics 19: the
    first row of his table 1 is checked in `test_dunnings_surprising_pair_is_reproduced`.

    Examples
    --------
    >>> log_likelihood_ratio([30], [60], [50], 100).round(6).tolist()
    [0.0]
    """
    both, first, second = (np.asarray(each, dtype=np.float64) for each in (both, first, second))
    cells = (both, first - both, second - both, n - first - second + both)
    expected = (
        first * second / n,
        first * (n - second) / n,
        (n - first) * second / n,
        (n - first) * (n - second) / n,
    )
    total = np.zeros_like(both)
    for seen, awaited in zip(cells, expected, strict=True):
        # Nothing seen adds nothing, whatever was awaited.
        total += np.where(seen > 0, seen * np.log(np.where(seen > 0, seen, 1.0) / np.where(seen > 0, awaited, 1.0)), 0)
    return np.maximum(2.0 * total, 0.0)
