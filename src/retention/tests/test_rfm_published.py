"""The published figures of the CDNOW sample (Fader, Hardie and Lee 2005; Fader and Hardie's notes)."""

from __future__ import annotations

import importlib.resources
from datetime import date, datetime

import ibis
import pyarrow as pa
import pytest
from ibis.expr.types import Table

from retention import rfm

CUT = date(1997, 9, 30)
END = date(1998, 6, 30)


@pytest.fixture(scope="module")
def cdnow() -> Table:
    text = (importlib.resources.files("lifetimes") / "datasets" / "CDNOW_sample.txt").read_text()
    records = [line.split() for line in text.splitlines() if line.strip()]
    days = [datetime.strptime(record[2], "%Y%m%d").date() for record in records]  # noqa: DTZ007  (a day has no zone)
    orders = pa.table(
        {
            "customer": [record[1] for record in records],
            "order": [str(row) for row in range(len(records))],
            "occurred_on": days,
            "purchased_on": days,
            "amount_minor": [round(float(record[4]) * 100) for record in records],
        }
    )
    return ibis.memtable(orders)


def test_2357_customers_of_whom_946_bought_again_2457_times(cdnow: Table) -> None:
    summary = rfm.summarise(cdnow, as_of=CUT, unit="week").to_pyarrow()
    frequency = summary["frequency"].to_numpy()
    assert len(frequency) == 2357
    assert (frequency > 0).sum() == 946
    assert frequency.sum() == 2457
    assert max(summary["T"].to_pylist()) == 272 / 7
    assert summary["monetary_value_minor"].null_count == 2357 - 946


def test_1882_purchases_in_the_holdout_of_39_weeks(cdnow: Table) -> None:
    parts = rfm.split(cdnow, CUT, END, unit="week").to_pyarrow()
    assert (END - CUT).days / 7 == 39
    assert sum(parts["holdout_purchases"].to_pylist()) == 1882
    training = parts.drop_columns(["holdout_purchases", "holdout_revenue_minor"]).sort_by("customer")
    assert training.equals(rfm.summarise(cdnow, as_of=CUT, unit="week").to_pyarrow().sort_by("customer"))


def test_without_the_rule_that_a_free_order_is_a_purchase_eight_customers_would_be_missing(cdnow: Table) -> None:
    dear = cdnow.filter(cdnow.amount_minor > 0)
    assert rfm.summarise(dear, as_of=CUT).count().to_pyarrow().as_py() == 2357 - 8
