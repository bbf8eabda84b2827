from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln, hyp2f1

from retention.clv import beta_discrete_weibull, shifted_beta_geometric
from retention.clv.beta_discrete_weibull import BetaDiscreteWeibull, BetaDiscreteWeibullCurve
from retention.clv.contractual import DiscreteWeibull, Renewals, TenureModel
from retention.clv.shifted_beta_geometric import BetaGeometricCurve, ShiftedBetaGeometric
from retention.reasons import InvalidInput, NotEnoughData

# Customers of the two segments of Fader & Hardie (2007), table 1, for the years in which their models are fitted.
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
MODELS = [ShiftedBetaGeometric, BetaDiscreteWeibull]


def simulated(rng: np.random.Generator, customers: int, renewals: int, params: dict[str, float]) -> list[int]:
    """Draw tenures customer by customer, by the story of the model and not by its formulas."""
    theta = rng.beta(params["alpha"], params["beta"], customers)
    # A customer outlives t renewals while −log(1 − θ)·t^c stays below a unit exponential.
    tenure = np.floor((rng.exponential(size=customers) / -np.log1p(-theta)) ** (1 / params.get("c", 1.0)))
    return [int((tenure >= t).sum()) for t in range(renewals + 1)]


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood"),
    [(REGULAR, 0.7041, 1.1820, -1680.265), (HIGH_END, 0.668, 3.806, -1611.158)],
)
def test_the_published_fits_of_both_segments_are_reproduced(
    survivors: list[int], alpha: float, beta: float, log_likelihood: float
) -> None:
    model = ShiftedBetaGeometric().fit(survivors)
    assert model.params["alpha"] == pytest.approx(alpha, rel=1e-3)
    assert model.params["beta"] == pytest.approx(beta, rel=1e-3)
    assert model.log_likelihood == pytest.approx(log_likelihood, abs=1e-3)
    assert model.boundary is None


