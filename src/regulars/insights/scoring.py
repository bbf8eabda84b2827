"""Score all customers on a snapshot: make the report of `regulars report`, and what of it is kept for each customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from regulars.business.contracts import Business
from regulars.insights.lake.reading import Bought, count_days
from regulars.insights.staged import STAGED
from regulars.intake.contracts import Count, DataQuality, Intake
from regulars.kit.progress import Progress
from regulars.report.analyse import analyse
from regulars.report.contracts import Analysis, Options
from retention.reasons import Reason, mark
from retention.rfm import ScoreBoundaries, boundaries_of

DECILES = 10
# The columns of a score that a run's own table has under another name.
_RENAMED = {"customer_id": "customer", "rfm_segment": "segment"}


@dataclass(frozen=True, slots=True)
class Scored:
    """What a run found: the report, its boundaries, and whom an order or return after its last day has moved since.

    `days` says what happened on each day (`lake.reading.count_days`).
    """

    analysis: Analysis
    boundaries: ScoreBoundaries
    moved_since: tuple[UUID, ...]
    days: pa.Table


def score_customers(bought: Bought, *, business: Business, as_of: date, progress: Progress) -> Scored:
    """Score all customers as of the end of a day.

    Raises
    ------
    NothingByThen
        Nothing had been bought by then.
    RetentionError
        Nothing that was bought is left.
    """
    intake = intake_of(bought, currency=business.reporting_currency)
    options = Options(as_of=as_of, zone=business.zone, title=business.name or None)
    analysis = analyse(intake, options, progress=progress)
    later = bought.orders.filter(bought.orders.occurred_on > as_of).select("customer").distinct().to_pyarrow()
    columns = (analysis.scores[name].to_numpy() for name in ("days_since_last", "frequency", "revenue_minor"))
    return Scored(
        analysis=analysis,
        boundaries=boundaries_of(*columns),
        moved_since=tuple(UUID(customer) for customer in later["customer"].to_pylist()),
        days=count_days(bought, as_of),
    )


def intake_of(bought: Bought, *, currency: str) -> Intake:
    """Return what was bought as the report takes it in."""
    return Intake(
        orders=bought.orders,
        refused=bought.orders.limit(0),
        quality=_quality(bought),
        currency=currency,
        first_on=bought.first_on,
        last_on=bought.last_on,
        one_row_per_order=True,
    )


def write_staged(analysis: Analysis, goal: Path, *, run_id: UUID, as_of: date, now: datetime) -> None:
    """Write the scores as they are staged: the columns `STAGED` as CSV without a header, one row per customer."""
    scores = analysis.scores
    rows = len(scores)
    own = {
        "run_id": pa.repeat(pa.scalar(str(run_id)), rows),
        "rfm_on": pa.repeat(pa.scalar(as_of), rows),
        "scored_at": pa.repeat(pa.scalar(now.isoformat()), rows),
        "risk_decile": deciles(scores["risk"]),
        "clv_decile": deciles(scores["clv_minor"]),
    }
    columns = [own[name] if name in own else scores[_RENAMED.get(name, name)] for name in STAGED]
    csv.write_csv(pa.table(columns, names=list(STAGED)), goal, csv.WriteOptions(include_header=False))


def deciles(values: pa.ChunkedArray) -> pa.Array:
    """Return the tenth of each value, from 1 to 10; equal values are in the same one. Null where there is no value."""
    numbers = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    known = np.isfinite(numbers)
    cuts = cuts_of(numbers[known])
    found = np.searchsorted(cuts, numbers, side="left") + 1
    return pa.array(np.where(known, found, 0).astype(np.int16), mask=~known)


def cuts_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nine smallest values that a tenth, two tenths … of the values do not exceed; none where none are."""
    if not len(values):
        return np.zeros(0)
    places = np.ceil(np.arange(1, DECILES) * len(values) / DECILES).astype(int) - 1
    return np.asarray(np.sort(values)[places])


def _quality(bought: Bought) -> DataQuality:
    no_rate = mark("The order's currency has no rate of its day, so that its worth is not known.")
    no_buyer = mark("Nobody is named as the buyer of the order.")
    left_out = (
        Count(reason=Reason("without_rate", no_rate), count=bought.without_rate),
        Count(reason=Reason("without_customer", no_buyer), count=bought.without_customer),
    )
    refused = tuple(each for each in left_out if each.count)
    rows = bought.rows + sum(each.count for each in refused)
    return DataQuality(rows=rows, used=bought.rows, refused=refused, treated=(), layouts=())
