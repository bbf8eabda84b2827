"""RFM of all customers, beside a bare `GROUP BY` and beside lifetimes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from lifetimes.utils import summary_data_from_transaction_data

from bench.measure import Agreement, Finding, Note, Result, seconds, timed
from bench.shop import LAST_ON, Shop, connect
from retention.rfm import summarise

BARE = """
    SELECT customer, count(*) AS days, min(date) AS first_on, max(date) AS last_on, sum(amount) AS amount
    FROM (SELECT customer, date, sum(amount) AS amount FROM read_parquet(?) GROUP BY customer, date)
    GROUP BY customer
"""


def rfm(shop: Shop) -> Iterator[Finding]:
    """Summarise from the file into Arrow; the yardsticks read the same file.

    The summary groups by customer and day, then by customer, as the bare `GROUP BY` does, and cannot be faster than it.
    So where that is less than ten times faster than lifetimes, as it is since pandas 3 keeps strings in Arrow, the
    second target is out of reach; how much faster it is stands beside it.
    """
    connection = connect()
    orders = shop.table(connection)

    def ours() -> pa.Table:
        return summarise(orders, as_of=LAST_ON, one_row_per_order=True).to_pyarrow()

    def bare() -> pa.Table:
        return connection.con.execute(BARE, [str(shop.path)]).to_arrow_table()

    summary_seconds, bare_seconds = seconds(ours), seconds(bare)
    yield Result("RFM summary", summary_seconds, "a bare GROUP BY", bare_seconds, target=2, at_least=False)
    found, lifetimes_seconds = timed(lambda: lifetimes_summary(shop.path, LAST_ON))
    yield Result("RFM summary", summary_seconds, "lifetimes (one turn)", lifetimes_seconds, target=10)
    yield Note(f"  the bare GROUP BY itself is {lifetimes_seconds / bare_seconds:.1f} x faster than lifetimes")
    yield _agreement(ours(), found)


def lifetimes_summary(path: Path, last_on: date) -> pd.DataFrame:
    """Return lifetimes' summary of the orders in a file of the columns `customer`, `date` and `amount`."""
    frame = pq.read_table(path, columns=["customer", "date", "amount"]).to_pandas()
    frame["date"] = pd.to_datetime(frame["date"])
    return pd.DataFrame(
        summary_data_from_transaction_data(
            frame, "customer", "date", monetary_value_col="amount", observation_period_end=pd.Timestamp(last_on)
        )
    )


def _agreement(ours: pa.Table, theirs: pd.DataFrame) -> Agreement:
    sums = {
        "customers": (len(ours), len(theirs)),
        "frequency": (ours["frequency"].to_numpy().sum(), theirs["frequency"].sum()),
        "recency": (ours["recency"].to_numpy().sum(), theirs["recency"].sum()),
        "T": (ours["T"].to_numpy().sum(), theirs["T"].sum()),
        "monetary value": (
            ours["monetary_value_minor"].drop_null().to_numpy().sum() / 100,
            theirs["monetary_value"].sum(),
        ),
    }
    differences = {name: float(one / other - 1) for name, (one, other) in sums.items()}
    return Agreement("RFM summary and lifetimes, sums of columns", differences, most=1e-9)
