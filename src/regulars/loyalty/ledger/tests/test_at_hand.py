"""Of very many lots a write has those at hand that it needs, and the others where it asks for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.currencies import Inactivity
from regulars.loyalty.ledger import services
from regulars.loyalty.ledger.contracts import Grant
from regulars.loyalty.ledger.desk import Desk, open_desk
from regulars.loyalty.ledger.models import Entry as EntryRow
from regulars.loyalty.ledger.models import Lot as LotRow
from regulars.loyalty.ledger.posting import find_expired, load_lots
from regulars.loyalty.ledger.returning import TakenBack, claw_back
from regulars.loyalty.ledger.settling import settle
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, DAY, NOON, member, points, shop

pytestmark = pytest.mark.django_db
GOOD = NOON + 300 * DAY


class Till:
    """A member with accounts, and what is done there."""

    def __init__(self) -> None:
        self.version: ProgramVersion = shop()
        self.who = member(self.version)

    def earn(self, what: Grant, now: datetime = NOON) -> UUID:
        to = {"member_id": self.who.id, "currency": "points"}
        told: dict[str, Any] = {**to, "version": self.version, "now": now, "actor": ACTOR}
        answer = services.grant_points(what=what, **told)
        entries = EntryRow.objects.filter(transaction_id=answer["transaction_id"], book="member")
        return entries.order_by("number").values_list("lot_id", flat=True)[0]

    def spend(self, count: int) -> None:
        price = services.Price(points=count, currencies=["points"])
        services.spend_points(self.open(), self.who.id, price, cause=new_id(), reserve=False, memo={})

    def take_back(self, lot: UUID, count: int) -> None:
        desk = self.open(lots=[lot])
        back = [TakenBack(lot_id=lot, points=count)]
        desk.post(claw_back(desk.wallets, back, siblings=[lot], expired=find_expired([lot]), now=NOON))

    def open(self, now: datetime = NOON, *, is_whole: bool = False, lots: list[UUID] | None = None) -> Desk:
        with transaction.atomic():
            return open_desk(
                [self.who.id], version=self.version, now=now, actor=ACTOR, lots=lots or (), is_whole=is_whole
            )

    def account(self, desk: Desk) -> UUID:
        held = desk.account(self.who.id, "points")
        assert held
        return held.at


def test_a_grant_has_what_is_due_and_what_activity_keeps_alive_at_hand():
    till = Till()
    for _ in range(5):
        till.earn(points(10, expires_at=GOOD))
    due = till.earn(points(10, activates_at=NOON + 2 * DAY, expires_at=GOOD))
    waits = till.earn(points(10, activates_at=NOON + 20 * DAY, expires_at=GOOD))
    over = till.earn(points(10, expires_at=NOON + DAY))
    alive = till.earn(points(10, inactivity=Inactivity(kind="inactivity", after="1 year"), expires_at=GOOD))
    assert set(till.open(NOON + 3 * DAY).wallets.lots) == {due, over, alive}
    assert set(till.open(NOON + 3 * DAY, lots=[waits]).wallets.lots) == {due, over, alive, waits}
    assert len(till.open(NOON + 3 * DAY, is_whole=True).wallets.lots) == 9


def test_a_grant_has_what_is_owed_at_hand_and_pays_it():
    till = Till()
    owing = till.earn(points(10, expires_at=GOOD))
    till.spend(10)
    till.take_back(owing, 10)
    waits = till.earn(points(10, activates_at=NOON + 20 * DAY, expires_at=GOOD))
    desk = till.open()
    assert set(desk.wallets.lots) == {owing}
    assert desk.wallets.debt(till.account(desk)) == 10
    till.earn(points(15, expires_at=GOOD))
    assert sorted(LotRow.objects.values_list("pending", "active", "debt")) == [(0, 0, 0), (0, 5, 0), (10, 0, 0)]
    assert till.open(NOON + 30 * DAY).wallets.lots.keys() == {waits}


def test_however_many_lots_there_are_a_grant_reads_none_of_those_that_rest():
    till = Till()
    for _ in range(40):
        till.earn(points(10, expires_at=GOOD))
    assert till.open().wallets.lots == {}


def test_the_others_are_read_once_where_they_are_asked_for_and_what_changed_meanwhile_stays(monkeypatch):
    till = Till()
    lots = [till.earn(points(10, expires_at=GOOD + number * DAY)) for number in range(4)]
    desk = till.open(lots=lots[:1])
    desk.wallets.lots[lots[0]].active = 7
    asked = []
    monkeypatch.setattr("regulars.loyalty.ledger.desk.load_lots", lambda ids: asked.append(ids) or load_lots(ids))
    account = till.account(desk)
    assert [lot.active for lot in desk.wallets.of(account)] == [7, 10, 10, 10]
    assert [lot.id for lot in desk.wallets.of(account)] == lots
    assert asked == [[account]]


def test_what_is_due_later_than_the_desk_was_opened_for_is_found_too():
    till = Till()
    lot = till.earn(points(10, expires_at=NOON + 5 * DAY))
    desk = till.open()
    assert settle(desk.wallets, till.account(desk), NOON + 4 * DAY) == []
    [posting] = settle(desk.wallets, till.account(desk), NOON + 5 * DAY)
    assert {entry.lot_id for entry in posting.entries} == {lot}


def test_what_was_spent_is_taken_back_from_lots_that_were_not_at_hand_before_anything_is_owed():
    till = Till()
    spent, other = till.earn(points(10, expires_at=GOOD)), till.earn(points(6, expires_at=GOOD + DAY))
    till.spend(8)
    till.take_back(spent, 10)
    stands = dict(LotRow.objects.values_list("id", "active"))
    assert stands == {spent: 0, other: 0}
    assert LotRow.objects.get(id=spent).debt == 2
