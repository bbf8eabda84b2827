"""Say a figure together with how far it can be trusted: a value and the bounds of its confidence interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from retention.reasons import InvalidInput, Reason, mark


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the bounds of its confidence interval, all in the unit of the value.

    Parameters
    ----------
    value : float
        The estimate; NaN where there is none.
    low, high : float
        Bounds of the interval; NaN where the data allow no interval.
    reason : Reason or None
        Why the value or its bounds are NaN.
    """

    value: float
    low: float
    high: float
    reason: Reason | None = None

    def complement(self) -> Interval:
        """Return the same for one minus the value, as churn is to retention."""
        return Interval(1.0 - self.value, 1.0 - self.high, 1.0 - self.low, self.reason)

    def scaled(self, factor: float) -> Interval:
        """Return the same times a factor (>= 0), as a margin is applied to revenue."""
        return Interval(self.value * factor, self.low * factor, self.high * factor, self.reason)


def missing(reason: Reason) -> Interval:
    """Return the interval of what cannot be computed: NaN, and why."""
    return Interval(math.nan, math.nan, math.nan, reason)


def checked_level(level: float) -> float:
    """Return a confidence level that lies between 0 and 1.

    Raises
    ------
    InvalidInput
        It does not.
    """
    if not 0.0 < level < 1.0:
        raise InvalidInput(
            Reason("level", mark("A confidence level lies between 0 and 1, not at {level}."), {"level": level})
        )
    return level


def normal_quantile(level: float) -> float:
    """Return how many standard errors a two-sided interval of this level reaches to each side."""
    return float(stats.norm.ppf(0.5 + checked_level(level) / 2))


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Estimate a rate with Wilson's score interval.

    Parameters
    ----------
    successes : int
        How many of the `n` did it; 0 <= successes <= n.
    n : int
        How many could have done it.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        The share, between 0 and 1; NaN with the reason `no_cases` where n is 0.

    Raises
    ------
    InvalidInput
        The counts are negative, or there are more successes than cases.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22. Checked against
    statsmodels in `test_wilson_agrees_with_statsmodels`.

    Examples
    --------
    >>> share = wilson(8, 10)
    >>> round(share.value, 3), round(share.low, 3), round(share.high, 3)
    (0.8, 0.49, 0.943)
    """
    if not 0 <= successes <= n:
        raise InvalidInput(
            Reason(
                "counts",
                mark("{successes} successes of {n} cases is not a share."),
                {"successes": successes, "n": n},
            )
        )
    z = normal_quantile(level)
    if n == 0:
        return missing(Reason("no_cases", mark("There is no customer for whom this rate could be measured.")))
    share = successes / n
    spread = 1.0 + z * z / n
    centre = (share + z * z / (2 * n)) / spread
    half = z * math.sqrt(share * (1.0 - share) / n + z * z / (4 * n * n)) / spread
    # At 0 and at n the bounds are 0 and 1 exactly; rounding must not push the value out of its own interval.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Interval(share, low, high)


def difference(first: tuple[int, int], second: tuple[int, int], level: float = 0.95) -> Interval:
    """Estimate by how much one rate lies above another, of different customers, with Newcombe's interval.

    Parameters
    ----------
    first, second : tuple of int
        (successes, cases) of each; 0 <= successes <= cases.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        The first share less the second, between -1 and 1; NaN with the reason `no_cases` where one has no cases.

    Raises
    ------
    InvalidInput
        Counts are negative, or there are more successes than cases.

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics in Medicine 17,
    method 10: the square roots of the squared distances to the Wilson bounds. Checked against the paper's Table II in
    `test_the_interval_of_a_difference_is_that_of_the_published_table`, and against statsmodels.

    Examples
    --------
    >>> above = difference((56, 70), (48, 80))
    >>> round(above.value, 4), round(above.low, 4), round(above.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    one, other = wilson(*first, level), wilson(*second, level)
    if math.isnan(one.value) or math.isnan(other.value):
        return one if math.isnan(one.value) else other
    value = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Interval(value, value - below, value + above)


def ratio_of_means(
    *, n: int, sum_y: float, sum_x: float, sum_yy: float, sum_xy: float, sum_xx: float, level: float = 0.95
) -> Interval:
    """Estimate sum(y) / sum(x) over n independent customers, each of whom brings a y and an x.

    The interval is t-based on the linearised ratio (delta method): customers, not their purchases, are the independent
    units, so that one customer with many purchases does not count as many. With x = 1 for all it is the ordinary
    t interval of a mean.

    Parameters
    ----------
    n : int
        Number of customers.
    sum_y, sum_x, sum_yy, sum_xy, sum_xx : float
        Sums over the customers of y, x, y², x·y and x².
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        In units of y / x. NaN with the reason `no_cases` where sum(x) is 0; bounds NaN with the reason `one_customer`
        where n is 1.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd edition, chapter 6 (ratio estimators).
    """
    checked_level(level)
    if n == 0 or sum_x == 0:
        return missing(Reason("no_cases", mark("There is no purchase from which this could be measured.")))
    ratio = sum_y / sum_x
    if n == 1:
        reason = Reason("one_customer", mark("One customer alone does not tell how much customers differ."))
        return Interval(ratio, math.nan, math.nan, reason)
    residual_squares = max(sum_yy - 2 * ratio * sum_xy + ratio * ratio * sum_xx, 0.0)
    standard_error = math.sqrt(residual_squares * n / (n - 1)) / sum_x
    half = float(stats.t.ppf(0.5 + level / 2, n - 1)) * standard_error
    return Interval(ratio, ratio - half, ratio + half)


def from_influence(value: float, influence: npt.NDArray[np.float64], level: float = 0.95) -> Interval:
    """Give a statistic a normal interval from each customer's influence on it.

    Parameters
    ----------
    value : float
        The statistic.
    influence : ndarray of float64, shape (n,)
        Influence function of the statistic at each observation; its mean is about 0.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        Value ± z · sd(influence) / √n.
    """
    standard_error = float(np.std(influence, ddof=1)) / math.sqrt(influence.size)
    half = normal_quantile(level) * standard_error
    return Interval(value, value - half, value + half)
