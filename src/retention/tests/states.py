"""States in memory, made of tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from retention.in_memory import DayState
from retention.rfm.days import Days


def day_state(state: Table) -> DayState:
    """Return a state, in which customers are numbers, as it is in memory."""
    told = state.order_by("customer", "day").to_pandas()
    days = (pd.to_datetime(told["day"]) - pd.Timestamp(1970, 1, 1)).dt.days
    sums = (told[name].to_numpy(np.int64) for name in ("orders", "gross_minor", "refunded_minor"))
    return DayState(Days(told["customer"].to_numpy(np.int32), days.to_numpy(np.int32), *sums))
