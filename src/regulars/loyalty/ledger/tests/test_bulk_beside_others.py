"""Whoever writes to an account while very many are written to waits a moment, and is not refused."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import Sum

from regulars.loyalty.ledger import bulk
from regulars.loyalty.ledger.contracts import Book
from regulars.loyalty.ledger.models import Entry as EntryRow
from regulars.loyalty.ledger.models import Lot
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, DAY, NOON, member, points, shop
from regulars.loyalty.ledger.tests.test_bulk import LATER, assert_books_balance, bonus, grant, owe


def in_threads(*works: Callable[[], None]) -> list[BaseException]:
    """Do works beside each other; return what went wrong."""
    wrong: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            traceback.print_exception(error)
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_single_writes_beside_it_fail_nobody(fresh_database: str, monkeypatch: pytest.MonkeyPatch):
    assert fresh_database
    monkeypatch.setattr(bulk, "AT_ONCE", 15)
    version = shop()
    members = [member(version) for _ in range(40)]
    for number, who in enumerate(members):
        if number % 4 == 0:
            owe(who, version, 3)
        for delay, good in ((1, 5), (2, 6)):
            active = NOON + delay * DAY
            grant(who, version, points(5, activates_at=active, expires_at=active + good * DAY))
    ended = threading.Event()

    def write(turn: int) -> None:
        number = turn
        while not ended.is_set():
            number += 7
            who = members[number % 40]
            grant(who, version, points(10, at=LATER), LATER)
            if turn == 0:
                owe(who, version, 3, LATER)

    def run_the_night() -> None:
        try:
            for day in range(1, 10):
                until = NOON + day * DAY
                bulk.settle_due(version=version, until=until, now=until, actor=ACTOR)
                bonus(version, str(day))
            bulk.settle_due(version=version, until=LATER, now=LATER, actor=ACTOR)
        finally:
            ended.set()

    assert in_threads(run_the_night, *(lambda turn=turn: write(turn) for turn in range(3))) == []
    assert Lot.objects.filter(rule="bonus").count() == 9 * len(members)
    assert not Lot.objects.filter(expires_at__lte=LATER, active__gt=0).exists()
    sums = EntryRow.objects.filter(book=Book.MEMBER).values_list("lot_id").annotate(Sum("points"))
    by_lot = dict(sums)
    assert all(lot.pending + lot.active + lot.reserved - lot.debt == by_lot[lot.id] for lot in Lot.objects.all())
    assert_books_balance(version)
