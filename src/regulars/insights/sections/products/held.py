"""What each purchase held by the lake, with products as numbers: what a run compares them by ten million times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from regulars.insights.sections.ground import Ground
from retention.calendar import local_day
from retention.integers import as_int64
from retention.products import baskets, by_buyer, number_purchases
from retention.rfm import daily_state

Code = int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What was bought, stored for the time of a section.

    `products` has a row for each product of the lake: `product` int64, `product_id`, `name`, `category`. `sold` says by
    product what its lines came to, and what of that came back. The other tables are as `retention.products` makes them.
    """

    products: Table
    numbered: Table
    baskets: Table
    of_buyers: Table
    sold: Mapping[Code, tuple[int, int]]


@contextmanager
def held_by(ground: Ground) -> Iterator[Held | None]:
    """Yield what was bought up to the run's day; None where no order has lines."""
    snapshot, orders = ground.snapshot, ground.bought.orders
    if not snapshot.files("lines"):
        yield None
        return
    known = orders.filter((orders.occurred_on <= ground.as_of) & (orders.amount_minor >= 0))
    sales = known.select("order", "customer", "occurred_on")
    state = daily_state(orders, as_of=ground.as_of, one_row_per_order=True)
    with ExitStack() as stored:
        products = stored.enter_context(_products(ground).cache())
        numbered = stored.enter_context(number_purchases(state).cache())
        with _lines(ground, "lines", products).join(sales, "order").drop("order", "quantity").cache() as lines:
            sold = _sums(lines)
            held = stored.enter_context(baskets(lines, numbered).cache())
        back = _sent_back(ground, products, sales)
        yield Held(
            products=products,
            numbered=numbered,
            baskets=held,
            of_buyers=stored.enter_context(by_buyer(held).cache()),
            sold={code: (amount, back.get(code, 0)) for code, amount in sold.items()},
        )


def chosen(codes: Sequence[Code]) -> Table:
    """Return some products as a table of `product`."""
    return ibis.memtable(pa.table({"product": pa.array(codes, pa.int64())}))


def count_segments(ground: Ground, held: Held, codes: Sequence[Code]) -> dict[Code, dict[str, int]]:
    """Return how many buyers of each product are in each RFM segment."""
    scored = ibis.memtable(ground.scored.analysis.scores.select(["customer", "segment"]))
    first = held.numbered.filter(held.numbered.purchase == held.numbered.buyer)
    whose = first.select("buyer", customer=first.customer.cast("string")).join(scored, "customer")
    bought = held.of_buyers.semi_join(chosen(codes), "product").select("product", "buyer")
    joined = bought.join(whose.select("buyer", "segment"), "buyer")
    counted = joined.group_by("product", "segment").aggregate(customers=joined.count())
    found: dict[Code, dict[str, int]] = {}
    for row in counted.order_by("product", "segment").to_pyarrow().to_pylist():
        found.setdefault(row["product"], {})[row["segment"]] = row["customers"]
    return found


def names_of(held: Held, codes: Sequence[Code]) -> dict[Code, Mapping[str, str]]:
    """Return the id, name and category of some products."""
    rows = held.products.semi_join(chosen(codes), "product").to_pyarrow().to_pylist()
    return {row["product"]: {name: str(row[name]) for name in ("product_id", "name", "category")} for row in rows}


def _products(ground: Ground) -> Table:
    told = ground.connection.read_parquet(str(ground.snapshot.file("products")))
    numbered = told.mutate(product=ibis.row_number().over(order_by="product_id").cast("int64"))
    return numbered.select("product", "product_id", "name", "category")


def _lines(ground: Ground, kind: str, products: Table) -> Table:
    lines = ground.connection.read_parquet(str(ground.snapshot.folder / kind / "*.parquet"))
    joined = lines.join(products.select("product", "product_id"), "product_id")
    return joined.drop("product_id").rename(order="order_id")


def _sent_back(ground: Ground, products: Table, sales: Table) -> dict[Code, int]:
    if not ground.snapshot.files("returned"):
        return {}
    back = _lines(ground, "returned", products).semi_join(sales, "order")
    covered = {"first_year": ground.bought.first_on.year - 1, "last_year": ground.bought.last_on.year + 1}
    day = local_day(back.returned_at, ground.business.zone, **covered)
    return _sums(back.filter(day <= ground.as_of))


def _sums(lines: Table) -> dict[Code, int]:
    sums = lines.group_by("product").aggregate(amount_minor=as_int64(lines.amount_minor.sum().fill_null(0)))
    rows = sums.to_pyarrow()
    return dict(zip(rows["product"].to_pylist(), rows["amount_minor"].to_pylist(), strict=True))
