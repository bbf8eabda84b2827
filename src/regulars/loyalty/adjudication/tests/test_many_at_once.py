"""Orders that are adjudicated at once come to what they come to one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.loyalty.adjudication import consumers
from regulars.loyalty.adjudication.contracts import Adjudicated, EffectKind, Outcome
from regulars.loyalty.adjudication.models import Earning, Escrow, MemberUse
from regulars.loyalty.adjudication.models import Order as OrderRow
from regulars.loyalty.adjudication.services import adjudicate_orders
from regulars.loyalty.adjudication.tests.occasion_shop import heard
from regulars.loyalty.adjudication.tests.programme_shop import (
    ACTOR,
    DAY,
    NOON,
    member,
    order,
    parts,
    per_euro,
    programme,
    returned,
    rule,
)
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.ledger.verifying import verify_ledger
from regulars.loyalty.tiers.queries import map_tiers
from regulars.orders.contracts import OrderState
from regulars.orders.queries import get_order
from regulars.orders.services import put_orders
from regulars.stream.contracts import Event

NAMES = ("ann", "ben", "cy")
RULES = (
    per_euro(),
    rule("first", {"kind": "fixed", "points": 30}, condition="cart.is_first"),
    rule("monthly", {"kind": "fixed", "points": 20}, caps=[{"scope": "member", "period": "month", "points": 50}]),
    rule("few", {"kind": "fixed", "points": 9}, caps=[{"scope": "rule", "period": "ever", "points": 40}]),
    rule("thanks", {"kind": "fixed", "points": 5}, beneficiary="attribute:friend"),
    per_euro(
        "parcel", activation={"kind": "event", "event": "order.delivered", "after": "1 day", "cancel_after": "20 days"}
    ),
)
TIERS = [
    {
        "key": "status",
        "name": "Status",
        "basis": {"kind": "spend", "currency": "EUR"},
        "period": {"kind": "rolling", "span": "12 months"},
        "tiers": [
            {"key": "guest", "name": "Guest"},
            {"key": "friend", "name": "Friend", "threshold": 50, "benefits": {"multipliers": {"points": 2}}},
        ],
    }
]
STEP = timedelta(hours=7)


def shop() -> dict[str, Member]:
    version = programme(*RULES, tier_sets=TIERS)
    return {name: member(version, name) for name in NAMES}


def kept(orders: list[OrderState]) -> list[Any]:
    return [each.order_id for each in put_orders(orders=orders, now=NOON + 30 * DAY, actor=ACTOR) if each.order_id]


def one_by_one(orders: list[OrderState]) -> None:
    for order_id in kept(orders):
        adjudicate_orders(order_ids=[order_id], now=NOON + 30 * DAY, actor=ACTOR)


def at_once(orders: list[OrderState]) -> None:
    adjudicate_orders(order_ids=kept(orders), now=NOON + 30 * DAY, actor=ACTOR)


def ends(come: Callable[[list[OrderState]], None], *deliveries: list[OrderState]) -> Any:
    """Return how all stand after deliveries of orders, and let it be as if they had never come."""
    with transaction.atomic():
        members = shop()
        for orders in deliveries:
            come([replace(each, attributes=naming(each, members)) for each in orders])
        assert verify_ledger().is_whole
        earned = Earning.objects.values_list("order__order__external_id", "rule", "points")
        tiers = map_tiers([each.id for each in members.values()], NOON + 30 * DAY)
        found = {
            name: (
                parts(who),
                tiers[who.id],
                sorted(earned.filter(member_id=who.id)),
                sorted(MemberUse.objects.filter(member_id=who.id).values_list("bound", "period", "used")),
            )
            for name, who in members.items()
        }
        left = sum(Escrow.objects.values_list("left", flat=True))
        counted = sorted(OrderRow.objects.values_list("order__external_id", "counted__status"))
        transaction.set_rollback(True)
    return found, left, counted


def naming(state: OrderState, members: dict[str, Member]) -> dict[str, str]:
    """An order's attributes, with the number of who is named in them."""
    return {key: members[name].code for key, name in state.attributes.items()}


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[OrderState], list[OrderState]]:
    """Orders as they were placed, one after the other, and what came back of some; guests and strangers among them."""
    orders, again = [], []
    for number in range(draw(st.integers(2, 7))):
        buyer = draw(st.sampled_from([*NAMES, "nobody"]))
        cents = draw(st.lists(st.integers(100, 4_000), min_size=1, max_size=2))
        placed = NOON + number * STEP
        delivered = placed + STEP if draw(st.booleans()) else None
        friend = {"friend": draw(st.sampled_from(NAMES))} if draw(st.integers(0, 3)) == 0 else {}
        state = order(str(number), *cents, buyer=buyer, placed_at=placed, delivered_at=delivered, attributes=friend)
        orders.append(state)
        if draw(st.booleans()):
            again.append(returned(state, *range(1, draw(st.integers(1, len(cents))) + 1)))
    return orders, again


