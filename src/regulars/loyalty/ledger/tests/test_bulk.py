"""What is posted for very many members at once is what would be posted for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.currencies import Inactivity
from regulars.loyalty.definitions.models import Program as ProgramRow
from regulars.loyalty.ledger import bulk, services
from regulars.loyalty.ledger.contracts import Book, Grant, Member
from regulars.loyalty.ledger.desk import open_desk
from regulars.loyalty.ledger.events import SOURCE
from regulars.loyalty.ledger.merging import merge_members
from regulars.loyalty.ledger.models import Account, Lot
from regulars.loyalty.ledger.models import Entry as EntryRow
from regulars.loyalty.ledger.models import Member as MemberRow
from regulars.loyalty.ledger.models import Transaction as TransactionRow
from regulars.loyalty.ledger.posting import find_expired
from regulars.loyalty.ledger.returning import TakenBack, claw_back
from regulars.loyalty.ledger.settling import settle
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, DAY, NOON, member, points, shop, version_of
from regulars.stream.models import Event

pytestmark = pytest.mark.django_db
LATER = NOON + 60 * DAY


def another_shop() -> ProgramVersion:
    shop()
    return version_of(ProgramRow.objects.create(id=new_id(), key=f"p{new_id().hex}", created_at=NOON).id)


def grant(who: Member, version: ProgramVersion, what: Grant, now: datetime = NOON) -> UUID:
    """Grant points; return the lot."""
    told: dict[str, Any] = {
        "member_id": who.id,
        "currency": "points",
        "what": what,
        "version": version,
        "now": now,
        "actor": ACTOR,
    }
    answer = services.grant_points(**told)
    entries = EntryRow.objects.filter(transaction_id=answer["transaction_id"], book=Book.MEMBER).order_by("number")
    return entries.values_list("lot_id", flat=True)[0]


@transaction.atomic
def owe(who: Member, version: ProgramVersion, count: int, now: datetime = NOON) -> None:
    """Let a member owe points: they were earned, spent, and are earned no longer."""
    lot_id = grant(who, version, points(count, at=now), now)
    desk = open_desk([who.id], version=version, now=now, actor=ACTOR)
    price = services.Price(points=count, currencies=["points"])
    services.spend_points(desk, who.id, price, cause=new_id(), reserve=False, memo={})
    desk = open_desk([], lots=[lot_id], version=version, now=now, actor=ACTOR)
    taken = [TakenBack(lot_id=lot_id, points=count)]
    desk.post(claw_back(desk.wallets, taken, siblings=[], expired={}, now=now))


def settled_one_by_one(members: Sequence[Member], version: ProgramVersion, until: datetime) -> None:
    for each in members:
        desk = open_desk([each.id], version=version, now=until, actor=ACTOR)
        accounts = sorted(held.at for held in desk.held.values())
        desk.post([posting for account in accounts for posting in settle(desk.wallets, account, until)])


def stand(who: Member) -> list[tuple[Any, ...]]:
    """Return what stands of a member's lots, in the order in which they were granted, and of its account."""
    columns = ("pending", "active", "reserved", "debt", "is_open", "activates_at", "expires_at", "restored_at", "rule")
    lots = (
        Lot.objects.filter(account__member_id=who.id).order_by("id").values_list(*columns, "origin_account__member_id")
    )
    seen = [(*row[:-1], row[-1] == who.id) for row in lots]
    return [*seen, *Account.objects.filter(member_id=who.id).order_by("currency").values_list("currency", "debt")]


def told(who: Member) -> Counter[tuple[str, datetime, str]]:
    """Return how many points the stream tells of a member, by type, moment and currency."""
    sums: Counter[tuple[str, datetime, str]] = Counter()
    for event in Event.objects.filter(customer_id=who.customer_id, source=SOURCE, type__startswith="points."):
        sums[(event.type, event.occurred_at, event.payload["currency"])] += event.payload["points"]
    return sums


def expired(who: Member) -> list[int]:
    """Return how much of each of a member's lots has expired, as a return would reclaim it."""
    lots = list(Lot.objects.filter(account__member_id=who.id).order_by("id").values_list("id", flat=True))
    found = find_expired(lots)
    return [found.get(lot_id, 0) for lot_id in lots]


