"""Events are adjudicated many at once: all comes to the same as one after the other, with so many statements as of one.

What is told at once is told in the order in which it happened. Each run lives other shops than the last.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from regulars.customers.merging import merge_customers
from regulars.loyalty.adjudication import consumers
from regulars.loyalty.adjudication.contracts import Adjudicated, Outcome
from regulars.loyalty.adjudication.models import Escrow, MemberUse, Occasion
from regulars.loyalty.adjudication.occasions import Occurred, of_field, set_off
from regulars.loyalty.adjudication.services import adjudicate_orders
from regulars.loyalty.adjudication.tests.occasion_shop import event, fixed, granted, heard, review, tell
from regulars.loyalty.adjudication.tests.programme_shop import (
    ACTOR,
    DAY,
    NOON,
    customer,
    member,
    order,
    parts,
    per_euro,
    programme,
)
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.ledger.members import end_membership, find_member
from regulars.loyalty.ledger.models import Lot
from regulars.loyalty.tiers.models import Standing
from regulars.orders.contracts import OrderState
from regulars.orders.services import put_orders
from regulars.stream.models import Event

pytestmark = pytest.mark.django_db

NAMES = ("ann", "ben", "cid", "dee", "eva")
LATER = NOON + 40 * DAY
TIERS = {
    "key": "status",
    "name": "Status",
    "basis": {"kind": "points", "currency": "points"},
    "period": {"kind": "rolling", "span": "12 months"},
    "tiers": [
        {"key": "guest", "name": "Guest", "threshold": 0},
        {"key": "friend", "name": "Friend", "threshold": 25, "benefits": {"multipliers": {"points": 2}}},
    ],
}


def cap(scope: str, points: int) -> dict[str, Any]:
    return {"scope": scope, "period": "day", "points": points}


def shop() -> list[Member]:
    """Members of a programme with all that events can share, of which a second version came later."""
    rules = [
        review(caps=[cap("member", 25)], budgets=["few"]),
        fixed("shared", 4, {"kind": "event", "event": "photo.sent"}, budgets=["few", "many"]),
        fixed("free", 1, {"kind": "event", "event": "photo.sent"}),
        fixed(
            "known", 7, {"kind": "profile", "field": "city"}, caps=[{"scope": "rule", "period": "day", "points": 14}]
        ),
    ]
    budgets = [{"key": "few", "name": "Few", "points": 60}, {"key": "many", "name": "Many", "points": 1_000}]
    version = programme(*rules, budgets=budgets, tier_sets=[TIERS])
    members = [member(version, name) for name in NAMES]
    programme(*rules[1:], budgets=budgets, tier_sets=[TIERS], now=NOON + 2 * DAY)
    return members


def happenings(rng: random.Random, members: Sequence[Member]) -> list[Occurred]:
    found = []
    for number in range(rng.randint(1, 30)):
        who, at = rng.choice(members), NOON + timedelta(hours=rng.randint(0, 80))
        assert who.customer_id
        if rng.random() < 0.2:
            found.append(of_field(customer_id=who.customer_id, name="city", at=at))
        else:
            # Some are told twice.
            name = str(rng.choice([number, number, number, max(0, number - 1)]))
            kind = rng.choice(["review.written", "photo.sent", "photo.sent", "nothing.heard"])
            found.append(event(who, f"{kind} {who.id} {name}", at, kind))
    return sorted(found, key=lambda each: each.occasion.at)


def one_after_the_other(happened: Sequence[Occurred]) -> list[list[Adjudicated]]:
    return [answer for each in happened for answer in set_off([each], now=LATER, actor=ACTOR)]


def at_once(happened: Sequence[Occurred]) -> list[list[Adjudicated]]:
    return set_off(happened, now=LATER, actor=ACTOR)


def what_came(
    members: Sequence[Member],
    happened: Sequence[Occurred],
    adjudicate: Callable[[Sequence[Occurred]], list[list[Adjudicated]]],
) -> Any:
    """Return all that came of it, and undo it."""
    with transaction.atomic():
        answers = adjudicate(happened)
        found = (
            [[(each.outcome, each.version, granted([each]), each.refused) for each in mine] for mine in answers],
            [parts(who) for who in members],
            sorted(Lot.objects.values_list("account__member_id", "rule", "granted_at", "version", "active")),
            sorted(MemberUse.objects.values_list("member_id", "bound", "period", "used")),
            sorted(Escrow.objects.values_list("bound", "period").annotate(Sum("left"))),
            sorted(Standing.objects.values_list("member_id", "tier", "progress")),
            sorted(
                (str(row.member_id), row.occurrence, str(row.granted), str(row.refusals))
                for row in Occasion.objects.all()
            ),
        )
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_all_at_once_come_to_the_same_as_one_after_the_other(seed: int):
    members = shop()
    happened = happenings(random.Random(seed), members)
    assert what_came(members, happened, at_once) == what_came(members, happened, one_after_the_other)


def test_a_planted_mistake_is_found(monkeypatch: pytest.MonkeyPatch):
    # As if nobody was told by the one before what is left.
    members = shop()
    happened = [event(who, str(number), NOON) for number in range(4) for who in members]
    right = what_came(members, happened, one_after_the_other)
    assert what_came(members, happened, at_once) == right
    monkeypatch.setattr("regulars.loyalty.adjudication.occasions.in_rounds", lambda told, of: [list(told)])
    with pytest.raises(Exception):  # noqa: B017, PT011  # The comparison, or the database.
        assert what_came(members, happened, at_once) == right


def test_events_of_many_members_take_as_many_statements_as_of_one():
    version = programme(review(), tier_sets=[TIERS])
    members = [member(version, f"m{number}") for number in range(25)]

    def statements(of: Sequence[Member], name: str) -> int:
        told = [event(who, f"{name} {who.id}") for who in of]
        with CaptureQueriesContext(connection) as asked:
            answers = at_once(told)
        assert [granted(answer) for answer in answers] == [[("review", 10)]] * len(of)
        return len(asked.captured_queries)

    statements(members[:1], "to be warm")
    assert statements(members[1:2], "one") == statements(members[2:], "many")


def test_who_orders_first_is_enrolled_and_welcomed_with_others_at_once():
    rules = [per_euro(), fixed("welcome", 20, {"kind": "enrolment"})]
    version = programme(*rules, enrolment={"by": "ordering"})
    gone = member(version, "gone")
    end_membership(member_id=gone.id, version=version, now=NOON, actor=ACTOR)
    # Told of by another name, and merged since.
    other, ann = customer("other"), customer("ann")
    merge_customers(survivor_id=ann, merged_id=other, now=NOON, actor=ACTOR)

    def statements(*told: OrderState) -> int:
        ids = [kept.order_id for kept in put_orders(orders=told, now=NOON + 9 * DAY, actor=ACTOR) if kept.order_id]
        with CaptureQueriesContext(connection) as asked:
            adjudicate_orders(order_ids=ids, now=NOON + 9 * DAY, actor=ACTOR)
        return len(asked.captured_queries)

    statements(order("warm", 1_000, buyer="warm"))
    alone = statements(order("alone", 1_000, buyer="alone"))
    several = [order(str(number), 1_000, buyer=f"new{number}") for number in range(15)]
    assert statements(*several) == alone
    statements(
        order("g", 1_000, buyer="gone", placed_at=NOON + DAY),
        order("o", 1_000, buyer="other", placed_at=NOON + 2 * DAY),
        order("a", 1_000, buyer="ann", placed_at=NOON + 3 * DAY),
        order("b", 1_000, buyer="ben", placed_at=NOON + 4 * DAY),
        order("bb", 1_000, buyer="ben", placed_at=NOON + 5 * DAY),
    )
    welcomed = Lot.objects.filter(rule="welcome").values_list("account__member_id", "granted_at")
    one = find_member(version.program_id, ann)
    assert one == find_member(version.program_id, other)
    assert one is not None
    assert dict(welcomed)[one.id] == NOON + 2 * DAY
    assert len(welcomed) == len(dict(welcomed)) == 1 + 1 + 15 + 2
    assert Lot.objects.filter(rule="base").count() == 1 + 1 + 15 + 5
    told = Event.objects.filter(type="member.enrolled", occurred_at__gt=NOON).order_by("occurred_at")
    assert [each.occurred_at for each in told] == [NOON + days * DAY for days in (1, 2, 4)]
    assert {each.received_at for each in told} == {NOON + 9 * DAY}


def test_only_events_of_members_are_handed_over():
    version = programme(review())
    who = member(version)
    stranger = customer("stranger")
    told = [heard("review.written", each) for each in (who.customer_id, stranger, None, who.customer_id)]
    assert consumers.of_members(told) == [told[0], told[3]]
    # Where they are handed over all the same, nothing comes of them.
    consumers.hear_occasions(told)
    assert parts(who) == (0, 20, 0, 0)
    assert tell(event(who, "other"))[0].outcome is Outcome.ADJUDICATED
