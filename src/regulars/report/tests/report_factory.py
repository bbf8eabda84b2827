"""Believable reports, and extreme ones, made by hand for the tests of the page. Every figure in them is invented."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_type_hints

from regulars.intake.contracts import Count, DataQuality, Layout, Role
from regulars.report.contracts import (
    Action,
    Backtest,
    Baseline,
    Baselines,
    Candidate,
    Cohort,
    CustomerRow,
    Driver,
    Estimate,
    Meta,
    Metrics,
    Models,
    Period,
    PurchaseModels,
    Report,
    Risk,
    Segment,
    SpendModel,
    Survival,
    WeekOfBacktest,
)
from retention.reasons import Reason

AS_OF = date(2026, 11, 20)
TOO_SHORT = Reason("too_short", "The history holds {weeks} weeks; {needed} are needed.", {"weeks": 3, "needed": 26})
UNKNOWN = Estimate(value=None, low=None, high=None, reason=TOO_SHORT)


def believable_report() -> Report:
    """Make the report of a shop with 20,000 customers and two years of orders."""
    return Report(
        meta=_meta(),
        data=_data(),
        metrics=_metrics(),
        activity=_activity(),
        activity_period="month",
        segments=_segments(),
        cohorts=_cohorts(),
        cohort_period="month",
        second_purchase=_second_purchase(),
        concentration=tuple((i / 100, (i / 100) ** 3) for i in range(101)),
        models=_models(),
        backtest=_backtest(),
        risk=_risk(),
        at_risk=tuple(_customer(i, risk=0.96 - 0.012 * i) for i in range(20)),
        best=tuple(_customer(i + 40, risk=0.05 + 0.01 * i) for i in range(20)),
        actions=_actions(),
        findings=(Reason("season", "December brings {share:.0%} of a year's revenue.", {"share": 0.14}),),
    )


def empty_report() -> Report:
    """Make the report of a file without a single usable order: nothing is known."""
    metrics: dict[str, object] = {}
    lengths = {"retention_window_days": 91, "clv_horizon_days": 365}
    for name, hint in get_type_hints(Metrics).items():
        metrics[name] = {int: 0, float: math.nan, Estimate: UNKNOWN}.get(hint)
    return Report(
        meta=dataclasses.replace(_meta(), currency=None, first_on=AS_OF),
        data=DataQuality(rows=0, used=0, refused=(), treated=(), layouts=()),
        metrics=Metrics(**{**metrics, **lengths}),  # type: ignore[arg-type]
        activity=(),
        activity_period="month",
        segments=(),
        cohorts=(),
        cohort_period="month",
        second_purchase=None,
        concentration=(),
        models=Models(
            purchase=PurchaseModels(chosen=None, why=(), candidates=()),
            spend=SpendModel(params={}, log_likelihood=None, reason=TOO_SHORT),
        ),
        backtest=None,
        risk=None,
        at_risk=(),
        best=(),
        actions=(),
        findings=(TOO_SHORT,),
    )


def one_customer_report() -> Report:
    """Make the report of a single customer with a single order: counts exist, estimates do not, some are NaN."""
    empty = empty_report()
    customer = CustomerRow(
        customer="only one",
        segment="new",
        orders=1,
        revenue_minor=1999,
        last_on=AS_OF,
        risk=None,
        expected_revenue_minor=math.nan,
        revenue_at_stake_minor=None,
        next_order_expected_on=None,
    )
    failed = Candidate(
        name="BG/NBD",
        params={"r": math.nan, "alpha": math.nan},
        low={},
        high={},
        log_likelihood=None,
        aic=math.nan,
        backtest_error=None,
        effective_sample_size=870.0,
        boundary=True,
        reason=TOO_SHORT,
    )
    period = Period(
        period=AS_OF.replace(day=1),
        new=1,
        returning=0,
        reactivated=0,
        lapsed=0,
        orders=1,
        revenue_new_minor=1999,
        revenue_returning_minor=0,
        revenue_reactivated_minor=0,
        partial=True,
    )
    return dataclasses.replace(
        empty,
        data=DataQuality(rows=1, used=1, refused=(), treated=(), layouts=()),
        metrics=dataclasses.replace(
            empty.metrics,
            customers=1,
            orders=1,
            purchases=1,
            revenue_minor=1999,
            average_purchase_value_minor=1999.0,
            purchase_frequency=1.0,
            active_customers=1,
            repeat_purchase_rate=Estimate(value=0.0, low=0.0, high=0.793),
            gini=math.nan,
        ),
        activity=(period,),
        segments=(
            Segment(
                name="new",
                customers=1,
                revenue=1999,
                expected_revenue_minor=None,
                revenue_at_stake_minor=math.nan,
                median_days_since_last=0.0,
            ),
        ),
        cohorts=(Cohort(period=AS_OF.replace(day=1), size=1, retained=(1,), revenue_minor=(1999,)),),
        concentration=((0.0, 0.0), (1.0, 1.0)),
        models=dataclasses.replace(
            empty.models, purchase=PurchaseModels(chosen=None, why=(TOO_SHORT,), candidates=(failed,))
        ),
        risk=Risk(
            method="model",
            reason=TOO_SHORT,
            base_rate=None,
            auc=math.nan,
            brier=None,
            auc_recency=None,
            lift_top_tenth=None,
            drivers=(),
            calibration=((math.nan, math.nan, 0),),
        ),
        best=(customer,),
        at_risk=(customer,),
        actions=(
            Action(code="wait", reason=TOO_SHORT, customers=1, worth_minor=math.nan, is_at_stake=False, segment=None),
        ),
    )


def _meta() -> Meta:
    return Meta(
        title="Corner Coffee & Home",
        files=("orders-2025.csv", "orders-2026.csv.gz"),
        generated_at=datetime(2026, 11, 21, 6, 30, tzinfo=UTC),
        version="0.1.0",
        engine="duckdb",
        zone="Europe/Berlin",
        currency="EUR",
        first_on=date(2024, 11, 21),
        as_of=AS_OF,
        horizon_days=273,
        train_until=None,
        unit="week",
        grain="day",
        margin=0.42,
    )


def _data() -> DataQuality:
    return DataQuality(
        rows=412_388,
        used=398_120,
        refused=(
            Count(reason=Reason("no_customer", "The row names no customer."), count=13_904),
            Count(reason=Reason("bad_date", "The date cannot be read."), count=364),
        ),
        treated=(
            Count(reason=Reason("refund_linked", "A return was set against the purchase it undoes."), count=5_120),
            Count(reason=Reason("duplicate", "The row repeats another and was counted once."), count=211),
        ),
        layouts=(
            Layout(
                path=Path("orders-2025.csv"),
                format="CSV",
                compressed=False,
                encoding="utf-8",
                delimiter=";",
                header=True,
                decimal=",",
                date_order="DMY",
                currency="EUR",
                level="line",
                columns={Role.CUSTOMER: "Kunde", Role.ORDER: "Bestellung", Role.DATE: "Datum", Role.AMOUNT: "Betrag"},
                all_columns=("Bestellung", "Kunde", "Datum", "Betrag"),
                notes=(Reason("order", "Day and month were told apart by {n} dates after the 12th.", {"n": 240_112}),),
            ),
        ),
    )


def _metrics() -> Metrics:
    return Metrics(
        customers=20_000,
        orders=96_412,
        purchases=94_870,
        revenue_minor=412_390_055,
        refunded_minor=9_120_544,
        currency="EUR",
        average_purchase_value_minor=4347.0,
        purchase_frequency=4.7435,
        median_days_between_purchases=38.0,
        repeat_purchase_rate=Estimate(value=0.612, low=0.605, high=0.619),
        retention_rate=Estimate(value=0.648, low=0.641, high=0.655),
        churn_rate=Estimate(value=0.352, low=0.345, high=0.359),
        retention_window_days=91,
        previous_retention_rate=Estimate(value=0.627, low=0.620, high=0.634),
        active_customers=7_421,
        previous_active_customers=7_105,
        revenue_in_window_minor=61_250_000,
        previous_revenue_in_window_minor=56_500_000,
        returning_revenue_share=0.71,
        revenue_share_of_top_tenth=0.432,
        gini=0.61,
        customers_at_risk=418,
        revenue_at_stake_minor=Estimate(value=3_812_000.0, low=3_105_000.0, high=4_570_000.0),
        expected_orders=Estimate(value=24_120.0, low=23_350.0, high=24_910.0),
        expected_revenue_minor=Estimate(value=104_850_000.0, low=99_210_000.0, high=110_990_000.0),
        clv_historic_minor=8_660.0,
        clv_expected_minor=Estimate(value=7_440.0, low=7_063.0, high=7_890.0),
        customer_equity_minor=Estimate(value=61_200_000.0, low=58_100_000.0, high=64_900_000.0),
        clv_horizon_days=728,
    )


def _months() -> list[date]:
    return [date(2024 + (10 + i) // 12, (10 + i) % 12 + 1, 1) for i in range(25)]


def _activity() -> tuple[Period, ...]:
    periods = []
    for i, month in enumerate(_months()):
        season = 1 + 0.25 * math.cos((month.month - 12) * math.pi / 6)
        periods.append(
            Period(
                period=month,
                new=round(760 * season + 5 * i),
                returning=round((900 + 85 * i) * season),
                reactivated=round(12 * i * season),
                lapsed=round(22 * i * (2 - season)),
                orders=round(2600 * season + 90 * i),
                revenue_new_minor=round((3_100_000 + 20_000 * i) * season),
                revenue_returning_minor=round((3_900_000 + 370_000 * i) * season),
                revenue_reactivated_minor=round(52_000 * i * season),
                partial=i in {0, 24},
            )
        )
    return tuple(periods)


def _segments() -> tuple[Segment, ...]:
    rows = (
        ("champions", 1460, 0.31, 9),
        ("loyal", 2890, 0.27, 18),
        ("potential_loyalists", 3120, 0.13, 21),
        ("new", 1840, 0.04, 12),
        ("promising", 1110, 0.02, 48),
        ("need_attention", 1210, 0.07, 61),
        ("about_to_sleep", 1490, 0.03, 96),
        ("at_risk", 980, 0.06, 154),
        ("cannot_lose", 418, 0.04, 171),
        ("hibernating", 2802, 0.02, 260),
        ("lost", 2680, 0.01, 410),
    )
    return tuple(
        Segment(
            name=name,
            customers=customers,
            revenue=round(412_390_055 * share),
            expected_revenue_minor=104_850_000 * share,
            revenue_at_stake_minor=3_812_000 * share,
            median_days_since_last=float(days),
        )
        for name, customers, share, days in rows
    )


def _cohorts() -> tuple[Cohort, ...]:
    cohorts = []
    months = _months()
    for i, month in enumerate(months):
        size = 700 + 13 * i
        shares = [0.34 + 0.004 * i] + [max(0.09, 0.34 + 0.004 * i - 0.035 * k) for k in range(1, len(months) - i)]
        retained = (size, *(round(size * share) for share in shares[1:]))
        cohorts.append(
            Cohort(period=month, size=size, retained=retained, revenue_minor=tuple(4200 * each for each in retained))
        )
    return tuple(cohorts)


def _second_purchase() -> Survival:
    days = tuple(range(0, 725, 3))
    share = tuple(0.33 + 0.67 * math.exp(-day / 120) for day in days)
    spread = tuple(0.004 + day / 40_000 for day in days)
    return Survival(
        days=days,
        share=share,
        low=tuple(s - e for s, e in zip(share, spread, strict=True)),
        high=tuple(min(1.0, s + e) for s, e in zip(share, spread, strict=True)),
    )


def _models() -> Models:
    def candidate(
        name: str, log_likelihood: float, error: float, params: dict[str, float], **more: object
    ) -> Candidate:
        return Candidate(
            name=name,
            params=params,
            low={symbol: 0.94 * value for symbol, value in params.items()},
            high={symbol: 1.07 * value for symbol, value in params.items()},
            log_likelihood=log_likelihood,
            aic=2 * len(params) - 2 * log_likelihood,
            backtest_error=error,
            effective_sample_size=870.0,
            boundary=bool(more),
            reason=Reason(
                "boundary", "Dropout cannot be told from pausing: 2ΔLL is {gain:.2f}, below 4.", {"gain": 1.31}
            )
            if more
            else None,
        )

    return Models(
        purchase=PurchaseModels(
            chosen="MBG/NBD",
            why=(
                Reason("aic", "MBG/NBD and BG/NBD are within 2 points of AIC, and MBG/NBD erred less in the backtest."),
                Reason("rest", "Pareto/NBD stands on a boundary."),
            ),
            candidates=(
                candidate("NBD", -98_212.4, 0.912, {"r": 0.412, "alpha": 9.31}),
                candidate("BG/NBD", -97_120.1, 0.861, {"r": 0.5128, "alpha": 7.412, "a": 0.7929, "b": 2.4259}),
                candidate("MBG/NBD", -97_119.6, 0.858, {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}),
                candidate(
                    "Pareto/NBD", -97_126.9, 0.870, {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.7}, on=1
                ),
            ),
        ),
        spend=SpendModel(params={"p": 6.25, "q": 3.74, "gamma": 1544.0}, log_likelihood=-40_559.2, reason=None),
    )


def _backtest() -> Backtest:
    cut = date(2026, 2, 20)
    weeks = []
    for i in range(39):
        predicted = 612 - 6.1 * i
        weeks.append(
            WeekOfBacktest(
                week=cut + timedelta(days=3 + 7 * i),
                actual=round(predicted * (1 + 0.09 * math.sin(i * 1.7)) + 6),
                predicted=predicted,
            )
        )
    return Backtest(
        cut=cut,
        until=AS_OF,
        customers=16_210,
        actual=sum(week.actual for week in weeks),
        predicted=sum(week.predicted for week in weeks),
        mae=0.858,
        correlation=0.641,
        interval_coverage=0.947,
        baselines=Baselines(
            own_rate=Baseline(predicted=29_870.0, mae=1.322, correlation=0.512),
            last_period=Baseline(predicted=20_410.0, mae=1.104, correlation=0.571),
            seasonal=Baseline(predicted=17_220.0, mae=1.210, correlation=None),
        ),
        weekly=tuple(weeks),
        by_frequency=tuple((i, 6400 // (i + 1), 0.31 + 0.58 * i, 0.33 + 0.56 * i) for i in range(8)),
    )


def _risk() -> Risk:
    return Risk(
        method="classifier",
        reason=None,
        base_rate=0.471,
        auc=0.842,
        brier=0.151,
        auc_recency=0.788,
        lift_top_tenth=2.04,
        drivers=(
            Driver(name="days_since_last", importance=0.141),
            Driver(name="expected_purchases", importance=0.062),
            Driver(name="purchases", importance=0.031),
            Driver(name="mean_value_minor", importance=0.004),
        ),
        calibration=tuple((0.06 + 0.095 * i, 0.05 + 0.098 * i, 1620) for i in range(10)),
    )


def _customer(i: int, *, risk: float) -> CustomerRow:
    codes = ("cannot_lose", "at_risk", "need_attention", "loyal", "champions")
    return CustomerRow(
        customer=f"K-{10_432 + 977 * i}",
        segment=codes[i % 5] if risk > 0.5 else codes[4],
        orders=42 - i // 2,
        revenue_minor=318_000 - 4_211 * i,
        last_on=AS_OF - timedelta(days=24 + 7 * (i % 9)),
        risk=risk,
        expected_revenue_minor=61_000.0 - 700 * i,
        revenue_at_stake_minor=(61_000.0 - 700 * i) * risk,
        next_order_expected_on=AS_OF + timedelta(days=9 + i) if risk < 0.9 else None,
    )


def _actions() -> tuple[Action, ...]:
    return (
        Action(
            code="win_back",
            reason=Reason(
                "win_back",
                "{customers} of your best customers have gone quiet; {stake_minor} is at stake. Write to each.",
                {"customers": 62, "stake_minor": 1_490_000},
            ),
            customers=62,
            worth_minor=1_490_000.0,
            is_at_stake=True,
            segment="cannot_lose",
        ),
        Action(
            code="second_order",
            reason=Reason("second_order", "Ask first-time buyers back within {days} days.", {"days": 38}),
            customers=1_840,
            worth_minor=905_000.0,
            is_at_stake=False,
            segment="new",
        ),
        Action(
            code="thank",
            reason=Reason("thank", "Thank the champions; do not discount to them."),
            customers=1_460,
            worth_minor=None,
            is_at_stake=False,
            segment="champions",
        ),
    )