def assert_books_balance(version: ProgramVersion) -> None:
    """Check that each transaction has the entries that it says, numbered without gaps, and sums to zero."""
    for header in TransactionRow.objects.filter(program_id=version.program_id).prefetch_related("lines"):
        lines = header.lines.all()
        assert sorted(line.number for line in lines) == list(range(1, header.entries + 1))
        sums: Counter[str] = Counter()
        for line in lines:
            sums[line.currency] += line.points
        assert set(sums.values()) == {0}


DAYS = st.integers(0, 50)
LOT = st.tuples(st.integers(1, 9), st.sampled_from([0, 0, 3, 3, 10, 30]), st.sampled_from([None, 1, 5, 5, 20, 60]))
LIFE = st.tuples(st.sampled_from([0, 0, 4, 12]), st.lists(LOT, max_size=4), st.integers(0, 5))


@given(lives=st.lists(LIFE, min_size=1, max_size=4), days=DAYS, at_once=st.sampled_from([1, 2, 3, 100]))
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
def test_what_is_due_is_settled_for_many_as_for_each(lives: list[Any], days: int, at_once: int):
    until = NOON + timedelta(days=days, hours=1)
    shops = (another_shop(), another_shop())
    sides: list[list[Member]] = [[], []]
    for debt, lots, spent in lives:
        for version, side in zip(shops, sides, strict=True):
            who = member(version)
            side.append(who)
            if debt:
                owe(who, version, debt)
            for count, delay, good in lots:
                active = NOON + delay * DAY
                times: dict[str, Any] = {
                    "activates_at": active,
                    "expires_at": None if good is None else active + good * DAY,
                }
                grant(who, version, points(count, **times))
            desk = open_desk([who.id], version=version, now=NOON, actor=ACTOR)
            there = sum(lot.active for lot in desk.wallets.lots.values())
            price = services.Price(points=min(spent, there), currencies=["points"])
            services.spend_points(desk, who.id, price, cause=new_id(), reserve=spent % 2 == 0, memo={})
    each, many = sides
    settled_one_by_one(each, shops[0], until)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "AT_ONCE", at_once)
        asked: dict[str, Any] = {"version": shops[1], "until": until, "now": until, "actor": ACTOR}
        bulk.settle_due(**asked)
        count = TransactionRow.objects.count()
        assert bulk.settle_due(**asked) == 0
        assert TransactionRow.objects.count() == count, "a repeat changes nothing"
    for one, other in zip(each, many, strict=True):
        assert stand(one) == stand(other)
        assert told(one) == told(other)
        assert expired(one) == expired(other)
    assert_books_balance(shops[1])


BONUS_LIFE = st.tuples(st.sampled_from([0, 0, 4, 12]), st.lists(LOT, max_size=2), st.booleans(), st.booleans())


@given(
    lives=st.lists(BONUS_LIFE, min_size=1, max_size=5),
    times=st.tuples(st.sampled_from([0, 2]), st.sampled_from([None, 5, 90])),
    at_once=st.sampled_from([1, 2, 100]),
)
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
def test_a_bonus_is_granted_to_many_as_to_each(lives: list[Any], times: tuple[int, int | None], at_once: int):
    now = NOON + 2 * DAY
    shops = (another_shop(), another_shop())
    sides: list[list[Member]] = [[], []]
    for debt, lots, is_inactivity, is_merged in lives:
        for version, side in zip(shops, sides, strict=True):
            who = member(version)
            side.append(who)
            if debt:
                owe(who, version, debt)
            for count, delay, good in lots:
                active = NOON + (30 + delay) * DAY
                grant(who, version, points(count, activates_at=active, expires_at=good and active + good * DAY))
            if is_inactivity:
                inactive: dict[str, Any] = {
                    "inactivity": Inactivity(kind="inactivity", after="1 month"),
                    "expires_at": NOON + 31 * DAY,
                }
                grant(who, version, points(5, **inactive))
            if is_merged and len(side) > 1:
                told_of: dict[str, Any] = {"version": version, "now": NOON, "actor": ACTOR}
                merge_members(survivor_id=side[0].id, merged_id=who.id, **told_of)
    delay, good = times
    what = points(
        7, at=now, activates_at=now + delay * DAY, expires_at=None if good is None else now + good * DAY, rule="bonus"
    )
    each, many = sides
    for who in sorted(each, key=lambda who: who.id):
        grant(who, shops[0], what, now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "AT_ONCE", at_once)
        asked: dict[str, Any] = {
            "what": what,
            "currency": "points",
            "occurrence": "2026",
            "version": shops[1],
            "now": now,
            "actor": ACTOR,
        }
        ids = [who.id for who in many]
        assert bulk.grant_to_many(**asked, member_ids=ids) == len(many)
        assert bulk.grant_to_many(**asked, member_ids=ids) == 0
    for one, other in zip(each, many, strict=True):
        assert sorted(stand(one), key=str) == sorted(stand(other), key=str)
        assert told(one) == told(other)
    assert_books_balance(shops[1])


