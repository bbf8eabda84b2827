"""The demo shop is the same for the same day, and moves as a shop does."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from regulars.demo.orders import first_day, make_orders

UNTIL = date(2026, 11, 20)
CUSTOMERS = 3_000


@pytest.fixture(scope="module")
def orders() -> pa.Table:
    return make_orders(CUSTOMERS, UNTIL)


def ask(orders: pa.Table, query: str) -> list[tuple[object, ...]]:
    """Answer a query over `sold`, the rows of the two years without the slips that carry no usable date."""
    with duckdb.connect() as connection:
        connection.register("export", orders)
        connection.execute(f"CREATE VIEW sold AS SELECT * FROM export WHERE ordered_at < '{UNTIL + timedelta(days=1)}'")
        return connection.execute(query).fetchall()


def number(orders: pa.Table, query: str) -> float:
    """Answer a query of one figure."""
    [(figure,)] = ask(orders, query)
    assert figure is not None
    return float(str(figure))


def test_the_same_day_gives_the_same_orders(orders: pa.Table) -> None:
    assert make_orders(CUSTOMERS, UNTIL).equals(orders)


def test_another_seed_gives_other_orders(orders: pa.Table) -> None:
    assert not make_orders(CUSTOMERS, UNTIL, seed=7).equals(orders)


def test_the_orders_are_two_years_that_end_on_the_day(orders: pa.Table) -> None:
    [span] = ask(orders, "SELECT min(ordered_at)::date, max(ordered_at)::date FROM sold")
    assert span == (date(2024, 11, 21), UNTIL)


@pytest.mark.parametrize(
    ("until", "first"),
    [
        (date(2026, 11, 20), date(2024, 11, 21)),
        (date(2026, 12, 31), date(2025, 1, 1)),
        (date(2024, 2, 28), date(2022, 2, 28)),
        (date(2025, 1, 30), date(2023, 1, 31)),
    ],
)
def test_the_first_day_is_two_years_before_the_day_after_the_last(until: date, first: date) -> None:
    assert first_day(until) == first


def test_advent_is_busier_and_summer_quieter_than_spring(orders: pa.Table) -> None:
    orders_in = "SELECT count(DISTINCT order_number) FROM sold WHERE quantity > 0 AND month(ordered_at) = {}"
    assert number(orders, orders_in.format(12)) > 1.3 * number(orders, orders_in.format(4))
    assert number(orders, orders_in.format(8)) < 0.9 * number(orders, orders_in.format(5))


def test_saturdays_are_the_busiest_and_on_sundays_only_the_online_shop_sells(orders: pa.Table) -> None:
    days = ask(orders, "SELECT isodow(ordered_at) AS day, count(*) FROM sold GROUP BY day ORDER BY count(*) DESC")
    assert days[0][0] == 6
    assert ask(orders, "SELECT DISTINCT channel FROM sold WHERE isodow(ordered_at) = 7") == [("online",)]


def test_a_plausible_share_of_customers_comes_back(orders: pa.Table) -> None:
    returning = number(
        orders,
        "SELECT avg((days > 1)::int) FROM (SELECT count(DISTINCT ordered_at::date) AS days FROM sold"
        " WHERE quantity > 0 AND customer_id IS NOT NULL GROUP BY customer_id)",
    )
    assert 0.4 < returning < 0.65


def test_good_customers_of_the_station_fall_silent_when_it_closes(orders: pa.Table) -> None:
    silent = """
        SELECT avg((last_on < '2026-08-05')::int) FROM (
            SELECT max(ordered_at) AS last_on, count(DISTINCT order_number) AS orders, mode(channel) AS place
            FROM sold WHERE quantity > 0 AND customer_id IS NOT NULL GROUP BY customer_id
            HAVING max(ordered_at) >= '2026-06-01' AND orders >= 8
        ) WHERE place = '{place}'
    """
    assert number(orders, silent.format(place="Station")) > 0.6
    assert number(orders, silent.format(place="Old Town")) < 0.25


def test_an_order_has_one_customer_one_moment_and_each_product_once(orders: pa.Table) -> None:
    sales = "FROM (SELECT DISTINCT * FROM sold WHERE quantity > 0 AND unit_price > 0)"
    assert not ask(
        orders,
        f"SELECT order_number {sales} GROUP BY order_number HAVING count(DISTINCT coalesce(customer_id, '')) > 1"
        " OR count(DISTINCT ordered_at) > 1 OR count(*) > count(DISTINCT product)",
    )


def test_every_return_undoes_a_line_that_was_sold_before_at_its_price(orders: pa.Table) -> None:
    unmatched = """
        SELECT count(*) FROM sold AS back ANTI JOIN sold AS line ON line.order_number = back.order_number
            AND line.product = back.product AND line.quantity = -back.quantity AND line.unit_price = back.unit_price
            AND line.ordered_at < back.ordered_at
        WHERE back.quantity < 0 AND back.unit_price > 0
    """
    assert number(orders, "SELECT count(*) FROM sold WHERE quantity < 0") > 20
    assert number(orders, unmatched) == 0


def test_prices_are_whole_cents_of_the_catalogue_and_add_up(orders: pa.Table) -> None:
    assert orders.schema.field("unit_price").type == pa.decimal128(12, 2)
    assert set(orders["unit_price"].cast(pa.decimal128(12, 2)).filter(orders["unit_price"].is_valid()).to_pylist()) > {
        Decimal("7.90"),
        Decimal("8.40"),
    }
    basket = number(orders, "SELECT sum(quantity * unit_price) / count(DISTINCT order_number) FROM sold")
    assert 20 < basket < 60


def test_the_export_has_guests_and_slips(orders: pa.Table) -> None:
    guests = number(orders, "SELECT avg((customer_id IS NULL)::int) FROM sold")
    assert 0.03 < guests < 0.09
    assert number(orders, "SELECT count(*) FROM export WHERE ordered_at IS NULL") == 3
    assert number(orders, "SELECT count(*) FROM sold WHERE unit_price = 0") >= 3
    assert number(orders, f"SELECT count(*) FROM export WHERE ordered_at > '{UNTIL + timedelta(days=1)}'") == 1
    assert (
        number(orders, "SELECT (SELECT count(*) FROM sold) - (SELECT count(*) FROM (SELECT DISTINCT * FROM sold))") >= 3
    )


def test_one_customer_is_a_shop_too() -> None:
    orders = make_orders(1, UNTIL)
    assert len(orders) > 0
    assert set(orders["currency"].to_pylist()) == {"EUR"}
