"""Parquet holds the rows of the CSV with types: moments in UTC, money in minor units; facts and scores too."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.customers import services as customers
from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile, Trait, TraitKind
from regulars.customers.models import Trait as TraitRow
from regulars.exports import carrying_on, ending, files, parquet, services
from regulars.exports.carrying_on import carry_on
from regulars.exports.contracts import Export, ExportFormat, ExportKind, ExportState
from regulars.exports.files import parts_of, path_of
from regulars.exports.queries import get_export
from regulars.exports.services import NotOfThisKind
from regulars.exports.tests.export_factory import MIRA, NOW, ask, content_of, export, objects_of, table_of, work
from regulars.facts.language.faults import WrongCondition
from regulars.insights.carrying_on import carry_on as score_now
from regulars.insights.queries import iter_scores
from regulars.insights.services import request_run
from regulars.kit.classification import Classification
from regulars.kit.money import minor_digits
from regulars.orders.contracts import ProductState
from regulars.orders.facts_kept import rebuild_facts
from regulars.orders.products import put_products
from regulars.orders.services import put_orders
from regulars.orders.tests.order_factory import line, order
from regulars.stream.long_work import MOST_STARTS

UTC = pa.timestamp("us", tz="UTC")


def parquet_of(made: Export) -> pa.Table:
    """Return the table in the file of an export."""
    return pq.read_table(path_of(made.id))


def cells_of(table: pa.Table) -> list[dict[str, str]]:
    """Return the rows of a table as those of a CSV."""
    return [
        {field.name.removesuffix("_minor"): _cell(row[field.name], field, row) for field in table.schema}
        for row in table.to_pylist()
    ]


def _cell(value: Any, field: pa.Field, row: dict[str, Any]) -> str:
    if value is None:
        return ""
    if field.name.endswith("_minor"):
        return str(Decimal(value).scaleb(-minor_digits(row.get("currency", "EUR"))))
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return "|".join(value) if isinstance(value, list) else str(value)


def plain(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return rows without the apostrophes that spare spreadsheets a formula."""
    return [{name: cell.removeprefix("'") for name, cell in row.items()} for row in rows]


def same(told: str, cell: str) -> bool:
    """Tell whether two cells say the same; a whole number of double precision is written as either."""
    return told == cell or (told.endswith(".0") and told.removesuffix(".0") == cell)


def fill() -> None:
    """Keep what a table easily spoils."""
    told = [
        Trait(key="likes", kind=TraitKind.CHOICES, label="Likes", choices=["tea", "cake"]),
        Trait(key="shoe_size", kind=TraitKind.NUMBER, label="Size"),
        Trait(key="letter", kind=TraitKind.BOOLEAN, label="Letter"),
        Trait(key="met_on", kind=TraitKind.DATE, label="Met"),
        Trait(key="faith", kind=TraitKind.TEXT, label="Faith", classification=Classification.SENSITIVE),
    ]
    for trait in told:
        customers.save_trait(trait=trait, now=NOW, actor=MIRA)
    traits = {"likes": ["tea", "cake"], "shoe_size": 41.5, "letter": False, "met_on": "2025-02-28", "faith": "none"}
    profiles = [
        Profile(name="=Ines", birthday=date(1984, 2, 29), traits=traits),
        Profile(name="Two\nlines", traits={"shoe_size": 38}),
        Profile(),
    ]
    for number, profile in enumerate(profiles):
        names = [
            Identifier(IdentifierKind.EXTERNAL_ID, f"c{number}", "shop"),
            Identifier(IdentifierKind.EMAIL, f"ada{number}@example.com"),
        ]
        person = Person(identifiers=names, profile=profile)
        customers.put_customer(person=person, source="shop", now=NOW, actor=MIRA)
    lines = [line(), line(133, 3, "cup")]
    put_orders(
        orders=[
            order(external_id="1", lines=lines, shipping_minor=490, total_minor=2500 + 399 + 490),
            order(external_id="2", currency="JPY"),
        ],
        now=NOW,
        actor=MIRA,
    )
    put_products([("shop", ProductState(external_id="tea", name="Tea"))], now=NOW)
    rebuild_facts()


def test_it_holds_the_rows_of_the_csv(fresh_database: str) -> None:
    fill()
    asked = request_run(now=NOW, actor=MIRA)
    score_now(asked.id, clock=lambda: NOW)
    for kind in ExportKind:
        # What the first export tells the stream is no part of the second.
        told: dict[str, Any] = {"source": "shop"} if kind is ExportKind.EVENTS else {}
        table = parquet_of(export(kind, ExportFormat.PARQUET, **told))
        rows = plain(table_of(export(kind, **told)))
        assert len(rows) > 0, kind
        for found, row in zip(plain(cells_of(table)), rows, strict=True):
            differ = {name: (found[name], cell) for name, cell in row.items() if not same(found[name], cell)}
            assert differ == {}, kind