def test_the_published_file_gives_the_published_fits(shared_data: Path) -> None:
    with (shared_data / "retention" / "2-segment-retention.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))[:8]
    assert [int(row["Regular"]) for row in rows] == REGULAR
    assert [int(row["High-end"]) for row in rows] == HIGH_END


def test_the_years_that_were_held_out_are_foretold() -> None:
    """Fitted on eight years, each curve stays within two points of the customers left in year 13 (173 and 394)."""
    assert ShiftedBetaGeometric().fit(REGULAR).survival(12) == pytest.approx(0.173, abs=0.02)
    assert ShiftedBetaGeometric().fit(HIGH_END).survival(12) == pytest.approx(0.394, abs=0.02)


def test_a_triangle_of_like_cohorts_agrees_with_the_longest_of_them(shared_data: Path) -> None:
    """The file's five cohorts are copies of one that began in different years: pooling only weights early renewals."""
    with (shared_data / "retention" / "contractual-setting-multi-cohort-data.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name != "Year"]
    triangle = [[int(row[name]) for row in rows if row[name]] for name in names]
    assert [len(cohort) for cohort in triangle] == [5, 4, 3, 2, 1]
    pooled = ShiftedBetaGeometric().fit(triangle)
    longest = ShiftedBetaGeometric().fit(triangle[0])
    np.testing.assert_allclose(pooled.survival([1, 2, 3, 4]), longest.survival([1, 2, 3, 4]), atol=0.005)
    assert pooled.log_likelihood == pytest.approx(
        sum(Renewals.of(cohort).log_likelihood(BetaGeometricCurve(**pooled.params)) for cohort in triangle[:-1]),
        abs=1e-6,
    )


def test_equal_cohorts_pool_into_one_of_their_sum() -> None:
    pooled = ShiftedBetaGeometric().fit([REGULAR, REGULAR, REGULAR])
    whole = ShiftedBetaGeometric().fit([3 * count for count in REGULAR])
    single = ShiftedBetaGeometric().fit(REGULAR)
    assert pooled.params == whole.params
    assert pooled.params["alpha"] == pytest.approx(single.params["alpha"], rel=1e-5)
    assert pooled.log_likelihood == pytest.approx(3 * single.log_likelihood, rel=1e-9)
    assert pooled.standard_errors["alpha"] == pytest.approx(single.standard_errors["alpha"] / math.sqrt(3), rel=1e-3)


def test_the_order_of_the_cohorts_does_not_matter() -> None:
    cohorts = [REGULAR, REGULAR[:4], REGULAR[:2], [500]]
    assert ShiftedBetaGeometric().fit(cohorts).params == ShiftedBetaGeometric().fit(cohorts[::-1]).params


@pytest.mark.parametrize("survivors", [tuple(REGULAR), np.array(REGULAR), [np.array(REGULAR)], [tuple(REGULAR)]])
def test_survivors_may_come_in_any_sequence(survivors: list[int]) -> None:
    assert ShiftedBetaGeometric().fit(survivors).params == ShiftedBetaGeometric().fit(REGULAR).params


def test_the_likelihood_by_renewals_is_the_one_by_tenures() -> None:
    """Fader & Hardie (2007), equations 5 and 6, in beta functions: a second way to the same number."""
    alpha, beta = 0.7, 1.2
    left = -np.diff(REGULAR)
    tenure = np.arange(1, len(REGULAR))
    ended = betaln(alpha + 1, beta + tenure - 1) - betaln(alpha, beta)
    still = betaln(alpha, beta + len(REGULAR) - 1) - betaln(alpha, beta)
    expected = left @ ended + REGULAR[-1] * still
    value, _ = shifted_beta_geometric._log_likelihood(Renewals.of(REGULAR), np.array([alpha, beta]))
    assert value == pytest.approx(expected, abs=1e-9)
    assert Renewals.of(REGULAR).log_likelihood(BetaGeometricCurve(alpha, beta)) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=50)
@given(*[st.floats(-2.0, 2.0)] * 2, st.floats(-0.7, 0.7))
def test_the_gradients_are_those_of_the_likelihoods(log_alpha: float, log_beta: float, log_c: float) -> None:
    renewals = Renewals.of(HIGH_END)

    def assert_gradient(
        likelihood: Callable[[Renewals, npt.NDArray[np.float64]], tuple[float, npt.NDArray[np.float64]]],
        point: npt.NDArray[np.float64],
    ) -> None:
        step = 1e-5
        for place in range(point.size):
            shift = step * np.eye(point.size)[place]
            rise = likelihood(renewals, np.exp(point + shift))[0] - likelihood(renewals, np.exp(point - shift))[0]
            assert likelihood(renewals, np.exp(point))[1][place] == pytest.approx(rise / (2 * step), rel=1e-4, abs=1e-2)

    assert_gradient(shifted_beta_geometric._log_likelihood, np.array([log_alpha, log_beta]))
    assert_gradient(beta_discrete_weibull._log_likelihood, np.array([log_alpha, log_beta, log_c]))


def test_the_beta_discrete_weibull_with_c_of_one_is_the_shifted_beta_geometric() -> None:
    tenure = np.arange(40.0)
    one = BetaDiscreteWeibullCurve(0.7, 1.2, 1.0).log_survival(tenure)
    np.testing.assert_allclose(one, BetaGeometricCurve(0.7, 1.2).log_survival(tenure), atol=1e-13)


def test_the_beta_discrete_weibull_never_fits_worse() -> None:
    for survivors in (REGULAR, HIGH_END, [200, 150, 120, 100], [50, 30, 20, 15, 12, 11]):
        gain = (
            BetaDiscreteWeibull().fit(survivors).log_likelihood - ShiftedBetaGeometric().fit(survivors).log_likelihood
        )
        assert gain > -1e-6


def test_the_shifted_beta_geometric_recovers_its_parameters_within_its_intervals() -> None:
    """Nominal 95 %: fewer than 88 of 100 cohorts would come by chance in three of a thousand cases."""
    rng = np.random.default_rng(3)
    truth = {"alpha": 0.7, "beta": 1.5}
    hits = dict.fromkeys(truth, 0)
    for _ in range(100):
        model = ShiftedBetaGeometric().fit(simulated(rng, 1500, 8, truth))
        for name, (low, high) in model.intervals().items():
            hits[name] += low <= truth[name] <= high
    assert all(88 <= hit <= 100 for hit in hits.values()), hits


def test_the_beta_discrete_weibull_recovers_its_parameters() -> None:
    truth = {"alpha": 0.4, "beta": 2.0, "c": 1.6}
    model = BetaDiscreteWeibull().fit(simulated(np.random.default_rng(4), 200_000, 12, truth))
    assert model.boundary is None
    for name, value in truth.items():
        assert model.params[name] == pytest.approx(value, rel=0.1)
        assert abs(model.params[name] - value) < 3.5 * model.standard_errors[name]


def test_customers_who_are_alike_are_answered_by_the_geometric() -> None:
    model = ShiftedBetaGeometric().fit([1000, 800, 640, 512, 410, 328])
    assert model.simpler is not None
    assert (model.simpler.name, model.simpler.reason.code) == ("geometric", "customers_alike")
    assert model.boundary == model.simpler.reason
    np.testing.assert_allclose(model.retention_rate([1, 5, 50]), 0.8, atol=1e-3)
    assert model.expected_tenure() == pytest.approx(5, rel=1e-3)
    assert model.params["alpha"] / sum(model.params.values()) == pytest.approx(0.2, abs=1e-3)


def test_one_renewal_alone_cannot_tell_how_customers_differ() -> None:
    model = ShiftedBetaGeometric().fit([1000, 600])
    assert model.simpler is not None
    assert model.simpler.name == "geometric"
    assert model.survival(2) == pytest.approx(0.36)


def test_a_gain_below_the_threshold_keeps_the_simpler_model() -> None:
    model = BetaDiscreteWeibull().fit(REGULAR)
    nested = ShiftedBetaGeometric().fit(REGULAR)
    assert model.simpler is not None
    assert model.simpler.name == "shifted_beta_geometric"
    assert 0 < 2 * (model.log_likelihood - nested.log_likelihood) < 4
    np.testing.assert_allclose(model.survival(range(20)), nested.survival(range(20)))
    assert model.params["c"] == pytest.approx(1.283, abs=1e-3)


def test_a_decisive_gain_keeps_the_duration_dependence() -> None:
    model = BetaDiscreteWeibull().fit(HIGH_END)
    assert model.boundary is None
    assert 2 * (model.log_likelihood - ShiftedBetaGeometric().fit(HIGH_END).log_likelihood) > 4
    assert model.retention_rate(2) < model.retention_rate(1) < model.retention_rate(5)


def test_who_leaves_at_once_or_never_is_answered_by_that() -> None:
    model = ShiftedBetaGeometric().fit([1000, 600, 600, 600])
    assert model.simpler is not None
    assert model.simpler.reason.code == "leave_at_once_or_never"
    assert model.survival([0, 1, 30]).tolist() == pytest.approx([1, 0.6, 0.6])
    assert model.expected_tenure() == math.inf
    assert model.expected_tenure(0.1) == pytest.approx(1 + 0.6 / 0.1)


def test_alike_customers_who_tire_are_answered_by_the_discrete_weibull() -> None:
    theta, c = 0.05, 2.0
    survivors = [round(100_000 * (1 - theta) ** (t**c)) for t in range(7)]
    model = BetaDiscreteWeibull().fit(survivors)
    assert model.simpler is not None
    assert model.simpler.name == "discrete_weibull"
    assert isinstance(model.simpler.curve, DiscreteWeibull)
    assert model.simpler.curve.theta == pytest.approx(theta, rel=1e-3)
    assert model.simpler.curve.c == pytest.approx(c, rel=1e-3)
    assert model.simpler.log_likelihood == pytest.approx(model.log_likelihood, abs=0.5)


@pytest.mark.parametrize("discount", [1e-4, 0.01, 0.1, 0.5, 3.0])
@pytest.mark.parametrize("alpha", [0.3, 0.7, 4.0])
def test_the_discounted_tenure_is_the_published_closed_form(alpha: float, discount: float) -> None:
    """Fader & Hardie (2010): 2F1(1, β; α + β; 1 / (1 + d))."""
    model = ShiftedBetaGeometric({"alpha": alpha, "beta": 1.2})
    expected = hyp2f1(1, 1.2, alpha + 1.2, 1 / (1 + discount))
    assert model.expected_tenure(discount) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("alpha", [1.01, 1.5, 3.0, 40.0])
def test_the_mean_tenure_is_the_mean_of_the_shifted_beta_geometric(alpha: float) -> None:
    model = ShiftedBetaGeometric({"alpha": alpha, "beta": 1.2})
    assert model.expected_tenure() == pytest.approx((alpha + 1.2 - 1) / (alpha - 1), rel=1e-9)
    assert model.expected_tenure_reason() is None


def test_the_tenure_of_a_beta_discrete_weibull_is_its_sum() -> None:
    model = BetaDiscreteWeibull({"alpha": 0.5, "beta": 1.4, "c": 1.7})
    terms = model.survival(np.arange(5000)) / 1.05 ** np.arange(5000)
    assert model.expected_tenure(0.05) == pytest.approx(terms.sum(), rel=1e-9)


def test_an_infinite_tenure_is_infinite_with_a_reason() -> None:
    model = ShiftedBetaGeometric().fit(REGULAR)
    assert model.params["alpha"] < 1
    assert model.expected_tenure() == math.inf
    reason = model.expected_tenure_reason()
    assert reason is not None
    assert reason.code == "infinite_tenure"
    assert math.isfinite(model.expected_tenure(0.001))
    assert math.isfinite(BetaDiscreteWeibull({"alpha": 0.8, "beta": 1.0, "c": 1.5}).expected_tenure())
    assert math.isinf(BetaDiscreteWeibull({"alpha": 0.8, "beta": 1.0, "c": 1.2}).expected_tenure())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=2, max_size=8).map(lambda counts: sorted(counts, reverse=True)),
    st.sampled_from(MODELS),
)
def test_any_cohort_is_analysed_or_explained(survivors: list[int], kind: type[TenureModel]) -> None:
    try:
        model = kind().fit(survivors)
    except NotEnoughData as error:
        if error.reason.code not in {"no_renewal", "nobody_left", "nobody_renewed"}:
            raise
        return
    share = model.survival(np.arange(30))
    assert share[0] == 1
    assert np.all(np.diff(share) <= 1e-12)
    assert np.all(share >= 0)
    assert 1 <= model.expected_tenure(0.1) <= 11 + 1e-9
    assert model.log_likelihood <= 1e-9


