"""The RFM map: customers by their three scores; and how they went from segment to segment within four weeks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import ibis

from regulars.insights.contracts import RFM_FLOW_DAYS, SectionJson
from regulars.insights.sections.ground import Ground
from retention import rfm, segments
from retention.reasons import NotEnoughData

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.expr.types import Table

_SUMMED = ("revenue_minor", "expected_revenue_minor", "revenue_at_stake_minor")
_SCORED_BY = ("customer", "days_since_last", "frequency", "revenue_minor")
_NOW = "scored_now"


def make_rfm_map(ground: Ground) -> SectionJson:
    """Return the cells of the map, and the flows since four weeks before the day on which the run stands.

    A flow counts customers by their segment then, by what was known then and the boundaries of then, and their segment
    now; null is who had bought nothing yet, or of whom nothing bought is left. There are none in a shop's first weeks.
    """
    since = ground.as_of - timedelta(days=RFM_FLOW_DAYS)
    flows: list[list[Any]] = []
    # Where all that was bought by then had come back by then, there was nobody.
    if ground.bought.first_on <= since:
        with suppress(NotEnoughData):
            flows = _flows(ground, since)
    return {
        "cells": _cells(ground.scored.analysis.scores),
        "since": since.isoformat() if flows else None,
        "flows": flows,
    }


def _cells(scores: pa.Table) -> list[list[Any]]:
    """Return for each combination of scores that has customers: r, f, m, segment, how many they are, and sums."""
    counted = scores.group_by(["r", "f", "m", "segment"]).aggregate(
        [("customer", "count"), *((name, "sum") for name in _SUMMED)]
    )
    columns = ["r", "f", "m", "segment", "customer_count", *(f"{name}_sum" for name in _SUMMED)]
    rows = counted.sort_by([(name, "ascending") for name in columns[:3]]).to_pylist()
    return [[row[name] for name in columns] for row in rows]


def _flows(ground: Ground, since: date) -> list[list[Any]]:
    with segments_on(ground, since) as then:
        before = then.select("customer", before=then.segment)
        both = ground.connection.table(_NOW).select("customer", "segment").outer_join(before, "customer")
        counted = both.group_by("before", after=both.segment).aggregate(customers=both.count())
        rows = counted.to_pyarrow().to_pylist()
    flows = [[row["before"], row["after"], row["customers"]] for row in rows]
    return sorted(flows, key=lambda flow: (-flow[2], flow[0] or "", flow[1] or ""))


@contextmanager
def segments_on(ground: Ground, day: date) -> Iterator[Table]:
    """Yield the segments of all customers at the end of an earlier day: `customer` and `segment`.

    It is what `summarise`, `score_boundaries`, `score` and `assign` make of the orders known by then. Only customers of
    whom something is known since are folded anew; what the others had then is what they have now, some days younger.
    """
    orders, scores = ground.bought.orders, ground.scored.analysis.scores
    later = orders.filter((orders.occurred_on > day) & (orders.occurred_on <= ground.as_of))
    now = ground.connection.create_table(_NOW, scores.select([*_SCORED_BY, "segment"]), temp=True, overwrite=True)
    with later.select("customer").distinct().cache() as moved:
        kept = now.anti_join(moved, "customer")
        younger = kept.mutate(days_since_last=kept.days_since_last - (ground.as_of - day).days)
        touched = orders.filter(orders.occurred_on <= day).semi_join(moved, "customer")
        folded = rfm.summarise(touched, as_of=day, one_row_per_order=True).select(*_SCORED_BY)
        with ibis.union(younger.select(*_SCORED_BY).cast(dict(folded.schema())), folded).cache() as summary:
            scored = rfm.score(summary, rfm.score_boundaries(summary))
            yield segments.assign(scored).select("customer", "segment")
    ground.connection.drop_table(_NOW)
