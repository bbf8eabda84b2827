from __future__ import annotations

import math
from datetime import date, timedelta
from functools import partial

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr.types import Table
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from retention import metrics
from retention.calendar import Period
from retention.estimates import difference, ratio_of_means, wilson
from retention.metrics.concentration import _gini, _top_share
from retention.purchases import purchases, within
from retention.reasons import InvalidInput, NotEnoughData

DAY = date(2024, 1, 1)
Row = tuple[str, int, int, int, int]
SCHEMA = ibis.schema(
    {"customer": "string", "day": "date", "orders": "int64", "gross_minor": "int64", "refunded_minor": "int64"}
)


def state_of(*rows: Row) -> Table:
    """Make a state of (customer, day from 2024-01-01, orders, gross, refunded)."""
    records = [(customer, DAY + timedelta(days=day), *sums) for customer, day, *sums in rows]
    return ibis.memtable(pd.DataFrame(records, columns=list(SCHEMA.names)), schema=SCHEMA)


EMPTY = state_of()


@st.composite
def states(draw: st.DrawFn) -> list[Row]:
    keys = draw(
        st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 150)), unique=True, min_size=1, max_size=40)
    )
    sums = st.tuples(st.integers(0, 2), st.integers(0, 900), st.sampled_from([0, 0, 0, 300, 900]))
    return [(*key, *draw(sums)) for key in keys]


def bought(row: Row) -> bool:
    _, _, orders, gross, refunded = row
    return orders > 0 and (refunded == 0 or gross > refunded)


def test_a_day_that_refunds_took_to_nothing_is_no_purchase_but_a_free_one_is() -> None:
    state = state_of(("a", 0, 1, 500, 500), ("b", 0, 1, 0, 0), ("c", 0, 1, 500, 499), ("d", 0, 0, 0, 100))
    assert sorted(purchases(state).customer.to_pyarrow().to_pylist()) == ["b", "c"]


def test_a_table_that_is_no_state_is_refused() -> None:
    with pytest.raises(InvalidInput, match="refunded_minor"):
        purchases(EMPTY.drop("refunded_minor"))


def test_a_window_is_open_at_its_start_and_closed_at_its_end() -> None:
    state = state_of(*(("a", day, 1, 1, 0) for day in range(5)))
    kept = within(state, after=DAY + timedelta(days=1), until=DAY + timedelta(days=3))
    assert sorted(kept.day.to_pyarrow().to_pylist()) == [DAY + timedelta(days=2), DAY + timedelta(days=3)]


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.8, 0.95]))
def test_wilson_agrees_with_statsmodels(counts: tuple[int, int], level: float) -> None:
    rate = wilson(*counts, level)
    low, high = proportion_confint(*counts, alpha=1 - level, method="wilson")
    assert rate.low == pytest.approx(low, abs=1e-12)
    assert rate.high == pytest.approx(high, abs=1e-12)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1


