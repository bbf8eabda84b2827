"""A balance is explained as it was valid and known: each point of it, whence it came and whither it went."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import Phase
from hypothesis.stateful import invariant

from regulars.kit.ids import new_id
from regulars.loyalty.ledger import explaining
from regulars.loyalty.ledger.contracts import Balance, Explanation, Purpose
from regulars.loyalty.ledger.explaining import explain
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.ledger.models import Lot, LotMove, Transaction
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.ledger.tests.keepers import CURRENCY, InDatabase
from regulars.loyalty.ledger.tests.ledger_shop import DAY, NOON, points
from regulars.loyalty.ledger.tests.test_state_machine import MEMBERS, Kept, run

pytestmark = pytest.mark.django_db
Schedule = dict[datetime | None, int]


@pytest.fixture
def keeper() -> InDatabase:
    return InDatabase(["ann", "ben"])


def on(day: int) -> datetime:
    return NOON + day * DAY


def told(keeper: InDatabase, who: str, valid: int, known: int | None = None) -> Explanation:
    found = explain(
        member_id=keeper.ids[who],
        currency=CURRENCY,
        valid_at=on(valid),
        known_at=on(valid if known is None else known),
    )
    ties(found)
    return found


def ties(found: Explanation) -> None:
    """Hold the lots to the balance, and each lot's movements to what stands of it."""
    for part in ("pending", "active", "reserved", "debt", "balance"):
        assert sum(getattr(lot.balance, part) for lot in found.lots) == getattr(found.balance, part), part
    for lot in found.lots:
        assert sum(movement.points for movement in lot.movements) == lot.balance.balance


def parts(found: Explanation) -> tuple[int, int, int, int]:
    return found.balance.pending, found.balance.active, found.balance.reserved, found.balance.debt


def why(found: Explanation, lot_id: UUID) -> list[tuple[Purpose, int]]:
    [lot] = [each for each in found.lots if each.id == lot_id]
    return [(movement.purpose, movement.points) for movement in lot.movements]


def test_each_point_says_where_it_came_from_and_where_it_went(keeper: InDatabase) -> None:
    order, bought = new_id(), new_id()
    what = points(100, source_id=order, rule="welcome", version=3, expires_at=on(20))
    lot = keeper.earn("ann", what, on(0), twice=False)
    keeper.spend("ann", 30, bought, on(1), reserve=False)
    keeper.claw({lot: 20}, [lot], on(2))
    keeper.settle(["ann"], on(20))
    found = told(keeper, "ann", 21)
    [explained] = found.lots
    assert (explained.source_kind, explained.source_id, explained.rule, explained.version) == (
        "order",
        order,
        "welcome",
        3,
    )
    assert explained.transaction_id == Transaction.objects.get(kind="grant").id
    assert why(found, lot) == [
        (Purpose.GRANTED, 100),
        (Purpose.REDEEMED, -30),
        (Purpose.CLAWED_BACK, -20),
        (Purpose.EXPIRED, -50),
    ]
    assert explained.movements[1].cause == bought
    assert explained.movements[3].transaction_id == Transaction.objects.get(kind="expire").id


def test_what_was_due_and_not_posted_counts_as_if_it_had_been(keeper: InDatabase) -> None:
    lot = keeper.earn("ann", points(10, activates_at=on(2), expires_at=on(5)), on(0), twice=False)
    assert parts(told(keeper, "ann", 1)) == (10, 0, 0, 0)
    assert parts(told(keeper, "ann", 2)) == (0, 10, 0, 0)
    found = told(keeper, "ann", 5)
    assert parts(found) == (0, 0, 0, 0)
    [expired] = [each for each in found.lots[0].movements if each.purpose is Purpose.EXPIRED]
    assert (expired.points, expired.occurred_at, expired.posted_at, expired.transaction_id) == (-10, on(5), None, None)
    keeper.settle(["ann"], on(9))
    # Known before it was posted, and after: the same, but for the transaction.
    assert parts(told(keeper, "ann", 5, 8)) == parts(told(keeper, "ann", 5, 9)) == (0, 0, 0, 0)
    assert told(keeper, "ann", 5, 8).lots[0].movements[-1].transaction_id is None
    assert told(keeper, "ann", 5, 9).lots[0].movements[-1].transaction_id is not None
    assert why(told(keeper, "ann", 4, 9), lot) == [(Purpose.GRANTED, 10)]
    assert parts(told(keeper, "ann", 4, 9)) == (0, 10, 0, 0)


