"""Score all customers on a snapshot: make the report of `regulars report`, and what of it is kept for each customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from regulars.business.contracts import Business
from regulars.insights.lake.reading import Bought, rows_of_moved
from regulars.insights.staged import STAGED
from regulars.intake.contracts import Count, DataQuality, Intake
from regulars.kit.progress import Progress
from regulars.report.analyse import analyse
from regulars.report.contracts import Analysis, Options
from retention.reasons import Reason, mark
from retention.rfm import Folded, ScoreBoundaries, boundaries_of, fold_purchases, score_folded
from retention.rfm.days import Int32s

DECILES = 10
_ROWS_AT_ONCE = 32_768
_COMMAS = csv.WriteOptions(include_header=False, quoting_style="none")
# The columns of a score that a run's own table has under another name.
_RENAMED = {"customer_id": "customer", "rfm_segment": "segment"}
_MOVED = {
    "customer_id": pa.string(),
    "r": pa.int16(),
    "f": pa.int16(),
    "m": pa.int16(),
    "rfm_segment": pa.string(),
    "rfm_on": pa.date32(),
    "first_on": pa.date32(),
    "last_on": pa.date32(),
    "frequency": pa.int32(),
    "revenue_minor": pa.int64(),
}


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of all customers, their boundaries, and how orders and returns after the last day have moved some.

    `table` is that of the report. `moved` has their RFM as columns of `STAGED`, or nulls for whom nothing is left of
    what they bought.
    """

    table: pa.Table
    boundaries: ScoreBoundaries
    moved: pa.Table


@dataclass(frozen=True, slots=True)
class Scored:
    """What a run found: the report with the scores, and by which boundaries these were made."""

    analysis: Analysis
    boundaries: ScoreBoundaries


def score_customers(
    bought: Bought,
    *,
    business: Business,
    as_of: date,
    today: date,
    take_scores: Callable[[Scores], None],
    progress: Progress,
) -> Scored:
    """Score all customers as of the end of a day; the RFM of those who bought since is as of `today`.

    `take_scores` is given the scores before the report is made.

    Raises
    ------
    NothingByThen
        Nothing had been bought by then.
    RetentionError
        Nothing that was bought is left.
    """
    intake = intake_of(bought, currency=business.reporting_currency)
    options = Options(as_of=as_of, zone=business.zone, title=business.name or None)

    with ThreadPoolExecutor(max_workers=1) as pool:
        # An engine's connection answers one thread, so that there it is asked later.
        folding = None if bought.rows is None else pool.submit(_fold_moved, bought, as_of, today)

        def take(table: pa.Table) -> None:
            boundaries = _boundaries(table)
            folded = _fold_moved(bought, as_of, today) if folding is None else folding.result()
            take_scores(Scores(table, boundaries, _moved(folded, boundaries, today)))

        analysis = analyse(intake, options, rows=bought.rows, take_scores=take, progress=progress)
    return Scored(analysis, _boundaries(analysis.scores))


def _boundaries(scores: pa.Table) -> ScoreBoundaries:
    return boundaries_of(*(scores[name].to_numpy() for name in ("days_since_last", "frequency", "revenue_minor")))


@dataclass(frozen=True, slots=True)
class _Folded:
    """What customers who bought after the last day have bought by today; `ids` by their number, and who they are."""

    ids: pa.Array
    customers: Int32s
    purchases: Folded


def _fold_moved(bought: Bought, as_of: date, today: date) -> _Folded | None:
    rows = rows_of_moved(bought, as_of)
    if rows is None:
        return None
    told = (rows.customer, rows.purchased_day, rows.occurred_day, rows.amount_minor)
    return _Folded(rows.customers, np.unique(rows.customer), fold_purchases(*told, as_of=today))


