"""Events are added, in order, once each, to the month they happened in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from regulars.stream import services
from regulars.stream.contracts import NewEvent, system
from regulars.stream.models import Event
from regulars.stream.queries import list_timeline

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOON_OF_ARRIVAL = datetime(2026, 11, 21, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def event(customer: UUID | None = None, **different: Any) -> NewEvent:
    told: dict[str, Any] = {
        "type": "page.viewed",
        "actor": system("test"),
        "source": "site",
        "occurred_at": NOW,
        "customer_id": customer,
    }
    return NewEvent(**(told | different))


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'stream_event'::regclass")
        return {name for (name,) in cursor.fetchall()}


def test_events_stand_in_the_order_in_which_they_were_appended() -> None:
    customer = uuid4()
    events = [event(customer, payload={"number": number}) for number in range(50)]
    ids = services.append(events, now=NOW)
    rows = Event.objects.filter(customer_id=customer).order_by("transaction", "position")
    assert [row.id for row in rows] == ids
    assert [row.payload["number"] for row in rows] == list(range(50))


def test_a_timeline_shows_the_latest_first_and_goes_on_where_it_ended() -> None:
    customer = uuid4()
    services.append([event(customer, occurred_at=NOW.replace(day=day)) for day in (3, 1, 2, 2)], now=NOW)
    first = list_timeline([customer], limit=2)
    last = first[-1]
    rest = list_timeline([customer], limit=5, before=(last.occurred_at, last.cursor.position))
    assert [each.occurred_at.day for each in first + rest] == [3, 2, 2, 1]
    assert len({each.id for each in first + rest}) == 4
    assert list_timeline([customer], limit=5, types=["order.placed"]) == []


def test_an_event_whose_key_has_been_seen_is_not_appended_again() -> None:
    [first] = services.append([event(key="m1")], now=NOW)
    assert first
    assert services.append([event(key="m1"), event(key="m2"), event(key="m2")], now=NOW)[0] is None
    assert services.append([event(key="m1", source="till")], now=NOW) != [None]
    assert Event.objects.count() == 3


def test_a_month_gets_its_partition_before_its_first_event_and_the_default_stays_empty() -> None:
    services.append(
        [
            event(occurred_at=datetime(2003, 2, 28, 23, 59, tzinfo=UTC)),
            event(occurred_at=datetime(1999, 12, 31, tzinfo=UTC)),
        ],
        now=NOW,
    )
    assert {"stream_event_2003_02", "stream_event_1999_12"} <= partitions()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM stream_event_default")
        assert cursor.fetchone() == (0,)


def test_a_month_is_one_of_utc_wherever_the_event_happened() -> None:
    from zoneinfo import ZoneInfo

    midnight = datetime(2004, 6, 1, 0, 30, tzinfo=ZoneInfo("Europe/Vienna"))
    services.append([event(occurred_at=midnight)], now=NOW)
    assert "stream_event_2004_05" in partitions()
    assert "stream_event_2004_06" not in partitions()


def test_room_is_made_for_the_months_to_come() -> None:
    services.make_room_ahead(now=datetime(2026, 11, 30, tzinfo=UTC))
    assert {f"stream_event_{month}" for month in ("2026_11", "2026_12", "2027_01", "2027_02")} <= partitions()


def test_many_events_alike_are_appended_by_a_statement_in_the_order_given_and_after_those_before() -> None:
    customers = [uuid4() for _ in range(30)]
    ids = [uuid4() for _ in customers]
    [before] = services.append([event()], now=NOON_OF_ARRIVAL)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stream_append_alike(%s, 'points.expired', 'system:test', 'loyalty', %s::uuid[], %s::uuid[],"
            " %s::timestamptz[], %s::jsonb[])",
            [NOON_OF_ARRIVAL, ids, customers, [NOW] * 30, [f'{{"number": {number}}}' for number in range(30)]],
        )
        assert cursor.fetchone() == (30,)
    rows = list(Event.objects.order_by("transaction", "position"))
    assert [row.id for row in rows] == [before, *ids]
    assert [row.customer_id for row in rows[1:]] == customers
    assert [row.payload["number"] for row in rows[1:]] == list(range(30))
    assert {(row.type, row.actor, row.source) for row in rows[1:]} == {("points.expired", "system:test", "loyalty")}
    assert {(row.occurred_at, row.received_at) for row in rows[1:]} == {(NOW, NOON_OF_ARRIVAL)}
    assert len({row.transaction for row in rows}) == 1


def test_no_events_alike_are_none() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stream_append_alike(now(), 'points.expired', 'system:test', 'loyalty', NULL, NULL, NULL, NULL)"
        )
        assert cursor.fetchone() == (0,)
    assert not Event.objects.exists()
