"""Fits of purchase models, beside those of lifetimes on the same customers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from lifetimes import BetaGeoFitter, ParetoNBDFitter

from bench.measure import Agreement, Finding, Note, Result, seconds, timed
from bench.shop import Floats, Shop
from retention.clv import BetaGeo, ParetoNBD, PurchaseModel

PARETO_CUSTOMERS = 100_000
SAME = 1e-2


def bg(shop: Shop) -> Iterator[Finding]:
    """Fit BG/NBD to every customer."""
    yield from _compare(BetaGeo, BetaGeoFitter(penalizer_coef=0.0), _columns(shop), target=20)


def pareto(shop: Shop) -> Iterator[Finding]:
    """Fit Pareto/NBD to a tenth of the customers: it is the slowest of lifetimes' models."""
    few = np.random.default_rng(0).permutation(shop.customers)[:PARETO_CUSTOMERS]
    columns = [column[few] for column in _columns(shop)]
    yield from _compare(ParetoNBD, ParetoNBDFitter(penalizer_coef=0.0), columns, target=40)


def _columns(shop: Shop) -> list[Floats]:
    return [shop.column(name) for name in ("frequency", "recency", "T")]


def _compare(kind: type[PurchaseModel], fitter: Any, columns: list[Floats], *, target: float) -> Iterator[Finding]:
    fit_seconds = seconds(lambda: kind().fit(*columns))
    model = kind().fit(*columns)
    with warnings.catch_warnings():
        # Its line search steps out of the domain and back; the agreement below tells whether it arrived.
        warnings.simplefilter("ignore", RuntimeWarning)
        _, fitter_seconds = timed(lambda: fitter.fit(*columns))
    name = f"{kind.name} fit, {len(columns[0]):,} customers"
    yield Result(name, fit_seconds, "lifetimes (one turn)", fitter_seconds, target=target)
    # Theirs is of scaled times, which moves it; so both optima are told by one likelihood.
    theirs = kind(params=dict(fitter.params_))
    customers = model.customers(None, None, None)
    likelihood = float(customers.counts @ theirs._log_likelihood_rows(theirs._theta, customers))
    off = max(abs(float(fitter.params_[symbol]) / value - 1) for symbol, value in model.params.items())
    yield Note(
        f"  parameters of lifetimes differ by {off:.1e}, its log-likelihood by {likelihood - model.log_likelihood:.1e}"
    )
    # lifetimes starts at random and may stop short of the maximum; what counts is that we do not.
    missing = max(0.0, likelihood - model.log_likelihood)
    yield Agreement(f"{kind.name}: log-likelihood that lifetimes found and we did not", {"LL": missing}, most=SAME)
