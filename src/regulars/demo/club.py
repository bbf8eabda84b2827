"""The demo shop's programme, lived through its two years: who joins, what orders earn, what is redeemed, each night.

Members' orders are told at the end of each month as they then stand: those that were sold in it, and again those that
were delivered or came back in it. Every step has a moment of its own, and is told by it; one that was done already
changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from regulars.business.queries import get_business
from regulars.customers.contracts import Person
from regulars.customers.services import resolve_customers
from regulars.demo.keeping import ACTOR, AT_ONCE, keep_orders
from regulars.demo.orders import ZONE, first_day
from regulars.demo.selling import SOURCE
from regulars.facts.catalogue import get_catalogue
from regulars.facts.language.moments import Clock
from regulars.kit.progress import Progress
from regulars.loyalty.adjudication.conditions import judge_rewards
from regulars.loyalty.adjudication.services import adjudicate_orders
from regulars.loyalty.definitions.queries import get_newest_version, list_programs
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.membership.contracts import AdjustmentState, Authority
from regulars.loyalty.membership.queries import list_adjustments
from regulars.loyalty.membership.services import adjust, enrol
from regulars.loyalty.nights.services import run_nights
from regulars.loyalty.rewards.redeeming import RewardRefused
from regulars.loyalty.rewards.services import fulfil_redemption, redeem_reward
from regulars.loyalty.rewards.wishing import Wish
from regulars.loyalty.rules.checking import RuleChecks
from regulars.orders.contracts import OrderState, PaymentState
from regulars.staff.contracts import Role
from regulars.stream.contracts import Actor
from regulars.stream.services import make_room

KEY, _CURRENCY = "beans", "beans"
DOCUMENT = Path(__file__).with_name("beans.yaml")
# So many members there are at most, evenly among the third of the customers who buy most often.
MEMBERS = 400
# One in so many comes to the counter in a month and asks what the beans are good for; the dearest comes first.
_ASKS_EVERY = 6
_WISHES = {"mug": 500, "tasting": 400, "five": 200, "free_shipping": 120, "coffee": 80}
_HANDED_OVER = frozenset({"mug", "coffee"})
_BEFORE_BUYING = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Telling:
    """An order as it was told at a moment."""

    at: datetime
    order: OrderState


def choose_members(lines: pa.Table) -> frozenset[str]:
    """Return the numbers of the customers who will join; `lines` are those of `orders.make_clean_orders`."""
    bought = lines.filter(pc.is_valid(lines["customer_id"])).group_by("customer_id")
    counts = bought.aggregate([("order_number", "count_distinct")])
    order = [("order_number_count_distinct", "descending"), ("customer_id", "ascending")]
    numbers = counts.sort_by(order)["customer_id"].to_pylist()
    frequent = numbers[: len(numbers) // 3]
    return frozenset(frequent[:: max(1, -(-len(frequent) // MEMBERS))])


def split(orders: Iterable[OrderState], members: Collection[str]) -> tuple[Iterator[OrderState], list[OrderState]]:
    """Return the orders of who is no member, as they come, and a list that then holds those of the members."""
    of_members: list[OrderState] = []

    def others() -> Iterator[OrderState]:
        for order in orders:
            if order.buyer is not None and order.buyer.identifiers[0].value in members:
                of_members.append(order)
            else:
                yield order

    return others(), of_members


def live_club(orders: Sequence[OrderState], until: date, *, staff: Mapping[Role, Actor], progress: Progress) -> None:
    """Open the programme on the shop's first day, and live it until its last one, month by month."""
    zone = ZoneInfo(ZONE)
    begins = datetime.combine(first_day(until), time(), zone)
    ends = datetime.combine(until + timedelta(days=1), time(), zone)
    make_room([begins, ends])
    _open(begins)
    tellings = sorted(_tellings(orders), key=lambda each: each.at)
    members: dict[str, UUID] = {}
    months = list(_months(begins, ends))
    for number, (since, end) in enumerate(months):

        def clock(moment: datetime = end) -> datetime:
            return moment

        _tell([each for each in tellings if since <= each.at < end], members, end)
        run_nights(program=KEY, clock=clock, actor=ACTOR)
        _redeem(members, end, number)
        progress("", (number + 1) / len(months))
    _make_right(members, ends, staff)


