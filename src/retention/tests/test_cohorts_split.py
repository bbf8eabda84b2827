"""Cohorts within groups are those of `cohort_matrix`, add up to all, and are the same in memory and on each engine."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr.types import Table

from retention import cohorts
from retention.calendar import Period
from retention.estimates import wilson
from retention.in_memory import DayState
from retention.reasons import InvalidInput, NotEnoughData
from retention.tests.states import day_state
from retention.tests.test_cohorts import DAY, STATE, rows, state_of

MOST = 6
PERIODS: tuple[Period, ...] = ("week", "month", "quarter")
CUSTOMERS = (*"abcdef", "never")
# Austrians, Germans and others; of one nothing is known, and one is left out of some groups.
COUNTRY = np.array([0, 1, 0, 2, 2, 3, 3], np.int8)
SOME = np.array([1, cohorts.LEFT_OUT, 0, 1, cohorts.LEFT_OUT, 1, 0], np.int8)
ALL = np.zeros(7, np.int8)


def numbered(state: Table) -> Table:
    """Return a state with customers as numbers."""
    number = ibis.cases(*((state.customer == name, place) for place, name in enumerate(CUSTOMERS)))
    return state.mutate(customer=number.cast("int32"))


def split_of(state: Table | DayState, period: Period, as_of: date) -> dict[str, cohorts.SplitCohorts]:
    by = {"all": ALL, "country": COUNTRY, "some": SOME}
    return cohorts.split_cohorts(state, period, by, as_of=as_of, most=MOST)


@settings(max_examples=60, deadline=None)
@given(rows, st.sampled_from(PERIODS), st.booleans())
def test_split_cohorts_add_up_to_those_of_all_and_are_those_of_the_matrix(
    told: list[tuple[str, int, int, int]], period: Period, in_memory: bool
) -> None:
    state, as_of = state_of(*told), DAY + timedelta(days=120)
    by_number = numbered(state)
    known = day_state(by_number) if in_memory else by_number
    try:
        matrix = cohorts.cohort_matrix(state, period, as_of=as_of)
    except NotEnoughData:
        with pytest.raises(NotEnoughData):
            split_of(known, period, as_of)
        return
    split = split_of(known, period, as_of)
    whole, country, some = split["all"], split["country"], split["some"]
    assert whole.cohorts == country.cohorts == some.cohorts == matrix.cohorts
    width = min(MOST + 1, len(matrix.cohorts))
    for ours, theirs in ((whole.customers, matrix.customers), (whole.revenue_minor, matrix.revenue_minor)):
        np.testing.assert_array_equal(ours[0, :, :width], theirs[:, :width])
        assert not ours[0, :, width:].any()
    np.testing.assert_array_equal(country.customers.sum(axis=0), whole.customers[0])
    np.testing.assert_array_equal(country.revenue_minor.sum(axis=0), whole.revenue_minor[0])
    np.testing.assert_array_equal(country.sizes.sum(axis=0), matrix.sizes)
    for found, numbers in ((country, COUNTRY), (some, SOME)):
        groups = {name: int(number) for name, number in zip(CUSTOMERS, numbers, strict=True) if number >= 0}
        theirs = state.filter(state.customer.isin(list(groups)))
        attributes = ibis.memtable({"customer": list(groups), "attribute": list(groups.values())})
        assert len(found.customers) == max(groups.values()) + 1
        try:
            by_group = cohorts.cohort_matrix(theirs, period, as_of=as_of, attributes=attributes)
        except NotEnoughData:
            assert not found.customers.any()
            continue
        wide = min(MOST + 1, by_group.customers.shape[1])
        counted = {
            group: customers[:wide].tolist()
            for group, customers in enumerate(found.customers.sum(axis=1))
            if customers.any()
        }
        theirs_counted = dict(zip(by_group.cohorts, by_group.customers[:, :wide].tolist(), strict=True))
        assert counted == theirs_counted


@settings(max_examples=25, deadline=None)
@given(rows, st.sampled_from(PERIODS), st.integers(60, 120))
def test_what_is_pooled_is_what_the_whole_cells_of_the_matrix_hold(
    told: list[tuple[str, int, int, int]], period: Period, days: int
) -> None:
    state, as_of = state_of(*told), DAY + timedelta(days=days)
    known = state.filter(state.day <= as_of)
    try:
        matrix = cohorts.cohort_matrix(state, period, as_of=as_of)
    except NotEnoughData:
        return
    split = split_of(numbered(known), period, as_of)["all"]
    whole = cohorts.whole_periods(split.cohorts, period, as_of=as_of)
    ages = cohorts.pool(split.customers[0], split.revenue_minor[0], whole=whole)
    seen = (matrix.eligible > 0) & ~matrix.partial
    for age in ages:
        rows_seen = seen[:, age.periods]
        assert age.followed == matrix.sizes[rows_seen].sum()
        assert age.bought == matrix.customers[rows_seen, age.periods].sum()
        assert age.share == wilson(age.bought, age.followed)
        assert age.revenue_minor == matrix.revenue_minor[rows_seen, : age.periods + 1].sum()
    longest = min(int(seen.any(axis=0).sum()), MOST + 1)
    assert [age.periods for age in ages] == list(range(longest))


def test_a_customer_who_buys_twice_in_a_period_is_counted_once() -> None:
    split = split_of(numbered(STATE), "month", date(2024, 4, 20))["country"]
    # a bought twice in January; a and c are Austrians, b a German.
    assert split.customers[0, 0, :4].tolist() == [1, 0, 1, 0]
    assert split.revenue_minor[0, 0, :4].tolist() == [150, 0, 180, 0]
    assert split.customers[1, 0, :4].tolist() == [1, 1, 0, 0]


def test_a_purchase_that_was_wholly_refunded_lets_the_next_one_of_its_period_count() -> None:
    state = numbered(state_of(("a", 0, 100, 0), ("a", 31, 100, 100), ("a", 33, 100, 0)))
    assert split_of(state, "month", date(2024, 2, 29))["all"].customers[0, 0, :2].tolist() == [1, 1]


def test_periods_after_the_last_that_is_kept_are_left_out() -> None:
    state = numbered(state_of(("a", 0, 100, 0), ("a", 300, 100, 0)))
    split = split_of(state, "month", date(2024, 12, 31))["all"]
    assert split.customers.shape == (1, 12, MOST + 1)
    assert (split.customers.sum(), split.revenue_minor.sum()) == (1, 100)


def test_where_nobody_bought_nothing_can_be_laid_out() -> None:
    nothing = numbered(state_of(("a", 0, 80, 80)))
    for state in (nothing, day_state(nothing), nothing.filter(ibis._.day > DAY), day_state(nothing).within(after=DAY)):
        with pytest.raises(NotEnoughData):
            split_of(state, "month", DAY)


def test_groups_are_given_for_all_customers() -> None:
    with pytest.raises(InvalidInput):
        cohorts.split_cohorts(numbered(STATE), "month", {"all": ALL[:2]}, as_of=date(2024, 4, 20), most=1)


def made_up() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    keys = sorted({(int(rng.integers(12)), int(rng.integers(150))) for _ in range(60)})
    return pd.DataFrame(
        {
            "customer": [customer for customer, _ in keys],
            "day": [DAY + timedelta(days=day) for _, day in keys],
            "orders": 1,
            "gross_minor": rng.integers(100, 900, len(keys)),
            "refunded_minor": np.where(rng.random(len(keys)) < 0.1, 1000, 0),
        }
    )


def counts_by_country(state: Table, period: Period) -> tuple[Any, ...]:
    by = {"country": np.arange(12, dtype=np.int8) % 3}
    split = cohorts.split_cohorts(state, period, by, as_of=DAY + timedelta(days=150), most=MOST)["country"]
    return split.cohorts, split.customers.tolist(), split.revenue_minor.tolist()


@pytest.mark.spark
@pytest.mark.parametrize("period", PERIODS)
def test_spark_and_duckdb_count_the_same(period: Period, java: object) -> None:
    from pyspark.sql import SparkSession

    # The session is shared with other modules of this process and ends with it: nobody's to stop.
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    session.createDataFrame(made_up()).createOrReplaceTempView("split_state")
    spark = counts_by_country(ibis.pyspark.connect(session).table("split_state"), period)
    session.catalog.dropTempView("split_state")
    assert counts_by_country(ibis.memtable(made_up()), period) == spark
