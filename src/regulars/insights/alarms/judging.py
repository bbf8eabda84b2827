"""Judge a run: by its orders, and by the runs before."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from regulars.insights.alarms.drift import Spread, Spreads, hold_against, spread_of
from regulars.insights.alarms.quality import Days, judge_orders
from regulars.insights.contracts import Alarm
from regulars.insights.lake.reading import Bought, count_days
from regulars.insights.scoring import Scored

_MEASURED = {
    "risk": "risk",
    "clv": "clv_minor",
    "recency": "days_since_last",
    "frequency": "frequency",
    "monetary": "revenue_minor",
}


def judge(scored: Scored, bought: Bought, *, as_of: date, before: Spreads) -> tuple[list[Alarm], Spread]:
    """Return what is to be known before trusting a run, and how its customers are spread, for the next one."""
    scores, backtest = scored.analysis.scores, scored.analysis.report.backtest
    values = {
        name: np.asarray(scores[column].to_numpy(zero_copy_only=False), dtype=np.float64)
        for name, column in _MEASURED.items()
    }
    cuts = scored.boundaries
    boundaries = {"recency": cuts.recency, "frequency": cuts.frequency, "monetary": cuts.monetary}
    mae = backtest.mae if backtest else None
    days = every_day(count_days(bought, as_of), as_of)
    alarms = [
        *judge_orders(days, without_rate=bought.without_rate, without_customer=bought.without_customer),
        *hold_against(values, mae, before=before),
    ]
    return alarms, spread_of(values, boundaries, mae)


def every_day(days: pa.Table, as_of: date) -> Days:
    """Return the days with those on which nothing happened, up to the run's last one."""
    day = days["day"].cast(pa.int32()).to_numpy()
    last = (as_of - date(1970, 1, 1)).days
    columns = {}
    for name in ("orders", "gross_minor", "refunded_minor"):
        columns[name] = np.zeros(last - int(day.min()) + 1, np.int64)
        columns[name][day - int(day.min())] = days[name].to_numpy()
    return Days(**columns)
