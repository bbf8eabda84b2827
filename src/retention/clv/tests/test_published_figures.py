"""The figures of the papers and of their authors' spreadsheets, on the same data."""

from __future__ import annotations

import importlib.resources

import numpy as np
import pandas as pd
import pytest

from retention.clv import NBD, BetaGeo, BetaGeoBetaBinomial, GammaGamma, ModifiedBetaGeo, ParetoNBD

# Model, parameters as printed, absolute tolerance of the last printed digit or a relative 1e-3, log-likelihood.
PUBLISHED = [
    (NBD, {"r": 0.3848, "alpha": 12.072}, None),
    (BetaGeo, {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}, -9582.429),
    (ModifiedBetaGeo, {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}, -9582.136),
    (ParetoNBD, {"r": 0.5533, "alpha": 10.578, "s": 0.6062, "beta": 11.669}, -9594.976),
]


@pytest.mark.parametrize(("model", "params", "log_likelihood"), PUBLISHED)
def test_a_fit_to_cdnow_gives_the_published_parameters(cdnow, model, params, log_likelihood):
    fitted = model().fit(cdnow.frequency, cdnow.recency, cdnow.T)
    assert fitted.params == pytest.approx(params, rel=1e-3)
    assert fitted.boundary is None
    if log_likelihood is not None:
        assert fitted.log_likelihood == pytest.approx(log_likelihood, abs=1e-3)


def test_a_new_customer_of_cdnow_buys_as_published(cdnow):
    model = BetaGeo().fit(cdnow.frequency, cdnow.recency, cdnow.T)
    assert model.expected_new([1.0, 31.857, 78.0]) == pytest.approx([0.0532, 1.0405, 1.8580], abs=5e-5)


@pytest.mark.parametrize(("model", "correlation"), [(BetaGeo, 0.626), (ParetoNBD, 0.630)])
def test_the_holdout_of_cdnow_correlates_as_published(cdnow, model, correlation):
    expected = model().fit(cdnow.frequency, cdnow.recency, cdnow.T).expected_purchases(39.0)
    assert cdnow.holdout.sum() == 1882
    assert np.corrcoef(expected, cdnow.holdout)[0, 1] == pytest.approx(correlation, abs=5e-4)


def test_aic_prefers_the_modified_model_on_cdnow_by_six_tenths(cdnow):
    columns = (cdnow.frequency, cdnow.recency, cdnow.T)
    assert BetaGeo().fit(*columns).aic - ModifiedBetaGeo().fit(*columns).aic == pytest.approx(0.6, abs=0.05)


def test_gamma_gamma_on_the_repeat_buyers_of_cdnow_is_as_published(cdnow):
    assert (cdnow.frequency > 0).sum() == 946
    model = GammaGamma().fit(cdnow.frequency, cdnow.mean_spend)
    assert model.log_likelihood == pytest.approx(-4055.918, abs=1e-3)
    published = {"p": 6.25, "q": 3.74, "gamma": 15.44}
    assert {name: round(value, 2) for name, value in model.params.items()} == pytest.approx(published, abs=0.0101)


def test_beta_geo_beta_binomial_on_the_donations_is_as_published():
    """Fader, Hardie & Shang (2010), tables 3 and 6; the data are in the MIT-licensed `lifetimes` wheel."""
    with (importlib.resources.files("lifetimes") / "datasets" / "donations.csv").open() as lines:
        rows = pd.read_csv(lines)
    model = BetaGeoBetaBinomial().fit(rows["frequency"], rows["recency"], rows["periods"], counts=rows["weights"])
    assert model.params == pytest.approx({"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}, abs=6e-4)
    assert model.log_likelihood == pytest.approx(-33225.6, abs=0.05)
    asked = {"frequency": [0.0, 6.0], "recency": [0.0, 6.0], "T": [6.0, 6.0]}
    assert model.expected_purchases(5, **asked) == pytest.approx([0.07, 3.75], abs=5e-3)
    assert model.probability_alive(**asked) == pytest.approx([0.11, 0.93], abs=5e-3)
