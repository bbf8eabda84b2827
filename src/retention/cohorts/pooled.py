"""Cohorts of different ages taken together: at each age those that have been followed so long, and no others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from retention.calendar import Period, shift
from retention.estimates import Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """What customers did at an age: the k-th period after that of their first purchase.

    Parameters
    ----------
    periods : int
        The age k; 0 is the period of the first purchase.
    followed : int
        Customers whose k-th period is over.
    bought : int
        Those of them who bought in it.
    share : Interval
        `bought` of `followed` with its 95 % interval (Wilson); NaN where nobody has been followed so long.
    revenue_minor : int
        What those who were followed so long have spent from their first purchase to the end of their k-th period.
    """

    periods: int
    followed: int
    bought: int
    share: Interval
    revenue_minor: int

    @property
    def revenue_per_customer_minor(self) -> float | None:
        """Revenue so far per customer who was followed so long, in minor units; None where there is none."""
        return self.revenue_minor / self.followed if self.followed else None


def whole_periods(cohorts: tuple[date, ...], period: Period, *, as_of: date) -> int:
    """Return how many of the cohorts' periods are over by the end of a day: all, or all but the last."""
    is_open = shift(cohorts[-1], period, 1) - timedelta(days=1) > as_of
    return len(cohorts) - is_open


def pool(
    customers: npt.NDArray[np.int64], revenue_minor: npt.NDArray[np.int64], *, whole: int, first: int = 0
) -> tuple[Age, ...]:
    """Take cohorts of one period after another together.

    Parameters
    ----------
    customers, revenue_minor : ndarray of int64, shape (cohorts, periods)
        Rows of `SplitCohorts`: those who bought, and the revenue, in each period since the first purchase.
    whole : int
        How many periods are over, counted from that of the first cohort that there is (`whole_periods`).
    first : int
        The place of the first row among all cohorts.

    Returns
    -------
    tuple of Age
        From age 0 to the last one that a cohort with customers has been followed to.

    References
    ----------
    The weighted average of cohorts is a share of one sample of independent customers, each of whom bought in the period
    or did not; the interval is that of `wilson`. Checked against `cohort_matrix` in `test_cohorts_pooled.py`.

    Examples
    --------
    Of two cohorts the later one's second period is not over, so that the first alone tells of it.

    >>> ages = pool(np.array([[10, 4], [20, 1]]), np.array([[100, 40], [200, 10]]), whole=2)
    >>> [(age.followed, age.bought, age.revenue_minor) for age in ages]
    [(30, 30, 300), (10, 4, 140)]
    """
    sizes, so_far = customers[:, 0], np.cumsum(revenue_minor, axis=1)
    ages = []
    for age in range(customers.shape[1]):
        followed = slice(0, max(0, whole - age - first))
        count, bought = int(sizes[followed].sum()), int(customers[followed, age].sum())
        if not count:
            break
        ages.append(
            Age(
                periods=age,
                followed=count,
                bought=bought,
                share=wilson(bought, count),
                revenue_minor=int(so_far[followed, age].sum()),
            )
        )
    return tuple(ages)
