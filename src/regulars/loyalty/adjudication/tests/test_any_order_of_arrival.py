"""However orders and their versions arrive, the same is earned, and the same paid with points, in the end."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.loyalty.adjudication.models import Earning
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
    returned,
    rule,
)
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.models import Lot
from regulars.loyalty.rewards.contracts import ForOrder, order_reference
from regulars.loyalty.rewards.services import redeem_reward
from regulars.loyalty.rewards.wishing import Wish
from regulars.orders.contracts import OrderState, TenderKind, TenderState

RULES = (
    per_euro(),
    rule("big", {"kind": "fixed", "points": 25}, condition="cart.total >= 60"),
    rule("double", {"kind": "multiplier", "factor": 2}, condition="cart.items >= 2"),
)
PAY = {
    "key": "pay",
    "name": "Pay",
    "currencies": ["points"],
    "gives": {"kind": "pay_with_points", "value": {"EUR": "0.10"}},
}
CENTS = st.lists(st.integers(100, 6_000), min_size=1, max_size=3)
# What is paid with points of each order: ten points.
PAID_CENTS, POINTS = 100, 10


@st.composite
def told(draw: st.DrawFn, number: str) -> list[OrderState]:
    """An order and what becomes of it: lines come back, are kept after all, or all of it is cancelled."""
    whole = order(number, *draw(CENTS))
    card = TenderState(kind=TenderKind.CARD, amount_minor=whole.total_minor - PAID_CENTS)
    whole = replace(whole, tenders=[TenderState(kind=TenderKind.POINTS, amount_minor=PAID_CENTS), card])
    versions = [whole]
    for version in range(2, 2 + draw(st.integers(1, 3))):
        lines = range(1, len(whole.lines) + 1)
        back = draw(st.lists(st.sampled_from(lines), unique=True, max_size=len(whole.lines)))
        state = returned(whole, *back, version=version)
        versions.append(replace(state, cancelled_at=NOON) if draw(st.integers(0, 5)) == 0 else state)
    return versions


def ends(version: ProgramVersion, name: str, arrival: list[OrderState]) -> Any:
    """Return how a new member stands after orders have arrived."""
    who = member(version, name)
    put(order(f"{name} before", 10_000, buyer=name, placed_at=NOON - DAY), NOON - DAY)
    arriving = [
        replace(state, external_id=f"{name} {state.external_id}", buyer=order(buyer=name).buyer) for state in arrival
    ]
    for reference in {order_reference(state.source, state.external_id) for state in arriving}:
        for_order = ForOrder(reference=reference, currency="EUR", total_minor=PAID_CENTS, points=POINTS)
        redeem_reward(
            wish=Wish(program="beans", reward="pay", member_id=who.id, order=for_order), now=NOON, actor=ACTOR
        )
    for state in arriving:
        put(state, NOON)
    lots = Lot.objects.filter(account__member_id=who.id)
    earned = Earning.objects.filter(member_id=who.id, points__gt=0).values_list("rule", "points")
    standing = sorted((lot.rule, lot.active, lot.pending, lot.debt, lot.expires_at) for lot in lots if lot.is_open)
    return parts(who), sorted(earned), standing


@pytest.mark.django_db
def test_whatever_comes_first_the_same_is_earned_and_paid():
    version = programme(*RULES, rewards=[PAY])
    numbers = itertools.count()

    @settings(max_examples=15)
    @given(first=told("1"), second=told("2"), data=st.data())
    def judged(first, second, data):
        versions, number = [*first, *second], next(numbers)
        arrival = data.draw(st.permutations(versions))
        assert ends(version, f"a{number}", versions) == ends(version, f"b{number}", arrival)

    judged()
