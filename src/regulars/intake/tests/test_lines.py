"""Lines for who keeps orders, and files of people and goods."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ibis.backends.duckdb import Backend

from regulars.intake.contracts import Role, Settings
from regulars.intake.fields import OF_PEOPLE, OF_PRODUCTS, Field
from regulars.intake.lines import Lines, read_lines
from regulars.intake.listing import iter_originals, read_listing

SHOPIFY = """\
Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Name
#1,a@example.com,paid,EUR,30.00,2026-11-02 09:30:00 +0100,2,Bowl,12.50,Ann Ash
#1,a@example.com,,,,2026-11-02 09:30:00 +0100,1,Cup,1.00,
#2,b@example.com,voided,EUR,25.00,2026-11-02 10:30:00 +0100,2,Bowl,12.50,Ben Birch
"""


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    return path


def lines_in(tmp_path: Path, connection: Backend, text: str, **told: Any) -> Lines:
    return read_lines(file(tmp_path, text), Settings(currency="EUR"), connection=connection, **told)


def test_lines_tell_of_the_buyer_and_come_order_by_order(tmp_path: Path, connection: Backend) -> None:
    lines = lines_in(tmp_path, connection, SHOPIFY)
    rows = list(lines.iter_rows())
    assert lines.totals_of_orders
    assert [(row["order"], row["first"], row["amount_minor"], row["price"]) for row in rows] == [
        ("#1", 1, 3000, Decimal("12.5")),
        ("#1", 1, 0, Decimal(1)),
        ("#2", 3, 2500, Decimal("12.5")),
    ]
    assert (rows[0]["field_email"], rows[0]["field_name"]) == ("a@example.com", "Ann Ash")
    # A shop's "Name" is the order's number and no person's.
    assert lines.fields[Field.NAME] == "Billing Name"


def test_reading_goes_on_behind_a_row(tmp_path: Path, connection: Backend) -> None:
    lines = lines_in(tmp_path, connection, SHOPIFY)
    assert [row["line"] for row in lines.iter_rows(after=1)] == [3]


def test_orders_that_came_to_nothing_and_guests_are_kept_and_marked(tmp_path: Path, connection: Backend) -> None:
    assert [row["cancelled"] for row in lines_in(tmp_path, connection, SHOPIFY).iter_rows()] == [False, False, True]
    guests = "order_id,customer_id,date,total\n1,,2026-11-02,5.00\n,,2026-11-02,6.00\n2,a,2026-11-02,7.00\n"
    lines = lines_in(tmp_path, connection, guests)
    assert [(row["order"], row["customer"]) for row in lines.iter_rows()] == [("1", None), ("2", "a")]
    assert list(lines.iter_refused()) == [(2, "no_customer")]


def test_each_row_keeps_its_currency_and_minor_unit(tmp_path: Path, connection: Backend) -> None:
    text = "order_id,customer_id,date,total\n1,a,2026-11-02,€5.00\n2,b,2026-11-02,¥700\n3,c,2026-11-02,5\n"
    rows = lines_in(tmp_path, connection, text).iter_rows()
    assert [(row["amount_minor"], row["currency"]) for row in rows] == [(500, "EUR"), (700, "JPY"), (500, "EUR")]


def test_only_the_first_rows_are_treated_but_all_are_recognised(tmp_path: Path, connection: Backend) -> None:
    text = "customer,date,total\na,02.03.2026,5.00\nb,03.03.2026,5.00\nc,2026-03-04,5.00\nd,25.03.2026,5.00\n"
    lines = lines_in(tmp_path, connection, text, first_rows=1)
    assert lines.rows == 1
    assert [str(row["occurred_at"].date()) for row in lines.iter_rows()] == ["2026-03-02"]
    # The only date that tells the day from the month stands at the end.
    assert lines.layout.notes == ()


def test_people_and_goods_are_read_by_their_columns(tmp_path: Path, connection: Backend) -> None:
    people = file(tmp_path, "Vorname,Nachname,PLZ,Geburtstag\nInes,Kovač,1010,24.12.1990\nBob,n/a,8010,gestern\n")
    listing = read_listing(people, Settings(), id_role=Role.CUSTOMER, fields=OF_PEOPLE, connection=connection)
    assert listing.fields == {
        Field.BIRTHDAY: "Geburtstag",
        Field.FAMILY_NAME: "Nachname",
        Field.GIVEN_NAME: "Vorname",
        Field.POSTCODE: "PLZ",
    }
    assert [tuple(cells.values()) for _, _, cells in listing.iter_rows()] == [
        ("Ines", "Kovač", "1010", "1990-12-24"),
        ("Bob", None, "8010", "gestern"),
    ]
    goods = file(tmp_path, "sku,title,product type\nbowl,Bowl,Home\n")
    listing = read_listing(goods, Settings(), id_role=Role.PRODUCT, fields=OF_PRODUCTS, connection=connection)
    assert listing.fields == {Field.CATEGORY: "product type", Field.ID: "sku", Field.PRODUCT_NAME: "title"}


@pytest.mark.parametrize("wanted", [[2], [1, 3], []])
def test_records_are_found_as_they_stand(tmp_path: Path, connection: Backend, wanted: list[int]) -> None:
    path = file(tmp_path, 'order,date,total\n1,2026-01-01, 5.00 \n"unclosed\n2,2026-01-02,"a ""b"""\n')
    records = list(iter_originals(path, Settings(), rows=wanted, connection=connection))
    stand = {1: ["1", "2026-01-01", " 5.00 "], 2: ['"unclosed'], 3: ["2", "2026-01-02", 'a "b"']}
    assert records == [(0, ["order", "date", "total"]), *((row, stand[row]) for row in wanted)]


def test_reading_leaves_only_what_it_returns(tmp_path: Path, connection: Backend) -> None:
    before = set(connection.list_tables())
    lines = lines_in(tmp_path, connection, SHOPIFY)
    left = {f"memory.main.{name}" for name in set(connection.list_tables()) - before}
    assert left == {lines.lines.get_name(), lines.refused.get_name()}
