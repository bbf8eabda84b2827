"""What shops' exports do: refunds beside totals, guests under one number, several sheets, overlapping files."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from ibis.backends.duckdb import Backend

from regulars.intake.contracts import Intake, Role, Settings
from regulars.intake.reading import read
from regulars.intake.tests.conftest import ReadText, orders_of, refused_of, treated_of
from regulars.kit.errors import DomainError

Sheets = dict[str, list[list[object]]]


def total_of(intake: Intake) -> int:
    return sum(row["amount_minor"] for row in orders_of(intake))


def notes_of(intake: Intake) -> set[str]:
    return {note.code for layout in intake.quality.layouts for note in layout.notes}


def test_what_was_refunded_beside_a_total_is_taken_off(read_text: ReadText) -> None:
    intake = read_text(
        "order_id,customer,date,total,refunded_amount\n"
        "1,ann,2024-01-01,50.00,0.00\n2,ann,2024-01-05,80.00,30.00\n3,bob,2024-01-07,20.00,20.00\n4,bob,2024-01-09,5,\n"
    )
    assert total_of(intake) == 5_000 + 5_000 + 500
    assert (treated_of(intake)["refund_taken_off"], refused_of(intake)) == (1, {"cancelled": 1})


def test_a_refund_on_the_first_line_of_an_order_is_taken_off_once(read_text: ReadText) -> None:
    intake = read_text(
        "Name,Email,Total,Created at,Lineitem quantity,Lineitem name,Refunded Amount\n"
        "#1,ann@example.com,20.00,2024-01-01,1,Mug,5.00\n#1,ann@example.com,,2024-01-01,2,Cup,\n"
        "#2,bob@example.com,30.00,2024-01-05,1,Mug,30.00\n#2,bob@example.com,,2024-01-05,2,Cup,\n"
    )
    assert total_of(intake) == 1_500
    assert {row["order"] for row in orders_of(intake)} == {"#1"}


def test_an_orders_refund_on_lines_of_their_own_amounts_is_left_alone(read_text: ReadText) -> None:
    rows = "1,ann,2024-01-01,mug,5.00,7.00\n1,ann,2024-01-01,cup,9.00,7.00\n2,bob,2024-01-02,cup,9.00,0.00\n"
    assert total_of(read_text("order_id,customer,date,product,line_total,order_refund_amount\n" + rows)) == 2_300


def test_guests_under_one_number_are_told_by_email(read_text: ReadText) -> None:
    header = "order_id,customer_id,billing_email,date,total\n"
    guests = "1,0,ann@example.com,2024-01-01,5\n2,0,bob@example.com,2024-01-02,6\n3,7,cat@example.com,2024-01-03,7\n"
    intake = read_text(header + guests)
    assert {row["customer"] for row in orders_of(intake)} == {"ann@example.com", "bob@example.com", "cat@example.com"}
    assert "guests_by_email" in notes_of(intake)
    as_wished = read_text(header + guests, columns={"customer": "customer_id"})
    assert {row["customer"] for row in orders_of(as_wished)} == {"0", "7"}


def test_a_customer_numbered_zero_stays_one(read_text: ReadText) -> None:
    intake = read_text(
        "customer_id,email,date,total\n0,ann@example.com,2024-01-01,5\n0,ann@example.com,2024-01-02,6\n"
        "1,bob@example.com,2024-01-02,6\n"
    )
    assert {row["customer"] for row in orders_of(intake)} == {"0", "1"}


@pytest.fixture
def read_sheets(tmp_path: Path, connection: Backend):
    def function(sheets: Sheets) -> Intake:
        path = tmp_path / "book.xlsx"
        with xlsxwriter.Workbook(path) as book:
            for name, rows in sheets.items():
                sheet = book.add_worksheet(name)
                for place, row in enumerate(rows):
                    sheet.write_row(place, 0, row)
        return read([path], Settings(), connection=connection)

    return function


HEAD: list[object] = ["customer", "date", "amount"]


def test_sheets_of_the_same_head_are_read_as_one(read_sheets) -> None:
    intake = read_sheets({"2023": [HEAD, ["ann", "2023-01-01", 5]], "2024": [HEAD, ["ann", "2024-01-01", 7]]})
    assert (total_of(intake), notes_of(intake)) == (1_200, set())


def test_the_longest_sheet_is_read_and_others_are_named(read_sheets) -> None:
    orders = [HEAD, *([f"c{day}", f"2024-01-{day:02}", 5] for day in range(1, 9))]
    intake = read_sheets({"Info": [["Export of the shop"]], "Orders": orders})
    assert (total_of(intake), notes_of(intake)) == (4_000, {"sheets_left_out"})


def test_overlapping_exports_of_another_column_order_count_once(read_text: ReadText) -> None:
    intake = read_text(
        "order,customer,date,amount\n1,ann,2024-01-01,5.00\n2,bob,2024-01-02,6.00\n",
        "amount,date,customer,order\n6.00,2024-01-02,bob,2\n7.00,2024-01-03,cat,3\n",
    )
    assert (total_of(intake), refused_of(intake)) == (1_800, {"duplicate": 1})


def test_an_order_total_on_each_line_counts_once_in_a_small_file_too(read_text: ReadText) -> None:
    lines = [f"{number},c{number},2024-01-05,60.00,p{line}" for number in range(4) for line in range(3)]
    assert total_of(read_text("\n".join(["order_id,customer,order_date,order_total,product", *lines]))) == 24_000


def test_blanks_that_do_not_break_are_trimmed(read_text: ReadText) -> None:
    intake = read_text("customer,date,amount\nAnna\u00a0,2024-01-01,5.00\n\ufeffAnna,2024-01-02,\u00a05.00\n")
    assert {row["customer"] for row in orders_of(intake)} == {"Anna"}
    assert total_of(intake) == 1_000


def test_a_column_cannot_be_two_things(read_text: ReadText) -> None:
    with pytest.raises(DomainError) as raised:
        read_text("customer,date,amount\nann,2024-01-01,5.00\n", columns={"customer": "1", "amount": "customer"})
    assert raised.value.code == "column_twice"


@pytest.mark.parametrize("encoding", ["base64", "rot13", "hex", "idna", "undefined", "zlib", "punycode", "no-such"])
def test_what_is_no_encoding_of_text_is_refused(read_text: ReadText, encoding: str) -> None:
    with pytest.raises(DomainError) as raised:
        read_text("customer,date,amount\nann,2024-01-01,5.00\n", encoding=encoding)
    assert raised.value.code == "unknown_encoding"


def test_a_file_that_is_not_in_the_stated_encoding_is_explained(read_text: ReadText) -> None:
    with pytest.raises(DomainError) as raised:
        read_text("customer,date,amount\nann,2024-01-01,5.00\n", encoding="utf-16")
    assert raised.value.code == "file_unreadable"


def test_the_role_of_refunds_can_be_set(read_text: ReadText) -> None:
    text = "customer,date,amount,back\nann,2024-01-01,5.00,1.00\nbob,2024-01-02,6.00,0\n"
    intake = read_text(text, columns={"refunded": "back"})
    assert intake.quality.layouts[0].columns[Role.REFUNDED] == "back"
    assert total_of(intake) == 1_000
