"""Files of orders become orders."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from regulars.business import services as business
from regulars.business.queries import get_business
from regulars.imports.contracts import Counts, Import, ImportState
from regulars.imports.kept import settled_now
from regulars.imports.queries import get_import, get_row
from regulars.imports.reading import opened
from regulars.imports.tests.import_factory import MIRA, NOW, demo, refused_of, run, send
from regulars.orders.contracts import Order, OrderState
from regulars.orders.queries import get_order_by_key
from regulars.orders.services import put_order

pytestmark = pytest.mark.django_db

LINES = """\
order_number,customer_id,email,ordered_at,product,quantity,unit_price,currency,channel
1001,7,INES@example.com,2026-11-02T09:30:00+01:00,bowl,2,12.50,EUR,online
1001,7,INES@example.com,2026-11-02T09:30:00+01:00,cup,1,4.00,EUR,online
1002,,,2026-11-03 10:00:00,bowl,1,12.50,EUR,Old Town
1001,7,INES@example.com,2026-11-09T16:00:00+01:00,bowl,-1,12.50,EUR,online
"""


def order(number: str, source: str = "shop") -> Order:
    return get_order_by_key(source, number)


def facts(source: str = "shop") -> list[tuple[object, ...]]:
    """Return what is kept of a source's orders, without the ids that are made anew each time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT placed.external_id, placed.placed_at, placed.currency, placed.total_minor, placed.returned_minor,"
            " placed.items, placed.channel_id, (SELECT count(*) FROM orders_line WHERE order_id = placed.id),"
            " (SELECT value FROM customers_identifier AS named WHERE named.customer_id = placed.customer_id LIMIT 1)"
            " FROM orders_order AS placed WHERE source = %s ORDER BY placed.external_id",
            [source],
        )
        return list(cursor.fetchall())


def test_lines_of_one_number_make_an_order() -> None:
    done = run(send(LINES))
    assert (done.state, done.counts) == (ImportState.DONE, Counts(imported=2))
    kept = order("1001")
    assert kept.head.total_minor == 2900
    assert [(line.product.external_id, line.quantity, line.total_minor) for line in kept.lines] == [
        ("bowl", Decimal(2), 2500),
        ("cup", Decimal(1), 400),
    ]
    assert kept.head.placed_at == datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    assert kept.head.channel == "online"


def test_what_came_back_under_an_orders_number_is_a_return_of_it() -> None:
    run(send(LINES))
    [back] = order("1001").returns
    assert back.returned_at == datetime(2026, 11, 9, 15, tzinfo=UTC)
    assert [(line.line, line.quantity, line.amount_minor) for line in back.lines] == [(1, Decimal(1), 1250)]


def test_an_order_of_nobody_known_is_a_guests() -> None:
    run(send(LINES))
    assert order("1002").head.customer_id is None
    assert order("1001").head.customer_id is not None


def test_the_same_file_again_changes_nothing() -> None:
    first = run(send(LINES))
    before = facts()
    again = send(LINES)
    assert again.same_as == first.id
    assert run(again).counts == Counts(unchanged=2)
    assert facts() == before


def test_a_file_that_tells_more_updates_what_is_kept() -> None:
    run(send(LINES))
    more = LINES + "1002,,,2026-11-10 10:00:00,bowl,-1,12.50,EUR,Old Town\n"
    assert run(send(more)).counts == Counts(updated=1, unchanged=1)
    assert order("1002").head.returned_minor == 1250


def test_an_import_is_as_if_each_order_were_put_by_itself() -> None:
    run(send(demo(40)))
    for state in states_of(send(demo(40), source="till")):
        put_order(order=state, now=NOW, actor=MIRA)
    assert facts("till") == facts("shop")
    assert len(facts("shop")) > 50


def states_of(sent: Import) -> list[OrderState]:
    row = get_row(sent.id)
    with opened(row, settled_now(row, NOW.date())) as reading:
        return [item.state for item in reading.iter_items(after=0) if isinstance(item.state, OrderState)]


def test_the_demo_shops_export_leaves_only_its_slips_out() -> None:
    done = run(send(demo(150)))
    assert done.rows_total == done.rows_done
    # Samples for nothing that stand in the file twice are no slips; the others are.
    assert set(refused_of(done).values()) == {"duplicate", "no_date", "future_date"}
    assert done.counts.refused == len(refused_of(done)) == 7
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(returned_minor) > 0 FROM orders_order")
        assert cursor.fetchone() == (done.counts.imported, True)


