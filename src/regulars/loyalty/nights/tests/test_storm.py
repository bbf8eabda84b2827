"""Many do opposite things to a few members at once, and night falls: no error reaches a caller, all adds up."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from regulars.customers.merging import NotMerged, SameCustomer, merge_customers, undo_merge
from regulars.loyalty.adjudication import services as adjudication
from regulars.loyalty.adjudication.contracts import Outcome
from regulars.loyalty.adjudication.models import Earning, Escrow
from regulars.loyalty.adjudication.services import adjudicate_orders, put_order
from regulars.loyalty.adjudication.tests.programme_shop import customer, order, per_euro, programme, returned, rule
from regulars.loyalty.ledger.models import Lot
from regulars.loyalty.ledger.spending import NotEnoughPoints
from regulars.loyalty.ledger.tests.test_bulk_beside_others import in_threads
from regulars.loyalty.ledger.verifying import verify_ledger
from regulars.loyalty.membership.contracts import Authority
from regulars.loyalty.membership.services import adjust, enrol
from regulars.loyalty.nights.models import Night
from regulars.loyalty.nights.services import run_nights
from regulars.loyalty.rewards.contracts import RedemptionState
from regulars.loyalty.rewards.models import Pieces
from regulars.loyalty.rewards.models import Redemption as RedemptionRow
from regulars.loyalty.rewards.redeeming import RewardRefused
from regulars.loyalty.rewards.services import cancel_redemption, redeem_reward, refund_redemption, reserve_reward
from regulars.loyalty.rewards.wishing import Wish
from regulars.loyalty.tiers.models import Progress
from regulars.orders import services as orders
from regulars.orders.contracts import Order, OrderState
from regulars.orders.models import Order as OrderRow
from regulars.orders.queries import list_orders_by_id
from regulars.stream.contracts import system
from regulars.stream.dispatch import Dispatcher
from regulars.stream.models import DeadLetter
from regulars.stream.registry import get_subscription

ACTOR = system("tests")
NAMES = ("ann", "ben", "cy", "dee")
ORDERS = 10
STOCK = 60
CAP = 25
SECONDS = 6
SUBSCRIPTIONS = ("orders.facts", "loyalty.orders", "loyalty.facts", "loyalty.members", "loyalty.occasions")
# The storm begins in the evening, and midnight comes while it lasts.
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENING = datetime(2026, 3, 6, 23, 59, 57, tzinfo=UTC)
PLACED = datetime(2026, 3, 6, 12, tzinfo=UTC)
TIERS = [
    {
        "key": "status",
        "name": "Status",
        "basis": {"kind": "spend", "currency": "EUR"},
        "period": {"kind": "rolling", "span": "12 months"},
        "tiers": [{"key": "guest", "name": "Guest"}, {"key": "friend", "name": "Friend", "threshold": 60}],
    }
]
MUG = {
    "key": "mug",
    "name": "Mug",
    "gives": {"kind": "gift", "shipped": True},
    "cost": 7,
    "currencies": ["points"],
    "stock": STOCK,
}
CAPPED = rule("capped", {"kind": "fixed", "points": 3}, caps=[{"scope": "rule", "period": "ever", "points": CAP}])
LATER = per_euro("later", activation={"kind": "delay", "after": "1 day"})


def shop() -> dict[str, UUID]:
    """Publish a programme, some days ago; return its members."""
    with time_machine.travel(BEGAN, tick=False):
        programme(
            per_euro(),
            LATER,
            CAPPED,
            now=BEGAN,
            zone="UTC",
            tier_sets=TIERS,
            rewards=[MUG],
            authority={"by_role": {"key": 10_000}},
        )
        return {name: enrol(program="beans", customer_id=customer(name), now=BEGAN, actor=ACTOR).id for name in NAMES}


def dispatcher() -> Dispatcher:
    return Dispatcher([get_subscription(name) for name in SUBSCRIPTIONS], timezone.now)


def unversioned(number: str, *amounts: int, buyer: str = "ann") -> OrderState:
    """An order of a source that counts no versions."""
    return replace(order(number, *amounts, buyer=buyer, placed_at=PLACED), version=None)


def kept(told: OrderState) -> UUID:
    """Keep an order for the subscription to adjudicate."""
    [done] = orders.put_orders(orders=[told], now=PLACED, actor=ACTOR)
    assert done.order_id
    return done.order_id


def some_order(drawn: random.Random) -> OrderState:
    """One of a few orders, in some state: as it was placed, with a line back, or cancelled."""
    number = drawn.randrange(ORDERS)
    amounts = 2_000, 100 * drawn.randint(1, 9)
    placed = unversioned(str(number), *amounts, buyer=NAMES[number % 4])
    states = (
        placed,
        replace(placed, cancelled_at=PLACED),
        replace(returned(placed, drawn.randint(1, 2), at=PLACED), version=None),
    )
    return drawn.choice(states)


@dataclass
class Storm:
    """What is done at once, and how often each of it was; the answers that the business gives count as done."""

    members: Mapping[str, UUID]
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    def somebody(self, drawn: random.Random) -> UUID:
        return self.members[drawn.choice(NAMES)]

    def during(self, *kinds: Callable[[random.Random], object], seed: int) -> Callable[[], None]:
        """Return what does one of several things after the other as long as the storm lasts."""
        drawn = random.Random(seed)

        def work() -> None:
            while not self.over.is_set():
                kind = drawn.choice(kinds)
                try:
                    kind(drawn)
                except (RewardRefused, NotEnoughPoints, SameCustomer, NotMerged) as answer:
                    self.refused[answer.code] += 1
                self.done[kind.__name__] += 1

        return work

    def put_alone(self, drawn: random.Random) -> None:
        put_order(order=some_order(drawn), now=timezone.now(), actor=ACTOR)

    def put_many(self, drawn: random.Random) -> None:
        states = {state.external_id: state for state in (some_order(drawn) for _ in range(4))}
        orders.put_orders(orders=list(states.values()), now=timezone.now(), actor=ACTOR)

    def redeem_and_refund(self, drawn: random.Random) -> None:
        wish = Wish(program="beans", reward="mug", member_id=self.somebody(drawn))
        given = redeem_reward(wish=wish, now=timezone.now(), actor=ACTOR)
        if drawn.random() < 0.8:
            refund_redemption(redemption_id=given.id, reason="Back", now=timezone.now(), actor=ACTOR)

    def reserve_and_cancel(self, drawn: random.Random) -> None:
        wish = Wish(program="beans", reward="mug", member_id=self.somebody(drawn))
        kept = reserve_reward(wish=wish, now=timezone.now(), actor=ACTOR)
        cancel_redemption(redemption_id=kept.id, reason="No", now=timezone.now(), actor=ACTOR)

    def adjust(self, drawn: random.Random) -> None:
        adjust(
            member_id=self.somebody(drawn),
            currency="points",
            points=drawn.choice((-9, -2, 2, 9)),
            reason="Storm",
            now=timezone.now(),
            actor=ACTOR,
            authority=Authority("key"),
        )

    def merge_and_part(self, drawn: random.Random) -> None:
        one, other = (customer(name) for name in drawn.sample(NAMES, 2))
        merge = merge_customers(survivor_id=one, merged_id=other, now=timezone.now(), actor=ACTOR)
        time.sleep(0.2)
        undo_merge(merge_id=merge.id, now=timezone.now(), actor=ACTOR)
        time.sleep(0.2)

    def live_nights(self) -> None:
        while not self.over.is_set():
            self.done["nights"] += len(run_nights(program="beans", clock=timezone.now, actor=ACTOR))
            time.sleep(0.1)

    def serve_stream(self) -> None:
        dispatcher().run(self.over)

    def end(self) -> None:
        time.sleep(SECONDS)
        self.over.set()


def test_opposite_operations_in_a_storm_fail_nobody_and_leave_the_ledger_whole(fresh_database: str) -> None:
    assert fresh_database
    storm = Storm(shop())
    works = (
        *(storm.during(storm.put_alone, seed=seed) for seed in (1, 2)),
        storm.during(storm.put_many, seed=3),
        storm.during(storm.redeem_and_refund, storm.reserve_and_cancel, seed=4),
        storm.during(storm.adjust, storm.redeem_and_refund, seed=5),
        storm.during(storm.merge_and_part, seed=6),
        storm.live_nights,
        storm.serve_stream,
    )
    with time_machine.travel(EVENING, tick=True):
        assert in_threads(*works, storm.end) == []
        dispatcher().run_until_idle()
        run_nights(program="beans", clock=timezone.now, actor=ACTOR)
        ids = OrderRow.objects.values_list("id", flat=True)
        again = adjudicate_orders(order_ids=list(ids), now=timezone.now(), actor=ACTOR)
    print(dict(storm.done), dict(storm.refused))
    assert {each.outcome for each in again} == {Outcome.UNCHANGED}
    assert len(storm.done) == 7, storm.done
    assert Night.objects.filter(finished_at__isnull=False).count() == 6
    assert list(DeadLetter.objects.values()) == []
    assert deadlocks() == 0
    assert_orders_have_earned_what_they_come_to(least_capped=1)
    assert_no_piece_is_lost_or_doubled()
    assert verify_ledger().is_whole


def assert_orders_have_earned_what_they_come_to(*, least_capped: int) -> None:
    """Each order has earned a point for each euro that is left of it, and no more is drawn of the cap than there is."""
    earned: dict[UUID, Counter[str]] = defaultdict(Counter)
    for order_id, key, points in Earning.objects.values_list("order__order_id", "rule", "points"):
        earned[order_id][key] = points
    rows = OrderRow.objects.values_list("id", "total_minor", "returned_minor", "cancelled_at")
    for order_id, total, back, cancelled in rows:
        left = 0 if cancelled else (total - back) // 100
        assert (earned[order_id]["base"], earned[order_id]["later"]) == (left, left)
    capped = sum(each["capped"] for each in earned.values())
    assert least_capped <= capped <= CAP
    assert capped + sum(Escrow.objects.values_list("left", flat=True)) == CAP


def assert_no_piece_is_lost_or_doubled() -> None:
    """What was given and not taken back, and what lies there, are all pieces."""
    given = RedemptionRow.objects.filter(state=RedemptionState.CONFIRMED).count()
    assert given + sum(Pieces.objects.values_list("remaining", flat=True)) == STOCK


def deadlocks() -> int:
    """How often two of this database waited for each other, whoever was sacrificed and tried again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchall()[0][0])


