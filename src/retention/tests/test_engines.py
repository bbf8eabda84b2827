"""DuckDB and Spark answer the same expressions alike, compared as Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from retention import calendar, refunds, rfm, segments

pytestmark = pytest.mark.spark

START = datetime(2023, 10, 20)  # noqa: DTZ001  (UTC, as the column is)
AS_OF = date(2024, 3, 1)
CUT = date(2024, 1, 10)


def lines() -> pa.Table:
    """Return forty lines of five customers, refunds among them, over a change of summer time and a year's end."""
    random = np.random.default_rng(7)
    rows = []
    for row in range(40):
        at = START + timedelta(hours=int(random.integers(0, 24 * 110)))
        size = float(random.choice([1.0, 1.0, 2.0, -1.0, -1.0]))
        price = int(random.choice([0, 450, 450, 900]))
        rows.append(
            {
                "row": row,
                "customer": str(random.choice(list("abcde"))),
                "order": f"{'C' if size < 0 else ''}{row // 2}",
                "product": str(random.choice(["mug", "tea"])) if row % 7 else None,
                "quantity": size,
                "price_minor": price,
                "amount_minor": round(size * price),
                "occurred_at": at,
                "occurred_on": at.date(),
            }
        )
    return pa.Table.from_pylist(rows).set_column(
        7, "occurred_at", pa.array([row["occurred_at"] for row in rows], pa.timestamp("us"))
    )


@dataclass(frozen=True)
class Engines:
    """The same lines on both engines, and what the lines come to there."""

    duckdb: Table
    spark: Table

    def agree(self, expression: Callable[[Table], Table], *, keys: tuple[str, ...]) -> pa.Table:
        """Return what both answer, or fail where they differ."""
        ours, theirs = (expression(table).order_by(*keys).to_pyarrow() for table in (self.duckdb, self.spark))
        assert ours.num_rows > 0
        assert theirs.schema.names == ours.schema.names
        assert theirs.schema.types == ours.schema.types
        assert theirs.equals(ours)
        return ours


@pytest.fixture(scope="module")
def engines(java: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.driver.memory", "1g")
        .getOrCreate()
    )
    spark: BaseBackend = ibis.pyspark.connect(session)
    duckdb: BaseBackend = ibis.duckdb.connect()
    # A file, because Ibis hands tables in memory to Spark by way of pandas, which turns a missing text into "NaN".
    path = tmp_path_factory.mktemp("engines") / "lines.parquet"
    pq.write_table(lines(), path)
    yield Engines(duckdb.read_parquet(path), spark.read_parquet(path))
    session.stop()


def orders(table: Table) -> Table:
    """Return the lines as orders whose refunds stay on their own day."""
    return table.mutate(purchased_on=table.occurred_on)


def test_local_days_and_periods_are_the_same(engines: Engines) -> None:
    def days(table: Table) -> Table:
        day = calendar.local_day(table.occurred_at, "America/New_York", first_year=2023, last_year=2024)
        return table.select(
            "row",
            day=day,
            later=calendar.add_days(day, table.row),
            week=calendar.week_of(day),
            month=calendar.period_of(day, "month"),
            quarter=calendar.period_of(day, "quarter"),
            weeks=calendar.periods_between(day, ibis.date(2024, 1, 1), "week"),
            months=calendar.periods_between(day, ibis.date(2024, 1, 1), "month"),
            quarters=calendar.periods_between(day, ibis.date(2024, 1, 1), "quarter"),
        )

    engines.agree(days, keys=("row",))


def test_linked_refunds_are_the_same(engines: Engines) -> None:
    answers = engines.agree(
        lambda table: refunds.link_refunds(table).select("row", "purchased_on", "linked"), keys=("row",)
    )
    assert any(answers["linked"].to_pylist())


def test_scored_and_segmented_summaries_are_the_same(engines: Engines) -> None:
    summary = rfm.summarise(orders(engines.duckdb), as_of=AS_OF)
    boundaries = rfm.score_boundaries(summary)
    assert rfm.score_boundaries(rfm.summarise(orders(engines.spark), as_of=AS_OF)) == boundaries

    def scored(table: Table) -> Table:
        return segments.assign(rfm.score(rfm.summarise(orders(table), as_of=AS_OF), boundaries))

    engines.agree(scored, keys=("customer",))


@pytest.mark.soak
@pytest.mark.parametrize("grain", ["day", "week"])
def test_summaries_of_any_grain_without_a_stated_day_are_the_same(engines: Engines, grain: rfm.Grain) -> None:
    engines.agree(lambda table: rfm.summarise(orders(table), grain=grain, unit="week"), keys=("customer",))


@pytest.mark.soak
@pytest.mark.parametrize("grain", ["day", "week"])
def test_splits_are_the_same(engines: Engines, grain: rfm.Grain) -> None:
    engines.agree(
        lambda table: rfm.split(orders(table), CUT, AS_OF, grain=grain, one_row_per_order=True), keys=("customer",)
    )


@pytest.mark.soak
def test_merged_states_with_known_orders_are_the_same(engines: Engines) -> None:
    def merged(table: Table) -> Table:
        rows = orders(table)
        first, second = rows.filter(rows.row < 15), rows.filter(rows.row >= 15)
        return rfm.merge_states(rfm.daily_state(first), rfm.daily_state(second, known=first))

    engines.agree(merged, keys=("customer", "day"))


@pytest.mark.soak
def test_linked_refunds_summarise_alike(engines: Engines) -> None:
    engines.agree(lambda table: rfm.summarise(refunds.link_refunds(table), as_of=AS_OF), keys=("customer",))