@pytest.mark.parametrize(
    ("survivors", "code"),
    [
        ([], "no_renewal"),
        ([1000], "no_renewal"),
        ([[1000], [900]], "no_renewal"),
        ([0, 0, 0], "no_renewal"),
        ([1000, 1000, 1000], "nobody_left"),
        ([1000, 0, 0], "nobody_renewed"),
    ],
)
def test_a_cohort_that_tells_nothing_is_refused(survivors: list[int], code: str) -> None:
    for kind in MODELS:
        with pytest.raises(NotEnoughData) as caught:
            kind().fit(survivors)
        assert caught.value.reason.code == code


@pytest.mark.parametrize(
    ("survivors", "code"),
    [
        ([1000, 1001], "survivors_grow"),
        ([[1000, 900], [800, 900]], "survivors_grow"),
        ([1000, -1], "survivors_not_counts"),
        ([1.0, 0.6, 0.4], "survivors_not_counts"),
        ([1000, math.nan], "survivors_not_counts"),
        ([1000, "many"], "survivors_not_counts"),
    ],
)
def test_survivors_that_cannot_be_are_refused(survivors: list[int], code: str) -> None:
    for kind in MODELS:
        with pytest.raises(InvalidInput) as caught:
            kind().fit(survivors)
        assert caught.value.reason.code == code


