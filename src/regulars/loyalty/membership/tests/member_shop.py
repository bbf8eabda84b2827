"""A programme with tiers, a reward and authority limits, its members, and who acts, for tests of the membership."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine
from django.db import connection

from regulars.customers.contracts import Identifier, IdentifierKind, Person
from regulars.customers.merging import merge_customers
from regulars.customers.services import put_customer
from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.tests.programme_shop import AnyText
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.ledger.contracts import Grant, Member
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.ledger.services import grant_points
from regulars.loyalty.membership.contracts import Adjustment, Authority
from regulars.loyalty.membership.programs import get_version_now
from regulars.loyalty.membership.services import adjust, enrol, follow_customers
from regulars.loyalty.tiers.contracts import NewProgress
from regulars.loyalty.tiers.services import evaluate_members, record_progress
from regulars.stream.contracts import Actor, ActorKind, Cursor, system
from regulars.stream.dispatch import Dispatcher, replay
from regulars.stream.registry import get_subscription
from regulars.stream.services import make_room

BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACTOR = system("tests")
OWNER, AGENT = Authority("owner"), Authority("agent")
ADA, BEN, CLEO = (Actor(ActorKind.STAFF, str(UUID(int=number))) for number in (1, 2, 3))
STATUS: dict[str, Any] = {
    "key": "status",
    "name": "Status",
    "basis": {"kind": "orders"},
    "period": {"kind": "calendar"},
    "tiers": [{"key": "green", "name": "Green"}, {"key": "gold", "name": "Gold", "threshold": 5}],
}
MUG: dict[str, Any] = {
    "key": "mug",
    "name": "Mug",
    "gives": {"kind": "gift"},
    "cost": 100,
    "currencies": ["beans"],
    "limits": [{"times": 1}],
}
WELCOME: dict[str, Any] = {
    "key": "welcome",
    "name": "Welcome",
    "on": {"kind": "enrolment"},
    "currency": "beans",
    "grant": {"kind": "fixed", "points": 25},
}
LIMITS: dict[str, Any] = {"by_role": {"owner": 10_000, "manager": 1_000, "agent": 100}, "second_above": 500}
CLUB: dict[str, Any] = {
    "program": "club",
    "name": "Club",
    "zone": "Europe/Vienna",
    "currencies": [
        {"key": "beans", "name": "Beans", "expiry": {"kind": "rolling", "after": "12 months"}},
        {"key": "gems", "name": "Gems"},
    ],
    "tier_sets": [STATUS],
    "rewards": [MUG],
    "authority": LIMITS,
}


def club(at: datetime = BEGIN, **parts: Any) -> ProgramVersion:
    """Publish a version of the programme, with other parts."""
    make_room([BEGIN + month * 30 * DAY for month in range(-2, 30)])
    document = Program.model_validate(CLUB | parts)
    save_draft(document=document, now=at, actor=ACTOR)
    return publish(program=document.program, now=at, actor=ACTOR, checks=AnyText())


def customer(*names: tuple[IdentifierKind, str]) -> UUID:
    """Return a customer who goes by some names, or one of its own."""
    told = names or ((IdentifierKind.EMAIL, f"{new_id().hex}@example.org"),)
    person = Person(identifiers=[Identifier(kind, value) for kind, value in told])
    found = put_customer(person=person, source="till", now=BEGIN, actor=ACTOR).customer_id
    assert found is not None
    return found


def member(*names: tuple[IdentifierKind, str], beans: int = 0, orders: int = 0, program: str = "club") -> Member:
    """Return a member with so many points, and so many orders that count for its tier."""
    found = enrol(program=program, customer_id=customer(*names), now=BEGIN, actor=ACTOR)
    if beans:
        earn(found.id, beans)
    if orders:
        count(found.id, orders)
    return found


def whose(found: Member) -> UUID:
    """Return the customer that a member is."""
    assert found.customer_id is not None
    return found.customer_id


def merge(survivor: Member | UUID, merged: Member | UUID) -> UUID:
    """Let two customers be one; return the id of their merge."""
    one, other = (each if isinstance(each, UUID) else whose(each) for each in (survivor, merged))
    return merge_customers(survivor_id=one, merged_id=other, now=NOON, actor=ACTOR).id


def become_one(survivor: Member, merged: Member) -> None:
    """Merge the customers and let the members follow, in the transaction that a test is."""
    merge(survivor, merged)
    follow_customers(customer_ids=[whose(survivor)], now=NOON, actor=ACTOR)


def version_now() -> ProgramVersion:
    return get_version_now("club", NOON)


def earn(member_id: UUID, points: int, at: datetime = BEGIN) -> None:
    what = Grant(
        points=points, granted_at=at, activates_at=at, expires_at=None, source_kind="order", source_id=new_id()
    )
    grant_points(member_id=member_id, currency="beans", what=what, version=version_now(), now=at, actor=ACTOR)


def count(member_id: UUID, orders: int, at: datetime = BEGIN) -> None:
    """Let orders count for the member's tier, and evaluate it."""
    row = NewProgress(
        member_id=member_id,
        tier_set="status",
        occurred_at=at,
        amount=orders,
        source_kind="order",
        source_id=None,
        occasion=new_id(),
    )
    record_progress(rows=[row], now=at)
    evaluate_members(member_ids=[member_id], versions=[version_now()], now=at, actor=ACTOR)


def available(member_id: UUID, currency: str = "beans", at: datetime = NOON) -> int:
    return get_standing(member_id, at=at)[currency].balance.available


def given(member_id: UUID, points: int, **different: Any) -> Adjustment:
    """Let Ada, an owner, give or take points."""
    told = {
        "currency": "beans",
        "reason": "Broken cup",
        "now": NOON,
        "actor": ADA,
        "authority": OWNER,
    }
    return adjust(member_id=member_id, points=points, **{**told, **different})


def tell() -> None:
    """Hand what became of customers to the membership, at noon."""
    with time_machine.travel(NOON):
        Dispatcher([get_subscription("loyalty.members")], lambda: NOON).run_until_idle()


def tell_again() -> None:
    """Hand all of it to the membership once more."""
    replay(get_subscription("loyalty.members"), since=Cursor())
    tell()


def rows(*tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of tables, to be compared."""
    found = {}
    for table in tables:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
            found[table] = cursor.fetchall()
    return found