def test_an_order_is_adjudicated_while_a_later_state_of_it_is_kept(fresh_database: str) -> None:
    # Who puts an order waits for the member's account; who has that must not wait for the order.
    assert fresh_database
    shop()
    told = unversioned("1", 2_000)
    order_id = kept(told)
    held, adjudicated = threading.Event(), threading.Event()

    def put_another_state() -> None:
        with transaction.atomic():
            orders.put_order(order=replace(told, cancelled_at=PLACED), now=PLACED, actor=ACTOR)
            held.set()
            assert adjudicated.wait(20), "it waited for the order"
            adjudicate_orders(order_ids=[order_id], now=PLACED, actor=ACTOR)

    def serve() -> None:
        assert held.wait(20)
        adjudicate_orders(order_ids=[order_id], now=PLACED, actor=ACTOR)
        adjudicated.set()

    assert in_threads(put_another_state, serve) == []
    assert_orders_have_earned_what_they_come_to(least_capped=0)


def test_the_last_points_of_a_cap_are_drawn_and_come_back_once_by_those_who_come_at_once(fresh_database: str) -> None:
    assert fresh_database
    shop()

    def put_and_cancel(buyer: str) -> Callable[[], None]:
        def work() -> None:
            for turn in range(12):
                told = unversioned(f"{buyer}{turn % 3}", 100, buyer=buyer)
                state = replace(told, cancelled_at=PLACED) if turn // 3 % 2 else told
                put_order(order=state, now=PLACED, actor=ACTOR)

        return work

    assert in_threads(*map(put_and_cancel, NAMES)) == []
    assert_orders_have_earned_what_they_come_to(least_capped=0)


