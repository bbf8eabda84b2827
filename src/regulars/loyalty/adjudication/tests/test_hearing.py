"""The stream brings events and profiles to the rules; here transactions are real, and facts are read by their login."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile
from regulars.customers.services import put_customer
from regulars.loyalty.adjudication import consumers
from regulars.loyalty.adjudication.contracts import Adjudicated
from regulars.loyalty.adjudication.services import adjudicate_orders
from regulars.loyalty.adjudication.tests.occasion_shop import fixed, granted, reasons, review
from regulars.loyalty.adjudication.tests.programme_shop import (
    ACTOR,
    DAY,
    NOON,
    member,
    order,
    parts,
    per_euro,
    programme,
    put,
    rule,
)
from regulars.orders.contracts import OrderState
from regulars.orders.services import put_orders
from regulars.stream.contracts import NewEvent, Subscription
from regulars.stream.dispatch import Dispatcher, replay
from regulars.stream.registry import get_subscription
from regulars.stream.services import append

SUBSCRIPTION = Subscription(
    name="occasions", types=frozenset(), handler=consumers.hear_occasions, also=consumers.heard_occasions
)


def dispatcher() -> Dispatcher:
    return Dispatcher([SUBSCRIPTION], lambda: NOON)


def put_profile(name: str, **profile: Any) -> None:
    person = Person(identifiers=[Identifier(IdentifierKind.EMAIL, f"{name}@example.org")], profile=Profile(**profile))
    put_customer(person=person, source="till", now=NOON, actor=ACTOR)


def test_the_stream_brings_events_and_profiles_and_a_replay_changes_nothing(fresh_database):
    version = programme(review(), fixed("known", 7, {"kind": "profile", "field": "birthday"}))
    who = member(version)
    append(
        [
            NewEvent(type=kind, actor=ACTOR, source="app", occurred_at=NOON, customer_id=who.customer_id)
            for kind in ("review.written", "recipe.viewed")
        ],
        now=NOON,
    )
    put_profile("ann", city="Graz")
    put_profile("ann", birthday=date(1990, 3, 15))
    put_profile("ann", birthday=date(1991, 3, 15))
    dispatcher().run_until_idle()
    assert parts(who) == (0, 17, 0, 0)
    replay(SUBSCRIPTION)
    dispatcher().run_until_idle()
    assert parts(who) == (0, 17, 0, 0)


def test_who_becomes_a_customer_and_a_member_with_the_order_is_judged_though_nobody_else_sees_it_yet(fresh_database):
    rules = (per_euro(), per_euro("graz", condition='profile.city = "Graz"'))
    programme(*rules, enrolment={"by": "ordering"})
    answer = put(order("1", 1000, buyer="new"))
    assert granted(answer.adjudicated) == [("base", 10)]
    assert reasons(answer.adjudicated) == [("graz", "condition_false")]


def keep_facts() -> None:
    Dispatcher([get_subscription("orders.facts")], lambda: NOON).run_until_idle()


def put_alone(state: OrderState) -> list[Adjudicated]:
    answer = put(state, NOON + DAY)
    keep_facts()
    return list(answer.adjudicated)


def keep_and_hear(state: OrderState) -> list[Adjudicated]:
    """As a connector's order comes: it is kept, and adjudicated by the stream later, when it stands in the facts."""
    [kept] = put_orders(orders=[state], now=NOON + DAY, actor=ACTOR)
    assert kept.order_id
    keep_facts()
    return adjudicate_orders(order_ids=[kept.order_id], now=NOON + DAY, actor=ACTOR)


@pytest.mark.parametrize("come", [put_alone, keep_and_hear])
@pytest.mark.parametrize(
    "condition",
    [
        "orders.count(last: 90 days) >= 1",
        "orders.count >= 1",
        "orders.revenue >= 10",
        "orders.average = 10",
        "orders.first exists",
        "orders.days_since_last = 1",
    ],
)
def test_an_order_is_judged_by_what_was_before_it_whichever_way_it_comes(fresh_database, condition, come):
    version = programme(per_euro(), per_euro("often", condition=condition))
    member(version)
    assert reasons(come(order("1", 1_000))) == [("often", "condition_false")]
    assert granted(come(order("2", 1_000, placed_at=NOON + DAY))) == [("base", 10), ("often", 10)]


@pytest.mark.parametrize("come", [put_alone, keep_and_hear])
def test_a_formula_counts_what_was_before_the_order_whichever_way_it_comes(fresh_database, come):
    member(programme(rule("more", {"kind": "formula", "expression": "10 * orders.count"})))
    assert granted(come(order("1", 1_000))) == []
    assert granted(come(order("2", 1_000, placed_at=NOON + DAY))) == [("more", 10)]
