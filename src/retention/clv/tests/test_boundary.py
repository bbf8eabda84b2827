"""Where the data do not bear a model, a simpler one answers and a reason says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from retention.clv import NBD, BetaGeo, BetaGeoBetaBinomial, ModifiedBetaGeo, ParetoNBD

DROPOUT_MODELS = [BetaGeo, ModifiedBetaGeo, ParetoNBD]


@pytest.fixture(scope="module")
def shop_days(shared_data):
    """Customer-days of Online Retail: lines with a customer and a positive price and quantity, no `C` invoices."""
    lines = pd.read_csv(
        shared_data / "online_retail.csv.gz",
        usecols=["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"],
        dtype={"InvoiceNo": str, "CustomerID": str},
    )
    kept = lines["CustomerID"].notna() & (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)
    lines = lines[kept & ~lines["InvoiceNo"].str.startswith("C")]
    day = pd.to_datetime(lines["InvoiceDate"].str[:10])
    return pd.DataFrame({"customer": lines["CustomerID"], "day": day}).drop_duplicates()


def summarised(days, until):
    cut = pd.Timestamp(until)
    span = days[days["day"] <= cut].groupby("customer")["day"].agg(["min", "max", "count"])
    age, recency = (cut - span["min"]).dt.days, (span["max"] - span["min"]).dt.days
    return (span["count"] - 1).to_numpy(float), recency.to_numpy(float), age.to_numpy(float)


@pytest.mark.parametrize("until", ["2011-08-31", "2011-12-09"])
@pytest.mark.parametrize("model", DROPOUT_MODELS)
def test_online_retail_shows_no_dropout_and_nbd_answers(shop_days, model, until):
    columns = summarised(shop_days, until)
    fitted, nbd = model().fit(*columns), NBD().fit(*columns)
    assert fitted.boundary is not None
    assert fitted.boundary.code == "no_dropout"
    assert fitted.gain_over_nbd < 4
    assert isinstance(fitted.answering_model, NBD)
    assert fitted.expected_purchases(90.0) == pytest.approx(nbd.expected_purchases(90.0))
    assert (fitted.probability_alive() == 1).all()
    assert "NBD answers" in str(fitted.boundary)


def test_the_beta_geometric_model_stops_just_inside_on_the_whole_year_and_is_flagged_all_the_same(shop_days):
    fitted = BetaGeo().fit(*summarised(shop_days, "2011-12-09"))
    assert not fitted.estimate.at_bound
    assert fitted.boundary is not None


@pytest.mark.parametrize("model", DROPOUT_MODELS)
def test_customers_who_never_leave_are_answered_by_nbd(model):
    seen = NBD(params={"r": 1.0, "alpha": 10.0}).simulate(np.linspace(20, 60, 800), seed=5)
    fitted = model().fit(seen.frequency, seen.recency, seen.T)
    assert fitted.boundary is not None
    assert fitted.boundary.code == "no_dropout"


@pytest.mark.parametrize("model", DROPOUT_MODELS)
def test_customers_who_do_leave_are_answered_by_the_model_itself(model):
    """The control of the tests above: the flag does not stand always."""
    params = dict(
        zip(model.symbols, (0.6, 8.0, 0.8, 2.5) if model is not ParetoNBD else (0.6, 8.0, 0.7, 12.0), strict=True)
    )
    seen = model(params=params).simulate(np.linspace(20, 60, 2000), seed=5)
    fitted = model().fit(seen.frequency, seen.recency, seen.T)
    assert fitted.boundary is None
    assert fitted.answering_model is fitted


def test_one_rate_for_all_is_said_and_answers():
    rng = np.random.default_rng(3)
    T = np.full(500, 50.0)
    x = rng.poisson(0.1 * T)
    recency = np.where(x > 0, T * rng.random(500) ** (1 / np.maximum(x, 1)), 0.0)
    fitted = NBD().fit(x, recency, T)
    assert fitted.boundary is not None
    assert fitted.boundary.code == "rates_alike"
    assert fitted.expected_purchases(10.0) == pytest.approx(np.full(500, x.mean() / 5), rel=1e-6)


def test_one_tendency_to_leave_for_all_is_said_and_not_mistaken_for_none():
    seen = BetaGeo(params={"r": 1.0, "alpha": 5.0, "a": 2e3, "b": 8e3}).simulate(np.linspace(20, 80, 1500), seed=4)
    fitted = BetaGeo().fit(seen.frequency, seen.recency, seen.T)
    share = fitted.params["a"] / (fitted.params["a"] + fitted.params["b"])
    assert share == pytest.approx(0.2, abs=0.03)
    assert fitted.gain_over_nbd > 4
    if fitted.boundary is not None:
        assert fitted.boundary.code == "dropout_alike"
        assert fitted.answering_model is fitted


def test_donors_who_never_leave_are_answered_without_dropout():
    steady = BetaGeoBetaBinomial(params={"alpha": 1.2, "beta": 1.5, "gamma": 1e-6, "delta": 1.0})
    x, recency, _ = steady.simulate(np.full(1500, 8), seed=1)
    fitted = BetaGeoBetaBinomial().fit(x, recency, np.full(1500, 8.0))
    assert fitted.boundary is not None
    assert fitted.boundary.code == "no_dropout"
    assert fitted.probability_alive() == pytest.approx(np.ones(1500), abs=1e-9)