def test_an_order_total_beyond_its_lines_is_shipping_and_below_them_a_discount() -> None:
    shopify = """\
Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Name
#1,a@example.com,paid,EUR,30.00,2026-11-02 09:30:00 +0100,2,Bowl,12.50,Ann Ash
#1,a@example.com,,,,2026-11-02 09:30:00 +0100,1,Cup,1.00,
#2,b@example.com,paid,EUR,20.00,2026-11-02 10:30:00 +0100,2,Bowl,12.50,Ben Birch
#3,c@example.com,paid,EUR,12.50,2026-11-03 10:30:00 +0100,1,Bowl,12.50,Cem Cedar
#3,c@example.com,,,,2026-11-03 10:30:00 +0100,1,Cup,0,
"""
    done = run(send(shopify))
    assert done.counts == Counts(imported=3)
    assert (order("#1").shipping_minor, list(order("#1").discounts)) == (400, [])
    assert [discount.amount_minor for discount in order("#2").discounts] == [500]
    assert [line.total_minor for line in order("#1").lines] == [2500, 100]


def test_each_row_keeps_the_currency_that_it_states() -> None:
    content = (
        "order_id,customer_id,date,total,currency\n1,a,2026-11-02,5.00,EUR\n2,b,2026-11-02,700,JPY\n"
        "3,c,2026-11-02,5.5,\n4,d,2026-11-03,8.00,moon\n"
    )
    done = run(send(content))
    kept = {number: (order(number).head.currency, order(number).head.total_minor) for number in "123"}
    assert kept == {"1": ("EUR", 500), "2": ("JPY", 700), "3": ("EUR", 550)}
    assert refused_of(done) == {4: "other_currency"}


def test_an_order_that_came_to_nothing_is_kept_as_cancelled() -> None:
    content = "order_id,customer_id,date,total,status\n1,a,2026-11-02,5.00,cancelled\n2,a,2026-11-02,6.00,completed\n"
    run(send(content))
    assert order("1").head.cancelled_at is not None
    assert order("2").head.cancelled_at is None


def test_money_that_came_back_of_an_order_without_goods_is_a_share_of_it() -> None:
    content = (
        "order_id,customer_id,date,total\n1,a,2026-11-02,100.00\n1,a,2026-11-04,-30.00\n1,a,2026-11-05,-20.00\n"
        "2,b,2026-11-02,9.99\n3,c,2026-11-03,7.50\n4,c,2026-11-03,8.50\n"
    )
    run(send(content))
    kept = order("1")
    assert kept.head.returned_minor == 5000
    assert [line.quantity for back in kept.returns for line in back.lines] == [Decimal("0.300"), Decimal("0.200")]


def test_a_days_clock_is_read_in_the_business_zone() -> None:
    vienna = dataclasses.replace(get_business(), name="Shop", zone="Europe/Vienna")
    business.save_business(business=vienna, now=NOW, actor=MIRA)
    run(send("order_id,customer_id,date,total\n1,a,2026-07-02 00:30:00,5.00\n2,b,2026-01-02 00:30:00,5.00\n"))
    assert order("1").head.placed_at == datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert order("2").head.placed_at == datetime(2026, 1, 1, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ("1,a,2026-11-02,bowl,-1,5.00", {1: "return_without_order"}),
        ("1,a,2026-11-02,bowl,1,5.00\n1,a,2026-11-03,cup,-1,5.00", {2: "return_of_other_goods"}),
        ("1,a,2026-11-02,bowl,1,5.00\n1,a,2026-11-03,bowl,-2,2.00", {2: "return_of_other_goods"}),
        ("1,a,2026-11-02,bowl,1,5.00\n1,a,2026-11-03,bowl,-1,6.00", {2: "return_too_large"}),
        ("1,a,2026-11-02,bowl,0,5.00", {1: "nothing_sold"}),
        ("1,a,2026-11-02,bowl,2000000000,0.01", {1: "absurd_quantity"}),
        (f"{'9' * 400},a,2026-11-02,bowl,1,5.00", {1: "long_name"}),
        ("1,a,yesterday,bowl,1,5.00", {1: "bad_date"}),
        ("1,a,2027-11-02,bowl,1,5.00", {1: "future_date"}),
        ("1,a,2026-11-02,bowl,1,free", {1: "bad_amount"}),
        (",,2026-11-02,bowl,1,5.00", {1: "no_customer"}),
        ("1,a,2026-11-02,bowl,1,5.00\n1,a,2026-11-02,bowl,1,5.00", {2: "duplicate"}),
        ("1,a,1950-01-02,bowl,1,5.00", {1: "order_refused"}),
    ],
)
def test_each_row_that_cannot_be_meant_is_refused_with_its_reason(rows: str, refused: dict[int, str]) -> None:
    sound = "".join(f"good-{day},a,2026-10-{day:02},bowl,1,5.00\n" for day in range(1, 20))
    done = run(send(f"order_id,customer_id,date,product,quantity,unit_price\n{rows}\n{sound}"))
    assert refused_of(done) == refused
    assert done.counts.refused == len(refused)
    assert done.counts.imported == 19 + (1 if len(rows.split("\n")) > 1 else 0)
    assert get_import(done.id).rows_done == done.rows_total
