"""Net promoter score: what people say they would recommend."""

from __future__ import annotations

import math
from dataclasses import dataclass

from retention.estimates import normal_quantile
from retention.reasons import InvalidInput, NotEnoughData, Reason, mark


@dataclass(frozen=True, slots=True, kw_only=True)
class NetPromoterScore:
    """A net promoter score, −100 to 100, with its standard error and the bounds of its interval on the same scale."""

    value: float
    standard_error: float
    low: float
    high: float
    answers: int


def net_promoter_score(promoters: int, passives: int, detractors: int, *, level: float = 0.95) -> NetPromoterScore:
    """Estimate the net promoter score: the percentage of promoters less the percentage of detractors.

    Parameters
    ----------
    promoters : int
        Answers 9 and 10 to "how likely are you to recommend us?", 0 to 10.
    passives : int
        Answers 7 and 8.
    detractors : int
        Answers 0 to 6.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    NetPromoterScore
        The score; its standard error 100 · sqrt((p + d − (p − d)²) / n), p and d the shares; and the adjusted Wald
        interval: three answers more, ¾ of them promoters and ¾ detractors, clipped to ±100. The interval's centre
        (P − D) / (n + 3) lies nearer to 0 than the score.

    Raises
    ------
    InvalidInput
        A count is negative.
    NotEnoughData
        There is no answer.

    References
    ----------
    Reichheld (2003), The one number you need to grow, Harvard Business Review 81. Rocks (2016), Interval estimation for
    the "net promoter score", The American Statistician 70. Checked in
    `test_the_adjusted_wald_interval_adds_three_answers_three_quarters_to_each_side`.

    Examples
    --------
    >>> score = net_promoter_score(60, 25, 15)
    >>> score.value, round(score.low, 1), round(score.high, 1)
    (45.0, 29.3, 58.0)
    """
    if min(promoters, passives, detractors) < 0:
        raise InvalidInput(Reason("counts", mark("Numbers of answers are not negative.")))
    answers = promoters + passives + detractors
    if answers == 0:
        raise NotEnoughData(Reason("no_answers", mark("Nobody has answered yet.")))
    centre, adjusted_error = _difference(promoters + 0.75, detractors + 0.75, answers + 3.0)
    half = normal_quantile(level) * adjusted_error
    value, standard_error = _difference(promoters, detractors, answers)
    return NetPromoterScore(
        value=value,
        standard_error=standard_error,
        low=max(centre - half, -100.0),
        high=min(centre + half, 100.0),
        answers=answers,
    )


def _difference(promoters: float, detractors: float, answers: float) -> tuple[float, float]:
    """Return the difference of two shares of the same answers and its standard error, in points of a hundred."""
    share, other = promoters / answers, detractors / answers
    variance = (share + other - (share - other) ** 2) / answers
    return 100.0 * (promoters - detractors) / answers, 100.0 * math.sqrt(max(variance, 0.0))