def bonus(version: ProgramVersion, occurrence: str = "2026", **more: Any) -> int:
    what = points(7, rule="bonus")
    asked: dict[str, Any] = {
        "what": what,
        "currency": "points",
        "occurrence": occurrence,
        "version": version,
        "now": NOON,
    }
    return bulk.grant_to_many(**asked, actor=ACTOR, **more)


def test_an_occurrence_grants_once_to_each_and_another_grants_again():
    version = shop()
    who = member(version)
    assert bonus(version) == 1
    member(version)
    assert (bonus(version), bonus(version), bonus(version, "2027")) == (1, 0, 2)
    occasions = set(Lot.objects.filter(account__member_id=who.id).values_list("occasion", flat=True))
    assert occasions == {bulk.occasion_of(who.id, "bonus", "2026"), bulk.occasion_of(who.id, "bonus", "2027")}


def test_all_who_are_members_today_get_a_bonus_and_of_those_who_are_named_all_but_the_erased():
    version, other = shop(), another_shop()
    active, left, erased = member(version), member(version), member(version)
    member(other)
    MemberRow.objects.filter(id=left.id).update(state="left")
    MemberRow.objects.filter(id=erased.id).update(state="erased", customer=None)
    assert bonus(version) == 1
    assert bonus(version, member_ids=[active.id, left.id, erased.id]) == 1
    assert {lot.account.member_id for lot in Lot.objects.all()} == {active.id, left.id}


def test_a_bonus_is_at_least_one_point():
    with pytest.raises(services.WrongPoints):
        bulk.grant_to_many(what=points(0), currency="points", occurrence="", version=shop(), now=NOON, actor=ACTOR)


def test_another_programmes_points_are_left_alone():
    version, other = shop(), another_shop()
    theirs = member(other)
    grant(theirs, other, points(5, expires_at=NOON + DAY))
    assert bulk.settle_due(version=version, until=LATER, now=LATER, actor=ACTOR) == 0
    assert bulk.settle_due(version=other, until=LATER, now=LATER, actor=ACTOR) == 1


def test_tiers_can_be_evaluated_between_activation_and_expiry():
    version = shop()
    who = member(version)
    grant(who, version, points(5, activates_at=NOON + DAY, expires_at=NOON + 2 * DAY))
    asked: dict[str, Any] = {"version": version, "until": LATER, "now": LATER, "actor": ACTOR}
    assert bulk.activate_due(**asked) == 1
    assert Lot.objects.get().active == 5
    assert bulk.expire_due(**asked) == 1
    assert not Lot.objects.get().is_open


def test_what_is_due_is_posted_in_the_order_of_its_moments(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    version = shop()
    for day in (3, 1, 2, 1, 3, 2):
        grant(member(version), version, points(5, expires_at=NOON + day * DAY))
    bulk.expire_due(version=version, until=LATER, now=LATER, actor=ACTOR)
    expiries = TransactionRow.objects.filter(kind="expire").order_by("transaction", "position")
    assert [header.occurred_at for header in expiries] == [NOON + day * DAY for day in (1, 2, 3)]
    assert {header.posted_at for header in expiries} == {LATER}


class Killed(Exception):
    pass


def dies(doing: str, done: float) -> None:
    assert doing
    if done >= 0.4:
        raise Killed


@pytest.mark.parametrize(
    "work",
    [
        lambda version, **more: bulk.expire_due(version=version, until=LATER, now=LATER, actor=ACTOR, **more),
        bonus,
    ],
    ids=["expiry", "bonus"],
)
def test_what_was_killed_half_way_goes_on(work: Callable[..., int], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    version = shop()
    for _ in range(5):
        grant(member(version), version, points(5, expires_at=NOON + DAY))
    with pytest.raises(Killed):
        work(version, progress=dies)
    assert work(version) == 3
    assert work(version) == 0
    assert_books_balance(version)
