"""Who came back, who bought again, what is bought together and next: by hand, and against a plain count."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr.types import Table

from retention import products, rfm
from retention.estimates import wilson
from retention.products import Bounds
from retention.reasons import InvalidInput

DAY = date(2024, 1, 1)
AS_OF = DAY + timedelta(days=200)
HORIZON = 30
# Customer, days after the first of January, product, amount.
Line = tuple[str, int, str | None, int]
EVERYTHING = Bounds(least_cases=1, least_customers=1, alpha=1.0, most_for_one=1_000)

LINES = ibis.schema({"customer": "string", "occurred_on": "date", "product": "string", "amount_minor": "int64"})


def on(days: int) -> date:
    return DAY + timedelta(days=days)


def lines_of(rows: Sequence[Line]) -> Table:
    told = [(customer, on(days), product, amount) for customer, days, product, amount in rows]
    return ibis.memtable(pd.DataFrame(told, columns=list(LINES.names)), schema=LINES)


def orders_of(rows: Sequence[Line], refunds: Sequence[tuple[str, int, int, int]] = ()) -> Table:
    """Return each line as an order of its own, and refunds of (customer, day bought, day refunded, amount)."""
    bought = [(customer, str(n), on(days), on(days), amount) for n, (customer, days, _, amount) in enumerate(rows)]
    back = [(customer, "back", on(later), on(days), -amount) for customer, days, later, amount in refunds]
    return ibis.memtable(pd.DataFrame([*bought, *back], columns=list(rfm.state.ORDER_COLUMNS)))


def bought(rows: Sequence[Line], refunds: Sequence[tuple[str, int, int, int]] = ()) -> tuple[Table, Table]:
    """Return the baskets of some lines, and the purchases that they are of."""
    state = rfm.daily_state(orders_of(rows, refunds), as_of=AS_OF, one_row_per_order=True)
    numbered = products.number_purchases(state)
    return products.baskets(lines_of(rows), numbered), numbered


def coming_back(rows: Sequence[Line], names: Sequence[str]) -> list[products.ComingBack]:
    return products.coming_back(*bought(rows), as_of=AS_OF, horizon_days=HORIZON, products=names)


def repurchases(rows: Sequence[Line]) -> dict[str, products.Repurchase]:
    held, numbered = bought(rows)
    return products.repurchases(held, products.by_buyer(held), numbered, as_of=AS_OF, horizon_days=HORIZON)


def all_of(rows: Sequence[Line]) -> Table:
    names = sorted({product for _, _, product, _ in rows if product is not None})
    return ibis.memtable(pa.table({"product": pa.array(names, pa.string())}))


def by_hand() -> list[Line]:
    """Return six customers: three begin with tea, two with a mug, one with both."""
    return [
        ("ann", 0, "tea", 500), ("ann", 10, "mug", 900), ("ann", 25, "tea", 500),
        ("ben", 0, "tea", 500), ("ben", 50, "tea", 500),
        ("cat", 3, "mug", 900), ("cat", 9, "mug", 900),
        ("dan", 4, "tea", 500), ("dan", 4, "mug", 900), ("dan", 20, "pot", 2000),
        ("eva", 5, "mug", 900),
        # Too late to have been followed for thirty days.
        ("fay", 190, "tea", 500), ("fay", 195, "tea", 500),
    ]  # fmt: skip


def test_baskets_hold_what_was_bought_on_days_that_are_purchases() -> None:
    rows: list[Line] = [("a", 0, "tea", 500), ("a", 0, "tea", 300), ("a", 0, None, 9), ("a", 1, "mug", 900)]
    rows += [("b", 2, "pot", 700)]
    held, _ = bought(rows, refunds=[("a", 1, 5, 900)])
    found = held.order_by("purchase", "product").to_pyarrow().to_pylist()
    assert [tuple(row.values()) for row in found] == [(0, 0, "tea"), (1, 1, "pot")]
    with pytest.raises(InvalidInput, match="product"):
        products.baskets(lines_of(rows).drop("product"), products.number_purchases(rfm.daily_state(orders_of(rows))))


def test_products_are_counted_by_purchases_and_customers() -> None:
    counted = (
        products.count_products(products.by_buyer(bought(by_hand())[0])).order_by("product").to_pyarrow().to_pylist()
    )
    assert [tuple(row.values()) for row in counted] == [("mug", 5, 4), ("pot", 1, 1), ("tea", 7, 4)]


def test_who_came_back_is_counted_as_by_hand() -> None:
    found = coming_back(by_hand(), ["tea", "mug", "pot"])
    tea, mug, pot = found
    # Ann after 10 days and Dan after 16, Ben after 50 only; Fay is too young. Cat came back, Eva did not.
    assert (tea.first_buyers, tea.followed, tea.returned) == (4, 3, 2)
    assert (mug.first_buyers, mug.followed, mug.returned) == (3, 3, 2)
    assert (pot.first_buyers, pot.followed) == (0, 0)
    assert tea.share == wilson(2, 3)
    # All followed are five, of whom Ann, Cat and Dan came back.
    assert tea.others == wilson(1, 2)
    assert {(each.all_followed, each.all_returned) for each in found} == {(5, 3)}
    assert tea.difference.value == pytest.approx(2 / 3 - 1 / 2)
    assert pot.share.reason is not None
    # So few are not compared.
    assert [each.adjusted_p_value for each in found] == [None, None, None]
    assert not tea.is_below()
    assert not tea.is_above()


def test_the_last_day_of_the_horizon_counts_and_the_day_after_does_not() -> None:
    rows: list[Line] = [("a", 0, "tea", 5), ("a", 30, "tea", 5), ("b", 0, "tea", 5), ("b", 31, "tea", 5)]
    rows += [("c", 170, "tea", 5), ("d", 171, "tea", 5)]
    [tea] = coming_back(rows, ["tea"])
    assert (tea.first_buyers, tea.followed, tea.returned) == (4, 3, 1)
    again = repurchases(rows)["tea"]
    assert (again.followed, again.repurchased) == (3, 1)


def planted(returning: int, of: int, product: str) -> list[Line]:
    """Return customers whose first purchase held a product, so many of whom came back."""
    rows: list[Line] = [(f"{product} {number}", 0, product, 100) for number in range(of)]
    return rows + [(f"{product} {number}", 7, "bag", 100) for number in range(returning)]


def test_a_product_whose_buyers_do_not_return_is_found_and_one_like_the_others_is_not() -> None:
    rows = planted(20, 100, "cup") + planted(60, 100, "jar") + planted(62, 100, "tin") + planted(20, 29, "rare")
    found = coming_back(rows, ["cup", "jar", "tin", "rare"])
    cup, jar, tin, rare = found
    assert (cup.is_below(), cup.is_above()) == (True, False)
    # 60 of 100 against 102 of 229, 62 of 100 against 100 of 229.
    assert (jar.is_above(), tin.is_above(), rare.is_above()) == (True, True, False)
    assert rare.adjusted_p_value is None
    alone = coming_back(rows, ["jar"])
    # The more are compared, the more it takes.
    assert alone[0].adjusted_p_value is not None
    assert jar.adjusted_p_value is not None
    assert alone[0].adjusted_p_value <= jar.adjusted_p_value + 1e-12


def test_among_many_products_that_are_alike_hardly_any_is_called_different() -> None:
    random = np.random.default_rng(5)
    rows = []
    for number in range(100):
        rows += planted(int(random.binomial(60, 0.4)), 60, f"p{number:02}")
    found = coming_back(rows, [f"p{n:02}" for n in range(100)])
    assert sum(each.is_below() or each.is_above() for each in found) == 0
    # Without the correction some would be.
    assert sum(each.difference.high < 0 or each.difference.low > 0 for each in found) > 1


def test_a_horizon_of_no_day_is_refused() -> None:
    with pytest.raises(InvalidInput, match="horizon"):
        products.count_coming_back(*bought(by_hand()), as_of=AS_OF, horizon_days=0)


def test_repurchases_are_counted_as_by_hand() -> None:
    found = repurchases(by_hand())
    # Of tea: Ann after 25 days, Ben after 50, Dan never, Fay too young. Of mugs: Cat after 6; Ann, Dan and Eva never.
    assert (found["tea"].followed, found["tea"].repurchased) == (3, 1)
    assert found["tea"].median_days.value == 25.0
    assert (found["mug"].followed, found["mug"].repurchased, found["mug"].median_days.value) == (4, 1, 6.0)
    assert (found["pot"].repurchased, math.isnan(found["pot"].median_days.value)) == (0, True)
    assert found["mug"].share == wilson(1, 4)
    assert found["tea"].median_days.reason is not None


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_a_median_of_counts_is_that_of_the_values(values: list[int]) -> None:
    distinct, counts = np.unique(values, return_counts=True)
    found = products.median_of_counts(distinct[::-1], counts[::-1])
    assert found.value == np.median(values)
    if not math.isnan(found.low):
        assert found.low <= found.value <= found.high


def test_the_interval_of_a_median_holds_it_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    hits = 0
    for _ in range(400):
        distinct, counts = np.unique(np.floor(random.exponential(100, 41)), return_counts=True)
        found = products.median_of_counts(distinct, counts)
        hits += found.low <= 100 * math.log(2) <= found.high + 1
    assert hits >= 0.93 * 400
    # Five values reach 93.75 percent at most.
    assert math.isnan(products.median_of_counts(np.arange(5), np.ones(5)).low)
    assert products.median_of_counts(np.arange(6), np.ones(6)).low == 0.0


def test_groups_take_the_place_of_products() -> None:
    groups = ibis.memtable({"product": ["tea", "pot", "mug"], "group": ["drinks", "drinks", None]})
    rows: list[Line] = [("a", 0, "tea", 500), ("a", 0, "pot", 300), ("a", 0, "mug", 9), ("b", 3, "mug", 9)]
    [drinks] = products.grouped(bought(rows)[0], groups).to_pyarrow().to_pylist()
    assert drinks == {"purchase": 0, "buyer": 0, "product": "drinks"}


def together(rows: Sequence[Line], bounds: Bounds = EVERYTHING) -> products.Pairs:
    return products.bought_together(bought(rows)[0], all_of(rows), bounds)


def following(rows: Sequence[Line], bounds: Bounds = EVERYTHING) -> products.Pairs:
    return products.bought_next(*bought(rows), all_of(rows), bounds)


def test_what_is_bought_together_is_counted_as_by_hand() -> None:
    rows: list[Line] = [
        *(("a", day, product, 1) for day in (0, 7) for product in ("tea", "mug")),
        *(("b", 0, product, 1) for product in ("tea", "mug")),
        ("c", 0, "tea", 1), ("d", 0, "pot", 1), ("e", 0, "pot", 1),
    ]  # fmt: skip
    found = together(rows)
    [pair] = found.pairs
    assert (pair.first, pair.second) == ("tea", "mug")
    assert (pair.cases, pair.customers, pair.first_cases, pair.second_cases, pair.all_cases) == (3, 2, 4, 3, 6)
    assert (pair.support, pair.confidence, pair.reverse_confidence) == (0.5, 0.75, 1.0)
    assert pair.lift == pytest.approx(3 * 6 / (4 * 3))
    assert pair.median_days is None
    # G² is 2 (3 ln 1.5 + 1 ln 0.5 + 0 + 2 ln 2) = 3.8191; the three were done by two customers, (2² + 1²) / 3 = 5/3.
    expected = 2 * (3 * math.log(1.5) + math.log(0.5) + 2 * math.log(2)) / (5 / 3)
    assert pair.adjusted_p_value == pytest.approx(math.erfc(math.sqrt(expected / 2)))


def test_what_is_bought_next_is_counted_as_by_hand() -> None:
    rows: list[Line] = [
        ("a", 0, "tea", 1), ("a", 10, "mug", 1), ("a", 30, "pot", 1),
        ("b", 0, "tea", 1), ("b", 20, "mug", 1),
        ("c", 0, "tea", 1), ("c", 5, "tea", 1),
        ("d", 0, "pot", 1), ("d", 8, "tea", 1), ("d", 8, "pot", 1),
    ]  # fmt: skip
    found = {(pair.first, pair.second): pair for pair in following(rows).pairs}
    # Steps: tea to mug, mug to pot, tea to mug, tea to tea, pot to tea and pot.
    pair = found["tea", "mug"]
    assert (pair.cases, pair.customers, pair.first_cases, pair.second_cases, pair.all_cases) == (2, 2, 3, 2, 5)
    assert pair.lift == pytest.approx(2 * 5 / (3 * 2))
    assert pair.median_days is not None
    assert pair.median_days.value == 15.0
    assert ("tea", "tea") not in found
    assert found["mug", "pot"].lift == pytest.approx(1 * 5 / (1 * 2))


def test_a_step_to_a_purchase_of_unknown_content_is_none() -> None:
    rows: list[Line] = [
        ("a", 0, "tea", 1),
        ("a", 5, None, 1),
        ("a", 9, "mug", 1),
        ("b", 0, "tea", 1),
        ("b", 4, "mug", 1),
    ]
    found = following(rows)
    assert found.all_cases == 1
    assert together(rows).all_cases == 4


def test_a_purchase_of_too_many_products_is_left_out_and_counted() -> None:
    rows: list[Line] = [("a", 0, f"p{number}", 1) for number in range(6)]
    rows += [("b", 0, "p0", 1), ("b", 0, "p1", 1), ("c", 0, "p5", 1)]
    found = together(rows, Bounds(most_products_in_one=5, least_cases=1, least_customers=1, alpha=1.0))
    assert [(pair.first, pair.second) for pair in found.pairs] == [("p0", "p1")]
    assert (found.left_out, found.all_cases) == (1, 2)


def test_what_one_customer_does_again_and_again_is_no_finding() -> None:
    """One with a habit looks like many who are of one mind, unless customers are told apart."""
    alone = [("one", 3 * time, product, 1) for time in range(30) for product in ("tea", "mug")]
    many = [(f"c{number}", 0, product, 1) for number in range(30) for product in ("tea", "mug")]
    others = [(f"x{number}", 0, product, 1) for number in range(60) for product in [("pot", "bag", "jar")[number % 3]]]
    bounds = Bounds(least_cases=10, least_customers=1)
    assert together([*alone, *others], bounds).pairs == []
    assert len(together([*many, *others], bounds).pairs) == 1
    assert together([*many, *others], Bounds(least_cases=10, least_customers=31)).pairs == []
    assert together([*many, *others], Bounds(least_cases=31)).looked_at == 0


def test_products_that_have_nothing_to_do_with_each_other_make_no_pairs() -> None:
    random = np.random.default_rng(11)
    rows: list[Line] = [
        (f"c{customer}", int(day), f"p{product}", 1)
        for customer in range(400)
        for day in random.choice(190, 4, replace=False)
        for product in random.choice(12, 3, replace=False)
    ]
    bounds = Bounds(least_customers=1)
    assert together(rows, bounds).looked_at == 66
    assert len(following(rows, bounds).pairs) <= 3


def test_where_there_are_too_many_purchases_only_some_customers_are_looked_at() -> None:
    rows = [(f"c{number:03}", day, product, 1) for number in range(120) for day in (0, 9) for product in ("tea", "mug")]
    rows += [(f"x{number:03}", 0, "pot", 1) for number in range(60)]
    found = together(rows, Bounds(most_purchases=100))
    assert found.every == 3
    [pair] = found.pairs
    assert pair.cases == 2 * pair.customers == 80
    assert found.all_cases == 100
    assert following(rows, Bounds(most_purchases=100)).all_cases == 40


def test_each_product_keeps_its_few_best_pairs() -> None:
    rows: list[Line] = []
    for number in range(8):
        for time in range(20 + number):
            rows += [(f"c{number} {time}", 0, "tea", 1), (f"c{number} {time}", 0, f"p{number}", 1)]
    rows += [(f"x{number}", 0, "other", 1) for number in range(300)]
    found = together(rows, Bounds(most_for_one=3, most=4))
    # Each of the others has one pair, its best.
    assert len(found.pairs) == 4
    assert found.looked_at == 8
    assert {pair.first for pair in found.pairs} == {"tea"}
    assert found.pairs[0].second == "p7"


@st.composite
def histories(draw: st.DrawFn) -> list[Line]:
    keys = st.tuples(st.sampled_from("abcde"), st.integers(0, 90), st.sampled_from(["tea", "mug", "pot", "bag", None]))
    return [(*key, 100) for key in draw(st.lists(keys, min_size=1, max_size=40, unique=True))]


@settings(max_examples=60, deadline=None)
@given(histories())
def test_a_count_that_takes_its_time_comes_to_the_same(rows: list[Line]) -> None:
    days: dict[str, dict[int, set[str]]] = {}
    for customer, day, product, _ in rows:
        days.setdefault(customer, {}).setdefault(day, set()).update({product} - {None})  # type: ignore[arg-type]
    ordered = {customer: sorted(held.items()) for customer, held in days.items()}
    steps = [
        (one, other) for held in ordered.values() for (_, one), (_, other) in itertools.pairwise(held) if one and other
    ]
    met: dict[tuple[str, str], int] = {}
    for held in ordered.values():
        for _, basket in held:
            for key in itertools.combinations(sorted(basket), 2):
                met[key] = met.get(key, 0) + 1
    found = together(rows, Bounds(least_cases=1, least_customers=1, alpha=1.0, most_for_one=1_000))
    assert found.looked_at == len(met)
    for pair in found.pairs:
        first, second = sorted((pair.first, pair.second))
        assert pair.cases == met[first, second]
        assert pair.lift > 1
    after = following(rows)
    assert after.all_cases == len(steps)
    for pair in after.pairs:
        assert pair.cases == sum(pair.first in one and pair.second in other for one, other in steps)
        assert pair.first_cases == sum(pair.first in one for one, _ in steps)
        assert pair.second_cases == sum(pair.second in other for _, other in steps)


def test_on_real_purchases_the_figures_are_those_of_a_plain_count(shared_data: Path) -> None:
    """Complete Journey: a grocery chain's sampled baskets, counted here by pandas in another way."""
    told = pq.read_table(shared_data / "completejourney" / "transactions_sample.parquet").to_pandas()
    told["day"] = pd.to_datetime(told.transaction_timestamp).dt.date
    lines = pd.DataFrame({
        "customer": told.household_id.astype(str), "occurred_on": told.day, "product": told.product_id.astype(str),
        "amount_minor": (told.sales_value * 100).round().astype("int64"),
    })  # fmt: skip
    orders = lines.assign(order=told.basket_id.astype(str), purchased_on=lines.occurred_on)
    as_of, horizon = max(lines.occurred_on), 60
    state = rfm.daily_state(ibis.memtable(orders), as_of=as_of)
    numbered = products.number_purchases(state).cache()
    held = products.baskets(ibis.memtable(lines), numbered).cache()
    most = list(lines.groupby("product").size().sort_values(ascending=False).index[:20])
    found = products.coming_back(held, numbered, as_of=as_of, horizon_days=horizon, products=most)
    first = lines.groupby("customer").occurred_on.min().rename("first")
    dated = lines.join(first, on="customer")
    later = dated[dated.occurred_on > dated["first"]].groupby("customer").occurred_on.min().rename("next")
    people = pd.concat([first, later], axis=1)
    people["followed"] = people["first"] <= as_of - timedelta(days=horizon)
    people["back"] = people["followed"] & (
        (pd.to_datetime(people["next"]) - pd.to_datetime(people["first"])).dt.days <= horizon
    )
    assert found[0].all_followed == people.followed.sum() > 1_000
    assert found[0].all_returned == people.back.sum()
    for each in found:
        had = set(dated[(dated["product"] == each.product) & (dated.occurred_on == dated["first"])].customer)
        mine = people[people.index.isin(had)]
        assert (each.first_buyers, each.followed, each.returned) == (len(mine), mine.followed.sum(), mine.back.sum())
