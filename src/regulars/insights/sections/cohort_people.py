"""By what customers of the cohorts are grouped: their first order, their segment, and what else is known of them."""

from __future__ import annotations

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis.expr.types import Table
from numpy.typing import NDArray

from regulars.customers.questions import setting_of
from regulars.facts.columns import describing, select_all
from regulars.facts.contracts import FactType
from regulars.insights.cohorts import SEASON, SEGMENT
from regulars.insights.lake.numbers import plain
from regulars.insights.lake.source import opened
from regulars.insights.sections.by_day import ByDay
from regulars.insights.sections.ground import Ground
from regulars.insights.sections.grouping import (
    QUARTERS,
    Grouping,
    group_by_fact,
    group_by_quarters,
    group_by_values,
)
from retention.calendar import local_day
from retention.cohorts import first_purchases
from retention.rfm.days import Int32s
from retention.segments import SEGMENTS

_NEVER = np.iinfo(np.int32).min


def group_customers(ground: Ground, bought: ByDay) -> list[Grouping]:
    """Return the groups of customers by each attribute; none where nothing bought is left.

    What is sensitive groups nobody: what a run counts is kept.
    """
    customer, day = first_purchases(bought.state)
    if not len(customer):
        return []
    first_day = np.full(len(bought.customers), _NEVER, np.int32)
    first_day[customer] = day
    return [
        *_by_first_orders(ground, bought, first_day),
        _by_season(first_day),
        _by_segment(ground, bought, first_day != _NEVER),
        *_by_facts(ground, bought, first_day != _NEVER),
    ]


def _by_first_orders(ground: Ground, bought: ByDay, first_day: Int32s) -> list[Grouping]:
    """Group by the first order of the day of the first purchase: where it was placed, of what, and its worth."""
    has_bought = first_day != _NEVER
    with _first_orders(ground, bought, first_day).cache() as orders:
        told = orders.left_join(_categories(ground, orders), "order_id")
        table = told.select("number", "channel", "location", "category", "amount_minor").to_pyarrow()
    place = np.full(len(first_day), -1)
    place[table["number"].to_numpy()] = np.arange(len(table))
    places = pa.array(place, mask=place < 0)
    amounts = pc.take(table["amount_minor"].combine_chunks(), places).cast(pa.float64())
    return [
        *(
            group_by_values(
                name, FactType.TEXT.value, pc.take(table[name].combine_chunks().cast(pa.string()), places), has_bought
            )
            for name in ("channel", "location", "category")
        ),
        group_by_quarters(
            "size",
            FactType.MONEY,
            amounts.to_numpy(zero_copy_only=False),
            has_bought,
            tell=lambda minor: str(int(minor)),
        ),
    ]


def _first_orders(ground: Ground, bought: ByDay, first_day: Int32s) -> Table:
    """Return each customer's first order of the day of the first purchase, by the customer's number."""
    known = np.flatnonzero(bought.leads_to >= 0)
    known = known[first_day[bought.leads_to[known]] != _NEVER].astype(np.int32)
    number = bought.leads_to[known]
    first_on = first_day[number].astype("datetime64[D]")
    bounds = {"since": first_on - 1, "until": first_on + 2}
    whose = ibis.memtable(
        pa.table(
            {"customer_number": known, "number": number, "first_on": pa.array(first_on)}
            | {
                name: pa.array(day.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))
                for name, day in bounds.items()
            }
        )
    )
    files = ground.connection.read_parquet(str(ground.snapshot.folder / "orders" / "*.parquet"))
    placed = files.filter(files.returned_at.isnull() & (files.amount_minor >= 0)).join(whose, "customer_number")
    # Days in a zone are dear: of most orders it is plain that they are of another day, whatever the zone.
    near = placed.filter((placed.placed_at >= placed.since) & (placed.placed_at < placed.until))
    years = {"first_year": ground.bought.first_on.year - 1, "last_year": ground.bought.last_on.year + 1}
    own = near.filter(local_day(near.placed_at, ground.business.zone, **years) == near.first_on)
    earliest = ibis.row_number().over(group_by="number", order_by=["placed_at", "order_id"])
    ranked = own.mutate(rank=earliest)
    return ranked.filter(ranked["rank"] == 0).select("number", "order_id", "channel", "location", "amount_minor")


def _categories(ground: Ground, first_orders: Table) -> Table:
    """Return the category of the dearest line of each first order: `order_id`, `category`."""
    if not ground.snapshot.files("lines"):
        return first_orders.select("order_id", category=ibis.null("string"))
    files = ground.connection.read_parquet(str(ground.snapshot.folder / "lines" / "*.parquet"))
    products = ground.connection.read_parquet(str(ground.snapshot.file("products")))
    lines = files.select("order_id", "product_id", "amount_minor").semi_join(first_orders, "order_id")
    named = lines.left_join(products, "product_id").mutate(category=ibis._.category.nullif(""))
    dearest = ibis.row_number().over(group_by="order_id", order_by=[ibis.desc("amount_minor"), "category"])
    return named.mutate(rank=dearest).filter(ibis._["rank"] == 0).select("order_id", "category")


def _by_season(first_day: Int32s) -> Grouping:
    """Group by the quarter of the year in which the first purchase lies."""
    months = first_day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    has_bought = first_day != _NEVER
    quarter = pa.array(months % 12 // 3 + 1, mask=~has_bought).cast(pa.string())
    return group_by_values(SEASON, SEASON, quarter, has_bought, order=QUARTERS)


def _by_segment(ground: Ground, bought: ByDay, has_bought: NDArray[np.bool_]) -> Grouping:
    scores = ground.scored.analysis.scores
    place = pc.index_in(bought.customers, value_set=scores["customer"].combine_chunks())
    segment = pc.take(scores["segment"].combine_chunks().cast(pa.string()), place)
    return group_by_values(SEGMENT, SEGMENT, segment, has_bought, order=SEGMENTS)


def _by_facts(ground: Ground, bought: ByDay, has_bought: NDArray[np.bool_]) -> list[Grouping]:
    """Group by what the profile says now, the business's own traits and tags included; not by what is sensitive."""
    setting = setting_of(ground.business, now=ground.now)
    facts = describing(setting)
    with opened() as source:
        table = source.ask(*select_all(facts, setting))
    lake = pq.read_table(ground.snapshot.file("customers"), columns=["customer_id", "number"])
    place = np.empty(len(bought.leads_to), np.int64)
    place[lake["number"].to_numpy()] = np.arange(len(lake))
    # Each id for itself: whom another id leads to has been told by the snapshot.
    ids = plain(lake["customer_id"]).take(pa.array(place[bought.in_lake]))
    rows = pc.index_in(ids, value_set=plain(table["customer_id"]))
    return [
        group_by_fact(fact.name, fact.type, pc.take(table[f"fact_{number}"].combine_chunks(), rows), has_bought)
        for number, fact in enumerate(facts)
    ]
