"""Writes to different members touch no row in common."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from regulars.kit.ids import new_id
from regulars.loyalty.ledger import bulk
from regulars.loyalty.ledger.desk import terms_of
from regulars.loyalty.ledger.earning import grant
from regulars.loyalty.ledger.models import Account
from regulars.loyalty.ledger.posting import Posted, post
from regulars.loyalty.ledger.services import grant_points
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, NOON, member, points, shop
from regulars.loyalty.ledger.wallets import Wallets


def locks_of_programs() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmax::text FROM loyalty_definitions_program")
        return [number for (number,) in cursor.fetchall()]


def test_a_grant_locks_no_row_of_its_programme(fresh_database: str):
    assert fresh_database
    version = shop()
    who = member(version)
    # Whoever enrols somebody locks it, so that it does not go meanwhile.
    before = locks_of_programs()
    told: dict[str, Any] = {"currency": "points", "what": points(5), "version": version, "now": NOON, "actor": ACTOR}
    grant_points(member_id=who.id, **told)
    bulk.grant_to_many(**told, occurrence="2026")
    assert locks_of_programs() == before
    member(version)
    assert locks_of_programs() != before, "such a lock is seen here"


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 100], ids=["few", "many"])
def test_a_transaction_is_of_a_programme_that_stands(count: int):
    version = shop()
    [account] = Account.objects.filter(member_id=member(version).id, currency="points")
    drafted = [
        posting
        for _ in range(count)
        for posting in grant(Wallets((), terms_of(version)), account.id, "points", points(5), now=NOON)
    ]
    post(drafted, Posted(program_id=version.program_id, now=NOON, actor=ACTOR))
    again = [replace(posting, id=new_id(), new_lots=()) for posting in drafted]
    with pytest.raises(IntegrityError, match="a transaction of the ledger"), transaction.atomic():
        post(again, Posted(program_id=new_id(), now=NOON, actor=ACTOR))
    post(again, Posted(program_id=version.program_id, now=NOON, actor=ACTOR))
