"""Alarms about the orders that a run read: what is missing among them, and what is unlike the weeks before.

What is usual is the median of the weeks before, and how far they usually lie from it (the median absolute deviation, as
a standard deviation; Rousseeuw and Croux 1993). A count is unusual beyond four of those, and never within four times
its own chance (the root of it, or of one), so that a small shop is left in peace. Where the same week of a year ago was
at least half as unusual, it is the season.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regulars.insights.contracts import Alarm, Severity
from regulars.insights.usual import is_season
from retention.reasons import Reason, mark

DAYS_A_WEEK = 7
# So many weeks before are what is usual; with fewer than half of them nothing is.
USUAL_WEEKS = 12
FEWEST_WEEKS = 6
# A day of the calendar, as Black Friday, comes again after so many weeks, or so many.
YEAR_WEEKS = (52, 53)
DEVIATIONS = 4.0
_AS_DEVIATION = 1.4826
REFUND_WEEKS = 4
# A rise of refunds is told from this share of the gross on, and where it is at least so many times the usual.
LEAST_REFUND_SHARE = 0.03
REFUND_FACTOR = 2.0
MUCH_WITHOUT_RATE = 0.01
SOME_WITHOUT_CUSTOMER, MUCH_WITHOUT_CUSTOMER = 0.05, 0.3

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """What happened on each day up to the run's last one, days without anything included: one entry per day."""

    orders: Counts
    gross_minor: Counts
    refunded_minor: Counts


def judge_orders(days: Days, *, without_rate: int, without_customer: int) -> list[Alarm]:
    """Return what is to be known of the orders."""
    orders = int(days.orders.sum())
    return [
        *_left_out(orders, without_rate, without_customer),
        *_silent_days(days),
        *_unusual_count(days),
        *_many_refunds(days),
    ]


def _left_out(orders: int, without_rate: int, without_customer: int) -> Iterator[Alarm]:
    if without_rate:
        share = without_rate / (orders + without_rate)
        yield _alarm(
            "orders_without_rate",
            mark("{orders} orders ({share:.1%}) have no rate of their day, and count nowhere: add the rates."),
            Severity.WARNING if share > MUCH_WITHOUT_RATE else Severity.NOTICE,
            orders=without_rate,
            share=share,
        )
    share = without_customer / (orders + without_customer) if without_customer else 0.0
    if share > SOME_WITHOUT_CUSTOMER:
        yield _alarm(
            "orders_without_customer",
            mark("{orders} orders ({share:.1%}) name no customer: nobody can be known by them."),
            Severity.WARNING if share > MUCH_WITHOUT_CUSTOMER else Severity.NOTICE,
            orders=without_customer,
            share=share,
        )


def _silent_days(days: Days) -> Iterator[Alarm]:
    """Look for days of the last week without an order, on weekdays that had some in each of the weeks before."""
    silent = 0
    for back in range(DAYS_A_WEEK):
        same_days = _same_weekday(days.orders, back)
        silent += len(same_days) > FEWEST_WEEKS and bool(same_days[0] == 0 and (same_days[1:] > 0).all())
    if silent:
        yield _alarm(
            "days_without_orders",
            mark(
                "On {days} of the last seven days nothing was ordered, where there always were orders: is a source off?"
            ),
            Severity.WARNING,
            days=silent,
        )


def _unusual_count(days: Days) -> Iterator[Alarm]:
    """Hold the last seven days against the weeks before, and the last day against the same weekday of those."""
    most = max(YEAR_WEEKS) + USUAL_WEEKS
    # A day of a week that the season makes unusual is so too, the same way.
    seasons: set[bool] = set()
    weeks = _sums(days.orders, DAYS_A_WEEK, most)
    for unit, counts in (("week", weeks), ("day", _same_weekday(days.orders, 0, most))):
        before = counts[1 : USUAL_WEEKS + 1]
        if len(before) < FEWEST_WEEKS:
            continue
        usual, reach = _usual(before)
        is_fall = bool(counts[0] < usual)
        if abs(counts[0] - usual) <= reach or is_fall in seasons:
            continue
        if _is_season(counts, usual):
            seasons.add(is_fall)
            continue
        yield _unusual(unit, int(counts[0]), usual, is_fall=is_fall)
        return


def _is_season(counts: Counts, usual: float) -> bool:
    """Tell whether the same week or weekday of a year ago lay apart from what was usual then, in proportion as now."""
    apart = counts[0] / max(usual, 1.0) - 1
    for weeks in YEAR_WEEKS:
        before = counts[weeks + 1 : weeks + 1 + USUAL_WEEKS]
        # A shop's first weeks are lower than those of now without any season.
        if len(before) < FEWEST_WEEKS:
            return False
        if apart and is_season(apart, year_ago=counts[weeks] / max(float(np.median(before)), 1.0) - 1):
            return True
    return False


def _unusual(unit: str, orders: int, usual: float, *, is_fall: bool) -> Alarm:
    templates = {
        ("week", True): mark("{orders} orders in the last seven days, where {usual:.0f} are usual: are some missing?"),
        ("week", False): mark(
            "{orders} orders in the last seven days, where {usual:.0f} are usual: do some come twice?"
        ),
        ("day", True): mark(
            "{orders} orders on the last day, where {usual:.0f} are usual on that weekday: are some missing?"
        ),
        ("day", False): mark("{orders} orders on the last day, where {usual:.0f} are usual on that weekday."),
    }
    code, severity = ("orders_fell", Severity.WARNING) if is_fall else ("orders_jumped", Severity.NOTICE)
    return _alarm(code, templates[unit, is_fall], severity, orders=orders, usual=usual)


def _many_refunds(days: Days) -> Iterator[Alarm]:
    span = REFUND_WEEKS * DAYS_A_WEEK
    gross, refunded = (_sums(values, span, USUAL_WEEKS) for values in (days.gross_minor, days.refunded_minor))
    if len(gross) <= FEWEST_WEEKS // 2 or not gross.all():
        return
    shares = refunded / gross
    usual = float(np.median(shares[1:]))
    deviation = float(np.median(np.abs(shares[1:] - usual))) * _AS_DEVIATION
    most = max(LEAST_REFUND_SHARE, REFUND_FACTOR * usual, usual + DEVIATIONS * deviation)
    if shares[0] > most:
        yield _alarm(
            "refunds_high",
            mark("{share:.1%} of the last four weeks' revenue came back, where {usual:.1%} is usual."),
            Severity.WARNING,
            share=float(shares[0]),
            usual=usual,
        )


def _usual(counts: Counts) -> tuple[float, float]:
    """Return what is usual of some counts, and how far one of them may lie from it."""
    usual = float(np.median(counts))
    deviation = float(np.median(np.abs(counts - usual))) * _AS_DEVIATION
    return usual, DEVIATIONS * max(deviation, float(np.sqrt(max(usual, 1.0))))


def _same_weekday(values: Counts, back: int, most: int = USUAL_WEEKS) -> Counts:
    """Return the value of a day counted back from the last one, then those of the same weekday before it."""
    return values[::-1][back::DAYS_A_WEEK][: most + 1]


def _sums(values: Counts, span: int, most: int) -> Counts:
    """Return the sums over spans of days counted back from the last one, the latest first; whole spans only."""
    whole = min(len(values) // span, most + 1)
    latest_first = values[::-1][: whole * span]
    return np.asarray(latest_first.reshape(whole, span).sum(axis=1), dtype=np.int64)


def _alarm(code: str, template: str, severity: Severity, **figures: float) -> Alarm:
    return Alarm(code=code, severity=severity, reason=Reason(code, template, figures), figures=figures)
