"""Who the customers of the cohorts are: what each attribute says of them, and all that they bought, by small numbers.

Ids are texts, and there are ten orders to a customer; under numbers all that follows takes a third of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import ibis
import numpy as np
from ibis.expr.types import Table

from regulars.insights.sections.ground import Ground
from retention import rfm
from retention.cohorts import common_values, first_purchases, visits, with_places

QUARTERS = ("1", "2", "3", "4")
_COMMON = ("country", "language", "channel", "location", "category", "segment")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What customers bought, with the place of each attribute's value (`visits`), and the values by attribute.

    `size_cuts` are the largest first orders of the first three quarters, in minor units.
    """

    visits: Table
    values: Mapping[str, Sequence[str]]
    size_cuts: tuple[int, ...]


@contextmanager
def people(ground: Ground) -> Iterator[People | None]:
    """Yield what customers bought, stored for that time; None where nothing bought is left."""
    with ExitStack() as stored:

        def kept(table: Table) -> Table:
            cached: Table = stored.enter_context(table.cache())
            return cached

        known = ground.bought.orders.filter(ground.bought.orders.occurred_on <= ground.as_of)
        names = known.select("customer").distinct()
        numbers = kept(names.mutate(number=ibis.row_number().over(order_by=names.customer)))
        orders = kept(known.join(numbers, "customer").drop("customer").rename(customer="number"))
        state = kept(rfm.daily_state(orders, one_row_per_order=True))
        first = kept(first_purchases(state))
        described = kept(_described(ground, numbers, first, kept(_first_orders(ground, orders, first))))
        if not described.count().to_pyarrow().as_py():
            yield None
            return
        values = {name: common_values(described, name) for name in _COMMON}
        cuts = quarter_cuts(described.amount_minor.to_pyarrow().to_numpy())
        sized = described.mutate(size=_quarter(described, cuts), season=described.first_on.quarter().cast("string"))
        values |= {"size": QUARTERS, "season": QUARTERS}
        placed = kept(with_places(sized.drop("amount_minor"), values))
        yield People(visits=kept(visits(state, placed)), values=values, size_cuts=cuts)


def quarter_cuts(amounts: np.ndarray) -> tuple[int, ...]:
    """Return the smallest amounts that a quarter, two and three quarters of them do not exceed."""
    places = np.ceil(np.arange(1, 4) * len(amounts) / 4).astype(int) - 1
    return tuple(np.sort(amounts)[places].tolist())


def _quarter(described: Table, cuts: tuple[int, ...]) -> ibis.Value:
    """Return the quarter of the first order's amount; equal amounts are in the same one."""
    amount = described.amount_minor
    return ibis.cases(*((amount <= cut, quarter) for cut, quarter in zip(cuts, QUARTERS, strict=False)), else_="4")


def _first_orders(ground: Ground, orders: Table, first: Table) -> Table:
    """Return each customer's first order of the day of the first purchase: where it was placed, and its worth."""
    files = ground.connection.read_parquet(str(ground.snapshot.folder / "orders" / "*.parquet"))
    placed = files.filter(files.returned_at.isnull()).select("order_id", "placed_at", "channel", "location")
    own = orders.filter(orders.amount_minor >= 0).join(first, "customer")
    own = own.filter(own.purchased_on == own.first_on).select("customer", "amount_minor", order_id=own["order"])
    found = own.join(placed, "order_id")
    earliest = ibis.row_number().over(group_by="customer", order_by=["placed_at", "order_id"])
    return found.mutate(rank=earliest).filter(ibis._["rank"] == 0).drop("rank", "placed_at")


def _described(ground: Ground, numbers: Table, first: Table, first_orders: Table) -> Table:
    """Return one row per customer who has bought: `customer`, `first_on`, and all attributes that are read."""
    segments = ibis.memtable(ground.scored.analysis.scores.select(["customer", "segment"]))
    countries = ground.connection.read_parquet(str(ground.snapshot.file("customers")))
    named = (
        numbers.left_join(countries.rename(customer="customer_id"), "customer")
        .select("customer", "number", country=ibis._.country.nullif(""), language=ibis._.language.nullif(""))
        .left_join(segments, "customer")
        .select("country", "language", "segment", customer=ibis._.number)
    )
    bought = first.join(named, "customer").left_join(first_orders, "customer")
    told = bought.select(
        "customer", "first_on", "country", "language", "segment", "channel", "location", "order_id", "amount_minor"
    )
    return told.left_join(_categories(ground, first_orders), "order_id").drop("order_id", "order_id_right")


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
