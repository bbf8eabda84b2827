"""Cohorts split by attributes are those of `cohort_matrix`, add up to all, and are the same on each engine."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr.types import Table

from retention import cohorts
from retention.calendar import Period
from retention.estimates import wilson
from retention.reasons import NotEnoughData
from retention.tests.test_cohorts import DAY, STATE, rows, state_of

MOST = 6
COUNTRIES = {"a": "AT", "b": "DE", "c": "AT", "d": "SI", "e": "SI"}


def customers_of(state: Table) -> Table:
    """Return the customers with a country, of which some are not known; two countries are told apart."""
    known = ibis.memtable({"customer": list(COUNTRIES), "country": list(COUNTRIES.values())})
    found = cohorts.first_purchases(state).left_join(known, "customer").select("customer", "first_on", "country")
    return cohorts.with_places(found, {"country": ("AT", "DE")})


def split_of(state: Table, period: Period, as_of: date, by: str | None = "country") -> cohorts.SplitCohorts:
    known = state.filter(state.day <= as_of)
    placed = cohorts.in_periods(cohorts.visits(known, customers_of(known)), period, most=MOST)
    counts = cohorts.split_activity(placed, ["country"]).to_pyarrow()
    return cohorts.split_cohorts(counts, by, period, as_of=as_of, most=MOST)


@settings(max_examples=40, deadline=None)
@given(rows, st.sampled_from(["week", "month", "quarter"]))
def test_split_cohorts_add_up_to_those_of_all_and_are_those_of_the_matrix(
    told: list[tuple[str, int, int, int]], period: Period
) -> None:
    state, as_of = state_of(*told), DAY + timedelta(days=120)
    try:
        matrix = cohorts.cohort_matrix(state, period, as_of=as_of)
    except NotEnoughData:
        return
    split, whole = split_of(state, period, as_of), split_of(state, period, as_of, by=None)
    assert whole.cohorts == split.cohorts == matrix.cohorts
    width = min(MOST + 1, len(matrix.cohorts))
    for ours, theirs in ((whole.customers, matrix.customers), (whole.revenue_minor, matrix.revenue_minor)):
        np.testing.assert_array_equal(ours[0, :, :width], theirs[:, :width])
        assert not ours[0, :, width:].any()
    np.testing.assert_array_equal(split.customers.sum(axis=0), whole.customers[0])
    np.testing.assert_array_equal(split.revenue_minor.sum(axis=0), whole.revenue_minor[0])
    np.testing.assert_array_equal(split.sizes.sum(axis=0), matrix.sizes)
    places = {"AT": 0, "DE": 1, "SI": 2}
    attributes = ibis.memtable(
        {"customer": list(COUNTRIES), "attribute": [places[each] for each in COUNTRIES.values()]}
    )
    by_country = cohorts.cohort_matrix(state, period, as_of=as_of, attributes=attributes)
    assert [None if place == cohorts.UNKNOWN else place for place in split.places] == list(by_country.cohorts)
    np.testing.assert_array_equal(split.customers.sum(axis=1)[:, :width], by_country.customers[:, :width])


@settings(max_examples=25, deadline=None)
@given(rows, st.sampled_from(["week", "month", "quarter"]), st.integers(60, 120))
def test_what_is_pooled_is_what_the_whole_cells_of_the_matrix_hold(
    told: list[tuple[str, int, int, int]], period: Period, days: int
) -> None:
    state, as_of = state_of(*told), DAY + timedelta(days=days)
    try:
        matrix = cohorts.cohort_matrix(state, period, as_of=as_of)
    except NotEnoughData:
        return
    split = split_of(state, period, as_of, by=None)
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


def test_counts_by_two_attributes_fold_into_those_of_one() -> None:
    customers = customers_of(STATE).mutate(size=ibis._.country % 2)
    placed = cohorts.in_periods(cohorts.visits(STATE, customers), "month", most=MOST)
    both = cohorts.split_activity(placed, ["country", "size"])
    keys = ["country", "joined_on", "period_index"]
    folded = cohorts.split_activity(both, ["country"]).order_by(keys).to_pyarrow()
    assert folded.equals(cohorts.split_activity(placed, ["country"]).order_by(keys).to_pyarrow())


def test_a_customer_who_buys_twice_in_a_period_is_counted_once() -> None:
    split = split_of(STATE, "month", date(2024, 4, 20))
    # a bought twice in January; a and c are Austrians, b a German.
    assert split.places == (0, 1)
    assert split.customers[0, 0, :4].tolist() == [1, 0, 1, 0]
    assert split.revenue_minor[0, 0, :4].tolist() == [150, 0, 180, 0]
    assert split.customers[1, 0, :4].tolist() == [1, 1, 0, 0]


def test_a_purchase_that_was_wholly_refunded_lets_the_next_one_of_its_period_count() -> None:
    state = state_of(("a", 0, 100, 0), ("a", 31, 100, 100), ("a", 33, 100, 0))
    assert split_of(state, "month", date(2024, 2, 29)).customers[0, 0, :2].tolist() == [1, 1]


def test_periods_after_the_last_that_is_kept_are_left_out() -> None:
    state = state_of(("a", 0, 100, 0), ("a", 300, 100, 0))
    split = split_of(state, "month", date(2024, 12, 31), by=None)
    assert split.customers.shape == (1, 12, MOST + 1)
    assert (split.customers.sum(), split.revenue_minor.sum()) == (1, 100)


def test_where_nobody_bought_nothing_can_be_laid_out() -> None:
    with pytest.raises(NotEnoughData):
        split_of(state_of(("a", 0, 80, 80)), "month", DAY)


def test_the_most_common_values_are_told_apart_and_the_rest_are_others() -> None:
    table = ibis.memtable({"country": ["SI", "AT", "AT", "DE", "SI", None, "HU"]})
    assert cohorts.common_values(table, "country", most=2) == ("AT", "SI")
    assert cohorts.common_values(table.filter(table.country.isnull()), "country") == ()
    placed = cohorts.with_places(table, {"country": ("AT", "SI")})
    assert placed.country.to_pyarrow().to_pylist() == [1, 0, 0, 2, 1, cohorts.UNKNOWN, 2]
    assert set(cohorts.with_places(table, {"country": ()}).country.to_pyarrow().to_pylist()) == {0, cohorts.UNKNOWN}


def made_up() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    keys = sorted({(f"c{rng.integers(12):02}", int(rng.integers(150))) for _ in range(60)})
    return pd.DataFrame(
        {
            "customer": [customer for customer, _ in keys],
            "day": [DAY + timedelta(days=day) for _, day in keys],
            "orders": 1,
            "gross_minor": rng.integers(100, 900, len(keys)),
            "refunded_minor": np.where(rng.random(len(keys)) < 0.1, 1000, 0),
        }
    )


def counts_by_country(state: Table, period: Period) -> pa.Table:
    first = cohorts.first_purchases(state)
    country = (first.customer > "c04").ifelse("AT", (first.customer > "c02").ifelse("DE", ibis.null("string")))
    customers = first.mutate(country=country)
    assert cohorts.common_values(customers, "country", most=1) == ("AT",)
    placed = cohorts.with_places(customers, {"country": ("AT",)})
    counts = cohorts.split_activity(cohorts.in_periods(cohorts.visits(state, placed), period, most=MOST), ["country"])
    return counts.order_by("country", "joined_on", "period_index").to_pyarrow()


@pytest.mark.spark
@pytest.mark.parametrize("period", ["week", "month", "quarter"])
def test_spark_and_duckdb_count_the_same(period: Period, java: object) -> None:
    from pyspark.sql import SparkSession

    # The session is shared with other modules of this process and ends with it: nobody's to stop.
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    session.createDataFrame(made_up()).createOrReplaceTempView("split_state")
    spark = counts_by_country(ibis.pyspark.connect(session).table("split_state"), period)
    session.catalog.dropTempView("split_state")
    assert counts_by_country(ibis.memtable(made_up()), period).equals(spark)
