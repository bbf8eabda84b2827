"""Whatever orders, events, nights and redemptions come in whatever order, members stand as in a plain reckoning.

What an order or event comes to is reckoned here anew, from the sentences of the programme, and so is who stands on
which tier; where the points then go is told to the plain ledger of the ledger's own tests. None of it shares code with
what is tested.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from regulars.kit.ids import new_id
from regulars.loyalty.adjudication import services
from regulars.loyalty.adjudication.bounding import Bounds
from regulars.loyalty.adjudication.granting import grant_upon as grant_upon_once
from regulars.loyalty.adjudication.models import Occasion
from regulars.loyalty.adjudication.tests.occasion_shop import came, event, review, scheduled, tell
from regulars.loyalty.adjudication.tests.programme_shop import (
    ACTOR,
    BEGIN,
    NOON,
    member,
    order,
    per_euro,
    programme,
    put,
    returned,
)
from regulars.loyalty.adjudication.tests.programme_shop import rule as earning_rule
from regulars.loyalty.adjudication.tests.reckoning import LADDER, ZONE, Climber, Purchase, end_of_day, two_months_after
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import get_version_at, list_versions_at
from regulars.loyalty.ledger.desk import open_desk
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.ledger.services import Price, adjust_points, spend_points
from regulars.loyalty.ledger.spending import NotEnoughPoints
from regulars.loyalty.ledger.tests.lives import begin_life, end_life
from regulars.loyalty.ledger.tests.plain import Box, Plain, Token
from regulars.loyalty.tiers import evaluating
from regulars.loyalty.tiers.queries import map_tiers
from regulars.loyalty.tiers.services import evaluate_members
from regulars.orders.contracts import OrderState
from regulars.orders.services import put_orders

WHO = st.sampled_from(["ann", "ben"])
CAP = 25
EUROS = st.integers(5, 60)


def rules(factor: int) -> list[dict[str, Any]]:
    return [
        per_euro(points=factor),
        earning_rule("big", {"kind": "fixed", "points": 25}, condition="cart.total >= 60"),
        review(caps=[{"scope": "member", "period": "month", "points": CAP}]),
        scheduled("FREQ=WEEKLY;BYDAY=MO", 3),
    ]


CURRENCIES = [{"key": "points", "name": "Points", "expiry": {"kind": "rolling", "after": "2 months"}}]
FACTORS = {"guest": 1, "friend": 2, "regular": 3}
TIERS = [
    {
        "key": "status",
        "name": "Status",
        "basis": {"kind": "spend", "currency": "EUR"},
        "period": {"kind": "rolling", "span": "1 month"},
        "downgrade": "full",
        "tiers": [
            {
                "key": key,
                "name": key,
                "threshold": least,
                "benefits": {"multipliers": {"points": FACTORS[key]} if FACTORS[key] > 1 else {}},
            }
            for key, least in LADDER.items()
        ],
    }
]
PROGRAMME: dict[str, Any] = {"zone": "Europe/Vienna", "currencies": CURRENCIES}


class Members(RuleBasedStateMachine):
    """Ours and the plain reckoning, told the same."""

    seen: ClassVar[Counter[str]] = Counter()
    tier_sets: ClassVar[list[dict[str, Any]]] = TIERS

    def __init__(self) -> None:
        super().__init__()
        self.begun = begin_life()
        self.now = NOON
        # From when on a euro earns so many points.
        self.factors = [(BEGIN, 1)]
        version = self.publish(1, BEGIN)
        self.members = {name: member(version, name) for name in ("ann", "ben")}
        self.plain = Plain(end_of_day)
        self.climbers = {name: Climber() for name in self.members}
        self.adjusted: list[tuple[str, int, dict[str, Any]]] = []
        self.numbers = itertools.count(1)
        self.purchases: dict[str, Purchase] = {}
        self.events: dict[str, tuple[str, datetime]] = {}
        self.reviewed: Counter[tuple[str, int, int]] = Counter()
        self.nights: set[date] = set()

    def teardown(self) -> None:
        end_life(self.begun)

    def publish(self, factor: int, now: datetime) -> ProgramVersion:
        return programme(*rules(factor), **PROGRAMME, tier_sets=self.tier_sets, now=now)

    def root(self, who: str) -> str:
        """Whose points somebody's are; here one's own."""
        return who

    def is_gone(self, who: str) -> bool:
        """Whether nobody knows any more who somebody was; here all stay."""
        return False

    def together(self, who: str) -> list[str]:
        """Who is one with somebody."""
        return [name for name in self.members if self.root(name) == self.root(who)]

    def multiplier(self, who: str, placed: datetime) -> int:
        return FACTORS[self.climbers[who].had(placed)]

    def get(self, who: str, count: int, at: datetime) -> Box:
        box = Box(next(self.numbers), self.root(who), who, at, at, two_months_after(at))
        self.plain.grant(box, count, self.now)
        return box

    @rule(hours=st.one_of(st.integers(1, 72), st.integers(24, 24 * 40)))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: self.now > self.factors[-1][0] and len(self.factors) < 4)
    @rule(sure=st.integers(0, 2))
    def the_programme_changes(self, sure: int) -> None:
        factor = self.factors[-1][1] % 3 + 1
        if not sure:
            self.publish(factor, self.now)
            self.factors.append((self.now, factor))

    @rule(who=WHO, euros=st.tuples(EUROS, EUROS), back=st.sampled_from([0, 0, 0, 1, 10, 40]))
    def somebody_orders(self, who: str, euros: tuple[int, int], back: int) -> None:
        purchase = Purchase(who, self.now - timedelta(days=back), list(euros))
        number = f"{len(self.purchases)}"
        self.purchases[number] = purchase
        self.deliver(number, 1)

    @precondition(lambda self: self.purchases)
    @rule(data=st.data(), back=st.sets(st.integers(1, 2)), cancels=st.integers(0, 6), is_told=st.booleans())
    def an_order_changes(self, data: st.DataObject, back: set[int], cancels: int, is_told: bool) -> None:
        """A version that is told at once, or only later, when a newer one may be known."""
        number = data.draw(st.sampled_from(sorted(self.purchases)))
        versions = self.purchases[number].versions
        versions.append((sorted(back), cancels == 0))
        if is_told:
            self.deliver(number, len(versions))

    @precondition(lambda self: self.purchases)
    @rule(data=st.data())
    def a_version_arrives(self, data: st.DataObject) -> None:
        """Late, or again."""
        number = data.draw(st.sampled_from(sorted(self.purchases)))
        self.deliver(number, data.draw(st.integers(1, len(self.purchases[number].versions))))

    @precondition(lambda self: len(self.purchases) > 1)
    @rule(data=st.data())
    def several_orders_come_at_once(self, data: st.DataObject) -> None:
        """As from a file, in whatever sequence: they are judged as they were placed."""
        versions = {
            number: data.draw(st.integers(1, len(self.purchases[number].versions)))
            for number in data.draw(st.sets(st.sampled_from(sorted(self.purchases)), min_size=2, max_size=6))
        }
        told = [self.state_of(number, version) for number, version in versions.items()]
        kept = put_orders(orders=told, now=self.now, actor=ACTOR)
        ids = {number: each.order_id for number, each in zip(versions, kept, strict=True) if each.order_id}
        services.adjudicate_orders(order_ids=set(ids.values()), now=self.now, actor=ACTOR)
        for number in sorted(ids, key=lambda each: (self.purchases[each].placed, ids[each])):
            if versions[number] > self.purchases[number].known:
                self.reckon(self.purchases[number], versions[number])

    def deliver(self, number: str, version: int) -> None:
        put(self.state_of(number, version), self.now)
        if version > self.purchases[number].known:
            self.reckon(self.purchases[number], version)

    def state_of(self, number: str, version: int) -> OrderState:
        purchase = self.purchases[number]
        cents = [euros * 100 for euros in purchase.euros]
        back, is_cancelled = purchase.versions[version - 1]
        more = {"cancelled_at": self.now} if is_cancelled else {}
        whole = order(number, *cents, buyer=purchase.who, version=1, placed_at=purchase.placed, **more)
        return returned(whole, *back, at=purchase.placed, version=version)

    def reckon(self, purchase: Purchase, version: int) -> None:
        purchase.known = version
        if purchase.factor is None:
            purchase.factor = [factor for begin, factor in self.factors if begin <= purchase.placed][-1]
            purchase.multiplier = self.multiplier(purchase.who, purchase.placed)
        wanted = purchase.comes_to(version)
        family = list(purchase.boxes.values())
        less = [
            (box, purchase.earned[name] - wanted[name])
            for name, box in purchase.boxes.items()
            if purchase.earned[name] > wanted[name]
        ]
        if less:
            self.plain.claw(less, family, self.now)
        for name, box in purchase.boxes.items():
            if wanted[name] > purchase.earned[name]:
                self.earn_more(box, wanted[name] - purchase.earned[name])
        for name, count in wanted.items():
            if count and name not in purchase.boxes:
                purchase.boxes[name] = self.get(purchase.who, count, purchase.placed)
            purchase.earned[name] = count
        climber = self.climbers[purchase.who]
        climber.spent.append((purchase.placed, purchase.left(version) - purchase.counted))
        purchase.counted = purchase.left(version)
        climber.see(self.now)

    def earn_more(self, box: Box, count: int) -> None:
        gone = sum(t.whom == box.name and t.place in {"unearned", "taken", "reclaimed"} for t in self.plain.tokens)
        gone += sum(owed.box is box for owed in self.plain.owed)
        self.plain.tokens += [Token(box, "unearned", box.name) for _ in range(count - gone)]
        self.plain.earn_again(box, count, self.now)

    @rule(who=WHO, back=st.sampled_from([0, 0, 3, 40]))
    def somebody_writes_a_review(self, who: str, back: int) -> None:
        name = f"review {len(self.events)}"
        at = self.now - timedelta(days=back)
        self.events[name] = who, at
        self.tell(name)
        local = at.astimezone(ZONE)
        used = sum(self.reviewed[name, local.year, local.month] for name in self.together(who))
        count = min(10, CAP - used)
        if count > 0:
            self.reviewed[who, local.year, local.month] += count
            self.get(who, count, at)

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def an_event_is_delivered_again(self, data: st.DataObject) -> None:
        self.tell(data.draw(st.sampled_from(sorted(self.events))))

    def tell(self, name: str) -> None:
        who, at = self.events[name]
        tell(event(self.members[who], name, at), self.now)

    @rule(back=st.integers(0, 10))
    def a_night_is_run(self, back: int) -> None:
        """Of one of the last days, perhaps again; a day begins with its first instant."""
        day = self.now.astimezone(ZONE).date() - timedelta(days=back)
        begins = datetime.combine(day, time(), ZONE).astimezone(UTC)
        version = get_version_at("beans", begins)
        assert version
        granted = came(version, day, self.now)
        is_new = day.weekday() == 0 and day not in self.nights
        self.nights.add(day)
        roots = {self.root(who) for who in self.members if is_new and not self.is_gone(who)}
        assert granted == len(roots)
        for who in sorted(roots):
            self.get(who, 3, begins)

    @rule(who=WHO, count=st.integers(1, 60), everything=st.booleans())
    def somebody_spends(self, who: str, count: int, everything: bool) -> None:
        if self.is_gone(who):
            return
        count = self.plain.active(self.root(who)) or count if everything else count
        enough = self.plain.take(self.root(who), count, "spent", new_id(), self.now)
        version = get_version_at("beans", self.now)
        assert version
        desk = open_desk([self.members[who].id], version=version, now=self.now, actor=ACTOR)
        price = Price(points=count, currencies=["points"])
        try:
            with transaction.atomic():
                spend_points(desk, self.members[who].id, price, cause=new_id(), reserve=False, memo={})
        except NotEnoughPoints:
            assert not enough
        else:
            assert enough

    @rule(who=WHO, count=st.integers(-60, 60).filter(bool), days=st.sampled_from([None, 1, 40]))
    def somebody_adjusts(self, who: str, count: int, days: int | None) -> None:
        """By hand, to give some or to take some; where it is asked for again under its key, nothing more happens."""
        if self.is_gone(who):
            return
        good_until = end_of_day(self.now, days) if days else None
        told = {"points": count, "expires_at": good_until, "now": self.now, "idempotency_key": str(new_id())}
        if count > 0:
            box = Box(next(self.numbers), self.root(who), who, self.now, self.now, good_until)
            self.plain.grant(box, count, self.now)
        elif not self.plain.take(self.root(who), -count, "spent", "by hand", self.now):
            with pytest.raises(NotEnoughPoints):
                self.adjust(who, told)
            return
        self.adjust(who, told)
        self.adjusted.append((who, count, told))

    @precondition(lambda self: self.adjusted)
    @rule(data=st.data())
    def an_adjustment_is_asked_for_again(self, data: st.DataObject) -> None:
        who, count, told = data.draw(st.sampled_from(self.adjusted))
        assert self.adjust(who, told)["points"] == count

    def adjust(self, who: str, told: dict[str, Any]) -> Mapping[str, Any]:
        version = get_version_at("beans", self.now)
        assert version
        with transaction.atomic():
            return adjust_points(
                **{"member_id": self.members[who].id, "currency": "points", "reason": "by hand", **told},
                version=version,
                actor=ACTOR,
            )

    @invariant()
    def both_stand_on_the_same_tier(self) -> None:
        version = get_version_at("beans", self.now)
        assert version
        ids = [each.id for each in self.members.values()]
        evaluate_members(member_ids=ids, versions=[version], now=self.now, actor=ACTOR)
        tiers = map_tiers(ids, self.now)
        for who, climber in self.climbers.items():
            climber.see(self.now)
            assert tiers[self.members[who].id] == {"status": climber.tier}
            self.seen[climber.tier] += 1
            self.seen["fallen"] += any(LADDER[a] > LADDER[b] for (_, a), (_, b) in itertools.pairwise(climber.told))

    @invariant()
    def both_stand_alike(self) -> None:
        for who, ours in self.members.items():
            self.plain.settle(self.root(who), self.now)
            parts = [self.plain.parts(box) for box in self.plain.on(self.root(who))]
            balance = get_standing(ours.id, at=self.now)["points"].balance
            found = (balance.pending, balance.active, balance.reserved, balance.debt)
            assert found == tuple(map(sum, zip(*parts, strict=True))) if parts else found == (0, 0, 0, 0)
        places = {token.place for token in self.plain.tokens}
        self.seen.update(places | ({"owed"} if self.plain.owed else set()))


def run(machine: type[Members], examples: int, steps: int, **more: Any) -> Counter[str]:
    """Let so many lives be lived; return how often both were compared with what standing in them."""
    Members.seen = Counter()
    asked = settings(
        settings.get_profile("daily"),
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
        **more,
    )
    run_state_machine_as_test(machine, settings=asked)
    return Members.seen


@pytest.mark.django_db
def test_members_stand_as_the_plain_reckoning_says():
    seen = run(Members, 200, 30)
    places = ("active", "spent", "expired", "unearned", "owed", "friend", "regular", "fallen")
    assert min(seen[place] for place in places) > 3, seen


@pytest.mark.soak
@pytest.mark.django_db
def test_members_stand_as_the_plain_reckoning_says_in_many_lives():
    seen = run(Members, 1_000, 40)
    places = ("active", "spent", "expired", "reclaimed", "owed", "friend", "regular", "fallen")
    assert min(seen[place] for place in places) > 100, seen


# Each a mistake that one could make, and that the plain reckoning must find.
def _late_orders_are_judged_by_later_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    def map_versions_at(moments: Collection[datetime]) -> dict[datetime, list[ProgramVersion]]:
        return {at: list_versions_at(at + timedelta(days=90)) for at in moments}

    monkeypatch.setattr(services, "map_versions_at", map_versions_at)


def _caps_have_room_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bounds, "note_member_uses", lambda *_: None)


def _who_falls_short_falls_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluating, "day_begins_at", lambda moment, zone: True)
    step = evaluating._Walk._step
    monkeypatch.setattr(evaluating._Walk, "_step", lambda self, moment, **_: step(self, moment))


def _a_lift_counts_for_the_order_that_lifts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "regulars.loyalty.adjudication.judging.map_tiers_at",
        lambda moments: {each: {"status": "regular"} for each in moments},
    )


def _a_repeated_event_grants_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def grant_upon(candidates: Any, **more: Any) -> Any:
        Occasion.objects.all().delete()
        return right(candidates, **more)

    right = grant_upon_once
    monkeypatch.setattr("regulars.loyalty.adjudication.occasions.grant_upon", grant_upon)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "plant",
    [
        _late_orders_are_judged_by_later_rules,
        _caps_have_room_for_ever,
        _who_falls_short_falls_at_once,
        _a_lift_counts_for_the_order_that_lifts,
        _a_repeated_event_grants_again,
    ],
    ids=lambda plant: plant.__name__.strip("_"),
)
def test_a_planted_mistake_is_found(plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    with pytest.raises(Exception):  # noqa: B017, PT011  # The comparison, or the database, which grants an occasion once.
        run(Members, 400, 30, phases=[Phase.generate], report_multiple_bugs=False)