def test_a_fit_forgets_the_one_before() -> None:
    model = ShiftedBetaGeometric().fit([1000, 600])
    assert model.fit(REGULAR).boundary is None
    assert model.survival(1) == pytest.approx(0.627, abs=1e-3)


def test_a_model_answers_only_what_it_was_given() -> None:
    with pytest.raises(NotEnoughData, match="fitted"):
        ShiftedBetaGeometric().survival(1)
    with pytest.raises(NotEnoughData, match="fitted"):
        _ = ShiftedBetaGeometric({"alpha": 1.0, "beta": 1.0}).log_likelihood
    with pytest.raises(InvalidInput, match="alpha, beta"):
        ShiftedBetaGeometric({"alpha": 1.0})
    with pytest.raises(InvalidInput, match="alpha, beta, c"):
        BetaDiscreteWeibull({"alpha": 1.0, "beta": 0.0, "c": 1.0})


def test_what_is_asked_must_be_a_renewal() -> None:
    model = ShiftedBetaGeometric({"alpha": 1.0, "beta": 1.0})
    with pytest.raises(InvalidInput, match="at least 0"):
        model.survival([0, -1])
    with pytest.raises(InvalidInput, match="at least 1"):
        model.retention_rate(0)
    with pytest.raises(InvalidInput, match="at least 0"):
        model.survival(1.5)
    with pytest.raises(InvalidInput, match="discount"):
        model.expected_tenure(-0.1)
