"""The RFM of some customers in memory is what the engine gives for them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import hypothesis.strategies as st
import ibis
import numpy as np
from hypothesis import given

from retention.rfm import ScoreBoundaries, daily_state, score, score_purchases, summarise_state
from retention.segments import assign

FIRST = date(2024, 1, 1)
AS_OF = date(2024, 3, 1)
rows = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 70), st.integers(0, 30), st.one_of(st.just(0), st.integers(-900, 900))),
    min_size=1,
    max_size=25,
)
cuts = st.lists(st.integers(-200, 2_000), min_size=4, max_size=4).map(sorted).map(tuple)
few_cuts = st.lists(st.integers(0, 5), min_size=4, max_size=4).map(sorted).map(tuple)
day_cuts = st.lists(st.integers(0, 70), min_size=4, max_size=4).map(sorted).map(tuple)


@given(told=rows, recency=day_cuts, frequency=few_cuts, monetary=cuts)
def test_in_memory_it_is_what_the_engine_gives(told: Any, recency: Any, frequency: Any, monetary: Any) -> None:
    boundaries = ScoreBoundaries(recency=recency, frequency=frequency, monetary=monetary)
    purchased = [FIRST + timedelta(days=day) for _, day, _, _ in told]
    # What is bought happens on its day; what comes back, later.
    occurred = [
        day + timedelta(days=later if amount < 0 else 0)
        for day, (_, _, later, amount) in zip(purchased, told, strict=True)
    ]
    amounts = [amount for *_, amount in told]
    orders = ibis.memtable(
        {
            "customer": [str(who) for who, *_ in told],
            "order": [str(number) for number in range(len(told))],
            "occurred_on": occurred,
            "purchased_on": purchased,
            "amount_minor": amounts,
        }
    )
    state = daily_state(orders, as_of=AS_OF, one_row_per_order=True)
    scored = (
        assign(score(summarise_state(state, as_of=AS_OF), boundaries)).order_by("customer").to_pyarrow().to_pylist()
    )
    moved = score_purchases(
        np.array([who for who, *_ in told], np.int32),
        days_of(purchased),
        days_of(occurred),
        np.array(amounts, np.int64),
        boundaries=boundaries,
        as_of=AS_OF,
    )
    names = ("first_on", "last_on", "frequency", "revenue_minor", "r", "f", "m", "segment")
    assert [tuple(row[name] for name in ("customer", *names)) for row in scored] == [
        (str(who), date(1970, 1, 1) + timedelta(days=first), date(1970, 1, 1) + timedelta(days=last), *others)
        for who, first, last, *others in zip(
            *(getattr(moved, name).tolist() for name in ("customer", "first_day", "last_day", "frequency")),
            *(getattr(moved, name).tolist() for name in ("revenue_minor", "r", "f", "m")),
            moved.segment,
            strict=True,
        )
    ]


def days_of(days: list[date]) -> Any:
    return np.array([(day - date(1970, 1, 1)).days for day in days], np.int32)


def test_nothing_bought_is_nobody() -> None:
    none = np.zeros(0, np.int32)
    boundaries = ScoreBoundaries(recency=(1, 2, 3, 4), frequency=(0, 0, 0, 1), monetary=(1, 2, 3, 4))
    moved = score_purchases(none, none, none, none.astype(np.int64), boundaries=boundaries, as_of=AS_OF)
    assert len(moved.customer) == len(moved.segment) == 0
