"""Partitions are made once, whoever asks at the same time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from django.db import connection, transaction

from regulars.stream import services

LONG_AGO = datetime(2001, 5, 5, tzinfo=UTC)


def test_one_who_waits_for_a_partition_that_another_makes_finds_it_made(fresh_database: str) -> None:
    made, go_on = threading.Event(), threading.Event()
    faults: list[Exception] = []

    def first() -> None:
        with transaction.atomic():
            services.make_room([LONG_AGO])
            made.set()
            go_on.wait(20)
        connection.close()

    def second() -> None:
        try:
            services.make_room([LONG_AGO])
        except Exception as error:
            faults.append(error)
        connection.close()

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert made.wait(10)
    threads[1].start()
    threading.Timer(0.3, go_on.set).start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_a_partition_that_was_rolled_back_is_made_again(fresh_database: str) -> None:
    with transaction.atomic():
        services.make_room([LONG_AGO])
        services.make_room([LONG_AGO])
        transaction.set_rollback(True)
    services.make_room([LONG_AGO])
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('stream_event_2001_05') IS NOT NULL")
        assert cursor.fetchone() == (True,)