def _open(begins: datetime) -> None:
    if KEY in {each.key for each in list_programs()} and get_newest_version(KEY) is not None:
        return
    business = get_business()
    checks = RuleChecks(
        catalogue=get_catalogue(), clock=Clock(begins, business.zone_info), reporting=business.reporting_currency
    )
    save_draft(text=DOCUMENT.read_text(encoding="utf-8"), now=begins, actor=ACTOR)
    publish(program=KEY, note="The club opens.", now=begins, actor=ACTOR, checks=checks)


def _tellings(orders: Iterable[OrderState]) -> Iterator[Telling]:
    for order in orders:
        sold = replace(order, returns=[], payment_state=PaymentState.PAID)
        yield Telling(order.placed_at, replace(sold, delivered_at=None, version=1))
        if order.delivered_at:
            yield Telling(order.delivered_at, replace(sold, version=2))
        back = [each.returned_at for each in order.returns]
        if back:
            yield Telling(max(back), replace(order, version=3))


def _tell(month: Sequence[Telling], members: dict[str, UUID], now: datetime) -> None:
    """Tell the orders of a month as they stand at its end, of members who joined with the first of theirs."""
    for telling in month:
        _join(telling, members)
    # What came back had been sold before, and earned.
    for came_back in (False, True):
        told = [telling.order for telling in month if bool(telling.order.returns) is came_back]
        last = list({order.external_id: order for order in told}.values())
        for start in range(0, len(last), AT_ONCE):
            adjudicate_orders(order_ids=keep_orders(last[start : start + AT_ONCE], now), now=now, actor=ACTOR)


def _months(begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    since = begins
    while since < ends:
        following = (since.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield since, min(following, ends)
        since = following


def _join(telling: Telling, members: dict[str, UUID]) -> None:
    """Let who buys for the first time become a member, just before."""
    buyer = telling.order.buyer
    if buyer is None or buyer.identifiers[0].value in members:
        return
    at = telling.at - _BEFORE_BUYING
    person = Person(identifiers=buyer.identifiers, profile=buyer.profile)
    [customer_id] = resolve_customers(people=[person], source=SOURCE, now=at, actor=ACTOR)
    if customer_id is not None:
        members[buyer.identifiers[0].value] = enrol(program=KEY, customer_id=customer_id, now=at, actor=ACTOR).id


def _redeem(members: Mapping[str, UUID], at: datetime, month: int) -> None:
    """Let some members take the dearest reward that they can have."""
    for number, member_id in members.items():
        if (int(number) // 7 + month) % _ASKS_EVERY == 0:
            _take_dearest(member_id, at, f"{number} {month}")


def _take_dearest(member_id: UUID, at: datetime, key: str) -> None:
    version = get_newest_version(KEY)
    if version is None:
        return
    beans = get_standing(member_id, at=at)[_CURRENCY].balance.active
    for reward in (reward for reward, cost in _WISHES.items() if cost <= beans):
        wish = Wish(program=KEY, reward=reward, member_id=member_id, judged=judge_rewards(version, member_id, at=at))
        try:
            done = redeem_reward(wish=wish, now=at, actor=ACTOR, idempotency_key=f"{key} {reward}")
        except RewardRefused:
            continue
        if reward in _HANDED_OVER and done.fulfilled_at is None:
            fulfil_redemption(redemption_id=done.id, details={}, now=at, actor=ACTOR)
        return


def _make_right(members: Mapping[str, UUID], at: datetime, staff: Mapping[Role, Actor]) -> None:
    """Let an agent make something right, and ask for more than goes without a second person."""
    if not members or list_adjustments(state=None, member_id=None, limit=1):
        return
    first, *others = members.values()
    agent, manager = staff[Role.AGENT], staff[Role.MANAGER]
    told: dict[str, Any] = {"currency": "beans", "now": at}
    adjust(
        member_id=first, points=60, reason="The parcel came late.", actor=agent, authority=Authority("agent"), **told
    )
    if others:
        waits = adjust(
            member_id=others[-1],
            points=2_500,
            reason="The grinder broke twice; a new one on the house.",
            actor=manager,
            authority=Authority("manager"),
            **told,
        )
        assert waits.state is AdjustmentState.AWAITING  # noqa: S101  # The programme wants a second person for so many.