def _moved(folded: _Folded | None, boundaries: ScoreBoundaries, today: date) -> pa.Table:
    """Return what became of the customers whose rows are folded, as `moving.fold_customers` finds it of others."""
    if folded is None:
        return pa.table({name: pa.array([], kind) for name, kind in _MOVED.items()})
    moved = score_folded(folded.purchases, boundaries, as_of=today)
    gone = np.setdiff1d(folded.customers, moved.customer)
    ids = folded.ids.take(pa.array(np.concatenate([moved.customer, gone])))
    found = {
        "r": moved.r,
        "f": moved.f,
        "m": moved.m,
        "rfm_segment": moved.segment,
        "rfm_on": [today] * len(moved.customer),
        "first_on": moved.first_day,
        "last_on": moved.last_day,
        "frequency": moved.frequency,
        "revenue_minor": moved.revenue_minor,
    }
    nothing = {name: pa.nulls(len(gone), _MOVED[name]) for name in found}
    columns = {name: pa.concat_arrays([pa.array(found[name]).cast(_MOVED[name]), nothing[name]]) for name in found}
    return pa.table({"customer_id": ids.cast(pa.string())} | columns)


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


def staged_rows(found: Scores, *, as_of: date) -> Iterator[bytes]:
    """Yield the scores as they are staged: the columns `STAGED`, one row per customer.

    It is the text form of COPY with commas, which is read sooner than quoted values; no value here has any in it.
    """
    scores = found.table
    own = {
        "rfm_on": pa.repeat(pa.scalar(as_of), len(scores)),
        "risk_decile": deciles(scores["risk"]),
        "clv_decile": deciles(scores["clv_minor"]),
    }
    columns = [own[name] if name in own else scores[_RENAMED.get(name, name)] for name in STAGED]
    table = pa.table(columns, names=list(STAGED))
    moved, seen = found.moved, np.zeros(len(found.moved), np.bool_)
    # Some after others, since the database takes longer to take them.
    for start in range(0, len(table), _ROWS_AT_ONCE):
        yield _written(_as_they_moved(table.slice(start, _ROWS_AT_ONCE).combine_chunks(), moved, seen))
    # Who was not in the run comes with RFM alone.
    new = moved.filter(~seen)
    nothing = {field.name: pa.nulls(len(new), field.type) for field in table.schema}
    yield _written(pa.table({name: new[name] if name in new.column_names else nothing[name] for name in nothing}))


def _as_they_moved(table: pa.Table, moved: pa.Table, seen: NDArray[np.bool_]) -> pa.Table:
    """Return some scores with the RFM that customers have by now; note whom of `moved` they have `seen`.

    Who has ordered since is silent no longer, so that nothing is at stake; when the next order comes is not known.
    """
    place = pc.index_in(table["customer_id"].combine_chunks(), value_set=moved["customer_id"].combine_chunks())
    if place.null_count == len(place):
        return table
    has_moved, places = pc.is_valid(place), place.drop_null()
    seen[places.to_numpy()] = True
    as_they_are, last_on = moved.take(places), table["last_on"]
    for name in moved.column_names:
        number = table.schema.get_field_index(name)
        before = table.column(number).combine_chunks()
        now = as_they_are[name].combine_chunks().cast(before.type)
        table = table.set_column(number, name, pc.replace_with_mask(before, has_moved, now))
    has_ordered = pc.fill_null(pc.greater(table["last_on"], last_on), fill_value=False)
    for name, value in (("at_risk", False), ("revenue_at_stake_minor", 0), ("next_order_expected_on", None)):
        kind = table[name].type
        number = table.schema.get_field_index(name)
        table = table.set_column(number, name, pc.if_else(has_ordered, pa.scalar(value, kind), table[name]))
    return table


def _written(table: pa.Table) -> bytes:
    """Write scores as they are staged, without those of whom nothing bought is left."""
    written = pa.BufferOutputStream()
    csv.write_csv(table.filter(pc.is_valid(table["r"])), written, _COMMAS)
    return bytes(written.getvalue().to_pybytes())


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
    rows = bought.row_count + sum(each.count for each in refused)
    return DataQuality(rows=rows, used=bought.row_count, refused=refused, treated=(), layouts=())
