"""The people behind the numbers: segments, the customers who are leaving, the best ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.report.contracts import CustomerRow, Segment
from regulars.report.scores import Scores
from retention.segments import SEGMENTS

SHOWN = 25


def segment_totals(scores: Scores) -> tuple[Segment, ...]:
    """Return each segment that has customers, in the order from best to lost."""
    table = scores.table.select(
        ["segment", "revenue_minor", "expected_revenue_minor", "revenue_at_stake_minor", "days_since_last"]
    )
    names = table["segment"].to_numpy(zero_copy_only=False)
    return tuple(_segment(name, table.filter(pa.array(names == name))) for name in SEGMENTS if (names == name).any())


def customers_at_risk(scores: Scores) -> tuple[CustomerRow, ...]:
    """Return the customers at risk with the most at stake."""
    at_risk = scores.table.filter(pc.fill_null(scores.table["at_risk"], False))  # noqa: FBT003 - Arrow's signature
    return _rows(at_risk, by="revenue_at_stake_minor")


def best_customers(scores: Scores) -> tuple[CustomerRow, ...]:
    """Return the customers who have brought the most."""
    return _rows(scores.table, by="revenue_minor")


def recent_first_buyers(scores: Scores, days: int) -> tuple[int, float]:
    """Return how many customers placed their only order in the last days, and what is expected of them."""
    once = (scores.column("frequency") == 0) & (scores.column("days_since_last") < days)
    return int(once.sum()), float(np.nansum(scores.column("expected_revenue_minor")[once]))


def _segment(name: str, rows: pa.Table) -> Segment:
    return Segment(
        name=name,
        customers=len(rows),
        revenue=pc.sum(rows["revenue_minor"]).as_py(),
        expected_revenue_minor=pc.sum(rows["expected_revenue_minor"]).as_py(),
        revenue_at_stake_minor=pc.sum(rows["revenue_at_stake_minor"]).as_py(),
        median_days_since_last=float(np.median(rows["days_since_last"].to_numpy())),
    )


def _rows(table: pa.Table, *, by: str) -> tuple[CustomerRow, ...]:
    chosen = table.take(pc.select_k_unstable(table, k=SHOWN, sort_keys=[(by, "descending"), ("customer", "ascending")]))
    return tuple(_row(row) for row in chosen.to_pylist())


def _row(row: dict[str, Any]) -> CustomerRow:
    return CustomerRow(
        customer=row["customer"],
        segment=row["segment"],
        orders=row["orders"],
        revenue_minor=row["revenue_minor"],
        last_on=row["last_on"],
        risk=row["risk"],
        expected_revenue_minor=row["expected_revenue_minor"],
        revenue_at_stake_minor=row["revenue_at_stake_minor"],
        next_order_expected_on=row["next_order_expected_on"],
    )
