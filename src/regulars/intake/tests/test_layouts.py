"""What is recognised of a file without a word from the user."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from ibis.backends.duckdb import Backend

from regulars.intake.contracts import Role, Settings
from regulars.intake.reading import read, recognise
from regulars.intake.tests.conftest import ReadText, orders_of, refused_of, treated_of
from regulars.kit.errors import DomainError

_TABLE = "customer,date,amount\nann,2024-03-01,12.50\nbob,2024-03-02,3\nann,2024-03-09,7.25\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised(read_text: ReadText, delimiter: str) -> None:
    intake = read_text(_TABLE.replace(",", delimiter))
    assert intake.quality.layouts[0].delimiter == delimiter
    assert [row["amount_minor"] for row in orders_of(intake)] == [1250, 300, 725]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_recognised(read_text: ReadText, encoding: str) -> None:
    intake = read_text(_TABLE.replace("bob", "Jürgen").encode(encoding))
    assert {row["customer"] for row in orders_of(intake)} == {"ann", "Jürgen"}


def test_content_decides_not_the_name(tmp_path: Path, connection: Backend) -> None:
    path = tmp_path / "orders.xlsx"
    path.write_bytes(gzip.compress(_TABLE.encode()))
    layout = recognise(path, Settings(), connection=connection)
    assert (layout.format, layout.compressed, layout.header) == ("csv", True, True)


def test_a_name_with_pattern_characters_is_a_name(tmp_path: Path, connection: Backend) -> None:
    path = tmp_path / "orders[1]*.csv"
    path.write_text(_TABLE)
    assert read([path], Settings(), connection=connection).quality.used == 3


def test_a_spreadsheet_is_read_with_its_dates_and_numbers(tmp_path: Path, connection: Backend) -> None:
    path = tmp_path / "orders.xlsx"
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd.mm.yyyy"})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Kundennummer", "Bestelldatum", "Betrag"])
    sheet.write_row(1, 0, [17850, datetime(2024, 3, 1, 9, 30), 12.5])  # noqa: DTZ001
    sheet.write_row(2, 0, [17850, datetime(2024, 3, 8), -2.5])  # noqa: DTZ001
    book.close()
    rows = orders_of(read([path], Settings(), connection=connection))
    assert [(row["customer"], row["occurred_on"], row["amount_minor"]) for row in rows] == [
        ("17850", date(2024, 3, 1), 1250),
        ("17850", date(2024, 3, 8), -250),
    ]


def test_a_zoned_timestamp_in_parquet_is_brought_to_the_day_of_the_zone(tmp_path: Path, connection: Backend) -> None:
    path = tmp_path / "orders"
    instant = datetime.fromisoformat("2024-07-01T22:30:00+00:00")
    moments = pa.array([instant], pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"user_id": [7.0], "created_at": moments, "total": [9.99]}), path)
    intake = read([path], Settings(zone="Europe/Berlin"), connection=connection)
    assert [(row["customer"], row["occurred_on"]) for row in orders_of(intake)] == [("7", date(2024, 7, 2))]
    assert treated_of(intake)["zone_converted"] == 1


@pytest.mark.parametrize(
    ("written", "zone", "day"),
    [
        ("2024-03-31", "UTC", date(2024, 3, 31)),
        ("2024-03-31T23:30:00Z", "Europe/Berlin", date(2024, 4, 1)),
        ("2024-03-30 23:30:00 +0100", "Europe/Berlin", date(2024, 3, 30)),
        ("2024-03-31 01:00:00+02:00", "UTC", date(2024, 3, 30)),
        ("31.3.2024, 10:15", "UTC", date(2024, 3, 31)),
        ("3/31/24 11:05 PM", "UTC", date(2024, 3, 31)),
        ("20240331", "UTC", date(2024, 3, 31)),
        ("31 Mrz 2024", "UTC", date(2024, 3, 31)),
        ("March 31, 2024", "UTC", date(2024, 3, 31)),
        ("45382.5", "UTC", date(2024, 3, 31)),
        ("1711927800", "Europe/Berlin", date(2024, 4, 1)),
        ("1711927800000", "UTC", date(2024, 3, 31)),
    ],
)
def test_a_date_is_read_in_any_usual_form(read_text: ReadText, written: str, zone: str, day: date) -> None:
    intake = read_text(f"customer;date;amount\nann;{written};1.00\nbob;{written};2.00\n", zone=zone)
    assert [row["occurred_on"] for row in orders_of(intake)] == [day, day]


def test_one_date_beyond_the_twelfth_decides_the_order_of_the_column(read_text: ReadText) -> None:
    lines = [f"ann,{month:02}/05/2024,1.00" for month in range(1, 13)]
    intake = read_text("\n".join(["customer,date,amount", *lines, "ann,04/25/2024,1.00"]))
    assert intake.quality.layouts[0].date_order == "mdy"
    assert date(2024, 1, 5) in {row["occurred_on"] for row in orders_of(intake)}


def test_an_undecided_order_of_dates_is_noted_and_can_be_set(read_text: ReadText) -> None:
    text = "customer,date,amount\nann,04/05/2024,1.00\n"
    undecided = read_text(text)
    assert [note.code for note in undecided.quality.layouts[0].notes] == ["date_order_assumed"]
    assert undecided.first_on == date(2024, 5, 4)
    assert read_text(text, date_order="MDY").first_on == date(2024, 4, 5)


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("12.50", 1250),
        ("1,234.50", 123450),
        ("(12.50)", -1250),
        ("12.50-", -1250),
        ("€ 12.50", 1250),
        ("12.345", 1235),
        ("-0.005", -1),
        ("1e2", 10000),
        (".5", 50),
    ],
)
def test_an_amount_is_read_as_people_write_it(read_text: ReadText, written: str, minor: int) -> None:
    intake = read_text(f"customer|date|amount\nbob|2024-01-01|1.25\nann|2024-01-02|{written}\n")
    assert orders_of(intake)[-1]["amount_minor"] == minor


@pytest.mark.parametrize(
    ("written", "minor"), [("1.234,50", 123450), ("12,5", 1250), ("1.234", 123400), ("5,00 €", 500), ("12,-", 1200)]
)
def test_a_decimal_comma_is_recognised(read_text: ReadText, written: str, minor: int) -> None:
    intake = read_text(f"Kunde;Datum;Betrag\nbob;01.02.2024;1,25\nann;02.02.2024;{written}\n")
    assert intake.quality.layouts[0].decimal == ","
    assert orders_of(intake)[-1]["amount_minor"] == minor


def test_minor_units_are_those_of_the_currency(read_text: ReadText) -> None:
    text = "customer,date,amount,currency\nann,2024-01-01,1500,{0}\n"
    assert orders_of(read_text(text.format("JPY")))[0]["amount_minor"] == 1500
    assert orders_of(read_text(text.format("KWD")))[0]["amount_minor"] == 1_500_000


def test_quantity_times_price_is_the_amount_where_none_is_given(read_text: ReadText) -> None:
    text = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n1,A,3,2024-01-01,0.335,7\n"
    assert [row["amount_minor"] for row in orders_of(read_text(text))] == [101]


def test_a_given_amount_is_the_lines_total(read_text: ReadText) -> None:
    text = "household_id,basket_id,transaction_timestamp,sales_value,product_id,quantity\n1,9,2024-01-01,5.00,x,4\n"
    assert [row["amount_minor"] for row in orders_of(read_text(text))] == [500]


def test_a_file_of_numbers_without_header_is_recognised_by_its_values(read_text: ReadText) -> None:
    text = "".join(f"{place % 7} 2024010{place % 9 + 1} {place % 3} {place}.25\n" for place in range(1, 60))
    layout = read_text(text).quality.layouts[0]
    assert not layout.header
    found = {role: name for role, name in layout.columns.items() if role in {Role.CUSTOMER, Role.DATE, Role.AMOUNT}}
    assert found == {Role.CUSTOMER: "column 1", Role.DATE: "column 2", Role.AMOUNT: "column 4"}


def test_the_total_of_a_shopify_order_counts_once(read_text: ReadText) -> None:
    text = (
        "Name,Email,Created at,Total,Currency,Lineitem quantity,Lineitem name,Lineitem price\n"
        "#1,Ann@x.org,2024-01-31 10:00:00 +0100,30.00,EUR,1,Mug,10.00\n"
        "#1,ann@x.org,2024-01-31 10:00:00 +0100,,,2,Cup,10.00\n"
    )
    intake = read_text(text)
    assert [(row["customer"], row["order"], row["amount_minor"]) for row in orders_of(intake)] == [
        ("ann@x.org", "#1", 0),
        ("ann@x.org", "#1", 3000),
    ]
    assert treated_of(intake)["continuation_line"] == 1
    assert intake.currency == "EUR"


def test_a_total_repeated_on_each_line_counts_once(read_text: ReadText) -> None:
    lines = [f"{number},c{number},2024-01-05,{number}.50,p{line}" for number in range(1, 13) for line in range(3)]
    intake = read_text("\n".join(["order_id,customer,order_date,order_total,product", *lines]))
    assert sum(row["amount_minor"] for row in orders_of(intake)) == sum(number * 100 + 50 for number in range(1, 13))


def test_the_user_may_name_columns_or_give_positions(read_text: ReadText) -> None:
    text = "who;when;paid;extra\nann;2024-01-01;5.00;9.00\nbob;2024-01-02;6.00;9.00\n"
    intake = read_text(text, columns={"customer": "WHO", "amount": "3"})
    assert [row["amount_minor"] for row in orders_of(intake)] == [500, 600]


@pytest.mark.parametrize(
    ("columns", "code"),
    [({"amount": "turnover"}, "unknown_column"), ({"amount": "9"}, "column_out_of_range")],
)
def test_a_column_that_is_not_there_is_explained(read_text: ReadText, columns: dict[str, str], code: str) -> None:
    with pytest.raises(DomainError) as raised:
        read_text(_TABLE, columns=columns)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"  \n\n", "file_empty"),
        (b"customer,date,amount\n", "file_empty"),
        (bytes(range(256)) * 8, "file_not_understood"),
        (b"PK\x03\x04 no zip", "file_not_understood"),
        (b"PAR1 no parquet", "file_not_understood"),
        (gzip.compress(_TABLE.encode() * 99, mtime=0)[:-20], "file_unreadable"),
        (b"customer,colour\nann,red\nbob,blue\n", "column_not_recognised"),
        (b"customer,date,amount\nann,soon,1.00\nbob,2024-01-01,\n", "nothing_left"),
        (b"customer,date,amount\n,2024-01-01,1.00\n,2024-01-02,1.00\n", "column_not_recognised"),
    ],
)
def test_a_file_that_cannot_be_analysed_is_explained(read_text: ReadText, content: bytes, code: str) -> None:
    with pytest.raises(DomainError) as raised:
        read_text(content)
    assert raised.value.code == code


def test_a_missing_file_and_a_folder_are_explained(tmp_path: Path, connection: Backend) -> None:
    for path, code in ((tmp_path / "none.csv", "file_missing"), (tmp_path, "file_is_folder")):
        with pytest.raises(DomainError) as raised:
            recognise(path, Settings(), connection=connection)
        assert raised.value.code == code


def test_the_cdnow_sample_is_recognised_without_a_header(shared_data: Path) -> None:
    intake = read([shared_data / "cdnow/CDNOW_sample.txt"], Settings(), connection=ibis.duckdb.connect())
    layout = intake.quality.layouts[0]
    assert (layout.header, layout.format, layout.columns[Role.DATE]) == (False, "text", "column 3")
    assert (intake.quality.used, intake.orders["customer"].nunique().execute()) == (6_919, 2_357)
    assert int(intake.orders["amount_minor"].sum().execute()) == 24_409_194


def test_the_cdnow_master_is_recognised_by_its_header(shared_data: Path) -> None:
    intake = read([shared_data / "cdnow/CDNOW_master.txt"], Settings(), connection=ibis.duckdb.connect())
    assert intake.quality.layouts[0].columns[Role.AMOUNT] == "dollar_value"
    assert (intake.quality.used, intake.orders["customer"].nunique().execute()) == (69_659, 23_570)


def test_complete_journey_is_read_from_parquet(shared_data: Path) -> None:
    path = shared_data / "completejourney/transactions_sample.parquet"
    intake = read([path], Settings(), connection=ibis.duckdb.connect())
    assert (intake.quality.used, intake.orders["customer"].nunique().execute()) == (75_000, 2_377)
    assert int(intake.orders["amount_minor"].sum().execute()) == 23_393_524
    assert intake.quality.layouts[0].level == "line"


def test_online_retail_is_counted(shared_data: Path) -> None:
    intake = read([shared_data / "online_retail.csv.gz"], Settings(), connection=ibis.duckdb.connect())
    assert (intake.quality.rows, intake.quality.used) == (541_909, 401_604)
    assert refused_of(intake) == {"no_customer": 135_080, "duplicate": 5_225}
    assert treated_of(intake) == {"refund_linked": 2_770, "refund_unlinked": 6_102, "zero_price": 44}
    assert intake.orders["customer"].nunique().execute() == 4_372
    assert int(intake.orders["amount_minor"].sum().execute()) == 827_851_942


def test_a_woocommerce_export_is_read(read_text: ReadText) -> None:
    text = (
        '"Order Number","Order Status","Order Date","Customer User ID","Billing Email","SKU","Item Name","Quantity",'
        '"Item Cost","Line Total","Order Currency"\n'
        '"1001","completed","2024-03-01 09:15","7","ann@example.com","MUG-1","Mug, blue","2","4.50","9.00","EUR"\n'
        '"1001","completed","2024-03-01 09:15","7","ann@example.com","CUP-1","Cup","1","3.25","3.25","EUR"\n'
        '"1002","completed","2024-03-08 18:40","8","bob@example.com","MUG-1","Mug, blue","1","4.50","4.50","EUR"\n'
    )
    intake = read_text(text)
    layout = intake.quality.layouts[0]
    assert (layout.level, intake.currency) == ("line", "EUR")
    assert (layout.columns[Role.CUSTOMER], layout.columns[Role.AMOUNT]) == ("Billing Email", "Line Total")
    assert [(row["customer"], row["product"], row["amount_minor"]) for row in orders_of(intake)] == [
        ("ann@example.com", "CUP-1", 325),
        ("ann@example.com", "MUG-1", 900),
        ("bob@example.com", "MUG-1", 450),
    ]


def test_an_odoo_export_is_read(read_text: ReadText) -> None:
    text = (
        '"order_id/name","order_id/partner_id","order_id/date_order","product_id","product_uom_qty","price_unit",'
        '"price_subtotal","currency_id"\n'
        '"S00021","Azure Interior","2024-03-01 09:15:00","[FURN_1] Desk","2.0","350.00","665.00","EUR"\n'
        '"S00021","Azure Interior","2024-03-01 09:15:00","[FURN_2] Lamp","1.0","40.00","40.00","EUR"\n'
        '"S00022","Deco Addict","2024-03-04 11:00:00","[FURN_2] Lamp","3.0","40.00","120.00","EUR"\n'
    )
    intake = read_text(text)
    layout = intake.quality.layouts[0]
    assert (layout.level, layout.columns[Role.CUSTOMER]) == ("line", "order_id/partner_id")
    assert [(row["order"], row["amount_minor"], row["quantity"]) for row in orders_of(intake)] == [
        ("S00021", 4_000, 1.0),
        ("S00021", 66_500, 2.0),
        ("S00022", 12_000, 3.0),
    ]


def test_a_german_export_is_read(read_text: ReadText) -> None:
    text = (
        "Bestellnummer;Kundennummer;Bestelldatum;Artikelnummer;Menge;Einzelpreis;Gesamtpreis;Währung\n"
        "B-1;4711;31.01.2024 10:05;T1;2;1.249,50;2.499,00;EUR\n"
        "B-2;4712;01.02.2024 11:10;T2;1;19,99;19,99;EUR\n"
        "B-3;4711;29.02.2024 12:15;T2;-1;19,99;-19,99;EUR\n"
    )
    intake = read_text(text.encode("cp1252"))
    layout = intake.quality.layouts[0]
    assert (layout.delimiter, layout.decimal, layout.date_order, layout.encoding) == (";", ",", "dmy", "cp1252")
    assert [(row["customer"], row["occurred_on"], row["amount_minor"]) for row in orders_of(intake)] == [
        ("4711", date(2024, 1, 31), 249_900),
        ("4712", date(2024, 2, 1), 1_999),
        ("4711", date(2024, 2, 29), -1_999),
    ]


def test_cells_are_trimmed_and_words_for_nothing_are_nothing(read_text: ReadText) -> None:
    intake = read_text(
        "customer|date|amount\n \tann\v|2024-03-01 | 2.00\n N/A |2024-03-02|3.00\nnully|2024-03-03|4.00\n"
    )
    assert [(row["customer"], row["amount_minor"]) for row in orders_of(intake)] == [("ann", 200), ("nully", 400)]
    assert refused_of(intake) == {"no_customer": 1}


def test_the_level_of_a_big_file_is_judged_on_whole_orders(
    read_text: ReadText, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.intake.tables._VALUES_TO_JUDGE", 100)
    header = "order_id,customer,date,amount\n"
    for lines_per_order, level in ((1, "order"), (2, "line")):
        rows = [f"{row // lines_per_order},c{row % 50},2024-03-01,{row}.00\n" for row in range(2_000)]
        assert read_text(header + "".join(rows)).quality.layouts[0].level == level


def test_a_column_that_is_said_not_to_be_there_is_not_recognised(tmp_path: Path, connection: Backend) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(_TABLE.replace("\n", ",x\n").replace("amount,x", "amount,status"))
    assert Role.STATUS in recognise(path, Settings(), connection=connection).columns
    told = Settings(columns={Role.STATUS: ""})
    assert Role.STATUS not in recognise(path, told, connection=connection).columns
    with pytest.raises(DomainError, match="date"):
        recognise(path, Settings(columns={Role.DATE: ""}), connection=connection)
