"""Products on Spark are what they are on DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from ibis.expr.types import Table

from retention import products

pytestmark = pytest.mark.spark

AS_OF = date(2024, 7, 1)
HORIZON = 30
NAMES = ["bag", "mug", "pot", "tea"]


def made_up() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a state, and the lines of its days: who buys tea buys a mug with it, and a pot next."""
    random = np.random.default_rng(2)
    lines = []
    for customer in range(60):
        for turn, day in enumerate(sorted(random.choice(150, 4, replace=False))):
            held = ["tea", "mug"] if turn % 2 == 0 else ["pot" if customer % 4 else "bag"]
            lines += [(f"c{customer:02}", date(2024, 1, 1) + timedelta(days=int(day)), product) for product in held]
    told = pd.DataFrame(lines, columns=["customer", "occurred_on", "product"])
    days = told[["customer", "occurred_on"]].drop_duplicates().rename(columns={"occurred_on": "day"})
    return days.assign(orders=1, gross_minor=900, refunded_minor=0), told


def found_on(state: Table, lines: Table, names: Table) -> dict[str, Any]:
    numbered = products.number_purchases(state)
    held = products.baskets(lines, numbered)
    of_buyers = products.by_buyer(held)
    as_of = {"as_of": AS_OF, "horizon_days": HORIZON}
    bounds = products.Bounds(least_customers=2)
    counted = products.count_products(of_buyers).order_by("product").to_pyarrow()
    return {
        "counted": counted.to_pylist(),
        "coming back": products.coming_back(held, numbered, products=NAMES, **as_of),  # type: ignore[arg-type]
        "again": sorted(products.repurchases(held, of_buyers, numbered, **as_of).items()),  # type: ignore[arg-type]
        "together": products.bought_together(held, names, bounds),
        "next": products.bought_next(held, numbered, names, bounds),
    }


@pytest.fixture(scope="module")
def on_spark(java: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    from pyspark.sql import SparkSession

    # The session is shared with other modules of this process and ends with it: nobody's to stop.
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    state, lines = made_up()
    names = pd.DataFrame({"product": NAMES})
    for name, table in (("products_state", state), ("products_lines", lines), ("products_names", names)):
        session.createDataFrame(table).createOrReplaceTempView(name)
    connection = ibis.pyspark.connect(session)
    yield found_on(*(connection.table(f"products_{name}") for name in ("state", "lines", "names")))
    for name in ("state", "lines", "names"):
        session.catalog.dropTempView(f"products_{name}")


@pytest.mark.parametrize("name", ["counted", "coming back", "again", "together", "next"])
def test_spark_and_duckdb_find_the_same_of_products(name: str, on_spark: dict[str, Any]) -> None:
    state, lines = made_up()
    ours = found_on(ibis.memtable(state), ibis.memtable(lines), ibis.memtable(pa.table({"product": NAMES})))
    # NaN is not equal to itself, but written the same.
    assert repr(on_spark[name]) == repr(ours[name])
    if name in {"together", "next"}:
        assert ours[name].pairs
