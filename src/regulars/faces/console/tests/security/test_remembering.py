"""What is remembered for a moment is remembered for all processes, and said once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, connections

from regulars.faces.console.jobs import forget
from regulars.faces.console.models import Remembered


@pytest.mark.django_db
def test_what_is_remembered_is_there_until_its_time_is_over() -> None:
    start = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        cache.set("a", [1.5, 2.0], 60)
        assert cache.get("a") == [1.5, 2.0]
        assert not cache.add("a", "other", 60)
        clock.shift(61)
        assert cache.get("a", "nothing") == "nothing"
        assert cache.add("a", "new", 60)
        assert cache.get("a") == "new"
        assert cache.touch("a", 300)
        clock.shift(200)
        assert cache.get("a") == "new"
        assert cache.delete("a")
        assert not cache.delete("a")
        assert not cache.touch("a", 300)


@pytest.mark.django_db
def test_a_key_is_not_readable_in_the_table() -> None:
    cache.set("allauth:ip:203.0.113.9", 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), bool_or(console_remembered::text LIKE %s) FROM console_remembered", ["%203.0%"]
        )
        assert cursor.fetchone() == (1, False)


@pytest.mark.django_db
def test_what_is_over_is_forgotten_and_the_rest_is_kept() -> None:
    with time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC), tick=False) as clock:
        cache.set("short", 1, 10)
        cache.set("long", 1, 7_200)
        cache.set("ever", 1, None)
        clock.shift(3_600)
        forget.func(0)
        assert Remembered.objects.count() == 2
    cache.clear()
    assert Remembered.objects.count() == 0


def test_of_many_who_add_a_key_at_once_one_is_first(fresh_database: str) -> None:
    # The key is there, and over: the race that a cache that reads first would lose.
    with time_machine.travel(datetime(2020, 1, 1, tzinfo=UTC), tick=False):
        cache.set("code", "y", 1)
    told: list[bool] = []
    ready = threading.Barrier(8)

    def add() -> None:
        ready.wait()
        told.append(cache.add("code", "y", 30))
        connections.close_all()

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False] * 7 + [True]
