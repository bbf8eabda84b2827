"""What a run keeps of the products is what the library says of the same orders, and there is something for any shop."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pytest

from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.customers.queries import map_survivors
from regulars.insights.contracts import PRODUCTS, REPORT, Run, RunState
from regulars.insights.queries import find_section
from regulars.insights.tests.shop import MIRA, NOW, UNTIL, ZONE, open_shop, run, scored_shop
from regulars.orders import services as orders
from regulars.orders.contracts import Buyer, OrderState
from regulars.orders.models import Line, Order, Product, Return, ReturnedLine
from regulars.orders.tests.order_factory import line, order, returned
from retention import products, rfm


def section(done: Run) -> dict[str, Any]:
    assert done.state is RunState.SUCCEEDED, done.error_message
    found = find_section(done.id, PRODUCTS)
    assert found is not None
    # It has gone through the database, and holds nothing that JSON has no word for.
    json.dumps(found, allow_nan=False)
    return dict(found)


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return orders with what came back, and lines, as the library reads them; read from the database here."""
    zone = ZoneInfo(ZONE)
    kept = {row.id: row for row in Order.objects.filter(cancelled_at=None, customer__isnull=False)}
    survivors = map_survivors({row.customer_id for row in kept.values() if row.customer_id})

    def day(moment: datetime) -> Any:
        return moment.astimezone(zone).date()

    def whose(row: Order) -> str:
        assert row.customer_id
        return str(survivors[row.customer_id])

    bought = [
        (whose(row), str(row.id), day(row.placed_at), day(row.placed_at),
         (row.net_reporting_minor or 0) + max(row.returned_reporting_minor or 0, 0))
        for row in kept.values()
    ]  # fmt: skip
    for back in Return.objects.filter(order_id__in=kept):
        row = kept[back.order_id]
        if row.returned_minor and back.amount_minor:
            on = day(max(back.returned_at, row.placed_at))
            bought.append((whose(row), str(row.id), on, day(row.placed_at), -back.amount_minor))
    lines = [
        (whose(kept[each.order_id]), day(kept[each.order_id].placed_at), str(each.product_id))
        for each in Line.objects.filter(order_id__in=kept)
    ]
    return (
        pd.DataFrame(bought, columns=list(rfm.state.ORDER_COLUMNS)),
        pd.DataFrame(lines, columns=["customer", "occurred_on", "product"]),
    )


@pytest.mark.begins_with(what=scored_shop(160))
def test_the_figures_are_those_of_the_library_on_the_same_orders(begun: Run) -> None:
    found = section(begun)
    told, lines = tables()
    state = rfm.daily_state(ibis.memtable(told), as_of=UNTIL, one_row_per_order=True)
    numbered = products.number_purchases(state).cache()
    held = products.baskets(ibis.memtable(lines), numbered).cache()
    of_buyers = products.by_buyer(held)
    names = [each["product_id"] for each in found["products"]]
    days = found["horizon_days"]
    compared = products.coming_back(held, numbered, as_of=UNTIL, horizon_days=days, products=names)
    again = products.repurchases(held, of_buyers, numbered, as_of=UNTIL, horizon_days=days)
    counted = {row["product"]: row for row in products.count_products(of_buyers).to_pyarrow().to_pylist()}
    assert len(names) == found["all_products"] == len(counted) > 10
    for each, mine in zip(found["products"], compared, strict=True):
        key = each["product_id"]
        assert (each["buyers"], each["purchases"]) == (counted[key]["buyers"], counted[key]["purchases"])
        assert each["first_buyers"] == mine.first_buyers
        assert (each["came_back"]["cases"], each["came_back"]["of"]) == (mine.returned, mine.followed)
        if mine.followed:
            for name, value in (("value", mine.share.value), ("low", mine.share.low), ("high", mine.share.high)):
                assert each["came_back"][name] == round(value, 6)
            assert each["difference"]["low"] == round(mine.difference.low, 6)
        if key in again:
            assert (each["bought_again"]["cases"], each["bought_again"]["of"]) == (
                again[key].repurchased,
                again[key].followed,
            )
        assert sum(each["segments"].values()) == each["buyers"]
    chosen = ibis.memtable({"product": names})
    for kind, theirs in (
        ("together", products.bought_together(held, chosen, products.Bounds())),
        ("next", products.bought_next(held, numbered, chosen, products.Bounds())),
    ):
        pairs = {frozenset((pair["first"], pair["second"])): pair for pair in found[kind]["pairs"]}
        assert len(found[kind]["pairs"]) == len(theirs.pairs)
        for pair in theirs.pairs:
            assert pairs[frozenset((pair.first, pair.second))]["cases"] > 0
        assert found[kind]["cases"] == theirs.all_cases
    check_money(found)


def check_money(found: dict[str, Any]) -> None:
    """Hold what products brought to the lines in the database."""
    orders_of = set(Order.objects.filter(cancelled_at=None, customer__isnull=False).values_list("id", flat=True))
    for each in found["products"]:
        mine = Line.objects.filter(product_id=each["product_id"], order_id__in=orders_of)
        assert each["sold_minor"] == sum(mine.values_list("total_minor", flat=True))
        numbers = set(mine.values_list("order_id", "number"))
        back = [
            row.amount_minor
            for row in ReturnedLine.objects.filter(order_id__in=orders_of)
            if (row.order_id, row.line_number) in numbers
        ]
        assert each["sent_back_minor"] == sum(back)
        assert each["revenue_minor"] == each["sold_minor"] - each["sent_back_minor"]


