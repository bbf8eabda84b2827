"""The CDNOW files, as they come in the MIT-licensed wheel of `lifetimes`, as tables of orders."""

from __future__ import annotations

from importlib.resources import files

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table


def cdnow_sample() -> Table:
    """Return the 6,919 purchases of the sample's 2,357 customers as an orders table in DuckDB."""
    path = files("lifetimes") / "datasets" / "CDNOW_sample.txt"
    names = ["id_in_master", "customer", "date", "cds", "dollars"]
    with path.open() as lines:
        frame = pd.read_csv(lines, sep=r"\s+", header=None, names=names, dtype=str)
    day = pd.to_datetime(frame["date"]).dt.date
    orders = pd.DataFrame(
        {
            "customer": frame["customer"],
            "order": np.arange(len(frame)).astype(str),
            "occurred_on": day,
            "purchased_on": day,
            "amount_minor": (frame["dollars"].astype(float) * 100).round().astype("int64"),
        }
    )
    return ibis.duckdb.connect().create_table("orders", orders)
