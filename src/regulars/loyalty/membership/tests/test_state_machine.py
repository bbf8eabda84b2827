"""Whatever is ordered by people who turn out to be one, or two after all, or are erased, members stand as reckoned.

The lives are those that the adjudication's own test lets members live, without tiers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from regulars.customers.merging import merge_customers, undo_merge
from regulars.loyalty.adjudication import differences
from regulars.loyalty.adjudication.tests.programme_shop import ACTOR
from regulars.loyalty.adjudication.tests.test_state_machine import WHO, Members, run
from regulars.loyalty.ledger.desk import Desk
from regulars.loyalty.ledger.earning import grant as grant_points
from regulars.loyalty.membership.services import erase_memberships, follow_customers


class People(Members):
    """Two members whose customers are merged, parted and erased between whatever else happens."""

    tier_sets: ClassVar[list[dict[str, Any]]] = []

    def __init__(self) -> None:
        super().__init__()
        self.customers = {name: found.customer_id for name, found in self.members.items() if found.customer_id}
        # Who was merged into whom, and by which merge of customers.
        self.merged: tuple[str, str, UUID] | None = None
        self.erased: set[str] = set()
        for name in self.members:
            self.somebody_orders(who=name, euros=(20, 30), back=0)

    def root(self, who: str) -> str:
        return self.merged[1] if self.merged and self.merged[0] == who else who

    def is_gone(self, who: str) -> bool:
        return who in self.erased

    def multiplier(self, who: str, placed: datetime) -> int:
        return 1

    def both_stand_on_the_same_tier(self) -> None:
        """Not here: there are no tiers."""

    def follow(self) -> None:
        follow_customers(customer_ids=self.customers.values(), now=self.now, actor=ACTOR)

    @precondition(lambda self: not self.merged and not self.erased)
    @rule(survivor=WHO)
    def two_are_found_to_be_one(self, survivor: str) -> None:
        """And the one orders in the old name."""
        [merged] = self.members.keys() - {survivor}
        ids = {"survivor_id": self.customers[survivor], "merged_id": self.customers[merged]}
        merge = merge_customers(**ids, now=self.now, actor=ACTOR)
        self.follow()
        self.merged = (merged, survivor, merge.id)
        self.plain.merge(survivor, merged, str(merge.id), self.now)
        self.somebody_orders(who=merged, euros=(7, 8), back=0)
        self.seen["merged"] += 1

    @precondition(lambda self: self.merged)
    @rule()
    def they_are_two_after_all(self) -> None:
        assert self.merged
        merged, survivor, merge_id = self.merged
        undo_merge(merge_id=merge_id, now=self.now, actor=ACTOR)
        self.follow()
        self.merged = None
        self.plain.unmerge(survivor, {merged}, merged, str(merge_id), self.now)
        self.seen["parted"] += 1

    @rule(who=WHO, sure=st.integers(0, 2), back=st.sets(st.integers(1, 2)))
    def somebody_is_erased(self, who: str, sure: int, back: set[int]) -> None:
        """With whoever is the same person; then their orders change, and earn nobody."""
        if sure or who in self.erased:
            return
        names = self.together(who)
        ids = [self.customers[name] for name in names]
        assert erase_memberships(customer_ids=ids, now=self.now, actor=ACTOR) == len(names)
        self.erased.update(names)
        self.seen["erased"] += 1
        for number, purchase in self.purchases.items():
            if purchase.who in names:
                purchase.versions.append((sorted(back), False))
                self.deliver(number, len(purchase.versions))
                self.seen["changed"] += 1

    @invariant()
    def both_stand_alike(self) -> None:
        for name in self.erased:
            self.plain.forfeit(self.root(name), self.now)
        super().both_stand_alike()


@pytest.mark.django_db
def test_people_stand_as_the_plain_reckoning_says():
    seen = run(People, 80, 30)
    events = ("merged", "parted", "erased", "changed", "active", "spent", "expired", "unearned", "forfeited")
    assert min(seen[event] for event in events) > 5, seen


@pytest.mark.soak
@pytest.mark.django_db
def test_people_stand_as_the_plain_reckoning_says_in_many_lives():
    seen = run(People, 1_000, 40)
    events = ("merged", "parted", "erased", "changed", "taken", "owed", "forfeited")
    assert min(seen[event] for event in events) > 50, seen


# Each a mistake that one could make, and that the plain reckoning must find.
def _what_comes_back_to_nobody_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Desk, "_forfeited", lambda *_: [])


def _what_is_earned_in_an_old_name_is_the_survivors(monkeypatch: pytest.MonkeyPatch) -> None:
    def grant(wallets: Any, account_id: UUID, *told: Any, **more: Any) -> Any:
        return grant_points(wallets, account_id, *told, **(more | {"origin_account_id": account_id}))

    monkeypatch.setattr(differences, "grant", grant)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "plant",
    [_what_comes_back_to_nobody_stays, _what_is_earned_in_an_old_name_is_the_survivors],
    ids=lambda plant: plant.__name__.strip("_"),
)
def test_a_planted_mistake_is_found(plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        run(People, 400, 30, phases=[Phase.generate], report_multiple_bugs=False)
