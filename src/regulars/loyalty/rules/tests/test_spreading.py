"""What is spread adds up, in proportion, and of equal parts the first gets more."""

from __future__ import annotations

from fractions import Fraction

import hypothesis.strategies as st
from hypothesis import given

from regulars.loyalty.rules.spreading import bear, proportion, spread

WEIGHTS = st.lists(st.one_of(st.integers(0, 10**9), st.fractions(0, 1000, max_denominator=1000)), min_size=1)


def test_of_equal_remainders_the_first_gets_more():
    assert spread(100, [1, 1, 1]) == [34, 33, 33]
    assert spread(2, [5, 5, 5]) == [1, 1, 0]


def test_the_largest_remainder_gets_more():
    assert spread(10, [35, 33, 32]) == [4, 3, 3]
    assert spread(3, [20, 50, 30]) == [1, 1, 1]


def test_where_nothing_weighs_all_weigh_the_same():
    assert spread(5, [0, 0]) == [3, 2]


def test_nothing_is_spread_over_no_parts():
    assert spread(5, []) == []


@given(st.integers(0, 10**12), WEIGHTS)
def test_shares_add_up_and_stay_within_one_of_their_proportion(amount, weights):
    shares = spread(amount, weights)
    assert sum(shares) == amount
    if whole := sum(weights):
        exact = [Fraction(amount * weight) / whole for weight in weights]
        assert all(abs(share - each) < 1 for share, each in zip(shares, exact, strict=True))


@given(st.integers(-5, 10**6), st.dictionaries(st.integers(1, 30), st.integers(0, 10**5)))
def test_no_part_bears_more_than_it_weighs(amount, weights):
    borne = bear(amount, weights)
    assert sum(borne.values()) == max(0, min(amount, sum(weights.values())))
    assert all(0 <= borne[part] <= weight for part, weight in weights.items())


def test_a_proportion_is_rounded_half_to_even():
    assert [proportion(amount, 1, 2) for amount in (1, 3, 5)] == [0, 2, 2]
    assert proportion(7, 3, 3) == 7