def test_what_is_granted_late_is_valid_earlier_and_known_later(keeper: InDatabase) -> None:
    keeper.earn("ann", points(10, expires_at=None), on(0), twice=False)
    late = keeper.earn("ann", points(7, at=on(2), expires_at=on(30)), on(6), twice=False)
    assert parts(told(keeper, "ann", 3, 3)) == (0, 10, 0, 0)
    assert parts(told(keeper, "ann", 3, 5)) == (0, 10, 0, 0)
    assert parts(told(keeper, "ann", 3, 6)) == (0, 17, 0, 0)
    assert parts(told(keeper, "ann", 1, 6)) == (0, 10, 0, 0)
    assert why(told(keeper, "ann", 3, 6), late) == [(Purpose.GRANTED, 7)]


def test_a_late_grant_pays_no_debt_before_it_was_owed(keeper: InDatabase) -> None:
    lot = keeper.earn("ann", points(10), on(0), twice=False)
    keeper.spend("ann", 10, new_id(), on(1), reserve=False)
    keeper.claw({lot: 6}, [lot], on(5))
    late = keeper.earn("ann", points(9, at=on(2)), on(8), twice=False)
    assert parts(told(keeper, "ann", 3, 7)) == (0, 0, 0, 0)
    assert parts(told(keeper, "ann", 6, 7)) == (0, 0, 0, 6)
    assert parts(told(keeper, "ann", 3, 8)) == (0, 9, 0, 0)
    assert parts(told(keeper, "ann", 6, 8)) == (0, 3, 0, 0)
    assert why(told(keeper, "ann", 3, 8), late) == [(Purpose.GRANTED, 9)]
    assert why(told(keeper, "ann", 6, 8), late) == [(Purpose.GRANTED, 9), (Purpose.PAID_DEBT, -6)]
    assert (Purpose.DEBT_PAID, 6) in why(told(keeper, "ann", 6, 8), lot)


def test_points_that_were_reserved_and_redeemed_say_so_once(keeper: InDatabase) -> None:
    lot = keeper.earn("ann", points(10), on(0), twice=False)
    bought = new_id()
    keeper.spend("ann", 4, bought, on(1), reserve=True)
    assert parts(told(keeper, "ann", 1)) == (0, 6, 4, 0)
    assert why(told(keeper, "ann", 1), lot) == [(Purpose.GRANTED, 10)]
    keeper.confirm("ann", bought, on(2))
    keeper.refund("ann", bought, 1, on(3))
    assert why(told(keeper, "ann", 3), lot) == [(Purpose.GRANTED, 10), (Purpose.REDEEMED, -4), (Purpose.REFUNDED, 1)]
    assert parts(told(keeper, "ann", 2, 3)) == (0, 6, 0, 0)


def test_an_expiry_that_was_moved_later_is_not_known_earlier(keeper: InDatabase) -> None:
    keeper.earn("ann", points(10, expires_at=on(5)), on(0), twice=False)
    bought = new_id()
    keeper.spend("ann", 10, bought, on(1), reserve=False)
    keeper.refund("ann", bought, 4, on(3))
    good_until = Lot.objects.get().expires_at
    assert good_until
    assert good_until > on(16)
    [before] = told(keeper, "ann", 2).lots
    [after] = told(keeper, "ann", 3).lots
    assert (before.expires_at, after.expires_at) == (on(5), good_until)
    assert [each.expires_at for each in get_standing(keeper.ids["ann"], at=on(3))["points"].expiring] == [
        after.expires_at
    ]
    # What it began with is kept once, and its moves besides.
    began = LotMove.objects.get(id=Lot.objects.get().id)
    assert (began.expires_at, began.transaction_id) == (on(5), Transaction.objects.get(kind="grant").id)
    assert LotMove.objects.count() == 2


