"""A programme with vouchers and rewards, its members, and what they buy, for the tests of rewards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from regulars.customers.contracts import Identifier, IdentifierKind, Person
from regulars.customers.services import resolve_customers
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import Fault, ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.ledger.contracts import Grant
from regulars.loyalty.ledger.members import enrol_member
from regulars.loyalty.ledger.services import grant_points
from regulars.loyalty.rewards.contracts import Purchase
from regulars.loyalty.rewards.generating import generate_codes, iter_codes
from regulars.loyalty.rewards.looking import Shown
from regulars.stream.contracts import system

ACTOR = system("tests")
# Noon in Vienna is 11 o'clock here.
NOW = datetime(2026, 11, 20, 11, tzinfo=UTC)
BEFORE = NOW - timedelta(days=300)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIVE_OFF: dict[str, Any] = {"key": "five", "name": "Five off", "off": {"kind": "amount", "amount": {"EUR": 5}}}
Found = TypeVar("Found")


class AnyCondition:
    """Lets a programme be published with whatever condition."""

    def condition(self, text: str, trigger: str, zone: ZoneInfo | None) -> Sequence[Fault]:
        return []

    def formula(self, text: str, trigger: str) -> Sequence[Fault]:
        return []


def club(**parts: Any) -> ProgramVersion:
    """Publish a programme with two currencies of points, and such parts."""
    document = Program.model_validate(
        {
            "program": "club",
            "name": "Club",
            "zone": "Europe/Vienna",
            "currencies": [{"key": "beans", "name": "Beans"}, {"key": "gems", "name": "Gems"}],
        }
        | parts
    )
    save_draft(document=document, now=BEFORE, actor=ACTOR)
    return publish(program=document.program, now=BEFORE, actor=ACTOR, checks=AnyCondition())


def series(**different: Any) -> ProgramVersion:
    """Publish a programme with one series of vouchers: five euros off, but for what is different."""
    return club(vouchers=[FIVE_OFF | different])


def next_version(at: datetime, **parts: Any) -> ProgramVersion:
    """Publish the next version of the programme, in force from a moment on."""
    document = Program.model_validate(
        {
            "program": "club",
            "name": "Club",
            "zone": "Europe/Vienna",
            "currencies": [{"key": "beans", "name": "Beans"}, {"key": "gems", "name": "Gems"}],
        }
        | parts
    )
    save_draft(document=document, now=at, actor=ACTOR)
    return publish(program="club", now=at, actor=ACTOR, checks=AnyCondition())


def member(version: ProgramVersion, name: str = "ines", *, beans: int = 0, gems: int = 0) -> UUID:
    """Enrol a member with some points."""
    person = Person(identifiers=[Identifier(IdentifierKind.EMAIL, f"{name}@example.com")])
    [customer_id] = resolve_customers(people=[person], source="shop", now=BEFORE, actor=ACTOR)
    assert customer_id is not None
    found = enrol_member(customer_id=customer_id, version=version, now=BEFORE, actor=ACTOR).id
    for currency, points in (("beans", beans), ("gems", gems)):
        if points:
            grant(version, found, points, currency=currency)
    return found


def grant(version: ProgramVersion, member_id: UUID, points: int, *, currency: str = "beans", **told: Any) -> None:
    what = Grant(
        **{
            "points": points,
            "granted_at": BEFORE,
            "activates_at": BEFORE,
            "expires_at": None,
            "source_kind": "test",
            "source_id": new_id(),
            **told,
        }
    )
    grant_points(member_id=member_id, currency=currency, what=what, version=version, now=BEFORE, actor=ACTOR)


def codes(version: ProgramVersion, count: int = 1, key: str = "five") -> list[str]:
    """Make so many codes of a series."""
    batch = new_id()
    generate_codes(version=version, series=key, count=count, batch_id=batch, now=NOW, actor=ACTOR)
    return list(iter_codes(batch))


def purchase(reference: str = "shop:1", *, total_minor: int = 2500, at: datetime = NOW, **told: Any) -> Purchase:
    return Purchase(**{"reference": reference, "currency": "EUR", "total_minor": total_minor, "at": at, **told})


def shown(*told: str, of: Purchase | None = None, **different: Any) -> Shown:
    """Codes shown for an order of 25 euros by somebody who may type as many as they like."""
    return Shown(**{"program": "club", "codes": told, "purchase": of or purchase(), "client": None, **different})


def at_once(count: int, work: Callable[[int], Found]) -> list[Found | Exception]:
    """Let so many threads begin a work in the same moment; return what each came to, or what it was refused with."""
    start = threading.Barrier(count)
    found: list[Found | Exception] = []

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            start.wait(60)
            found.append(work(number))
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