@pytest.mark.django_db
def test_columns_have_types_and_no_money_is_a_float() -> None:
    fill()
    schema = parquet_of(export(ExportKind.ORDERS, ExportFormat.PARQUET)).schema
    assert schema.field("ordered_at").type == UTC
    assert schema.field("quantity").type == pa.decimal128(14, 3)
    for name in ("unit_price_minor", "line_total_minor", "order_total_minor", "shipping_minor", "tax_minor"):
        assert schema.field(name).type == pa.int64()
    schema = parquet_of(export(ExportKind.CUSTOMERS, ExportFormat.PARQUET)).schema
    types = {name: schema.field(name).type for name in ("birthday", "tags", "customer_since", "likes", "letter")}
    texts = pa.list_(pa.string())
    expected = {"birthday": pa.date32(), "tags": texts, "customer_since": UTC, "likes": texts, "letter": pa.bool_()}
    assert types == expected
    assert schema.field("shoe_size").type == pa.float64()
    schema = parquet_of(export(ExportKind.EVENTS, ExportFormat.PARQUET)).schema
    assert schema.field("occurred_at").type == schema.field("received_at").type == UTC
    table = parquet_of(export(ExportKind.ORDERS, ExportFormat.PARQUET))
    assert set(zip(table["currency"].to_pylist(), table["order_total_minor"].to_pylist(), strict=True)) == {
        ("EUR", 3389),
        ("JPY", table["order_total_minor"].to_pylist()[-1]),
    }
    assert "" not in table["location"].to_pylist()


@pytest.mark.django_db
def test_facts_are_told_of_those_of_whom_a_condition_is_true() -> None:
    fill()
    facts = ["orders.count", "orders.revenue", "orders.last", "traits.faith", "traits.likes"]
    condition = "traits.shoe_size > 40 and not traits.letter"
    made = export(ExportKind.FACTS, ExportFormat.PARQUET, condition=condition, facts=facts, sees_sensitive=True)
    [row] = parquet_of(made).to_pylist()
    assert list(row) == [
        *("regulars_id", "name", "email", "phone"),
        *("orders.count", "orders.revenue_minor", "orders.last", "traits.faith", "traits.likes"),
    ]
    assert (row["name"], row["email"], row["traits.faith"]) == ("=Ines", "ada0@example.com", "none")
    assert row["traits.likes"] == ["tea", "cake"]
    assert (made.rows, made.facts, made.condition) == (1, facts, condition)
    assert made.items_done == made.items_total
    everybody = parquet_of(export(ExportKind.FACTS, ExportFormat.PARQUET, facts=["orders.count"]))
    assert everybody.num_rows == made.items_total
    assert sum(everybody["orders.count"].to_pylist()) == 2


@pytest.mark.django_db
def test_what_is_sensitive_is_told_to_who_names_it_only() -> None:
    fill()
    names = parquet_of(export(ExportKind.FACTS, ExportFormat.PARQUET, sees_sensitive=True)).schema.names
    assert {"orders.count", "traits.likes", "rfm.segment"} <= set(names)
    assert "traits.faith" not in names


@pytest.mark.django_db
def test_facts_as_json_lines_are_what_the_api_tells() -> None:
    fill()
    told = objects_of(
        export(ExportKind.FACTS, ExportFormat.JSONL, facts=["traits.shoe_size"], condition="traits.shoe_size exists")
    )
    assert [set(each) for each in told] == [{"customer_id", "facts"}] * 2
    assert [Decimal(each["facts"]["traits.shoe_size"]) for each in told] == [Decimal("41.5"), 38]


@pytest.mark.django_db
def test_what_says_nothing_of_a_kind_and_what_is_wrong_is_refused() -> None:
    for told in ({"source": "shop"}, {"condition": "orders.count = 1"}, {"facts": ["orders.count"]}):
        with pytest.raises(NotOfThisKind):
            ask(ExportKind.SCORES, **told)
    with pytest.raises(NotOfThisKind):
        ask(ExportKind.ORDERS, condition="orders.count = 1")
    for wrong in ({"condition": "orders.cuont = 1"}, {"facts": ["orders.cuont"]}):
        with pytest.raises(WrongCondition):
            ask(ExportKind.FACTS, **wrong)


@pytest.mark.django_db
def test_a_condition_that_cannot_be_meant_any_more_ends_the_export_with_the_reason() -> None:
    fill()
    asked = ask(ExportKind.FACTS, condition='traits.faith = "none"', sees_sensitive=True)
    TraitRow.objects.filter(key="faith").delete()
    done = work(asked.id)
    assert (done.state, done.error_code) == (ExportState.FAILED, "no_such_fact")
    assert "traits.faith" in done.error_message


