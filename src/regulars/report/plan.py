"""Decide on which day the report stands, how far it looks ahead, and where it is tested."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from regulars.intake.contracts import Intake
from regulars.kit.errors import DomainError
from regulars.kit.formats import day
from regulars.kit.i18n import gettext as _
from regulars.report.contracts import Options
from retention.reasons import Reason, mark

USUAL_HORIZON_DAYS = 91
DAYS_A_WEEK = 7
LONGEST_BACKTEST_DAYS = 364
LONG_SILENCE_DAYS = 30


class NothingByThen(DomainError):
    """The report is asked to stand on a day on which nothing was known yet."""

    code = "nothing_by_then"


class NothingToTest(DomainError):
    """The prediction is asked to start where the history ends."""

    code = "nothing_to_test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The days of one report.

    The report knows everything up to `cut` and foretells the `horizon_days` after it. It is tested on the customers of
    `backtest_cut`, over `backtest_days`; None where the history is too short for a test.
    """

    first_on: date
    cut: date
    known_until: date
    horizon_days: int
    backtest_cut: date | None
    backtest_days: int
    findings: tuple[Reason, ...]


def make_plan(intake: Intake, options: Options) -> Plan:
    """Return the days of the report on these orders.

    Raises
    ------
    NothingByThen
        The first order comes after the day on which the report should stand.
    """
    if intake.first_on is None or intake.last_on is None:
        raise NothingByThen(_("There are no orders to report on."))
    known_until = options.as_of or intake.last_on
    if options.train_until is not None and options.train_until >= known_until:
        raise NothingToTest(
            _("Nothing is known after {day}, the day to train until: the files end on {last}.").format(
                day=day(options.train_until), last=day(known_until)
            )
        )
    cut = min(options.train_until or known_until, known_until)
    if cut < intake.first_on:
        raise NothingByThen(
            _("Nothing is known on {day}: the first order came on {first}.").format(
                day=day(cut), first=day(intake.first_on)
            )
        )
    after = (known_until - cut).days
    history = (cut - intake.first_on).days
    horizon = options.horizon_days or (min(after, LONGEST_BACKTEST_DAYS) if after else _default_horizon(history))
    backtest_cut, backtest_days = _backtest(intake.first_on, cut, known_until, horizon)
    return Plan(
        first_on=intake.first_on,
        cut=cut,
        known_until=known_until,
        horizon_days=horizon,
        backtest_cut=backtest_cut,
        backtest_days=backtest_days,
        findings=_findings(horizon, backtest_cut, backtest_days) + _silence(intake.last_on, cut),
    )


def _default_horizon(history_days: int) -> int:
    """Return a quarter of a year, or whole weeks within a quarter of a shorter history."""
    weeks = max(1, history_days // 4 // DAYS_A_WEEK)
    return min(USUAL_HORIZON_DAYS, weeks * DAYS_A_WEEK)


def _backtest(first_on: date, cut: date, known_until: date, horizon_days: int) -> tuple[date | None, int]:
    """Test after the cut where that is known; else stand one horizon earlier, if at least as much lies before it."""
    after = (known_until - cut).days
    if after:
        return cut, min(after, horizon_days)
    earlier = cut - timedelta(days=horizon_days)
    if (earlier - first_on).days >= horizon_days:
        return earlier, horizon_days
    return None, 0


def _silence(last_on: date, cut: date) -> tuple[Reason, ...]:
    silent_days = (cut - last_on).days
    if silent_days < LONG_SILENCE_DAYS:
        return ()
    return (
        Reason(
            "silent_before_the_report",
            mark(
                "The files hold no order of the last {days} days: if orders are missing, everything here is too dark."
            ),
            {"days": silent_days},
        ),
    )


def _findings(horizon_days: int, backtest_cut: date | None, backtest_days: int) -> tuple[Reason, ...]:
    if backtest_cut is None:
        return (
            Reason(
                "no_backtest",
                mark("The history is shorter than twice the horizon of {days} days: nothing could be tested on it."),
                {"days": horizon_days},
            ),
        )
    if backtest_days < horizon_days:
        return (
            Reason(
                "short_backtest",
                mark("Only {known} of the {days} days of the horizon are known: the test covers those."),
                {"known": backtest_days, "days": horizon_days},
            ),
        )
    return ()
