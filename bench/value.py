"""Customer lifetime value with intervals, beside lifetimes' point estimates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter

from bench.measure import Agreement, Finding, Result, seconds
from bench.shop import Shop
from retention.clv import BetaGeo, GammaGamma, ValueForecast, forecast_value

MONTHS = 12
WEEKS = MONTHS * 4.345  # As long as lifetimes takes its months to be.


def clv(shop: Shop) -> Iterator[Finding]:
    """Forecast a year's value of every customer, both models fitted before."""
    frequency, recency, T = (shop.column(name) for name in ("frequency", "recency", "T"))
    mean_spend = shop.column("monetary_value_minor") / 100
    purchases = BetaGeo().fit(frequency, recency, T)
    spend = GammaGamma().fit(frequency, mean_spend)
    bg, gg = BetaGeoFitter(), GammaGammaFitter()
    # Both sides forecast with the same parameters, so that their answers can be compared.
    bg.params_, gg.params_ = pd.Series(purchases.params), pd.Series({**spend.params, "v": spend.params["gamma"]})
    bg.predict = bg.conditional_expected_number_of_purchases_up_to_time
    columns = [pd.Series(column) for column in (frequency, recency, T, mean_spend)]

    def ours() -> ValueForecast:
        return forecast_value(purchases, spend, WEEKS, mean_spend, level=0.9)

    def point() -> Any:
        return gg.customer_lifetime_value(bg, *columns, time=MONTHS, freq="W", discount_rate=0.0)

    yield Result("CLV with 90 % intervals", seconds(ours), "lifetimes' points", seconds(point, turns=1), target=1)
    yield Agreement("CLV and lifetimes", {"sum": point().sum() / ours().expected.sum() - 1}, most=1e-3)
