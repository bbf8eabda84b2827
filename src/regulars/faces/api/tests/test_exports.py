from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from regulars.client import ApiError, Client, NotExported
from regulars.client.shapes import Export, Import
from regulars.exports.carrying_on import carry_on as carry_on_export
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.imports.carrying_on import carry_on as carry_on_import

NOWHERE = "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"


def make(client: Client, **told: Any) -> Export:
    """Ask for an export, and do what a worker would."""
    asked = client.exports.ask(**told)
    assert (asked["state"], asked["is_ready"]) == ("running", False)
    assert carry_on_export(UUID(asked["id"]), clock=timezone.now)
    return client.exports.get(asked["id"])


def bring_in(client: Client, file: Path, kind: Any) -> Import:
    """Import a file with nothing said of its columns, and do what a worker would."""
    import_id = client.imports.create(file, kind=kind, source="shop")["import_id"]
    client.imports.map(import_id)
    client.imports.start(import_id)
    assert carry_on_import(UUID(import_id), clock=timezone.now)
    return client.imports.get(import_id)


def test_a_file_is_asked_for_looked_after_and_fetched(client: Client, tmp_path: Path):
    client.products.put("shop", {"external_id": "bowl", "name": "Harvest Bowl"})
    made = make(client, kind="products")
    assert (made["state"], made["is_ready"], made["rows"], made["share_done"]) == ("done", True, 1, 1.0)
    file = client.exports.download(made["id"], tmp_path / "products.csv")
    assert file.stat().st_size == made["size_bytes"]
    [row] = csv.DictReader(file.open())
    assert (row["product_id"], row["product_name"]) == ("bowl", "Harvest Bowl")
    assert [each["id"] for each in client.exports.list(kind="products")] == [made["id"]]


def test_a_file_of_json_lines_holds_an_object_on_each(client: Client, tmp_path: Path):
    client.orders.put("shop", "1001", an_order(attributes={"gift": True}))
    made = make(client, kind="orders", format="jsonl")
    lines = client.exports.download(made["id"], tmp_path / "orders.jsonl").read_text().splitlines()
    assert [json.loads(line)["attributes"] for line in lines] == [{"gift": True}]


def test_a_file_is_sent_with_its_name_and_kept_by_no_cache(client: Client, http: httpx.Client):
    made = make(client, kind="customers")
    answer = http.get(f"/exports/{made['id']}/file")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="customers-')
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-length"] == str(len(answer.content))


def test_a_file_is_not_to_be_had_before_it_is_written_and_after_it_was_removed(client: Client, tmp_path: Path):
    asked = client.exports.ask(kind="products")
    made = make(client, kind="products")
    assert client.exports.remove(made["id"])["is_ready"] is False
    for export_id in (asked["id"], made["id"]):
        with pytest.raises(ApiError) as refused:
            client.exports.download(export_id, tmp_path / "products.csv")
        assert (refused.value.status, refused.value.code) == (409, "file_not_there")
    assert client.exports.remove(asked["id"])["state"] == "cancelled"
    with pytest.raises(ApiError) as absent:
        client.exports.get(NOWHERE)
    assert (absent.value.status, absent.value.code) == (404, "no_such_export")


def test_a_key_needs_the_scope_of_what_it_exports(client: Client, tmp_path: Path):
    made = make(client, kind="customers")
    narrow = Client(URL, make_key("exports.run", "products.export"), transport=transport(), attempts=1)
    assert narrow.exports.ask(kind="products")["kind"] == "products"
    for ask in (
        lambda: narrow.exports.ask(kind="customers"),
        lambda: narrow.exports.download(made["id"], tmp_path / "customers.csv"),
    ):
        with pytest.raises(ApiError) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (403, "forbidden")


def everything() -> list[Any]:
    """Return what is kept of customers, orders and products, and how many events there are but those of files."""
    statements = [
        "SELECT * FROM customers_customer ORDER BY id",
        "SELECT * FROM customers_identifier ORDER BY id",
        "SELECT * FROM orders_order ORDER BY id",
        "SELECT * FROM orders_line ORDER BY order_id, number",
        "SELECT * FROM orders_tender ORDER BY order_id, number",
        "SELECT * FROM orders_returned_line ORDER BY order_id, return_number, line_number",
        "SELECT * FROM orders_product ORDER BY id",
        "SELECT count(*) FROM stream_event WHERE type NOT LIKE 'import.%' AND type NOT LIKE 'export.%'",
    ]
    found = []
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            found.append(cursor.fetchall())
    return found


