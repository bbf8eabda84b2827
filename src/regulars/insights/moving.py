"""Fold some customers' orders into their RFM as it is today, by the boundaries of the last run, and keep it.

A run that puts its scores in place holds them all for a while. Whoever would move a customer then has the customer
wait, so that nothing else has to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from regulars.business.queries import get_business
from regulars.customers.queries import map_survivors
from regulars.insights.contracts import Boundaries
from regulars.insights.queries import find_boundaries
from regulars.insights.statements import rows_of
from regulars.orders.facts import CHANGED_BY

if TYPE_CHECKING:
    from retention.rfm.days import Int32s, Int64s

# Who is only known yet has bought nothing.
RFM_MOVED_BY = CHANGED_BY - {"customer.created"}
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """By what orders are scored: the boundaries of a run, and the day that it is in the business's zone."""

    run_id: UUID
    boundaries: Boundaries
    zone: ZoneInfo
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """The RFM of some customers, as columns of the statements.

    `gone` are those who have bought nothing that is left, and ids that lead to another customer by now.
    """

    customer_ids: list[UUID]
    rs: list[int]
    fs: list[int]
    ms: list[int]
    segments: list[str]
    firsts: list[date]
    lasts: list[date]
    frequencies: list[int]
    revenues: list[int]
    gone: list[UUID]

    def columns(self) -> dict[str, Any]:
        """Return the columns by the names of the statements' parameters."""
        names = ("customer_ids", "rs", "fs", "ms", "segments", "firsts", "lasts", "frequencies", "revenues")
        return {name: getattr(self, name) for name in names}


@transaction.atomic
def move_customers(customer_ids: Collection[UUID], *, now: datetime) -> None:
    """Give the customers that some ids lead to the RFM of all that they have bought by now; with them all who wait.

    What it writes depends on the orders alone and on what day it is, so that it may be done again. Before the first run
    there are no boundaries to score by, and nothing is done.
    """
    [(is_free,)] = rows_of("try_lock_scores")
    if not is_free:
        rows_of("have_wait", {"customer_ids": list(customer_ids)})
        return
    waiting = {customer for (customer,) in rows_of("take_waiting")}
    found = find_boundaries()
    if found is not None and (customer_ids or waiting):
        run_id, boundaries = found
        zone = get_business().zone_info
        rule = Rule(run_id=run_id, boundaries=boundaries, zone=zone, today=now.astimezone(zone).date())
        _move({*customer_ids, *waiting}, rule, now=now)


def _move(customer_ids: Collection[UUID], rule: Rule, *, now: datetime) -> None:
    moves = fold_customers(customer_ids, rule)
    told = {"run_id": rule.run_id, "today": rule.today}
    if moves.gone:
        rows_of("keep_gone", told | {"customer_ids": moves.gone})
        rows_of("drop_scores", {"customer_ids": moves.gone})
    if moves.customer_ids:
        rows_of("keep_moves", told | {"customer_ids": moves.customer_ids, "segments": moves.segments})
        rows_of("move_rfm", told | {"now": now} | moves.columns())


def fold_customers(customer_ids: Collection[UUID], rule: Rule) -> Moves:
    """Return the RFM of the customers that some ids lead to, from all that they bought by the end of today."""
    # The library of arrays is loaded by who folds orders, not by what serves pages.
    from retention.rfm import ScoreBoundaries, score_purchases

    survivors = sorted(set(map_survivors(customer_ids).values()))
    cuts = rule.boundaries
    moved = score_purchases(
        *_arrays(survivors, rows_of("purchases_of", {"customer_ids": survivors}), rule.zone),
        boundaries=ScoreBoundaries(recency=cuts.recency, frequency=cuts.frequency, monetary=cuts.monetary),
        as_of=rule.today,
    )
    buyers = [survivors[number] for number in moved.customer.tolist()]
    return Moves(
        customer_ids=buyers,
        rs=moved.r.tolist(),
        fs=moved.f.tolist(),
        ms=moved.m.tolist(),
        segments=list(moved.segment),
        firsts=[_EPOCH + timedelta(days=day) for day in moved.first_day.tolist()],
        lasts=[_EPOCH + timedelta(days=day) for day in moved.last_day.tolist()],
        frequencies=moved.frequency.tolist(),
        revenues=moved.revenue_minor.tolist(),
        gone=sorted({*survivors, *customer_ids} - set(buyers)),
    )


def _arrays(
    survivors: Sequence[UUID], rows: Sequence[tuple[Any, ...]], zone: ZoneInfo
) -> tuple[Int32s, Int32s, Int32s, Int64s]:
    """Return purchases as the science takes them: whose each is by number, of which day, on which day, how much."""
    import numpy as np

    number_of = {survivor: number for number, survivor in enumerate(survivors)}
    purchased = [_day(placed_at, zone) for _, placed_at, _, _ in rows]
    occurred = [
        day if returned_at is None else _day(returned_at, zone)
        for day, (_, _, returned_at, _) in zip(purchased, rows, strict=True)
    ]
    return (
        np.array([number_of[customer] for customer, *_ in rows], np.int32),
        np.array(purchased, np.int32),
        np.array(occurred, np.int32),
        np.array([amount_minor for *_, amount_minor in rows], np.int64),
    )


def _day(moment: datetime, zone: ZoneInfo) -> int:
    return (moment.astimezone(zone).date() - _EPOCH).days
