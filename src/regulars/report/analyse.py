"""The one function from orders to a typed result."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial

import pyarrow as pa
from ibis.expr.types import Table

from regulars import __version__
from regulars.intake.contracts import Intake
from regulars.kit.i18n import gettext as _
from regulars.kit.money import minor_digits
from regulars.kit.progress import Progress, part_of, silent
from regulars.report.actions import SECOND_ORDER_WINDOW_DAYS, Situation, actions
from regulars.report.contracts import Analysis, Meta, Metrics, Options, Report
from regulars.report.forecast import Forecaster
from regulars.report.history import History, read_history
from regulars.report.model_card import backtest_section, findings, models_section, risk_section
from regulars.report.people import best_customers, customers_at_risk, recent_first_buyers, segment_totals
from regulars.report.plan import Plan, make_plan
from regulars.report.reading import read_past
from regulars.report.scores import CLV_DAYS, Scores, Totals, make_scores, scaled, sum_scores
from retention.in_memory import Rows, beside
from retention.integers import as_int64

# Takes the scores of all customers: the columns of `make_scores`.
TakeScores = Callable[[pa.Table], None]


def analyse(
    intake: Intake,
    options: Options,
    *,
    rows: Rows | None = None,
    engine: str = "duckdb",
    take_scores: TakeScores | None = None,
    progress: Progress = silent,
) -> Analysis:
    """Turn orders into what is known of the customers, what is to be expected of them, and what to do first.

    `intake.orders` may live on any engine that Ibis drives; `reading` says what runs there and what in memory. `rows`
    are the same orders, where somebody has read them into memory already. Who waits for the scores is given them by
    `take_scores` before the rest is found.

    Raises
    ------
    NothingByThen
        There are no orders by the day on which the report should stand.
    """
    plan = make_plan(intake, options)
    progress(_("Folding orders"), 0.0)
    money_unit = 10 ** minor_digits(intake.currency)
    with _stored(intake) as orders, read_past(orders, rows, plan, options, engine=engine) as past:
        forecaster = Forecaster(past.orders, plan=plan, options=options, money_unit=money_unit)
        forecast = forecaster.forecast(part_of(progress, 0.1, 0.5))
        progress(_("Scoring every customer"), 0.5)
        scores = make_scores(forecast, plan=plan, options=options)
        if take_scores is not None:
            take_scores(scores.table)
        progress(_("Testing on what then happened"), 0.65)
        read = partial(
            read_history, past.state, past.daily, first_on=plan.first_on, as_of=plan.cut, margin=options.margin
        )
        with beside(past.orders, read) as history_of:
            tests = forecaster.test()
            totals = sum_scores(scores, forecast, plan=plan, options=options)
            history = history_of()
    progress(_("Writing down what was found"), 0.95)
    metrics = _metrics(history, scores, totals, intake.currency)
    segments = segment_totals(scores)
    first_buyers, expected_of_first_buyers = recent_first_buyers(scores, SECOND_ORDER_WINDOW_DAYS)
    situation = Situation(
        metrics=metrics,
        segments=segments,
        second_purchase=history.second_purchase,
        data=intake.quality,
        horizon_days=plan.horizon_days,
        first_buyers=first_buyers,
        first_buyers_expected_minor=expected_of_first_buyers,
    )
    report = Report(
        meta=_meta(intake, plan, options, engine),
        data=intake.quality,
        metrics=metrics,
        activity=history.activity,
        activity_period=history.period,
        segments=segments,
        cohorts=history.cohorts,
        cohort_period=history.period,
        second_purchase=history.second_purchase,
        concentration=history.concentration.lorenz if history.concentration else (),
        models=models_section(forecast, tests),
        backtest=backtest_section(tests),
        risk=risk_section(forecast, tests),
        at_risk=customers_at_risk(scores),
        best=best_customers(scores),
        actions=actions(situation),
        findings=plan.findings + findings(forecast, tests),
    )
    return Analysis(report=report, scores=scores.table)


def _stored(intake: Intake) -> AbstractContextManager[Table]:
    """Return the orders, one row each and stored for the time of the work."""
    if intake.one_row_per_order:
        return nullcontext(intake.orders)
    stored: AbstractContextManager[Table] = _fold_lines(intake.orders).cache()
    return stored


def _fold_lines(orders: Table) -> Table:
    """Fold lines into one row per order and day, refunds apart, so that orders need not be told apart by name again."""
    is_refund = orders.amount_minor < 0
    folded = orders.group_by("customer", "order", "occurred_on", "purchased_on", is_refund=is_refund).aggregate(
        amount_minor=as_int64(orders.amount_minor.sum())
    )
    return folded.drop("is_refund")


def _meta(intake: Intake, plan: Plan, options: Options, engine: str) -> Meta:
    names = tuple(layout.path.name for layout in intake.quality.layouts)
    return Meta(
        title=options.title or (names[0].split(".")[0] if names else ""),
        files=names,
        generated_at=datetime.now(UTC).replace(microsecond=0),
        version=__version__,
        engine=engine,
        zone=options.zone,
        currency=intake.currency,
        first_on=plan.first_on,
        as_of=plan.cut,
        horizon_days=plan.horizon_days,
        train_until=options.train_until,
        unit=options.unit,
        grain=options.grain,
        margin=options.margin,
    )


def _metrics(history: History, scores: Scores, expected: Totals, currency: str | None) -> Metrics:
    totals, window, concentration = history.totals, history.window, history.concentration
    return Metrics(
        customers=totals.customers,
        orders=totals.orders,
        purchases=totals.purchases,
        revenue_minor=totals.revenue_minor,
        refunded_minor=totals.refunded_minor,
        currency=currency,
        average_purchase_value_minor=history.average_purchase_value_minor,
        purchase_frequency=history.purchase_frequency,
        median_days_between_purchases=history.gap_days,
        repeat_purchase_rate=history.repeat_purchase_rate,
        retention_rate=history.retention_rate,
        churn_rate=history.churn_rate,
        retention_window_days=window.days,
        previous_retention_rate=history.previous_retention_rate,
        active_customers=window.active,
        previous_active_customers=window.previous_active,
        revenue_in_window_minor=window.revenue_minor,
        previous_revenue_in_window_minor=window.previous_revenue_minor,
        returning_revenue_share=window.returning_share,
        revenue_share_of_top_tenth=concentration.top_tenth_share.value if concentration else None,
        gini=concentration.gini.value if concentration else None,
        customers_at_risk=scores.customers_at_risk,
        revenue_at_stake_minor=expected.stake_minor,
        expected_orders=expected.expected_orders,
        expected_revenue_minor=expected.expected_revenue_minor,
        clv_historic_minor=history.historic_value_minor,
        clv_expected_minor=scaled(expected.equity_minor, 1 / totals.customers),
        customer_equity_minor=expected.equity_minor,
        clv_horizon_days=CLV_DAYS,
    )
