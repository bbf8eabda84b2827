from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr.types import Table

from retention.calendar import Period, start_of
from retention.cohorts import cohort_activity, cohort_matrix, cohort_sizes
from retention.reasons import InvalidInput, NotEnoughData

DAY = date(2024, 1, 1)
SCHEMA = ibis.schema(
    {"customer": "string", "day": "date", "orders": "int64", "gross_minor": "int64", "refunded_minor": "int64"}
)


def state_of(*rows: tuple[str, int, int, int]) -> Table:
    """Make a state of (customer, day from 2024-01-01, gross, refunded), an order a day."""
    records = [(customer, DAY + timedelta(days=day), 1, *sums) for customer, day, *sums in rows]
    return ibis.memtable(pd.DataFrame(records, columns=list(SCHEMA.names)), schema=SCHEMA)


# Days 0, 31, 60 and 91 begin the months January to April of 2024.
STATE = state_of(
    ("a", 0, 100, 0),
    ("a", 3, 50, 0),
    ("a", 61, 200, 20),
    ("b", 30, 300, 0),
    ("b", 31, 400, 0),
    ("c", 40, 500, 0),
    ("c", 95, 600, 0),
    ("never", 40, 80, 80),
)


def test_a_cohort_is_counted_by_months_since_the_first_purchase() -> None:
    matrix = cohort_matrix(STATE, "month", as_of=date(2024, 4, 20))
    assert matrix.cohorts == tuple(date(2024, month, 1) for month in range(1, 5))
    assert matrix.sizes.tolist() == [2, 1, 0, 0]
    assert matrix.customers.tolist() == [[2, 1, 1, 0], [1, 0, 1, 0], [0] * 4, [0] * 4]
    assert matrix.revenue_minor.tolist() == [[450, 400, 180, 0], [500, 0, 600, 0], [0] * 4, [0] * 4]
    assert matrix.eligible.tolist() == [[2, 2, 2, 2], [1, 1, 1, 0], [0] * 4, [0] * 4]
    np.testing.assert_array_equal(matrix.retention[:2], [[1, 0.5, 0.5, 0], [1, 0, 1, np.nan]])
    assert matrix.revenue_per_customer_minor[0].tolist() == [225, 200, 90, 0]


def test_the_period_that_is_not_over_is_marked() -> None:
    matrix = cohort_matrix(STATE, "month", as_of=date(2024, 4, 20))
    assert matrix.partial.tolist() == [
        [False, False, False, True],
        [False, False, True, False],
        [False] * 4,
        [False] * 4,
    ]
    assert not cohort_matrix(STATE, "month", as_of=date(2024, 4, 30)).partial.any()


def test_what_comes_after_the_last_known_day_is_left_out() -> None:
    matrix = cohort_matrix(STATE, "month", as_of=date(2024, 2, 29))
    assert matrix.customers.tolist() == [[2, 1], [1, 0]]


def test_weeks_and_quarters_are_counted_likewise() -> None:
    quarters = cohort_matrix(STATE, "quarter", as_of=date(2024, 6, 30))
    assert quarters.customers.tolist() == [[3, 1], [0, 0]]
    weeks = cohort_matrix(STATE, "week", as_of=date(2024, 2, 4))
    assert weeks.cohorts == tuple(DAY + timedelta(weeks=week) for week in range(5))
    assert weeks.customers.tolist()[0] == [1, 0, 0, 0, 0]
    assert weeks.customers.tolist()[4] == [1, 0, 0, 0, 0]
    assert weeks.revenue_minor.tolist()[4] == [700, 0, 0, 0, 0]


def test_an_attribute_makes_cohorts_with_periods_of_each_customer() -> None:
    attributes = ibis.memtable({"customer": ["a", "c", "z"], "attribute": ["shop", "shop", "site"]})
    matrix = cohort_matrix(STATE, "month", as_of=date(2024, 4, 20), attributes=attributes)
    assert matrix.cohorts == ("shop", None)
    assert matrix.sizes.tolist() == [2, 1]
    assert matrix.customers.tolist() == [[2, 0, 2, 0], [1, 1, 0, 0]]
    assert matrix.eligible.tolist() == [[2, 2, 2, 1], [1, 1, 1, 1]]
    # In April it is the third month of c, who came in February, and the fourth of a and of b.
    assert matrix.partial.tolist() == [[False, False, True, True], [False, False, False, True]]