def odd_customers(client: Client) -> None:
    """Keep customers whose names and traits are what a table easily spoils."""
    client.traits.put("shoe_size", {"kind": "number"})
    client.traits.put("likes", {"kind": "choices", "choices": ["tea", "cake"]})
    client.traits.put("newsletter", {"kind": "boolean"})
    phone: Any = {"kind": "phone", "value": "+43 664 1234567"}
    card: Any = {"kind": "card", "value": "-9001"}
    profiles: list[Any] = [
        {"name": 'Ines "the" Kovač, Dr.', "birthday": "1984-02-29", "country": "AT", "postcode": "01010"},
        {"name": "=cmd|' /C calc'!A0", "city": "@home", "given_name": "-Ines", "family_name": "+Kovač"},
        {"name": "'=quoted", "city": "'s-Hertogenbosch", "language": "nl"},
        {"traits": {"shoe_size": 41, "likes": ["tea", "cake"], "newsletter": False}},
        {"name": "Two\nlines", "traits": {"shoe_size": -1.5}},
    ]
    for number, profile in enumerate(profiles):
        client.customers.put("shop", f"c{number}", profile, identifiers=[phone, card] if number == 0 else ())


def test_an_export_of_customers_is_imported_again_and_changes_nothing(client: Client, tmp_path: Path):
    odd_customers(client)
    before = everything()
    made = make(client, kind="customers", source="shop")
    done = bring_in(client, client.exports.download(made["id"], tmp_path / "customers.csv"), "customers")
    assert done["counts"] == {"imported": 0, "updated": 0, "unchanged": 5, "refused": 0}
    assert everything() == before


def odd_orders() -> list[Any]:
    """Return orders with all that a row of a file has no place for, and what it easily spoils."""
    cup = {"external_id": "cup", "name": "=Cup", "category": "Home"}
    bowl = {"external_id": "0042", "name": "Bowl, large", "category": "Home"}
    lines = [
        {"product": bowl, "quantity": "2", "unit_price_minor": 1250, "discount_minor": 100, "total_minor": 2400},
        {"product": cup, "quantity": "0.5", "unit_price_minor": 401, "discount_minor": 1, "total_minor": 200},
        {"product": cup, "quantity": "0.5", "unit_price_minor": 401, "discount_minor": 1, "total_minor": 200},
    ]
    back = {
        "external_id": "back",
        "returned_at": "2026-11-22T08:00:00.123456Z",
        "reason": "Too large",
        "shipping_minor": 100,
        "lines": [
            {"line": 1, "quantity": "1", "amount_minor": 1200},
            {"line": 3, "quantity": "0.5", "amount_minor": 0},
        ],
    }
    only_shipping = {"external_id": "late", "returned_at": "2026-11-23T08:00:00Z", "shipping_minor": 90, "lines": []}
    told = {"lines": lines, "source": "shop", "channel": "online", "location": "Old Town", "staff": "Mira"}
    buyer = {"identifiers": [{"kind": "external_id", "value": "c1", "source": "shop"}], "profile": {"name": "=Ines"}}
    return [
        an_order(**told, external_id="1", shipping_minor=490, total_minor=3290, attributes={"gift": True}),
        an_order(
            **told,
            external_id="2",
            placed_at="2026-11-20T10:15:00.123456+01:00",
            shipping_minor=490,
            discounts=[{"name": "Autumn", "amount_minor": 333}],
            total_minor=2957,
            tenders=[{"kind": "card", "amount_minor": 2957}],
            returns=[back, only_shipping],
        ),
        an_order(source="shop", external_id="3", cancelled_at="2026-11-21T09:00:00Z", payment_state="refunded"),
        an_order(source="shop", external_id="4", buyer=None, version=7, number="=4"),
        an_order(source="shop", external_id="-5", buyer=buyer, currency="JPY", payment_state="unpaid"),
        an_order(
            source="shop",
            external_id="6",
            lines=[{"product": cup, "quantity": "1", "unit_price_minor": 0, "total_minor": 0}],
            total_minor=0,
        ),
    ]


def test_an_export_of_orders_is_imported_again_and_changes_nothing(client: Client, tmp_path: Path):
    put = client.orders.put_many(odd_orders())
    assert {each["outcome"] for each in put} == {"created"}
    before = everything()
    made = make(client, kind="orders", source="shop")
    file = client.exports.download(made["id"], tmp_path / "orders.csv")
    done = bring_in(client, file, "orders")
    assert list(client.imports.refused(done["id"])) == []
    assert done["counts"] == {"imported": 0, "updated": 0, "unchanged": 6, "refused": 0}
    assert everything() == before