shares = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(shares, shares, st.sampled_from([0.8, 0.95]))
def test_the_interval_of_a_difference_agrees_with_statsmodels(
    one: tuple[int, int], other: tuple[int, int], level: float
) -> None:
    found = difference(one, other, level)
    low, high = confint_proportions_2indep(*one, *other, method="newcomb", compare="diff", alpha=1 - level)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert -1 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_interval_of_a_difference_is_that_of_the_published_table(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe (1998), Table II, method 10."""
    found = difference(one, other)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_a_difference_from_nobody_is_nan_with_a_reason() -> None:
    for found in (difference((0, 0), (1, 2)), difference((1, 2), (0, 0))):
        assert math.isnan(found.value)
        assert found.reason is not None


def test_a_rate_of_nobody_is_nan_with_a_reason() -> None:
    rate = wilson(0, 0)
    assert math.isnan(rate.value)
    assert rate.reason is not None
    assert rate.reason.code == "no_cases"


@pytest.mark.parametrize("counts", [(-1, 3), (4, 3)])
def test_counts_that_make_no_share_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput):
        wilson(*counts)


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        wilson(1, 2, 95)


# January to day 30 (1 to 31 January: days 0 to 30), February to day 59.
WINDOWS = state_of(
    ("stays", 20, 1, 100, 0),
    ("stays", 40, 1, 100, 0),
    ("goes", 15, 1, 100, 0),
    ("comes", 45, 1, 100, 0),
    ("refunds", 10, 1, 100, 0),
    ("refunds", 50, 1, 100, 100),
    ("long gone", 0, 1, 100, 0),
    ("later", 12, 1, 100, 0),
    ("later", 70, 1, 100, 0),
)
AS_OF = DAY + timedelta(days=59)


def test_retention_is_the_share_of_one_window_that_buys_in_the_next() -> None:
    rate = metrics.retention_rate(WINDOWS, as_of=AS_OF, window_days=29)
    # Of stays, goes, refunds and later, who bought in days 2 to 30, only stays bought in days 31 to 59.
    assert rate.value == pytest.approx(1 / 4)
    assert (rate.low, rate.high) == (wilson(1, 4).low, wilson(1, 4).high)


def test_churn_is_what_retention_leaves() -> None:
    churn = metrics.churn_rate(WINDOWS, as_of=AS_OF, window_days=29)
    assert (churn.value, churn.low, churn.high) == pytest.approx((3 / 4, wilson(3, 4).low, wilson(3, 4).high))


def test_the_windows_meet_without_a_gap_or_an_overlap() -> None:
    as_of = DAY + timedelta(days=20)
    for day, earlier in [(0, False), (1, True), (10, True), (11, False), (20, False), (21, False)]:
        rate = metrics.retention_rate(state_of(("a", day, 1, 1, 0)), as_of=as_of, window_days=10)
        assert math.isnan(rate.value) is not earlier


def test_a_window_of_no_days_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at least one day"):
        metrics.churn_rate(WINDOWS, as_of=AS_OF, window_days=0)


def test_repeat_purchase_rate_counts_days_and_not_orders() -> None:
    state = state_of(
        ("a", 0, 5, 100, 0), ("b", 0, 1, 100, 0), ("b", 1, 1, 100, 0), ("c", 0, 1, 100, 0), ("c", 1, 1, 9, 9)
    )
    assert metrics.repeat_purchase_rate(state).value == pytest.approx(1 / 3)


def test_purchase_value_and_frequency_are_ratios_over_purchases_and_customers() -> None:
    state = state_of(
        ("a", 0, 2, 1000, 0), ("a", 1, 1, 500, 200), ("b", 0, 1, 700, 0), ("b", 1, 1, 50, 50), ("c", 0, 0, 0, 9)
    )
    assert metrics.average_purchase_value(state).value == pytest.approx(2000 / 3)
    assert metrics.purchase_frequency(state).value == pytest.approx(3 / 2)


def test_shares_of_what_came_back_and_of_earlier_customers_are_ratios_over_customers() -> None:
    state = state_of(("a", 0, 1, 400, 0), ("a", 9, 1, 600, 0), ("b", 8, 1, 300, 100), ("c", 9, 1, 100, 0))
    refunded = metrics.refunded_share(state)
    assert refunded.value == pytest.approx(100 / 1400)
    assert refunded.low < refunded.value < refunded.high
    returning = metrics.returning_share(state, after=DAY + timedelta(days=5), until=DAY + timedelta(days=9))
    assert returning.value == pytest.approx(600 / 900)
    assert returning.low < returning.value < returning.high


def test_historic_value_is_the_mean_margin_of_those_who_ever_bought() -> None:
    state = state_of(("a", 0, 1, 1000, 0), ("a", 9, 0, 0, 100), ("b", 0, 1, 300, 0), ("never", 0, 1, 50, 50))
    value = metrics.historic_lifetime_value(state, margin=0.5)
    assert value.value == pytest.approx(0.5 * (900 + 300) / 2)
    assert value.low < value.value < value.high
    with pytest.raises(InvalidInput, match="margin"):
        metrics.historic_lifetime_value(state, margin=40)


def test_totals_add_up_exactly() -> None:
    state = state_of(("a", 0, 2, 1000, 0), ("a", 1, 1, 500, 500), ("b", 0, 0, 0, 70))
    assert metrics.totals(state) == metrics.Totals(
        customers=1, orders=3, purchases=1, revenue_minor=930, refunded_minor=570
    )
    assert metrics.totals(EMPTY) == metrics.Totals(
        customers=0, orders=0, purchases=0, revenue_minor=0, refunded_minor=0
    )


def test_a_mean_over_customers_has_the_ordinary_t_interval() -> None:
    """The mean of 1 … 9 is 5 with the standard error sqrt(7.5 / 9); t(8) is 2.306."""
    values = np.arange(1.0, 10.0)
    mean = ratio_of_means(n=9, sum_y=45, sum_x=9, sum_yy=float(values @ values), sum_xy=45, sum_xx=9)
    assert mean.value == 5
    assert (mean.high - mean.low) / 2 == pytest.approx(2.306 * math.sqrt(7.5 / 9), rel=1e-3)


def test_the_average_purchase_value_is_covered_although_customers_differ() -> None:
    """With the purchases, not the customers, taken as independent the intervals would cover about a third."""
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(1000):
        x = rng.integers(1, 30, 60).astype(float)
        y = x * rng.gamma(2.0, 500.0, 60)
        squares = {"sum_yy": float(y @ y), "sum_xy": float(x @ y), "sum_xx": float(x @ x)}
        value = ratio_of_means(n=60, sum_y=y.sum(), sum_x=x.sum(), **squares)
        hits += value.low <= 1000 <= value.high
    assert 0.91 < hits / 1000 < 0.97


def test_one_customer_has_a_value_but_no_interval() -> None:
    value = metrics.average_purchase_value(state_of(("a", 0, 1, 100, 0)))
    assert value.value == 100
    assert math.isnan(value.low)
    assert value.reason is not None
    assert value.reason.code == "one_customer"


def test_nothing_bought_is_nan_with_a_reason() -> None:
    of_window = partial(metrics.returning_share, after=DAY, until=DAY)
    of_all = (metrics.average_purchase_value, metrics.purchase_frequency, metrics.historic_lifetime_value)
    for measure in (*of_all, metrics.refunded_share, of_window):
        value = measure(EMPTY)
        assert math.isnan(value.value)
        assert value.reason is not None
        assert value.reason.code == "no_cases"
    assert math.isnan(metrics.repeat_purchase_rate(EMPTY).value)
    assert metrics.inter_purchase_time(EMPTY).gaps == 0
    assert math.isnan(metrics.revenue_concentration(EMPTY).gini.value)
    with pytest.raises(NotEnoughData):
        metrics.activity(EMPTY, "month", as_of=DAY)


@settings(max_examples=25, deadline=None)
@given(states())
def test_the_quartiles_of_gaps_are_those_of_numpy(rows: list[Row]) -> None:
    days: dict[str, list[int]] = {}
    for row in sorted(rows):
        if bought(row):
            days.setdefault(row[0], []).append(row[1])
    gaps = [gap for own in days.values() for gap in np.diff(own)]
    time = metrics.inter_purchase_time(state_of(*rows))
    assert time.gaps == len(gaps)
    if gaps:
        found = (time.lower_quartile_days.value, time.median_days.value, time.upper_quartile_days.value)
        assert found == pytest.approx(tuple(np.quantile(gaps, [0.25, 0.5, 0.75])))
    else:
        assert time.median_days.reason is not None


def test_the_median_gap_is_covered_although_customers_differ() -> None:
    """Customers buy every 1 to 60 days, so that the gaps of one are alike; the truth is that of a large sample."""

    def gaps_of(customers: int) -> tuple[np.ndarray, np.ndarray]:
        rate = rng.uniform(1, 60, customers)
        counts = rng.poisson(200 / rate) + 1
        owner = np.repeat(np.arange(customers), counts)
        return owner, np.ceil(rng.exponential(rate[owner])).astype(int)

    rng = np.random.default_rng(6)
    truth = np.median(gaps_of(50_000)[1])
    hits = 0
    for _ in range(30):
        owner, gaps = gaps_of(120)
        days = pd.Series(gaps).groupby(owner).cumsum().to_numpy()
        frame = pd.DataFrame({"customer": owner.astype(str), "offset": days})
        first = pd.DataFrame({"customer": np.unique(owner).astype(str), "offset": 0})
        frame = pd.concat([first, frame]).assign(orders=1, gross_minor=1, refunded_minor=0)
        frame["day"] = [DAY + timedelta(days=int(day)) for day in frame.pop("offset")]
        median = metrics.inter_purchase_time(ibis.memtable(frame[list(SCHEMA.names)], schema=SCHEMA)).median_days
        hits += median.low <= truth <= median.high
    assert hits >= 25


def test_concentration_is_that_of_known_shares() -> None:
    state = state_of(*((f"c{n}", 0, 1, 100 if n else 1900, 0) for n in range(20)))
    found = metrics.revenue_concentration(state)
    # The best two of twenty bring 1900 + 100 of 3800; the Gini of one who brings half beside nineteen equals is .45.
    assert found.top_tenth_share.value == pytest.approx(2000 / 3800)
    assert found.gini.value == pytest.approx(0.45)
    assert found.customers == 20
    customers, share = np.transpose(found.lorenz)
    assert customers[[0, 50, 100]].tolist() == [0, 0.5, 1]
    assert share[[0, 50, 100]].tolist() == pytest.approx([0, 1000 / 3800, 1])


def test_equal_customers_are_not_concentrated() -> None:
    found = metrics.revenue_concentration(state_of(*((f"c{n}", 0, 1, 100, 0) for n in range(10))))
    assert (found.gini.value, found.gini.low, found.gini.high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert found.top_tenth_share.value == pytest.approx(0.1)


def test_a_customer_whose_refunds_exceed_the_revenue_counts_as_nothing() -> None:
    found = metrics.revenue_concentration(state_of(("a", 0, 1, 100, 0), ("b", 0, 1, 100, 0), ("b", 5, 0, 0, 900)))
    assert found.gini.value == pytest.approx(0.5)


def test_the_intervals_of_concentration_agree_with_a_bootstrap() -> None:
    rng = np.random.default_rng(7)
    values = np.sort(rng.lognormal(3, 1, 2000))
    for statistic in (_gini, lambda sample: _top_share(sample, 0.1)):
        _, influence = statistic(values)
        draws = [statistic(np.sort(rng.choice(values, values.size)))[0] for _ in range(400)]
        assert influence.mean() == pytest.approx(0, abs=0.01)
        assert influence.std() / math.sqrt(values.size) == pytest.approx(np.std(draws), rel=0.12)


def test_each_group_of_a_period_is_what_its_definition_says() -> None:
    # Days 0, 31, 60, 91 and 121 begin the months January to May of 2024.
    state = state_of(
        ("a", 0, 1, 100, 0),
        ("a", 31, 2, 200, 50),
        ("b", 5, 1, 300, 0),
        ("b", 91, 1, 400, 0),
        ("c", 60, 1, 500, 0),
        ("c", 70, 1, 50, 0),
    )
    months = metrics.activity(state, "month", as_of=date(2024, 5, 10))
    assert [month.period for month in months] == [date(2024, month, 1) for month in range(1, 6)]
    assert [(m.new, m.returning, m.reactivated, m.lapsed) for m in months] == [
        (2, 0, 0, 0),
        (0, 1, 0, 1),
        (1, 0, 0, 1),
        (0, 0, 1, 1),
        (0, 0, 0, 1),
    ]
    assert [month.orders for month in months] == [2, 2, 2, 1, 0]
    assert [month.revenue_lapsed_minor for month in months] == [0, 300, 150, 550, 400]
    assert [month.revenue_new_minor for month in months] == [400, 0, 550, 0, 0]
    assert months[1].revenue_returning_minor == 150
    assert months[3].revenue_reactivated_minor == 400
    assert [month.partial for month in months] == [False, False, False, False, True]


def test_a_longer_lapse_keeps_a_customer_returning() -> None:
    state = state_of(("b", 5, 1, 300, 0), ("b", 91, 1, 400, 0))
    months = metrics.activity(state, "month", as_of=date(2024, 7, 31), lapse_periods=3)
    assert [(m.new, m.returning, m.reactivated, m.lapsed) for m in months] == [
        (1, 0, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (0, 1, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 1),
    ]
    with pytest.raises(InvalidInput, match="one period or more"):
        metrics.activity(state, "month", as_of=DAY, lapse_periods=0)


@settings(max_examples=25, deadline=None)
@given(states(), st.sampled_from(["week", "month"]), st.integers(1, 3))
def test_the_groups_are_complete_and_the_base_balances(rows: list[Row], period: Period, lapse: int) -> None:
    purchases_of = [row for row in rows if bought(row)]
    as_of = DAY + timedelta(days=150)
    if not purchases_of:
        with pytest.raises(NotEnoughData):
            metrics.activity(state_of(*rows), period, as_of=as_of, lapse_periods=lapse)
        return
    found = metrics.activity(state_of(*rows), period, as_of=as_of, lapse_periods=lapse)
    starts = [activity.period for activity in found]
    where = {(row[0], sum(start <= DAY + timedelta(days=row[1]) for start in starts) - 1) for row in purchases_of}
    base: set[str] = set()
    for place, activity in enumerate(found):
        before = len(base)
        base = {customer for customer, at in where if place - lapse < at <= place}
        assert activity.active == len({customer for customer, at in where if at == place})
        assert len(base) - before == activity.new + activity.reactivated - activity.lapsed
    assert sum(activity.new for activity in found) == len({customer for customer, _ in where})


def test_the_standard_error_of_a_net_promoter_score_is_the_published_one() -> None:
    """sqrt((p + d − (p − d)²) / n) with p = .6, d = .15, n = 100 (Rocks 2016)."""
    score = metrics.net_promoter_score(60, 25, 15)
    assert score.value == 45
    assert score.standard_error == pytest.approx(100 * math.sqrt((0.75 - 0.45**2) / 100), rel=1e-12)
    assert score.answers == 100


def test_the_adjusted_wald_interval_adds_three_answers_three_quarters_to_each_side() -> None:
    score = metrics.net_promoter_score(60, 25, 15)
    p, d = 60.75 / 103, 15.75 / 103
    half = 1.959964 * 100 * math.sqrt((p + d - (p - d) ** 2) / 103)
    assert (score.low + score.high) / 2 == pytest.approx(100 * (60 - 15) / 103, rel=1e-12)
    assert (score.high - score.low) / 2 == pytest.approx(half, rel=1e-6)


def test_a_net_promoter_score_stays_on_its_scale_and_is_never_certain() -> None:
    best, worst = metrics.net_promoter_score(3, 0, 0), metrics.net_promoter_score(0, 0, 3)
    assert (best.value, best.high) == (100, 100)
    assert (worst.value, worst.low) == (-100, -100)
    assert best.low == pytest.approx(-worst.high)
    assert best.low < 100


def test_a_score_needs_answers() -> None:
    with pytest.raises(NotEnoughData, match="answered"):
        metrics.net_promoter_score(0, 0, 0)
    with pytest.raises(InvalidInput, match="not negative"):
        metrics.net_promoter_score(3, -1, 0)