@pytest.mark.django_db
def test_what_comes_at_once_ends_as_what_comes_one_by_one():
    @settings(max_examples=12)
    @given(deliveries())
    def judged(told):
        assert ends(at_once, *told) == ends(one_by_one, *told)

    judged()


def adjudicated(orders: list[OrderState]) -> list[Adjudicated]:
    return list(adjudicate_orders(order_ids=kept(orders), now=NOON, actor=ACTOR))


@pytest.mark.django_db
def test_orders_of_many_take_as_many_statements_as_one():
    version = programme(*RULES[:2], tier_sets=TIERS)
    names = [f"member{number}" for number in range(12)]
    for name in names:
        member(version, name)
    told = [order(name, 2_000, buyer=name) for name in names]
    ids = kept(told)
    adjudicate_orders(order_ids=ids[:1], now=NOON, actor=ACTOR)
    with CaptureQueriesContext(connection) as of_one:
        adjudicate_orders(order_ids=ids[1:2], now=NOON, actor=ACTOR)
    with CaptureQueriesContext(connection) as of_ten:
        adjudicate_orders(order_ids=ids[2:], now=NOON, actor=ACTOR)
    assert len(of_ten) == len(of_one)


@pytest.mark.django_db
def test_each_order_is_told_what_it_lifted_its_member_to():
    version = programme(per_euro(), tier_sets=TIERS)
    ann, ben = member(version, "ann"), member(version, "ben")
    done = adjudicated([order("1", 6_000, buyer="ann"), order("2", 1_000, buyer="ben"), order("3", 9_000, buyer="ben")])
    lifted = [[each.member_id for each in one.effects if each.kind is EffectKind.UNLOCKED] for one in done]
    assert lifted == [[ann.id], [], [ben.id]]


@pytest.mark.django_db
def test_nothing_is_kept_of_an_order_that_concerns_nobody_and_who_enrols_before_it_is_told_again_earns():
    version = programme(per_euro(), rule("thanks", {"kind": "fixed", "points": 5}, beneficiary="attribute:friend"))
    [done] = adjudicated([order("1", 2_000)])
    assert (done.outcome, list(done.effects)) == (Outcome.ADJUDICATED, [])
    assert [(each.rule, each.reason) for each in done.refused] == [
        ("base", "member_unknown"),
        ("thanks", "beneficiary_unknown"),
    ]
    assert not OrderRow.objects.exists()
    ann = member(version, "ann")
    [again] = adjudicated([order("1", 2_000, version=2)])
    assert [effect.points for effect in again.effects] == [20]
    assert parts(ann) == (0, 20, 0, 0)


def event_of(state: OrderState) -> Event:
    [order_id] = kept([state])
    return heard("order.placed", get_order(order_id).head.customer_id, order_id=str(order_id))


@pytest.mark.django_db
def test_the_stream_passes_over_orders_of_strangers_and_reads_none():
    version = programme(per_euro())
    member(version, "ann")
    strangers = [event_of(order(str(number), 1_000, buyer=f"stranger{number}")) for number in range(3)]
    mine = event_of(order("9", 1_000, buyer="ann"))
    with CaptureQueriesContext(connection) as asked:
        assert consumers.concerning([*strangers, mine]) == [mine]
    assert not [each for each in asked.captured_queries if "orders_line" in each["sql"]]
    # Where they are handed over all the same, nothing comes of them.
    consumers.adjudicate([*strangers, mine])
    assert OrderRow.objects.values_list("order__external_id", flat=True).get() == "9"


@pytest.mark.django_db
def test_no_accounts_are_opened_for_what_the_call_that_told_of_it_has_adjudicated():
    version = programme(per_euro())
    member(version, "ann")
    told = event_of(order("1", 1_000, buyer="ann"))
    assert opened(told) == 1
    assert opened(told) == 0
    event_of(order("1", 3_000, buyer="ann", version=2))
    assert opened(told) == 1
    assert Earning.objects.get().points == 30


def opened(told: Event) -> int:
    """How often accounts are opened for an event."""
    with CaptureQueriesContext(connection) as asked:
        consumers.adjudicate([told])
    return sum("loyalty_ledger_open" in each["sql"] for each in asked.captured_queries)


@pytest.mark.django_db
def test_the_stream_reads_every_order_where_a_rule_names_who_is_granted():
    version = programme(rule("thanks", {"kind": "fixed", "points": 5}, beneficiary="attribute:friend"))
    ann = member(version, "ann")
    told = event_of(order("1", 1_000, buyer="stranger", attributes={"friend": ann.code}))
    assert consumers.concerning([told]) == [told]
    consumers.adjudicate([told])
    assert parts(ann) == (0, 5, 0, 0)