def test_a_row_that_was_edited_since_is_imported(client: Client, tmp_path: Path):
    client.orders.put_many(odd_orders())
    made = make(client, kind="orders", source="shop")
    file = client.exports.download(made["id"], tmp_path / "orders.csv")
    rows = list(csv.reader(file.open(newline="")))
    total = rows[0].index("line_total")
    edited = next(row for row in rows if row[0] == "4")
    edited[total] = "20.00"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows(rows)
    done = bring_in(client, file, "orders")
    assert (done["counts"]["updated"], done["counts"]["unchanged"]) == (1, 5)
    assert client.orders.get("shop", "4")["total_minor"] == 2000


def test_an_export_of_products_is_imported_again_and_changes_nothing(client: Client, tmp_path: Path):
    client.products.put_many(
        "shop", [{"external_id": "0042", "name": "=Bowl"}, {"external_id": "b", "name": "B", "category": "@Home"}]
    )
    before = everything()
    made = make(client, kind="products", source="shop")
    done = bring_in(client, client.exports.download(made["id"], tmp_path / "products.csv"), "products")
    assert done["counts"] == {"imported": 0, "updated": 0, "unchanged": 2, "refused": 0}
    assert everything() == before


def work_instead_of_sleeping(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    """Do what a worker would while the client waits."""

    def work(_: float) -> None:
        for each in client.exports.list():
            carry_on_export(UUID(each["id"]), clock=timezone.now)

    monkeypatch.setattr("regulars.client.exports.sleep", work)


def test_facts_by_a_condition_are_read_as_a_table_and_leave_no_file(client: Client, monkeypatch: pytest.MonkeyPatch):
    work_instead_of_sleeping(monkeypatch, client)
    client.customers.put("shop", "c1", {"name": "Ines", "city": "Wien"})
    client.customers.put("shop", "c2", {"name": "Bo", "city": "Graz"})
    condition, facts = 'profile.city = "Wien"', ["profile.city", "profile.since"]
    table = client.exports.read(kind="facts", condition=condition, facts=facts)
    assert table.column_names == ["regulars_id", "name", "email", "phone", "profile.city", "profile.since"]
    assert table["name"].to_pylist() == ["Ines"]
    assert str(table.schema.field("profile.since").type) == "timestamp[us, tz=UTC]"
    [made] = client.exports.list(kind="facts")
    assert (made["condition"], made["facts"]) == (condition, facts)
    assert (made["items_done"], made["rows"], made["is_ready"]) == (2, 1, False)


def test_parquet_is_sent_with_its_name_and_type(client: Client, http: httpx.Client):
    made = make(client, kind="scores", format="parquet")
    answer = http.get(f"/exports/{made['id']}/file")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert answer.headers["content-disposition"].endswith('.parquet"')
    assert answer.content.startswith(b"PAR1")


def test_a_condition_may_be_a_tree_and_what_is_wrong_in_an_export_is_told_by_its_place(client: Client):
    tree = client.conditions.check("orders.count = 0")["tree"]
    assert client.exports.ask(kind="facts", condition=tree)["condition"] == "orders.count = 0"
    faults = []
    wrong: list[Any] = [
        {"kind": "facts", "condition": "orders.count = 0 and orders.cuont = 1"},
        {"kind": "facts", "facts": ["orders.count", "orders.cuont"]},
        {"kind": "orders", "condition": "orders.count = 0"},
    ]
    for told in wrong:
        with pytest.raises(ApiError) as refused:
            client.exports.ask(**told)
        faults.append((refused.value.status, refused.value.code, refused.value.pointer, refused.value.place))
    assert faults == [
        (422, "no_such_fact", "/condition", (21, 33)),
        (422, "no_such_fact", "/facts/1", None),
        (422, "not_of_this_kind", None, None),
    ]


def test_who_waits_for_an_export_that_ends_without_a_file_is_told_why(client: Client):
    asked = client.exports.ask(kind="products")
    client.exports.remove(asked["id"])
    with pytest.raises(NotExported, match="cancelled"):
        client.exports.wait(asked["id"])


def test_facts_and_scores_need_the_scope_of_customers(client: Client):
    narrow = Client(URL, make_key("exports.run", "orders.export"), transport=transport(), attempts=1)
    kinds: list[Any] = ["facts", "scores"]
    for kind in kinds:
        with pytest.raises(ApiError) as refused:
            narrow.exports.ask(kind=kind)
        assert (refused.value.status, refused.value.code) == (403, "forbidden")
