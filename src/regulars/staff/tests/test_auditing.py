"""The audit trail shows what was done to it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction
from django.db.utils import ProgrammingError

from regulars.business.contracts import Rate, Shop
from regulars.business.services import save_rates, save_shop
from regulars.kit.ids import new_id
from regulars.staff.auditing import record, seal_audit_trail, verify_audit_trail
from regulars.staff.consumers import BUSINESS_CHANGED, audit_business
from regulars.staff.models import AuditEntry
from regulars.staff.queries import list_audit_entries
from regulars.stream.contracts import Actor, ActorKind, Cursor, Event, system
from regulars.stream.queries import look_through

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def write(count: int = 3) -> None:
    for number in range(count):
        record(system("test"), "thing.done", "thing", number, now=NOW, details={"fields": ["name"]})


def shop_events() -> list[Event]:
    look = look_through(after=Cursor(), limit=10)
    return [event for event in look.events if event.type in BUSINESS_CHANGED]


def test_changes_of_the_business_come_on_the_trail_once_with_who_made_them(fresh_database: str) -> None:
    who = Actor(ActorKind.API_KEY, "01900000-0000-7000-8000-000000000000")
    shop = save_shop(
        shop=Shop(id=new_id(), code="old-town", name="Old Town", zone="Europe/Vienna", closed_on=None),
        now=NOW,
        actor=who,
    )
    save_rates(rates=[Rate(currency="USD", valid_on=NOW.date(), rate=Decimal("0.9"), source="")], now=NOW, actor=who)
    assert len(shop_events()) == 2
    for _ in range(2):
        audit_business(shop_events())
    entries = [entry for entry, _ in list_audit_entries(limit=9)]
    assert [(each.action, each.actor, each.object_id) for each in entries] == [
        ("rates.changed", str(who), "rates"),
        ("shop.opened", str(who), str(shop.id)),
    ]
    assert entries[1].details == {"code": "old-town"}
    seal_audit_trail(now=NOW)
    assert verify_audit_trail().is_whole


def tamper(statement: str) -> None:
    """Do as the owner of the database, past the triggers, what nobody should."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET regulars.erasing = 'on'")
        cursor.execute(statement)
    connections["owner"].close()


def test_what_is_as_it_was_sealed_is_whole(fresh_database: str) -> None:
    write()
    assert seal_audit_trail(now=NOW) == 3
    write(2)
    assert seal_audit_trail(now=NOW) == 2
    assert seal_audit_trail(now=NOW) == 0
    write(1)
    verdict = verify_audit_trail()
    assert (verdict.is_whole, verdict.sealed_entries, verdict.unsealed_entries) == (True, 5, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE staff_audit_entry SET actor = 'staff:somebody' WHERE object_id = '1'",
        "UPDATE staff_audit_entry SET details = '{}' WHERE object_id = '1'",
        "UPDATE staff_audit_entry SET at = at + interval '1 second' WHERE object_id = '1'",
        "DELETE FROM staff_audit_entry WHERE object_id = '1'",
        "INSERT INTO staff_audit_entry SELECT gen_random_uuid(), at, actor, action, object_kind, object_id, details,"
        " transaction, position FROM staff_audit_entry WHERE object_id = '0'",
        "DELETE FROM staff_audit_seal WHERE number = 1",
        "UPDATE staff_audit_seal SET leaves = 'x'",
        "UPDATE staff_audit_seal SET digest = leaves",
        "DELETE FROM staff_audit_seal WHERE number = 1; UPDATE staff_audit_seal SET number = 1",
    ],
)
def test_any_change_behind_a_seal_is_found(fresh_database: str, statement: str) -> None:
    write()
    seal_audit_trail(now=NOW)
    write()
    seal_audit_trail(now=NOW)
    assert verify_audit_trail().is_whole
    tamper(statement)
    verdict = verify_audit_trail()
    assert not verdict.is_whole
    assert verdict.reason


def test_the_entry_that_was_changed_is_named(fresh_database: str) -> None:
    write(5)
    seal_audit_trail(now=NOW)
    tamper("UPDATE staff_audit_entry SET action = 'nothing.done' WHERE object_id = '3'")
    verdict = verify_audit_trail()
    assert verdict.wrong_entry == AuditEntry.objects.get(object_id="3").id
    assert verdict.sealed_entries == 3


def test_an_entry_that_commits_late_is_sealed_later_and_none_is_forgotten(fresh_database: str) -> None:
    written, go_on = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            write(1)
            written.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    written.wait(10)
    write(2)
    assert seal_audit_trail(now=NOW) == 0
    go_on.set()
    thread.join()
    assert seal_audit_trail(now=NOW) == 3
    assert verify_audit_trail().sealed_entries == 3


@pytest.mark.parametrize("table", ["staff_audit_entry", "staff_audit_seal", "stream_event", "stream_key"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET ", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_cannot_change_what_is_append_only(fresh_database: str, table: str, verb: str) -> None:
    column = {"stream_key": "source", "staff_audit_seal": "entries"}.get(table, "actor")
    statement = verb.format(table) + (f"{column} = {column}" if verb.startswith("UPDATE") else "")
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_mistake_of_the_owner_is_refused_too(fresh_database: str) -> None:
    write(1)
    with (
        pytest.raises(ProgrammingError, match="append-only"),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute("DELETE FROM staff_audit_entry")
