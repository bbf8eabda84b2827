"""What stands in the files."""

from __future__ import annotations

import stat
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from regulars.customers import merging
from regulars.customers import services as customers
from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile, Trait, TraitKind
from regulars.exports import services
from regulars.exports.contracts import ExportFormat, ExportKind, ExportState
from regulars.exports.files import FileNotThere, path_of
from regulars.exports.queries import NoSuchExport, get_export, list_exports
from regulars.exports.tests.export_factory import MIRA, NOW, ask, content_of, export, objects_of, table_of, work
from regulars.orders.contracts import DiscountState, ProductState
from regulars.orders.products import put_products
from regulars.orders.services import put_orders
from regulars.orders.tests.order_factory import line, order
from regulars.staff.models import AuditEntry

pytestmark = pytest.mark.django_db


def add(number: str, source: str = "shop", **profile: object) -> str:
    person = Person(
        identifiers=[
            Identifier(IdentifierKind.EXTERNAL_ID, number, source),
            Identifier(IdentifierKind.EMAIL, f"{number}@example.com"),
        ],
        profile=Profile(**profile),  # type: ignore[arg-type]
    )
    return str(customers.put_customer(person=person, source=source, now=NOW, actor=MIRA).customer_id)


def test_a_customer_is_a_row_with_profile_tags_and_traits() -> None:
    customers.save_trait(
        trait=Trait(key="likes", kind=TraitKind.CHOICES, label="Likes", choices=["tea", "cake"]), now=NOW, actor=MIRA
    )
    identity = add("7", name="Ines", city="Wien", traits={"likes": ["tea", "cake"]})
    customers.set_tags(customer_id=UUID(identity), tags=["vip", "new"], now=NOW, actor=MIRA)
    [row] = table_of(export(ExportKind.CUSTOMERS))
    assert row["regulars_id"] == identity
    told = [row[name] for name in ("customer_id", "source", "email", "name", "city", "tags", "likes", "birthday")]
    assert told == ["7", "shop", "7@example.com", "Ines", "Wien", "new|vip", "tea|cake", ""]


def test_no_cell_is_a_formula() -> None:
    add("=1+1", name="@SUM(A1)", city="-2+3", family_name="\tx")
    [row] = table_of(export(ExportKind.CUSTOMERS))
    assert [row["customer_id"], row["name"], row["city"]] == ["'=1+1", "'@SUM(A1)", "'-2+3"]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


def test_one_that_was_merged_is_no_row_and_its_names_are_the_survivors() -> None:
    ada, other = UUID(add("1")), UUID(add("2", source="till"))
    merging.merge_customers(survivor_id=ada, merged_id=other, now=NOW, actor=MIRA)
    [told] = objects_of(export(ExportKind.CUSTOMERS, ExportFormat.JSONL))
    assert told["id"] == str(ada)
    assert [each["value"] for each in told["identifiers"]] == ["1", "2", "1@example.com", "2@example.com"]
    [row] = table_of(export(ExportKind.CUSTOMERS, source="till"))
    assert (row["customer_id"], row["regulars_id"]) == ("2", str(ada))


def test_an_export_may_be_of_one_source_or_of_what_is_new() -> None:
    add("1")
    add("2", source="till")
    assert [row["customer_id"] for row in table_of(export(ExportKind.CUSTOMERS, source="till"))] == ["2"]
    assert table_of(export(ExportKind.CUSTOMERS, since=NOW + timedelta(days=1))) == []
    put_orders(orders=[order(external_id="1"), order(external_id="2", source="till")], now=NOW, actor=MIRA)
    assert {row["order_number"] for row in table_of(export(ExportKind.ORDERS, source="till"))} == {"2"}
    assert table_of(export(ExportKind.ORDERS, since=NOW + timedelta(days=1))) == []


def test_the_rows_of_an_order_add_up_to_what_it_came_to() -> None:
    total = 2500 + 399 + 490 - 333
    lines = [line(), line(133, 3, "cup")]
    told = order(lines=lines, shipping_minor=490, discounts=[DiscountState(amount_minor=333)], total_minor=total)
    put_orders(orders=[told], now=NOW, actor=MIRA)
    rows = table_of(export(ExportKind.ORDERS))
    assert len(rows) == len(told.lines)
    assert sum(Decimal(row["line_total"]) for row in rows) == Decimal(total) / 100
    assert {Decimal(row["order_total"]) for row in rows} == {Decimal(total) / 100}