def test_a_score_is_told_as_the_library_found_it(fresh_database: str) -> None:
    put_orders(
        orders=[order(external_id=str(number), placed_at=NOW - timedelta(days=number * 9)) for number in range(1, 20)],
        now=NOW,
        actor=MIRA,
    )
    asked = request_run(now=NOW, actor=MIRA)
    score_now(asked.id, clock=lambda: NOW)
    scores = list(iter_scores())
    table = parquet_of(export(ExportKind.SCORES, ExportFormat.PARQUET))
    assert len(scores) > 0
    for told, score in zip(table.to_pylist(), scores, strict=True):
        assert UUID(told["customer_id"]) == score.customer_id
        assert told["revenue_minor"] == score.revenue_minor
        assert (told["risk"], told["rfm_segment"], told["last_on"]) == (score.risk, score.rfm_segment, score.last_on)
        assert told["scored_at"] == score.scored_at
        assert told["currency"] == "EUR"
    assert table.schema.field("clv_low_minor").type == pa.int64()


class Killed(BaseException):
    """What no code of ours catches, as a kill is."""


def dying(act: Callable[..., Any], *calls: int) -> Callable[..., Any]:
    """Do something, and die after some of the calls."""
    count = itertools.count(1)

    def act_and_die(*args: Any, **kwargs: Any) -> Any:
        done = act(*args, **kwargs)
        if next(count) in calls:
            raise Killed
        return done

    return act_and_die


@pytest.mark.django_db
def test_whatever_is_killed_the_file_is_that_of_one_that_was_not(monkeypatch: pytest.MonkeyPatch) -> None:
    put_products([("shop", ProductState(external_id=f"{number:04}", name="Bowl")) for number in range(60)], now=NOW)
    whole = content_of(export(ExportKind.PRODUCTS, ExportFormat.PARQUET))
    monkeypatch.setattr(carrying_on, "BATCH_ITEMS", 7)
    monkeypatch.setattr(carrying_on, "write_down", dying(files.write_down, 1, 4, 9))
    monkeypatch.setattr(parquet, "put_together", dying(parquet.put_together, 1))
    monkeypatch.setattr(ending, "finish", dying(ending.finish, 1))
    asked = ask(ExportKind.PRODUCTS, ExportFormat.PARQUET)
    deaths = 0
    for _ in range(6):
        try:
            carry_on(asked.id, clock=lambda: NOW)
        except Killed:
            deaths += 1
    done = get_export(asked.id)
    assert (done.state, done.rows, done.size_bytes) == (ExportState.DONE, 60, path_of(done.id).stat().st_size)
    assert deaths == 5
    assert pq.read_table(path_of(done.id)).equals(pq.read_table(pa.BufferReader(whole)))
    assert not parts_of(done.id).exists()


@pytest.mark.django_db
def test_what_takes_every_worker_down_when_it_is_put_together_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    put_products([("shop", ProductState(external_id="tea", name="Tea"))], now=NOW)
    monkeypatch.setattr(parquet, "put_together", dying(parquet.put_together, *range(1, 100)))
    asked = ask(ExportKind.PRODUCTS, ExportFormat.PARQUET)
    # The first got on: it wrote the rows.
    for _ in range(MOST_STARTS + 1):
        with pytest.raises(Killed):
            carry_on(asked.id, clock=lambda: NOW)
    assert carry_on(asked.id, clock=lambda: NOW)
    assert get_export(asked.id).error_code == "interrupted"


@pytest.mark.django_db
def test_rows_stand_in_groups_and_an_empty_table_has_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = parquet_of(export(ExportKind.PRODUCTS, ExportFormat.PARQUET))
    assert (empty.num_rows, empty.schema.names[0]) == (0, "product_id")
    put_products([("shop", ProductState(external_id=f"{number:04}", name="Bowl")) for number in range(60)], now=NOW)
    monkeypatch.setattr(carrying_on, "BATCH_ITEMS", 7)
    monkeypatch.setattr(parquet, "GROUP_ROWS", 20)
    made = export(ExportKind.PRODUCTS, ExportFormat.PARQUET)
    file = pq.ParquetFile(path_of(made.id))
    assert file.metadata.num_rows == 60
    assert [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)] == [20, 1, 20, 1, 18]


@pytest.mark.django_db
def test_an_export_that_is_removed_while_it_is_put_together_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ask(ExportKind.PRODUCTS, ExportFormat.PARQUET)
    put_together = parquet.put_together

    def removed_meanwhile(*args: Any) -> int:
        size = put_together(*args)
        services.remove(export_id=asked.id, now=NOW, actor=MIRA)
        path_of(asked.id).write_bytes(b"late")
        return size

    monkeypatch.setattr(parquet, "put_together", removed_meanwhile)
    assert work(asked.id).state is ExportState.CANCELLED
    assert not path_of(asked.id).exists()
    assert not parts_of(asked.id).exists()
