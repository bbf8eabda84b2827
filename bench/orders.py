"""One million customers with ten million orders, as a shop's export would hold them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FIRST_ON = date(2024, 1, 1)
DAYS = 730
DATA = Path(__file__).parent / "data"


def orders_file(customers: int, orders: int) -> Path:
    """Return the Parquet file of that many customers and orders, made on first use."""
    path = DATA / f"orders-{customers}-{orders}.parquet"
    if not path.exists():
        DATA.mkdir(exist_ok=True)
        unfinished = path.with_suffix(".part")
        pq.write_table(_make(customers, orders), unfinished, compression="zstd")
        unfinished.replace(path)
    return path


def _make(customers: int, orders: int) -> pa.Table:
    """Draw buyers with gamma rates who leave after a geometric number of orders (BG/NBD), exactly `orders` rows."""
    random = np.random.default_rng(7)
    joined = random.integers(0, DAYS - 30, customers)
    weight = random.gamma(0.45, 1.0, customers) * (DAYS - joined) * random.beta(1.6, 0.9, customers)
    repeats = random.multinomial(orders - customers, weight / weight.sum())
    # Who leaves early has the orders in the first part of the time that was there.
    share = np.where(random.random(customers) < 0.35, random.random(customers), 1.0)
    who = np.repeat(np.arange(customers), repeats)
    later = joined[who] + np.floor(random.random(len(who)) * share[who] * (DAYS - joined[who])).astype(np.int64)
    customer = np.concatenate([np.arange(customers), who])
    day = np.concatenate([joined, later])
    in_order = np.argsort(day, kind="stable")
    cents = np.maximum(100, np.round(random.lognormal(8.0, 0.7, orders))).astype(np.int64)
    start = np.datetime64(FIRST_ON)
    return pa.table(
        {
            "customer": pa.array(np.char.mod("C%07d", customer[in_order])),
            "order": pa.array(np.char.mod("%08d", np.arange(orders))),
            "date": pa.array(start + day[in_order].astype("timedelta64[D]")),
            "amount": pa.array(cents / 100.0),
        }
    )
