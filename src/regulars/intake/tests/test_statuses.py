"""Orders that came to nothing, as their status says, are refused and counted."""

from __future__ import annotations

import pytest

from regulars.intake.contracts import Role
from regulars.intake.statuses import MOST_STATUSES, came_to_nothing
from regulars.intake.tests.conftest import ReadText, orders_of, refused_of

HEADER = "order_id,customer,date,amount,order_status\n"


@pytest.mark.parametrize(
    "status",
    [
        "cancelled", "Canceled", "VOIDED", "refunded", "Failed", "wc-cancelled", "Storniert", "Rückerstattet storniert",
        "Shipped - Returned to Seller", "payment declined", "CHARGED BACK", "Zahlung fehlgeschlagen",
    ],
)  # fmt: skip
def test_these_say_that_an_order_came_to_nothing(status: str) -> None:
    assert came_to_nothing(status)


@pytest.mark.parametrize(
    "status",
    ["completed", "paid", "pending", "partially_refunded", "Teilweise storniert", "not cancelled", "shipped", "", "17"],
)
def test_these_do_not(status: str) -> None:
    assert not came_to_nothing(status)


def test_cancelled_orders_are_refused_and_counted(read_text: ReadText) -> None:
    intake = read_text(
        HEADER + "1,ann,2024-01-01,5.00,completed\n2,ann,2024-01-02,7.00,Cancelled\n3,bob,2024-01-03,9.00,\n"
    )
    assert intake.quality.layouts[0].columns[Role.STATUS] == "order_status"
    assert [row["order"] for row in orders_of(intake)] == ["1", "3"]
    assert refused_of(intake) == {"cancelled": 1}


def test_a_status_on_the_first_line_is_that_of_the_order(read_text: ReadText) -> None:
    # So in Shopify's export.
    intake = read_text(
        "Name,Email,Financial Status,Total,Created at,Lineitem quantity,Lineitem name\n"
        "#1,ann@example.com,voided,20.00,2024-01-01,1,Mug\n"
        "#1,ann@example.com,,,2024-01-01,2,Cup\n"
        "#2,bob@example.com,paid,30.00,2024-01-05,1,Mug\n"
        "#2,bob@example.com,,,2024-01-05,2,Cup\n"
    )
    assert {row["order"] for row in orders_of(intake)} == {"#2"}
    assert sum(row["amount_minor"] for row in orders_of(intake)) == 3_000
    assert refused_of(intake) == {"cancelled": 2}


def test_of_an_order_only_the_cancelled_lines_are_refused(read_text: ReadText) -> None:
    intake = read_text(
        "order_id,customer,date,product,line_total,item_status\n"
        "1,ann,2024-01-01,mug,5.00,canceled\n"
        "1,ann,2024-01-01,cup,7.00,delivered\n"
        "1,ann,2024-01-01,tea,1.00,\n"
    )
    assert {row["product"] for row in orders_of(intake)} == {"cup", "tea"}


def test_a_column_of_too_many_values_is_none_of_states(read_text: ReadText) -> None:
    rows = [f"{row},c{row % 9},2024-01-01,5.00,note {row}\n" for row in range(MOST_STATUSES + 1)]
    intake = read_text(HEADER + "".join(rows) + "x,ann,2024-01-01,5.00,cancelled\n")
    assert refused_of(intake) == {}