@pytest.mark.django_db
def test_a_state_that_comes_while_an_order_is_read_is_adjudicated_later(monkeypatch: pytest.MonkeyPatch) -> None:
    shop()
    told = unversioned("1", 2_000)
    order_id = kept(told)

    def read_and_change(order_ids: Collection[UUID]) -> list[Order]:
        found = list_orders_by_id(order_ids)
        orders.put_orders(orders=[replace(told, cancelled_at=PLACED)], now=PLACED, actor=ACTOR)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(adjudication, "list_orders_by_id", read_and_change)
        adjudicate_orders(order_ids=[order_id], now=PLACED, actor=ACTOR)
    adjudicate_orders(order_ids=[order_id], now=PLACED, actor=ACTOR)
    assert_orders_have_earned_what_they_come_to(least_capped=0)


@pytest.mark.django_db
def test_an_order_without_versions_counts_for_tiers_each_time_that_it_is_reinstated() -> None:
    ann = shop()["ann"]
    told = unversioned("1", 7_000)
    for state, counts in (told, 7_000), (replace(told, cancelled_at=PLACED), 0), (told, 7_000):
        put_order(order=state, now=PLACED, actor=ACTOR)
        assert sum(Progress.objects.filter(member_id=ann).values_list("amount", flat=True)) == counts


def available(member_id: UUID) -> int:
    """What a member can spend, below nothing where something is owed."""
    lots = Lot.objects.filter(account__member_id=member_id, currency="points")
    return sum(lot.active - lot.debt for lot in lots)


def test_a_debt_is_paid_while_who_would_earn_it_again_waits_for_the_account(fresh_database: str) -> None:
    assert fresh_database
    ann = shop()["ann"]
    told = unversioned("1", 1_000)
    put_order(order=told, now=PLACED, actor=ACTOR)
    # What the order earned at once is spent, and then the order is cancelled: that much is owed.
    take = partial(adjust, member_id=ann, currency="points", reason="x", actor=ACTOR, authority=Authority("key"))
    take(points=-available(ann), now=PLACED)
    put_order(order=replace(told, cancelled_at=PLACED), now=PLACED, actor=ACTOR)
    owed = -available(ann)
    assert owed > 0
    paid, waits = threading.Event(), threading.Event()

    def pay() -> None:
        with transaction.atomic():
            take(points=owed, now=PLACED)
            paid.set()
            assert waits.wait(20)
            time.sleep(0.5)

    def keep_it_after_all() -> None:
        assert paid.wait(20)
        waits.set()
        put_order(order=told, now=PLACED, actor=ACTOR)

    assert in_threads(pay, keep_it_after_all) == []
    assert available(ann) == owed
    assert verify_ledger().is_whole
