"""Events stand in the file once they are certain: what a test has not committed is not."""

from __future__ import annotations

from datetime import timedelta

from regulars.exports.contracts import ExportFormat, ExportKind
from regulars.exports.tests.export_factory import MIRA, NOW, export, objects_of, table_of
from regulars.orders.services import put_orders
from regulars.orders.tests.order_factory import order


def test_events_are_told_in_the_order_of_the_stream(fresh_database: str) -> None:
    put_orders(orders=[order(external_id="1"), order(external_id="2")], now=NOW, actor=MIRA)
    made = export(ExportKind.EVENTS, ExportFormat.JSONL)
    told = objects_of(made)
    assert [each["type"] for each in told if each["type"].startswith("order.")] == ["order.placed", "order.paid"] * 2
    assert {each["actor"] for each in told} == {str(MIRA)}
    assert made.items_total == made.items_done == len(told)
    rows = table_of(export(ExportKind.EVENTS, source="shop"))
    assert [row["id"] for row in rows] == [each["id"] for each in told if each["source"] == "shop"]
    assert table_of(export(ExportKind.EVENTS, since=NOW + timedelta(days=1))) == []


def test_an_export_is_told_to_the_stream(fresh_database: str) -> None:
    made = export(ExportKind.PRODUCTS)
    [told] = objects_of(export(ExportKind.EVENTS, ExportFormat.JSONL))
    assert (told["type"], told["payload"]) == (
        "export.finished",
        {"export_id": str(made.id), "kind": "products", "format": "csv", "items": 0, "rows": 0},
    )