def test_a_customer_with_two_attributes_is_refused() -> None:
    attributes = ibis.memtable({"customer": ["a", "a"], "attribute": ["shop", "site"]})
    with pytest.raises(InvalidInput, match="one row per customer"):
        cohort_matrix(STATE, "month", as_of=DAY, attributes=attributes)


def test_a_refund_from_before_the_first_purchase_counts_in_period_0() -> None:
    state = ibis.union(
        STATE,
        state_of(("a", -40, 0, 30)).mutate(orders=ibis.literal(0, "int64")),
    )
    assert cohort_matrix(state, "month", as_of=date(2024, 4, 20)).revenue_minor[0].tolist() == [420, 400, 180, 0]


def test_the_tables_are_long_and_hold_only_what_there_is() -> None:
    cells = cohort_activity(STATE, "month").order_by("cohort", "period_index").to_pyarrow().to_pylist()
    assert [(cell["cohort"].month, cell["period_index"], cell["customers"]) for cell in cells] == [
        (1, 0, 2),
        (1, 1, 1),
        (1, 2, 1),
        (2, 0, 1),
        (2, 2, 1),
    ]
    sizes = cohort_sizes(STATE, "month").order_by("cohort").to_pyarrow().to_pylist()
    assert [(size["cohort"], size["joined_on"], size["customers"]) for size in sizes] == [
        (date(2024, 1, 1), date(2024, 1, 1), 2),
        (date(2024, 2, 1), date(2024, 2, 1), 1),
    ]


def test_where_nobody_bought_there_is_no_cohort() -> None:
    with pytest.raises(NotEnoughData):
        cohort_matrix(state_of(("a", 0, 80, 80)), "month", as_of=DAY)
    with pytest.raises(NotEnoughData):
        cohort_matrix(STATE, "month", as_of=DAY - timedelta(days=1))


rows = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 120), st.integers(0, 900), st.sampled_from([0, 0, 300])),
    unique_by=lambda row: row[:2],
    min_size=1,
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(rows, st.sampled_from(["week", "month", "quarter"]))
def test_the_matrices_are_those_of_a_plain_count(rows: list[tuple[str, int, int, int]], period: Period) -> None:
    as_of = DAY + timedelta(days=120)
    days: dict[str, list[date]] = {}
    for customer, day, gross, refunded in rows:
        if refunded == 0 or gross > refunded:
            days.setdefault(customer, []).append(DAY + timedelta(days=day))
    if not days:
        return
    matrix = cohort_matrix(state_of(*rows), period, as_of=as_of)
    for row, cohort in enumerate(matrix.cohorts):
        members = [own for own in days.values() if start_of(min(own), period) == cohort]
        assert matrix.sizes[row] == len(members)
        for column in range(len(matrix.cohorts) - row):
            start = matrix.cohorts[row + column]
            active = sum(any(start_of(day, period) == start for day in own) for own in members)
            assert matrix.customers[row, column] == active
    assert matrix.revenue_minor.sum() == sum(
        gross - refunded for customer, _, gross, refunded in rows if customer in days
    )


def test_the_cdnow_cohorts_hold_all_customers_and_purchase_days() -> None:
    """The published file: 23,570 customers, all new in January to March 1997, until 30 June 1998."""
    source = files("lifetimes") / "datasets" / "CDNOW_master.txt"
    frame = pd.read_csv(str(source), sep=r"\s+", header=0, names=["customer", "day", "cds", "dollars"], dtype={0: str})
    frame["day"] = pd.to_datetime(frame["day"].astype(str)).dt.date
    frame["gross_minor"] = (frame["dollars"] * 100).round().astype("int64")
    state = frame.groupby(["customer", "day"], as_index=False).agg(gross_minor=("gross_minor", "sum"))
    state = state.assign(orders=1, refunded_minor=0)[list(SCHEMA.names)]
    matrix = cohort_matrix(ibis.memtable(state, schema=SCHEMA), "month", as_of=date(1998, 6, 30))
    assert matrix.sizes[:3].sum() == 23_570
    assert matrix.sizes[3:].sum() == 0
    assert matrix.revenue_minor.sum() == state["gross_minor"].sum()
    assert matrix.retention[0, 0] == 1
    assert not matrix.partial.any()
