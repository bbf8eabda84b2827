"""Every column of the database says how closely it touches a person."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from django.db import connection

from regulars.config.personal_data import COLUMNS, export
from regulars.kit.classification import Columns, columns
from regulars.orders import services
from regulars.orders.tests.order_factory import NOW, order
from regulars.stream.contracts import system

pytestmark = pytest.mark.django_db


def columns_of_the_database() -> set[tuple[str, str]]:
    """Return (table, column) of each table but the partitions, which are as their parents are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT class.relname, attribute.attname FROM pg_class AS class"
            " JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid"
            " WHERE class.relnamespace = 'public'::regnamespace AND class.relkind IN ('r', 'p')"
            " AND NOT class.relispartition AND attribute.attnum > 0 AND NOT attribute.attisdropped"
        )
        return set(cursor.fetchall())


def differences(classified: Columns, found: set[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what is not classified, and what is classified and not there."""
    told = {(table, column) for table, kinds in classified.items() for column in kinds}
    return {
        "not classified": sorted(f"{table}.{column}" for table, column in found - told),
        "not there": sorted(f"{table}.{column}" for table, column in told - found),
    }


def test_every_column_is_classified_and_nothing_else() -> None:
    assert differences(COLUMNS, columns_of_the_database()) == {"not classified": [], "not there": []}


def test_a_new_column_would_be_seen() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE nothing ()")
    found = columns_of_the_database() | {("orders_order", "gift_card_text")}
    assert differences(COLUMNS, found)["not classified"] == ["orders_order.gift_card_text"]
    assert differences(columns("a", none="b"), {("a", "b")}) == {"not classified": [], "not there": []}


def test_what_is_held_of_a_person_can_be_told_to_the_person() -> None:
    [result] = services.put_orders(orders=[order(attributes={"card": "Happy birthday"})], now=NOW, actor=system("test"))
    assert isinstance(result.customer_id, UUID)
    told = export([result.customer_id])
    text = json.dumps(told)
    for held in ("ines@example.com", "Ines Kova", "Happy birthday", "Bowl", "order.placed"):
        assert held in text
