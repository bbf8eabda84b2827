"""The columns of the scores that a run stages, but for what is the same of all of them: the run, and its moment."""

from __future__ import annotations

# In the order in which they are staged.
STAGED = (
    *("customer_id", "r", "f", "m", "rfm_segment", "rfm_on", "first_on", "last_on", "frequency"),
    *("revenue_minor", "expected_orders", "expected_orders_low", "expected_orders_high", "expected_revenue_minor"),
    *("risk", "risk_decile", "at_risk", "revenue_at_stake_minor", "clv_minor", "clv_low_minor", "clv_high_minor"),
    *("clv_decile", "next_order_expected_on"),
)
