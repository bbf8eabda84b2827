"""Scores: the rule of the cuts, ties, and later orders by the last run's cuts."""

from __future__ import annotations

import math
from datetime import date

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from ibis.expr.types import Table

from retention import rfm
from retention.reasons import InvalidInput, NotEnoughData
from retention.rfm import ScoreBoundaries

Customer = tuple[int, int, int]
"""Days since last, frequency, revenue."""


def summary_of(customers: list[Customer]) -> Table:
    days, frequency, revenue = zip(*customers, strict=True) if customers else ((), (), ())
    return ibis.memtable(
        pa.table(
            {
                "customer": pa.array(range(len(customers)), pa.int64()),
                "days_since_last": pa.array(days, pa.int64()),
                "frequency": pa.array(frequency, pa.int64()),
                "revenue_minor": pa.array(revenue, pa.int64()),
            }
        )
    )


def scores_of(customers: list[Customer], boundaries: ScoreBoundaries | None = None) -> list[tuple[int, int, int]]:
    summary = summary_of(customers)
    scored = rfm.score(summary, boundaries or rfm.score_boundaries(summary)).order_by("customer").to_pyarrow()
    return list(zip(*(scored[name].to_pylist() for name in "rfm"), strict=True))


CUSTOMERS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from([0, 0, 0, 1, 2, 5]), st.integers(-200, 900)), min_size=1, max_size=40
)


@hypothesis_settings(max_examples=15, deadline=None)
@given(CUSTOMERS, st.integers(2, 10))
def test_each_cut_is_the_smallest_value_that_its_share_of_customers_does_not_exceed(
    customers: list[Customer], quantiles: int
) -> None:
    boundaries = rfm.score_boundaries(summary_of(customers), quantiles)
    for cuts, values in zip(
        (boundaries.recency, boundaries.frequency, boundaries.monetary), zip(*customers, strict=True), strict=True
    ):
        ascending = sorted(values)
        expected = [ascending[math.ceil(len(values) * k / quantiles - 1e-9) - 1] for k in range(1, quantiles)]
        assert list(cuts) == expected


@hypothesis_settings(max_examples=15, deadline=None)
@given(CUSTOMERS)
def test_better_values_never_score_less_and_equal_ones_score_the_same(customers: list[Customer]) -> None:
    scores = scores_of(customers)
    for measure, sign in ((0, -1), (1, 1), (2, 1)):
        ranked = sorted(
            (sign * customer[measure], score[measure]) for customer, score in zip(customers, scores, strict=True)
        )
        assert [score for _, score in ranked] == sorted(score for _, score in ranked)
        assert len(set(ranked)) == len({value for value, _ in ranked})
    assert all(1 <= value <= 5 for score in scores for value in score)


def test_without_ties_each_score_has_a_fifth_of_the_customers() -> None:
    customers = [(day, day + 100, 1000 - day) for day in range(50)]
    for measure in zip(*scores_of(customers), strict=True):
        assert [list(measure).count(score) for score in range(1, 6)] == [10] * 5


def test_where_three_in_four_bought_once_a_first_order_scores_one_and_a_second_four() -> None:
    customers = [(1, 0, 10)] * 75 + [(1, 1, 10)] * 10 + [(1, 4, 10)] * 15
    assert {customer[1]: score[1] for customer, score in zip(customers, scores_of(customers), strict=True)} == {
        0: 1,
        1: 4,
        4: 5,
    }


def test_customers_who_are_all_alike_share_one_score() -> None:
    assert set(scores_of([(7, 0, 500)] * 9)) == {(5, 1, 1)}


def test_a_later_order_is_scored_by_the_last_runs_cuts() -> None:
    boundaries = ScoreBoundaries(recency=(10, 20, 30, 40), frequency=(0, 0, 1, 3), monetary=(100, 200, 300, 400))
    later = [(0, 9, 10_000), (10, 0, 100), (11, 1, 101), (400, 3, -50)]
    assert scores_of(later, boundaries) == [(5, 5, 5), (5, 1, 1), (4, 3, 2), (1, 4, 1)]


def test_a_summary_is_scored_as_it_comes() -> None:
    days = [date(2024, 1, 1), date(2024, 2, 1)]
    orders = ibis.memtable(
        {
            "customer": ["a", "b"],
            "order": ["1", "2"],
            "occurred_on": days,
            "purchased_on": days,
            "amount_minor": [100, 900],
        }
    )
    summary = rfm.summarise(orders)
    scored = rfm.score(summary, rfm.score_boundaries(summary, quantiles=2)).order_by("customer").to_pyarrow()
    assert [scored[name].to_pylist() for name in "rfm"] == [[1, 2], [1, 1], [1, 2]]


def test_nobody_to_score_and_absurd_classes_are_refused() -> None:
    with pytest.raises(NotEnoughData, match="no customers"):
        rfm.score_boundaries(summary_of([]))
    for quantiles in (1, 11):
        with pytest.raises(InvalidInput, match="2 to 10"):
            rfm.score_boundaries(summary_of([(1, 1, 1)]), quantiles)
