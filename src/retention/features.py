"""What the risk of leaving is learnt from, in words; who only shows a risk loads none of what learns it."""

from __future__ import annotations

from collections.abc import Mapping

from retention.reasons import mark

FEATURES: Mapping[str, str] = {
    "days_since_last": mark("days since the last order"),
    "age_days": mark("days since the first order"),
    "purchases": mark("number of orders"),
    "mean_gap_days": mark("usual days between orders"),
    "gaps_missed": mark("silence against the usual gap"),
    "purchases_last_horizon": mark("orders in the last period"),
    "purchases_before_last_horizon": mark("orders in the period before"),
    "revenue_minor": mark("money spent"),
    "mean_value_minor": mark("average order"),
    "revenue_last_horizon_minor": mark("money spent in the last period"),
    "refunded_share": mark("share sent back"),
    "frequency_rank": mark("rank by number of orders"),
    "revenue_rank": mark("rank by money spent"),
    "expected_purchases": mark("orders expected by the purchase model"),
    "probability_none": mark("the purchase model's probability of no order"),
}
