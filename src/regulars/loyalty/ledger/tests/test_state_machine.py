"""Whatever is done to members' points, the ledger stands as the plain one does."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from regulars.kit.ids import new_id
from regulars.loyalty.ledger import returning, settling
from regulars.loyalty.ledger.contracts import Grant, State
from regulars.loyalty.ledger.tests.keepers import InDatabase, InMemory, Keeper
from regulars.loyalty.ledger.tests.ledger_shop import NOON
from regulars.loyalty.ledger.tests.lives import begin_life, end_life
from regulars.loyalty.ledger.tests.plain import Box, Plain
from regulars.loyalty.ledger.wallets import BrokenLedger, Lot

ZONE = ZoneInfo("Europe/Vienna")
MEMBERS = ("ann", "ben", "cid")
WHO = st.sampled_from(MEMBERS)
COUNT = st.integers(1, 9)


def end_of_day(moment: datetime, days: int) -> datetime:
    day = moment.astimezone(ZONE).date() + timedelta(days=days)
    return datetime.combine(day + timedelta(days=1), time(), ZONE).astimezone(UTC)


class Ledgers(RuleBasedStateMachine):
    """Ours and the plain one, told the same."""

    keeper: ClassVar[type[InMemory | InDatabase]]
    # How often both were compared, and what stood then: lives in which nothing happens would prove nothing.
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.ours: Keeper = self.keeper(MEMBERS)
        self.plain = Plain(end_of_day)
        self.now = NOON
        self.into: dict[str, str] = {}
        self.merges: dict[str, str] = {}
        self.erased: set[str] = set()
        self.lots: dict[int, UUID] = {}
        self.orders = [new_id() for _ in range(2)]
        self.order_of: dict[int, int] = {}
        self.earned: Counter[int] = Counter()
        self.unearned: Counter[int] = Counter()
        # Who asked for a redemption, and how much of it is reserved or redeemed.
        self.reserved: dict[UUID, tuple[str, int]] = {}
        self.redeemed: dict[UUID, tuple[str, int]] = {}
        self.numbers = itertools.count(1)

    def root(self, name: str) -> str:
        while name in self.into:
            name = self.into[name]
        return name

    def standing(self) -> list[str]:
        return [name for name in MEMBERS if name not in self.erased]

    @rule(hours=st.one_of(st.integers(1, 72), st.integers(1, 24 * 30)))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(
        who=WHO,
        count=COUNT,
        back=st.sampled_from([0, 0, 0, 1, 9, 30]),
        times=st.tuples(st.sampled_from([0, 0, 0, 3, 15]), st.sampled_from([None, 2, 5, 20, 60])),
        order=st.integers(0, 1),
    )
    def somebody_earns(self, who: str, count: int, back: int, times: tuple[int, int | None], order: int) -> None:
        """Earn by an order, told late perhaps, or twice."""
        if who in self.erased:
            return
        delay, good = times
        number = next(self.numbers)
        at = self.now - timedelta(days=back)
        active = at + timedelta(days=delay)
        what = Grant(
            points=count,
            granted_at=at,
            activates_at=active,
            expires_at=None if good is None else active + timedelta(days=good),
            source_kind="order",
            source_id=self.orders[order],
        )
        self.lots[number] = self.ours.earn(who, what, self.now, twice=count % 3 == 0)
        self.order_of[number], self.earned[number] = order, count
        self.plain.grant(Box(number, self.root(who), who, at, active, what.expires_at), count, self.now)

    @rule(who=WHO, count=COUNT, everything=st.booleans(), reserve=st.booleans())
    def somebody_spends(self, who: str, count: int, everything: bool, reserve: bool) -> None:
        if who in self.erased:
            return
        cause = new_id()
        count = self.plain.active(self.root(who)) or count if everything else count
        enough = self.plain.take(self.root(who), count, "reserved" if reserve else "spent", cause, self.now)
        assert self.ours.spend(who, count, cause, self.now, reserve=reserve) == enough
        if enough:
            (self.reserved if reserve else self.redeemed)[cause] = (who, count)

    @precondition(lambda self: self.reserved)
    @rule(data=st.data(), confirmed=st.booleans())
    def a_reservation_ends(self, data: st.DataObject, confirmed: bool) -> None:
        cause = data.draw(st.sampled_from(sorted(self.reserved)))
        who, count = self.reserved.pop(cause)
        if confirmed:
            self.ours.confirm(who, cause, self.now)
            self.plain.confirm(cause)
            self.redeemed[cause] = (who, count)
        else:
            self.ours.release(who, cause, self.now)
            self.plain.release(cause, self.now)

    @precondition(lambda self: self.redeemed)
    @rule(data=st.data())
    def what_was_bought_comes_back(self, data: st.DataObject) -> None:
        cause = data.draw(st.sampled_from(sorted(self.redeemed)))
        who, count = self.redeemed.pop(cause)
        back = data.draw(st.integers(1, count))
        self.ours.refund(who, cause, back, self.now)
        self.plain.refund(cause, back, self.now)
        if back < count:
            self.redeemed[cause] = (who, count - back)

    @precondition(lambda self: self.lots)
    @rule(data=st.data(), order=st.integers(0, 1), wholly=st.booleans())
    def an_order_comes_back(self, data: st.DataObject, order: int, wholly: bool) -> None:
        """Of some lots of an order some points are no longer earned, or none is."""
        boxes = [box for box in self.plain.boxes if self.order_of[box.name] == order]
        left = {box.name: self.earned[box.name] - self.unearned[box.name] for box in boxes}
        drawn = [(box, left[box.name] if wholly else data.draw(st.integers(0, left[box.name]))) for box in boxes]
        wanted = [(box, count) for box, count in drawn if count]
        if wanted:
            family = [self.lots[box.name] for box in boxes]
            self.ours.claw({self.lots[box.name]: count for box, count in wanted}, family, self.now)
            self.plain.claw(wanted, boxes, self.now)
            self.unearned.update({box.name: count for box, count in wanted})

    @precondition(lambda self: any(self.unearned.values()))
    @rule(data=st.data())
    def an_order_was_kept_after_all(self, data: st.DataObject) -> None:
        box = data.draw(st.sampled_from([box for box in self.plain.boxes if self.unearned[box.name]]))
        count = data.draw(st.integers(1, self.unearned[box.name]))
        self.ours.again(self.lots[box.name], count, self.now)
        self.plain.earn_again(box, count, self.now)
        self.unearned[box.name] -= count

    @rule(survivor=WHO, merged=WHO)
    def two_are_found_to_be_one(self, survivor: str, merged: str) -> None:
        if survivor != merged and not {survivor, merged} & (self.into.keys() | self.erased):
            self.ours.merge(survivor, merged, self.now)
            self.into[merged], self.merges[merged] = survivor, str(next(self.numbers))
            self.plain.merge(survivor, merged, self.merges[merged], self.now)

    @precondition(lambda self: self.into)
    @rule(data=st.data())
    def they_are_two_after_all(self, data: st.DataObject) -> None:
        merged = data.draw(st.sampled_from(sorted(self.into)))
        root = self.root(merged)
        del self.into[merged]
        below = [name for name in MEMBERS if self.root(name) == merged]
        self.ours.settle([root], self.now)
        before = self.ours.total()
        self.ours.unmerge(merged, self.now, below)
        assert self.ours.total() == before, "the undo of a merge conserves the sum"
        self.plain.unmerge(root, set(below), merged, self.merges.pop(merged), self.now)

    @rule(who=WHO, sure=st.integers(0, 9))
    def somebody_is_erased(self, who: str, sure: int) -> None:
        """Whatever is reserved, redeemed or bought: it may come back to nobody."""
        if not sure and who not in {*self.into, *self.into.values(), *self.erased}:
            self.ours.erase(who, self.now)
            self.plain.forfeit(who, self.now)
            self.erased.add(who)

    @invariant()
    def both_stand_alike(self) -> None:
        roots = sorted({self.root(name) for name in self.standing()})
        self.ours.settle(roots, self.now)
        for root in roots:
            self.plain.settle(root, self.now)
        for name in self.erased:
            self.plain.forfeit(name, self.now)
        seen = self.ours.seen()
        for box in self.plain.boxes:
            assert seen[self.lots[box.name]] == (*self.plain.parts(box), box.holder, box.origin, box.expires), box
        self.count_what_stands()

    def count_what_stands(self) -> None:
        places = {token.place for token in self.plain.tokens}
        stands = {"points": bool(places), "debts": bool(self.plain.owed), "merges": bool(self.into)}
        stands |= {place: place in places for place in ("reserved", "spent", "expired", "taken", "reclaimed")}
        self.seen.update(name for name, is_there in stands.items() if is_there)


class Remembered(Ledgers):
    """In memory."""

    keeper = InMemory


class Kept(Ledgers):
    """In the database."""

    keeper = InDatabase

    def __init__(self) -> None:
        self.begun = begin_life()
        super().__init__()

    def teardown(self) -> None:
        end_life(self.begun)


def run(machine: type[Ledgers], examples: int, steps: int, **more: Any) -> Counter[str]:
    """Let so many lives be lived; return how often both ledgers were compared with what standing in them."""
    Ledgers.seen = Counter()
    asked = settings(
        settings.get_profile("daily"),
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
        **more,
    )
    run_state_machine_as_test(machine, settings=asked)
    return Ledgers.seen


def rarest(seen: Counter[str]) -> int:
    """Return how often the rarest of what should stand did."""
    names = ("points", "debts", "merges", "reserved", "spent", "expired", "taken", "reclaimed")
    return min(seen[name] for name in names)


def test_what_is_drafted_stands_as_the_plain_ledger_does():
    assert rarest(run(Remembered, 300, 40)) > 20


@pytest.mark.django_db
def test_what_is_kept_stands_as_the_plain_ledger_does():
    assert run(Kept, 20, 25)["points"] > 100


@pytest.mark.soak
def test_what_is_drafted_stands_as_the_plain_ledger_does_in_thousands_of_lives():
    assert rarest(run(Remembered, 10_000, 60)) > 1_000


@pytest.mark.soak
@pytest.mark.django_db
def test_what_is_kept_stands_as_the_plain_ledger_does_in_many_lives():
    assert rarest(run(Kept, 1_000, 40)) > 50


# Each a mistake that one could make, and that the plain ledger must find.
def _last_expiring_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lot, "spent_before", lambda lot: (-lot.granted_at.timestamp(), lot.id.int))


def _first_consumed_comes_back_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returning, "reversed", list, raising=False)


def _debts_are_not_paid_by_what_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returning, "pay_debts", lambda *_: None)


def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returning, "refill", returning._bring)


def _activated_points_pay_no_debt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "pay_debts", lambda *_: None)


def _released_points_outlive_their_expiry(monkeypatch: pytest.MonkeyPatch) -> None:
    def bring_forward(lot: Lot, state: State, points: int) -> None:
        change(lot, state, points)
        if state is State.RESERVED and points < 0 and lot.expires_at:
            lot.expires_at += timedelta(days=1)

    change = Lot.change
    monkeypatch.setattr(Lot, "change", bring_forward)


PLANTED = [
    _last_expiring_first,
    _first_consumed_comes_back_first,
    _debts_are_not_paid_by_what_comes_back,
    _no_grace,
    _activated_points_pay_no_debt,
    _released_points_outlive_their_expiry,
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__.strip("_"))
def test_a_planted_mistake_is_found(plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    # It need not be told in few steps, only found.
    with pytest.raises((AssertionError, BrokenLedger, ValueError)):
        run(Remembered, 300, 40, phases=[Phase.generate], report_multiple_bugs=False)