def test_as_json_an_order_is_an_object_with_all_that_is_kept_of_it() -> None:
    put_orders(orders=[order(attributes={"gift": True})], now=NOW, actor=MIRA)
    [told] = objects_of(export(ExportKind.ORDERS, ExportFormat.JSONL))
    assert told["attributes"] == {"gift": True}
    assert told["lines"][0]["product"]["external_id"]
    assert {"external_id", "currency", "tenders", "returns", "discounts"} <= told.keys()


def test_products_are_rows_by_source_and_number() -> None:
    put_products([("shop", ProductState(external_id=number, name=number.upper())) for number in "cab"], now=NOW)
    rows = table_of(export(ExportKind.PRODUCTS))
    assert [(row["product_id"], row["product_name"]) for row in rows] == [("a", "A"), ("b", "B"), ("c", "C")]


def test_nothing_to_export_is_a_table_without_rows() -> None:
    made = export(ExportKind.PRODUCTS)
    assert (made.state, made.rows, made.items_total, made.share_done) == (ExportState.DONE, 0, 0, 1.0)
    assert content_of(made).startswith(b"product_id,product_name,")


def test_the_file_is_readable_by_this_user_only() -> None:
    made = export(ExportKind.PRODUCTS)
    assert stat.S_IMODE(path_of(made.id).stat().st_mode) == 0o600
    assert stat.S_IMODE(path_of(made.id).parent.stat().st_mode) == 0o700


def test_who_exported_and_fetched_what_and_how_many_rows_stands_on_the_audit_trail() -> None:
    add("1")
    made = export(ExportKind.CUSTOMERS)
    fetched = services.download(export_id=made.id, now=NOW, actor=MIRA)
    assert b"".join(fetched.chunks) == content_of(made)
    entries = AuditEntry.objects.filter(object_kind="export").order_by("position")
    assert [(each.action, each.actor, each.details.get("rows")) for each in entries] == [
        ("export.asked", str(MIRA), None),
        ("export.finished", str(MIRA), 1),
        ("export.downloaded", str(MIRA), 1),
    ]


def test_a_file_is_not_there_before_it_is_written_and_after_it_was_removed() -> None:
    asked = ask(ExportKind.PRODUCTS)
    with pytest.raises(FileNotThere):
        services.download(export_id=asked.id, now=NOW, actor=MIRA)
    work(asked.id)
    services.remove(export_id=asked.id, now=NOW, actor=MIRA)
    assert not path_of(asked.id).exists()
    with pytest.raises(FileNotThere):
        services.download(export_id=asked.id, now=NOW, actor=MIRA)


def test_an_export_that_is_removed_while_it_is_under_way_goes_no_further() -> None:
    asked = ask(ExportKind.PRODUCTS)
    assert services.remove(export_id=asked.id, now=NOW, actor=MIRA).state is ExportState.CANCELLED
    assert work(asked.id).state is ExportState.CANCELLED
    assert not path_of(asked.id).exists()


def test_files_are_removed_after_some_days_and_those_that_belong_to_none_at_once() -> None:
    made = export(ExportKind.PRODUCTS)
    stray = path_of(UUID("0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"))
    stray.write_bytes(b"")
    assert services.forget_files(now=NOW, ended_before=NOW) == 1
    assert path_of(made.id).exists()
    assert services.forget_files(now=NOW, ended_before=NOW + timedelta(seconds=1)) == 1
    assert not path_of(made.id).exists()
    assert not stray.exists()
    assert get_export(made.id).file_removed_at == NOW


def test_exports_are_listed_the_newest_first() -> None:
    made = [ask(ExportKind.PRODUCTS), ask(ExportKind.ORDERS)]
    listed = list_exports(limit=1)
    listed += list_exports(limit=5, before=(listed[0].asked_at, listed[0].id))
    assert {each.id for each in listed} == {each.id for each in made}
    assert [each.id for each in list_exports(limit=5, kind=ExportKind.ORDERS)] == [made[1].id]
    with pytest.raises(NoSuchExport):
        get_export(UUID("0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"))
