"""Two members who are one count as one, and stand as before once they are two again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger import merging as ledger
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.tiers import merging, queries, services
from regulars.loyalty.tiers.models import Change, Merge, Progress, Standing
from regulars.loyalty.tiers.personal_data import export
from regulars.loyalty.tiers.tests.tier_factory import ROLLING, local
from regulars.loyalty.tiers.tests.tier_shop import ACTOR, DAY, earn, evaluate, member, shop
from regulars.stream.models import Event

pytestmark = pytest.mark.django_db
SPRING = local(2025, 4, 10, 12)


def merge(club: ProgramVersion, survivor: UUID, merged: UUID, now: datetime) -> None:
    ledger.merge_members(survivor_id=survivor, merged_id=merged, version=club, now=now, actor=ACTOR)
    merging.merge_members(survivor_id=survivor, merged_id=merged, versions=[club], now=now, actor=ACTOR)


def unmerge(club: ProgramVersion, merged: UUID, now: datetime) -> None:
    ledger.unmerge_members(merged_id=merged, version=club, now=now, actor=ACTOR)
    merging.unmerge_members(merged_id=merged, versions=[club], now=now, actor=ACTOR)


def standings() -> list[tuple[Any, ...]]:
    return list(Standing.objects.order_by("id").values_list())


def tier(member_id: UUID) -> str | None:
    found = queries.find_standing(member_id, "status")
    return found.tier if found is not None else None


def pair(club: ProgramVersion, *amounts: int) -> tuple[UUID, UUID]:
    ada, bob = member(club), member(club)
    for each, amount in zip((ada, bob), amounts, strict=True):
        earn(each, amount, SPRING)
    evaluate(club, SPRING, ada, bob)
    return ada, bob


def test_the_progress_of_both_counts_together() -> None:
    club = shop()
    ada, bob = pair(club, 150, 160)
    merge(club, ada, bob, SPRING + DAY)
    assert (tier(ada), tier(bob)) == ("gold", None)
    assert Standing.objects.get(member_id=ada).progress == 310
    assert queries.map_tiers([bob], SPRING + DAY) == {bob: {"status": "gold"}}


def test_the_survivor_stands_at_least_at_the_higher_tier_of_both() -> None:
    club = shop({"period": ROLLING, "grace_days": 60})
    ada, bob = pair(club, 10, 400)
    evaluate(club, local(2026, 4, 20), bob)
    assert tier(bob) == "gold"
    merge(club, ada, bob, local(2026, 4, 20))
    found = queries.find_standing(ada, "status")
    assert found is not None
    assert (found.tier, found.grace_ends_at) == ("gold", local(2026, 6, 10))
    assert Event.objects.get(type="tier.reached", payload__reason="merged").payload["tier"] == "gold"


def test_what_is_earned_under_either_id_counts_for_the_survivor() -> None:
    club = shop()
    ada, bob = pair(club, 50, 40)
    merge(club, ada, bob, SPRING)
    earn(bob, 15, SPRING + DAY)
    assert [list(part) for part in queries.iter_due(club, SPRING + DAY)] == [[ada]]
    evaluate(club, SPRING + DAY, bob)
    assert tier(ada) == "silver"
    assert Progress.objects.filter(member_id=bob).count() == 2


@pytest.mark.parametrize("amounts", [(150, 160), (10, 400), (400, 10), (0, 0), (300, 300)])
@pytest.mark.parametrize("told", [{}, {"period": ROLLING}])
def test_a_merge_undone_with_nothing_between_leaves_each_row_as_it_was(amounts, told) -> None:
    club = shop(told)
    ada, bob = pair(club, *amounts)
    services.lock_tier(
        member_id=bob, tier_set="status", until=SPRING + DAY, reason="x", versions=[club], now=SPRING, actor=ACTOR
    )
    before = standings()
    merge(club, ada, bob, SPRING + DAY)
    unmerge(club, bob, SPRING + 2 * DAY)
    assert standings() == before


def test_a_survivor_who_was_never_evaluated_has_no_row_afterwards_either() -> None:
    club = shop()
    ada, bob = member(club), member(club)
    earn(bob, 300, SPRING)
    evaluate(club, SPRING, bob)
    before = standings()
    merge(club, ada, bob, SPRING)
    assert tier(ada) == "gold"
    unmerge(club, bob, SPRING)
    assert standings() == before


def test_each_takes_what_was_earned_since_and_stands_as_if_there_had_been_no_merge() -> None:
    club = shop()
    ada, bob = pair(club, 150, 160)
    merge(club, ada, bob, SPRING + DAY)
    earn(bob, 150, SPRING + 2 * DAY)
    evaluate(club, SPRING + 2 * DAY, ada)
    unmerge(club, bob, SPRING + 3 * DAY)
    assert (tier(ada), tier(bob)) == ("silver", "silver")
    assert [list(part) for part in queries.iter_due(club, SPRING + 3 * DAY)] == [[bob]]
    evaluate(club, SPRING + 3 * DAY, ada, bob)
    assert (tier(ada), tier(bob)) == ("silver", "gold")
    assert queries.map_tiers([bob], SPRING + 2 * DAY)[bob] == {"status": "gold"}


def test_how_it_stood_while_merged_stays_in_the_history() -> None:
    club = shop()
    ada, bob = pair(club, 150, 160)
    merge(club, ada, bob, SPRING + DAY)
    unmerge(club, bob, SPRING + 3 * DAY)

    def at(who: UUID, days: int) -> str | None:
        return queries.find_tier_at(who, "status", valid_at=SPRING + days * DAY, known_at=SPRING + 9 * DAY)

    assert [at(ada, days) for days in (0, 2, 4)] == ["silver", "gold", "silver"]
    assert [at(bob, days) for days in (0, 2, 4)] == ["silver", "gold", "silver"]
    assert Change.objects.get(reason="unmerged").member_id == ada


def test_what_the_staff_has_decided_since_stays_with_the_survivor() -> None:
    club = shop()
    ada, bob = pair(club, 150, 160)
    merge(club, ada, bob, SPRING + DAY)
    services.lock_tier(
        member_id=ada, tier_set="status", until=None, reason="x", versions=[club], now=SPRING + DAY, actor=ACTOR
    )
    unmerge(club, bob, SPRING + 2 * DAY)
    found = queries.find_standing(ada, "status")
    assert found is not None
    assert (found.is_locked, found.tier) == (True, "silver")


def test_a_lock_and_an_invitation_of_the_merged_one_go_over() -> None:
    club = shop({}, {"key": "circle", "basis": {"kind": "invitation"}, "tiers": {"friend": 0, "patron": 0}})
    ada, bob = pair(club, 10, 400)
    told: dict[str, Any] = {"member_id": bob, "versions": [club], "now": SPRING, "actor": ACTOR}
    services.lock_tier(tier_set="status", until=None, reason="x", **told)
    services.invite(tier_set="circle", tier="patron", **told)
    merge(club, ada, bob, SPRING + DAY)
    assert queries.map_tiers([ada], SPRING + DAY) == {ada: {"status": "gold", "circle": "patron"}}
    evaluate(club, local(2030, 1, 1), ada)
    assert tier(ada) == "gold"


def test_the_earlier_of_two_merges_can_be_undone_alone() -> None:
    club = shop({"period": ROLLING})
    ada, bob, eve = (member(club) for _ in range(3))
    for each, amount in ((ada, 50), (bob, 60), (eve, 400)):
        earn(each, amount, SPRING)
    evaluate(club, SPRING, ada, bob, eve)
    merge(club, ada, bob, SPRING)
    merge(club, ada, eve, SPRING + DAY)
    unmerge(club, bob, SPRING + 2 * DAY)
    evaluate(club, SPRING + 3 * DAY, ada, bob)
    assert (tier(ada), tier(bob)) == ("gold", "bronze")
    assert Standing.objects.get(member_id=ada).progress == 450
    unmerge(club, eve, SPRING + 4 * DAY)
    evaluate(club, SPRING + 5 * DAY, ada, eve)
    assert (tier(ada), tier(eve)) == ("bronze", "gold")


def test_a_chain_of_merges_comes_apart_from_within() -> None:
    club = shop()
    ada, bob, eve = (member(club) for _ in range(3))
    for each, amount in ((ada, 40), (bob, 40), (eve, 40)):
        earn(each, amount, SPRING)
    evaluate(club, SPRING, ada, bob, eve)
    merge(club, bob, ada, SPRING)
    merge(club, eve, bob, SPRING + DAY)
    assert (tier(eve), Standing.objects.get(member_id=eve).progress) == ("silver", 120)
    unmerge(club, ada, SPRING + 2 * DAY)
    evaluate(club, SPRING + 2 * DAY, ada, eve)
    assert (tier(ada), Standing.objects.get(member_id=eve).progress) == ("bronze", 80)
    unmerge(club, bob, SPRING + 3 * DAY)
    evaluate(club, SPRING + 3 * DAY, bob, eve)
    assert {each: Standing.objects.get(member_id=each).progress for each in (ada, bob, eve)} == {
        ada: 40,
        bob: 40,
        eve: 40,
    }


def test_tiers_follow_the_ledger_and_never_go_before_it() -> None:
    club = shop()
    ada, bob = pair(club, 1, 1)
    with pytest.raises(ValueError, match=str(bob)):
        merging.merge_members(survivor_id=ada, merged_id=bob, versions=[club], now=SPRING, actor=ACTOR)
    with pytest.raises(ledger.NotMerged):
        merging.unmerge_members(merged_id=bob, versions=[club], now=SPRING, actor=ACTOR)
    merge(club, ada, bob, SPRING)
    with pytest.raises(ValueError, match=str(bob)):
        merging.unmerge_members(merged_id=bob, versions=[club], now=SPRING, actor=ACTOR)


def test_of_an_erased_member_progress_and_history_stay_and_nothing_else() -> None:
    club = shop()
    ada, bob = pair(club, 150, 160)
    services.lock_tier(
        member_id=bob, tier_set="status", until=None, reason="words", versions=[club], now=SPRING, actor=ACTOR
    )
    merge(club, ada, bob, SPRING + DAY)
    for each in (ada, bob):
        ledger.erase_member(member_id=each, version=club, now=SPRING + 2 * DAY, actor=ACTOR)
    merging.erase_members(member_ids=[ada, bob], now=SPRING + 2 * DAY, actor=ACTOR)
    assert standings() == []
    assert "words" not in str(list(Merge.objects.values_list()))
    assert Progress.objects.count() == 2
    earn(ada, 5, SPRING + 3 * DAY)
    assert standings() == []


def test_what_is_held_of_a_customer_is_exported() -> None:
    club = shop()
    ada, _ = pair(club, 150, 160)
    customer = get_member(ada).customer_id
    assert customer is not None
    told = export([customer])
    assert [each["tier"] for each in told["tiers"]] == ["silver"]
    assert [each["to"] for each in told["tier_changes"]] == ["bronze", "silver"]
    assert [each["amount"] for each in told["tier_progress"]] == [150]
    assert export([new_id()]) == {"tiers": [], "tier_changes": [], "tier_progress": [], "tier_merges": []}
