"""The expressions of metrics, cohorts and survival answer on Spark what they answer on DuckDB, to the last bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from ibis.expr.types import Table

from retention import cohorts, metrics, survival

AS_OF = date(2024, 5, 20)
Measure = Callable[[Table, Table], Any]

MEASURES: dict[str, Measure] = {
    "totals": lambda state, _: metrics.totals(state),
    "course": lambda state, _: windows_of(metrics.course(state)),
    "retention": lambda state, _: metrics.retention_rate(state, as_of=AS_OF, window_days=60),
    "repeat": lambda state, _: metrics.repeat_purchase_rate(state),
    "purchase value": lambda state, _: metrics.average_purchase_value(state),
    "frequency": lambda state, _: metrics.purchase_frequency(state),
    "refunded": lambda state, _: metrics.refunded_share(state),
    "returning": lambda state, _: metrics.returning_share(state, after=AS_OF - timedelta(days=60), until=AS_OF),
    "historic value": lambda state, _: metrics.historic_lifetime_value(state),
    "gaps": lambda state, _: metrics.inter_purchase_time(state),
    "concentration": lambda state, _: metrics.revenue_concentration(state),
    "months": lambda state, _: metrics.activity(state, "month", as_of=AS_OF),
    "attribute": lambda state, attributes: cohorts.cohort_matrix(state, "month", as_of=AS_OF, attributes=attributes),
    "second purchase": lambda state, _: survival.time_to_purchase(state, as_of=AS_OF),
}
MORE_MEASURES: dict[str, Measure] = {
    "weeks": lambda state, _: metrics.activity(state, "week", as_of=AS_OF, lapse_periods=2),
    "month cohorts": lambda state, _: cohorts.cohort_matrix(state, "month", as_of=AS_OF),
    "quarter cohorts": lambda state, _: cohorts.cohort_matrix(state, "quarter", as_of=AS_OF),
    "between purchases": lambda state, _: survival.time_between_purchases(state, as_of=AS_OF),
}


def windows_of(went: metrics.Course) -> tuple[Any, ...]:
    return (
        went.active(AS_OF, 30),
        went.new(AS_OF, 60),
        went.retention_rate(AS_OF, 60),
        went.repeat_purchase_rate(AS_OF),
        went.revenue_minor(AS_OF, 60),
        went.revenue_of_earlier_minor(AS_OF, 60),
    )


def made_up_state() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    keys = sorted({(f"c{rng.integers(12):02}", int(rng.integers(150))) for _ in range(60)})
    return pd.DataFrame(
        {
            "customer": [customer for customer, _ in keys],
            "day": [date(2024, 1, 1) + timedelta(days=day) for _, day in keys],
            "orders": 1,
            "gross_minor": rng.integers(100, 900, len(keys)),
            "refunded_minor": np.where(rng.random(len(keys)) < 0.1, 1000, 0),
        }
    )


ATTRIBUTES = pd.DataFrame({"customer": [f"c{n:02}" for n in range(10)], "attribute": ["shop", "site"] * 5})


@pytest.fixture(scope="module")
def on_spark(java: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Table, Table]]:
    from pyspark.sql import SparkSession

    # The session is shared with other modules of this process and ends with it: nobody's to stop.
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    session.createDataFrame(made_up_state()).createOrReplaceTempView("metrics_state")
    session.createDataFrame(ATTRIBUTES).createOrReplaceTempView("metrics_attributes")
    connection = ibis.pyspark.connect(session)
    yield connection.table("metrics_state"), connection.table("metrics_attributes")
    session.catalog.dropTempView("metrics_state")
    session.catalog.dropTempView("metrics_attributes")


def assert_equal_on_both(measure: Measure, on_spark: tuple[Table, Table]) -> None:
    spark = measure(*on_spark)
    duck = measure(ibis.memtable(made_up_state()), ibis.memtable(ATTRIBUTES))
    if not isinstance(duck, cohorts.CohortMatrix | survival.SurvivalCurve):
        assert spark == duck
        return
    for field in dataclasses.fields(duck):
        one, other = getattr(spark, field.name), getattr(duck, field.name)
        if isinstance(other, np.ndarray) and other.dtype == np.float64:
            # The engines' rows are equal; what NumPy then adds up depends in its last digit on the order they come in.
            np.testing.assert_allclose(one, other, rtol=1e-13, strict=True)
        else:
            np.testing.assert_array_equal(one, other, strict=True)


@pytest.mark.spark
@pytest.mark.parametrize("name", MEASURES)
def test_spark_and_duckdb_give_the_same_measure(name: str, on_spark: tuple[Table, Table]) -> None:
    assert_equal_on_both(MEASURES[name], on_spark)


@pytest.mark.spark
@pytest.mark.soak
@pytest.mark.parametrize("name", MORE_MEASURES)
def test_spark_and_duckdb_give_the_same_measure_by_other_periods(name: str, on_spark: tuple[Table, Table]) -> None:
    assert_equal_on_both(MORE_MEASURES[name], on_spark)


@pytest.mark.spark
def test_spark_and_duckdb_give_the_same_cohort_tables_as_arrow(on_spark: tuple[Table, Table]) -> None:
    state = ibis.memtable(made_up_state())
    for expression, keys in ((cohorts.cohort_activity, ["cohort", "period_index"]), (cohorts.cohort_sizes, ["cohort"])):
        spark, duck = (expression(table, "month").order_by(keys).to_pyarrow() for table in (on_spark[0], state))
        assert spark.equals(duck)
