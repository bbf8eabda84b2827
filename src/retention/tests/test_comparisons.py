"""Shares are compared as the papers say, by their own figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from retention.comparisons import adjusted_for_many, fisher_p_value, log_likelihood_ratio

# Benjamini & Hochberg (1995), section 3.2: thrombolysis in fifteen comparisons.
THROMBOLYSIS = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
THROMBOLYSIS += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]


def test_the_lady_tasting_tea_is_reproduced() -> None:
    # Fisher (1935): of four cups each, three are named rightly; one-sided 17/70, two-sided 34/70.
    assert fisher_p_value(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert fisher_p_value(0, 0, 3, 5) == 1.0


def test_benjamini_and_hochbergs_own_example_is_reproduced() -> None:
    adjusted = adjusted_for_many(THROMBOLYSIS)
    assert (adjusted <= 0.05).tolist() == [True] * 4 + [False] * 11
    assert adjusted_for_many([]).size == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.randoms())
def test_adjusted_values_agree_with_statsmodels_in_any_order(p_values: list[float], random: object) -> None:
    random.shuffle(p_values)  # type: ignore[attr-defined]
    theirs = multipletests(p_values, method="fdr_bh")[1]
    np.testing.assert_allclose(adjusted_for_many(p_values), theirs, rtol=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.integers(0, 30))
def test_tests_that_are_not_given_make_findings_no_likelier(p_values: list[float], more: int) -> None:
    only_some = adjusted_for_many(p_values, tested=len(p_values) + more)
    with_the_rest = adjusted_for_many([*p_values, *[1.0] * more])[: len(p_values)]
    np.testing.assert_allclose(only_some, with_the_rest, rtol=1e-12)


def test_dunnings_surprising_pair_is_reproduced() -> None:
    # Dunning (1993), table 1: "the swiss" 110 times, the first without the second 2442, the second alone 111, neither
    # 29,114 times: 270.72.
    [found] = log_likelihood_ratio([110], [110 + 2442], [110 + 111], 110 + 2442 + 111 + 29_114)
    assert round(found, 2) == 270.72


@given(st.lists(st.integers(1, 500), min_size=4, max_size=4))
def test_g_squared_agrees_with_scipy(cells: list[int]) -> None:
    both, first, second, neither = cells
    [found] = log_likelihood_ratio([both], [both + first], [both + second], sum(cells))
    theirs = stats.chi2_contingency([[both, first], [second, neither]], lambda_="log-likelihood", correction=False)
    assert found == pytest.approx(theirs.statistic, abs=1e-8)


def test_g_squared_is_finite_where_a_cell_is_empty() -> None:
    assert log_likelihood_ratio([5, 0], [5, 5], [5, 5], 10).round(4).tolist() == [13.8629, 13.8629]
