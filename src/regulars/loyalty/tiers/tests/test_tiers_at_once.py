"""Progress and evaluations of the same members, by many in the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

from django.db import connection

from regulars.loyalty.tiers.models import Change, Standing
from regulars.loyalty.tiers.services import record_progress
from regulars.loyalty.tiers.tests.tier_factory import local
from regulars.loyalty.tiers.tests.tier_shop import DAY, evaluate, member, row, shop

SPRING = local(2025, 4, 10, 12)


def at_once(*tasks: Callable[[], object]) -> list[BaseException]:
    start, failed = threading.Barrier(len(tasks)), []

    def run(task: Callable[[], object]) -> None:
        start.wait()
        try:
            task()
        except BaseException as error:  # Whatever it is, the test tells it.
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_no_progress_is_lost_and_nobody_waits_for_ever_whoever_comes_first(fresh_database: str) -> None:
    club = shop()
    members = [member(club) for _ in range(6)]

    def record(order: list[UUID]) -> None:
        for _ in range(10):
            record_progress(rows=[row(each, 5, SPRING) for each in order], now=SPRING)

    def judge() -> None:
        for _ in range(10):
            evaluate(club, SPRING, *members)

    assert at_once(lambda: record(members), lambda: record(members[::-1]), judge, judge) == []
    due = Standing.objects.filter(due_at__lte=SPRING + DAY).values_list("member_id", flat=True)
    evaluate(club, SPRING + DAY, *due)
    assert list(Standing.objects.values_list("progress", "tier")) == [(100, "silver")] * 6
    assert Change.objects.filter(to_tier="silver").count() == 6