def test_a_merge_and_its_undo_are_explained_as_of_their_moments(keeper: InDatabase) -> None:
    own = keeper.earn("ann", points(10), on(0), twice=False)
    brought = keeper.earn("ben", points(5), on(0), twice=False)
    keeper.merge("ann", "ben", on(2))
    keeper.spend("ann", 12, bought := new_id(), on(3), reserve=False)
    keeper.unmerge("ben", on(4), ["ben"])
    assert parts(told(keeper, "ann", 1, 9)) == parts(told(keeper, "ann", 1, 1)) == (0, 10, 0, 0)
    assert parts(told(keeper, "ben", 1, 9)) == (0, 5, 0, 0)
    for who in ("ann", "ben"):
        assert parts(told(keeper, who, 2, 9)) == parts(told(keeper, who, 2, 2)) == (0, 15, 0, 0)
        assert {lot.id for lot in told(keeper, who, 2, 9).lots} == {own, brought}
    assert parts(told(keeper, "ann", 3)) == (0, 3, 0, 0)
    assert parts(told(keeper, "ann", 4)) == (0, 0, 0, 0)
    assert parts(told(keeper, "ben", 4)) == (0, 3, 0, 0)
    carried = [(Purpose.CARRIED, -5), (Purpose.CARRIED, 5)]
    gone = [(Purpose.REDEEMED, -2), (Purpose.CARRIED, -3), (Purpose.CARRIED, 3)]
    assert why(told(keeper, "ben", 4), brought) == [(Purpose.GRANTED, 5), *carried, *gone]
    [lot] = told(keeper, "ben", 4).lots
    assert [keeper.names[each.account_id] for each in lot.movements] == ["ben", "ben", "ann", "ann", "ann", "ben"]
    assert lot.movements[3].cause == bought


def test_a_debt_that_a_merge_netted_is_told_and_owed_again(keeper: InDatabase) -> None:
    lot = keeper.earn("ann", points(10), on(0), twice=False)
    keeper.spend("ann", 10, new_id(), on(0), reserve=False)
    keeper.claw({lot: 6}, [lot], on(1))
    payer = keeper.earn("ben", points(8), on(1), twice=False)
    keeper.merge("ann", "ben", on(2))
    found = told(keeper, "ann", 2)
    assert parts(found) == (0, 2, 0, 0)
    assert (Purpose.PAID_DEBT, -6) in why(found, payer)
    assert (Purpose.DEBT_PAID, 6) in why(found, lot)
    keeper.unmerge("ben", on(3), ["ben"])
    assert parts(told(keeper, "ann", 3)) == (0, 0, 0, 6)
    assert why(told(keeper, "ann", 3), lot)[-1] == (Purpose.OWED, -6)
    assert parts(told(keeper, "ben", 3)) == (0, 8, 0, 0)
    assert why(told(keeper, "ben", 3), payer)[-1] == (Purpose.GIVEN_BACK, 6)


def test_who_has_no_account_in_a_currency_is_told_so(keeper: InDatabase) -> None:
    with pytest.raises(NoSuchMember):
        explain(member_id=keeper.ids["ann"], currency="coins", valid_at=NOON, known_at=NOON)


class Explained(Kept):
    """What members' standings were is noted as it goes, now and ten days ahead, and explained then and at the end."""

    ours: InDatabase

    def __init__(self) -> None:
        super().__init__()
        self.noted: dict[tuple[str, datetime, datetime], tuple[Balance, Schedule]] = {}

    @invariant()
    def both_stand_alike(self) -> None:
        # What the time that has passed has brought is not posted yet, and is then.
        self.note_and_explain()
        super().both_stand_alike()
        self.note_and_explain()

    def note_and_explain(self) -> None:
        for name in MEMBERS:
            for at in (self.now, self.now + 10 * DAY):
                standing = get_standing(self.ours.ids[name], at=at)[CURRENCY]
                schedule = {each.expires_at: each.points for each in standing.expiring}
                self.noted[name, at, self.now] = standing.balance, schedule
                self.explain_as_noted(name, at, self.now)

    def explain_as_noted(self, name: str, valid_at: datetime, known_at: datetime) -> None:
        told = {"valid_at": valid_at, "known_at": known_at}
        found = explain(member_id=self.ours.ids[name], currency=CURRENCY, **told)
        ties(found)
        schedule: Counter[datetime | None] = Counter()
        for lot in found.lots:
            schedule[lot.expires_at] += lot.balance.active
        assert (found.balance, dict(+schedule)) == self.noted[name, valid_at, known_at]

    def teardown(self) -> None:
        for name, valid_at, known_at in self.noted:
            self.explain_as_noted(name, valid_at, known_at)


def test_what_a_standing_was_is_explained_then_and_ever_after():
    assert run(Explained, 8, 20)["points"] > 40


@pytest.mark.soak
def test_what_a_standing_was_is_explained_in_many_lives():
    assert run(Explained, 80, 30)["points"] > 600


def test_a_mistake_in_explaining_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "settle", lambda *_: [])
    with pytest.raises(AssertionError):
        run(Explained, 40, 20, phases=[Phase.generate], report_multiple_bugs=False)
