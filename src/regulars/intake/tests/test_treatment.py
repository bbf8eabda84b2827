"""What becomes of rows that are not plain purchases, and that each is counted."""

from __future__ import annotations

from datetime import date

import pytest

from regulars.intake.tests.conftest import ReadText, orders_of, refused_of, treated_of
from regulars.kit.errors import DomainError

_HEADER = "order_id,customer,date,product,quantity,price\n"


def test_each_refusal_is_counted_and_keeps_its_record(read_text: ReadText) -> None:
    text = (
        "order_id,customer,date,amount\n"
        "1,ann,2024-01-01,5.00\n"
        "2,,2024-01-01,5.00\n"
        "3,bob,,5.00\n"
        "4,bob,2024-02-30,5.00\n"
        "5,bob,2024-01-03,\n"
        "6,bob,2024-01-03,plenty\n"
        "7,bob,2030-01-03,5.00\n"
        "8,bob,2024-01-03,5.00,too,many\n"
        "1,ann,2024-01-01,5.00\n"
        "9,bob,2024-01-04,1e15\n"
    )
    intake = read_text(text, today=date(2024, 6, 1))
    assert refused_of(intake) == {
        "unreadable_row": 1,
        "no_customer": 1,
        "no_date": 1,
        "bad_date": 1,
        "no_amount": 1,
        "bad_amount": 2,
        "future_date": 1,
        "duplicate": 1,
    }
    assert (intake.quality.rows, intake.quality.used) == (10, 1)
    records = {row["row"]: row["record"] for row in intake.refused.to_pyarrow().to_pylist()}
    assert records[2] == '["2",null,"2024-01-01","5.00"]' or records[2] == '["2","","2024-01-01","5.00"]'
    assert "too,many" in records[8]
    assert 9 in records
    assert 1 not in records


def test_equal_rows_without_an_order_number_are_kept(read_text: ReadText) -> None:
    intake = read_text("customer,date,amount\nann,2024-01-01,5.00\nann,2024-01-01,5.00\n")
    assert (intake.quality.used, treated_of(intake)["order_made_up"]) == (2, 2)


def test_a_cancellation_is_counted_against_the_purchase_that_it_undoes(read_text: ReadText) -> None:
    text = _HEADER + "1,ann,2024-01-01,mug,2,4.50\n2,ann,2024-02-01,cup,1,3.00\nC3,ann,2024-03-01,mug,-2,4.50\n"
    intake = read_text(text)
    refund = next(row for row in orders_of(intake) if row["amount_minor"] < 0)
    assert (refund["amount_minor"], refund["occurred_on"], refund["purchased_on"]) == (
        -900,
        date(2024, 3, 1),
        date(2024, 1, 1),
    )
    assert treated_of(intake) == {"refund_linked": 1}


def test_a_refund_without_its_purchase_stays_on_its_day(read_text: ReadText) -> None:
    intake = read_text(_HEADER + "1,ann,2024-01-01,mug,2,4.50\nC3,ann,2024-03-01,pot,-1,9.00\n")
    refund = next(row for row in orders_of(intake) if row["amount_minor"] < 0)
    assert refund["purchased_on"] == refund["occurred_on"]
    assert treated_of(intake) == {"refund_unlinked": 1}


def test_goods_returned_for_no_money_are_no_order(read_text: ReadText) -> None:
    intake = read_text(_HEADER + "1,ann,2024-01-01,mug,2,0\n2,ann,2024-01-02,mug,-1,0\n")
    assert refused_of(intake) == {"worthless_return": 1}
    assert treated_of(intake) == {"zero_price": 1}


def test_rows_after_the_day_of_the_report_are_kept_and_counted(read_text: ReadText) -> None:
    text = "customer,date,amount\nann,2024-01-01,5.00\nann,2024-02-01,5.00\n"
    intake = read_text(text, as_of=date(2024, 1, 15))
    assert (intake.quality.used, treated_of(intake)["after_as_of"]) == (2, 1)


@pytest.mark.parametrize(
    "text",
    [
        "customer,date,amount,currency\nann,2024-01-01,5.00,EUR\nbob,2024-01-01,5.00,USD\nbob,2024-01-02,5.00,USD\n",
        "customer,date,amount\nann,2024-01-01,€5.00\nbob,2024-01-01,$5.00\nbob,2024-01-02,US$5.00\n",
    ],
)
def test_several_currencies_are_never_summed(read_text: ReadText, text: str) -> None:
    with pytest.raises(DomainError, match=r"USD \(2\), EUR \(1\)"):
        read_text(text)
    chosen = read_text(text, currency="EUR")
    assert [row["customer"] for row in orders_of(chosen)] == ["ann"]
    assert refused_of(chosen) == {"other_currency": 2}


def test_several_files_are_read_as_one(read_text: ReadText) -> None:
    intake = read_text(
        "order_id,customer,date,amount\n1,ann,2024-01-01,5.00\n2,ann,2024-01-02,5.00\n",
        "Kunde;Datum;Betrag\nann;03.01.2024;7,50\n",
        "order_id,customer,date,amount\n2,ann,2024-01-02,5.00\n3,ann,2024-01-04,5.00\n",
    )
    assert (intake.quality.rows, intake.quality.used, refused_of(intake)) == (5, 4, {"duplicate": 1})
    assert len(intake.quality.layouts) == 3


def test_the_same_content_twice_is_refused(read_text: ReadText) -> None:
    text = "customer,date,amount\nann,2024-01-01,5.00\n"
    with pytest.raises(DomainError, match="same content"):
        read_text(text, text)


def test_a_quote_that_is_never_closed_costs_one_line(read_text: ReadText) -> None:
    lines = [f"{number},ann,2024-01-0{number},5.00" for number in range(1, 9)]
    lines[2] = '3,"ann,2024-01-03,5.00'
    intake = read_text("\n".join(["order_id,customer,date,amount", *lines]))
    assert (intake.quality.used, refused_of(intake)) == (7, {"unreadable_row": 1})


def test_a_line_break_within_quotes_is_part_of_its_record(read_text: ReadText) -> None:
    text = 'order_id,customer,date,amount,note\n1,ann,2024-01-01,5.00,"two\nlines"\n2,ann,2024-01-02,5.00,\n'
    assert read_text(text).quality.used == 2


def test_nothing_left_is_explained_with_the_reasons(read_text: ReadText) -> None:
    with pytest.raises(DomainError, match="future") as raised:
        read_text("customer,date,amount\nann,2024-01-01,5.00\n", today=date(2020, 1, 1))
    assert raised.value.code == "nothing_left"


def test_the_careful_reader_agrees_with_the_fast_one(read_text: ReadText) -> None:
    lines = [f"{number},c{number % 5},2024-01-{number:02},{number}.50" for number in range(1, 29)]
    sound = "\n".join(["order_id,customer,date,amount", *lines])
    # One record with a cell too many sends the whole table through the careful reader.
    broken = read_text(sound + "\n99,c1,2024-02-01,1.00,9\n")
    assert refused_of(broken) == {"unreadable_row": 1}
    assert orders_of(broken) == orders_of(read_text(sound))


def test_many_pieces_at_a_high_price_are_counted_exactly(read_text: ReadText) -> None:
    intake = read_text("customer,date,quantity,price\na,2024-05-01,2500,1999.99\nb,2024-05-02,2000000000,900000.01\n")
    assert [row["amount_minor"] for row in orders_of(intake)] == [499_997_500]
    assert refused_of(intake) == {"bad_amount": 1}
