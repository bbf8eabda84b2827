"""The rule of the segments: complete, without overlap, each segment in reach, and the same in both forms."""

from __future__ import annotations

import itertools

import ibis
import pytest

from retention.reasons import InvalidInput
from retention.segments import CELLS, SEGMENTS, assign, segment_of

SCORES = list(itertools.product(range(1, 6), repeat=3))


def test_each_combination_of_scores_has_exactly_one_segment_and_each_segment_is_reached() -> None:
    assert set(CELLS) == set(itertools.product(range(1, 6), range(2, 11)))
    assert {segment_of(*scores) for scores in SCORES} == set(SEGMENTS)
    assert len(set(SEGMENTS)) == 11


def test_the_table_assigns_what_the_function_says() -> None:
    r, f, m = zip(*SCORES, strict=True)
    rows = assign(ibis.memtable({"r": r, "f": f, "m": m})).to_pyarrow().to_pylist()
    assert [(row["r"], row["f"], row["m"]) for row in rows] == SCORES
    assert [row["segment"] for row in rows] == [segment_of(*scores) for scores in SCORES]


def test_frequency_and_monetary_value_weigh_the_same() -> None:
    assert all(segment_of(r, f, m) == segment_of(r, m, f) for r, f, m in SCORES)


# From worst to best, among customers of one recency.
_LADDERS = {
    5: ["new", "potential_loyalists", "loyal", "champions"],
    4: ["promising", "potential_loyalists", "loyal", "champions"],
    3: ["about_to_sleep", "need_attention", "loyal"],
    2: ["hibernating", "about_to_sleep", "at_risk"],
    1: ["lost", "hibernating", "at_risk", "cannot_lose"],
}


@pytest.mark.parametrize("r", range(1, 6))
def test_more_and_dearer_purchases_never_lead_to_a_lesser_segment(r: int) -> None:
    ladder = [_LADDERS[r].index(CELLS[r, f_plus_m]) for f_plus_m in range(2, 11)]
    assert ladder == sorted(ladder)
    assert set(ladder) == set(range(len(_LADDERS[r])))


@pytest.mark.parametrize("scores", [(0, 1, 1), (1, 6, 1), (1, 1, -1), (3, 0, 5)])
def test_scores_out_of_range_are_refused_by_one_form_and_null_in_the_other(scores: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidInput, match="1 to 5"):
        segment_of(*scores)
    r, f, m = scores
    assert assign(ibis.memtable({"r": [r], "f": [f], "m": [m]})).segment.to_pyarrow().to_pylist() == [None]