def buyer(number: int) -> Buyer:
    return Buyer(identifiers=[Identifier(IdentifierKind.EMAIL, f"c{number}@example.com")])


def put(*told: OrderState) -> None:
    results = orders.put_orders(orders=told, now=NOW, actor=MIRA)
    assert all(result.order_id for result in results)


def at(days: int) -> datetime:
    return datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(days=days)


def planted(product: str, of: int, returning: int, first: int) -> list[OrderState]:
    """Return orders of customers who begin with a product, so many of whom buy something else a week later."""
    told = []
    for number in range(first, first + of):
        came_back = number - first < returning
        for turn, name in enumerate([product, "bag"] if came_back else [product]):
            told.append(
                order(
                    f"{number}-{turn}", buyer=buyer(number), placed_at=at(7 * turn),
                    lines=[line(1000, 1, product=name)], total_minor=1000,
                )
            )  # fmt: skip
    return told


def test_a_product_whose_buyers_do_not_return_is_listed_for_attention(fresh_database: str) -> None:
    open_shop(1)
    put(*planted("cup", 60, 10, 0), *planted("jar", 60, 40, 100))
    found = section(run())
    [cup] = found["not_returning"]
    assert (cup["name"], cup["followed"]) == ("Cup", 60)
    assert cup["returned_share"] == round(10 / 60, 6)
    assert cup["low"] < cup["returned_share"] < cup["high"] < cup["others_share"]
    assert set(cup) == {
        "product_id", "name", "followed", "returned_share", "low", "high", "others_share", "revenue_minor",
    }  # fmt: skip
    by_name = {each["name"]: each for each in found["products"]}
    assert (by_name["Cup"]["verdict"], by_name["Jar"]["verdict"], by_name["Bag"]["verdict"]) == ("below", "above", "")
    assert {each["name"] for each in found["categories"]} >= {"Home"}
    [home] = [each for each in found["categories"] if each["name"] == "Home"]
    assert home["sold_minor"] == sum(by_name[name]["sold_minor"] for name in ("Cup", "Jar", "Bag"))


def test_what_comes_back_is_taken_off_up_to_the_day_and_not_after(fresh_database: str) -> None:
    open_shop(1)
    put(
        order(1, lines=[line(5000, 3, product="vase")], total_minor=15_000, returns=[returned(5000)]),
        order(2, lines=[line(900, 1, product="dish")], total_minor=900, returns=[after_the_day(900)]),
    )
    found = {each["name"]: each for each in section(run())["products"]}
    assert (found["Vase"]["sold_minor"], found["Vase"]["revenue_minor"]) == (15_000, 10_000)
    assert found["Vase"]["sent_back_share"] == round(1 / 3, 6)
    assert (found["Dish"]["sent_back_minor"], found["Dish"]["buyers"]) == (0, 1)


def after_the_day(amount_minor: int) -> Any:
    from dataclasses import replace

    return replace(returned(amount_minor), returned_at=datetime(2026, 11, 20, 1, tzinfo=UTC))


@pytest.mark.parametrize("has_lines", [True, False], ids=["one order", "without lines"])
def test_a_shop_with_next_to_nothing_has_a_section(fresh_database: str, has_lines: bool) -> None:
    from regulars.business import services as business
    from regulars.business.contracts import Business

    business.save_business(
        business=Business(
            name="Bean", zone=ZONE, reporting_currency="EUR", language="en", country="AT", brand_colour="#0d6b50"
        ),
        now=NOW,
        actor=MIRA,
    )
    put(order(1))
    if not has_lines:
        # As of a file that tells no more than what an order came to.
        Line.objects.all().delete()
    found = section(run())
    if not has_lines:
        assert (found["products"], found["all_products"], found["everybody"]["value"]) == ([], 0, None)
    else:
        [bowl] = found["products"]
        assert (bowl["name"], bowl["buyers"], bowl["came_back"]["value"]) == ("Bowl", 1, None)
        assert bowl["revenue_minor"] == 2500
    assert found["together"]["pairs"] == found["next"]["pairs"] == found["not_returning"] == []


def test_products_are_counted_by_purchases_and_a_name_may_be_empty(fresh_database: str) -> None:
    open_shop(1)
    put(order(1, lines=[line(product="bare")]))
    Product.objects.filter(external_id="bare").update(name="", category=None)
    [bare] = [each for each in section(run())["products"] if not each["name"]]
    assert (bare["category"], bare["purchases"]) == ("", 1)
    assert UUID(bare["product_id"])
    assert Decimal(bare["revenue_minor"]) == 2500


@pytest.mark.begins_with(what=scored_shop(160))
def test_the_report_stands_beside_it(begun: Run) -> None:
    report, found = find_section(begun.id, REPORT), find_section(begun.id, PRODUCTS)
    assert report is not None
    assert found is not None
    assert found["horizon_days"] == report["meta"]["horizon_days"]
