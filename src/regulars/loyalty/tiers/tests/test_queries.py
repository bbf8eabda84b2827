"""Who stands where, as known when; who moves next; who is due."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connection

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.members import end_membership
from regulars.loyalty.tiers import queries, services
from regulars.loyalty.tiers.contracts import Rung
from regulars.loyalty.tiers.models import Standing
from regulars.loyalty.tiers.tests.tier_factory import ROLLING, local
from regulars.loyalty.tiers.tests.tier_shop import ACTOR, DAY, earn, evaluate, member, row, shop

pytestmark = pytest.mark.django_db
SPRING = local(2025, 4, 10, 12)
TIERS_NOW = {"bronze": 0, "silver": 100, "gold": 300, "platinum": 1000}


def due(version: ProgramVersion, now) -> list[UUID]:
    return [each for part in queries.iter_due(version, now, size=2) for each in part]


def test_a_tier_is_told_as_it_was_valid_and_as_it_was_known() -> None:
    club = shop()
    ada = member(club)
    evaluate(club, SPRING - DAY, ada)
    earn(ada, 100, SPRING)
    # Nobody evaluates for three days.
    evaluate(club, SPRING + 3 * DAY, ada)

    def at(valid_days: int, known_days: int) -> str | None:
        valid, known = SPRING + valid_days * DAY, SPRING + known_days * DAY
        return queries.find_tier_at(ada, "status", valid_at=valid, known_at=known)

    assert at(1, 1) == "bronze"
    assert at(1, 4) == "silver"
    assert at(-1, 4) == "bronze"
    assert at(-2000, 4) is None
    assert at(4, -2) is None


def test_the_tiers_of_many_are_those_of_the_moment_that_is_asked_for() -> None:
    club = shop()
    ada, bob = member(club), member(club)
    earn(ada, 300, SPRING)
    evaluate(club, local(2027, 2, 1), ada, bob)
    assert [queries.map_tiers([ada, bob], at)[ada] for at in (SPRING - DAY, SPRING, local(2027, 1, 1))] == [
        {"status": "bronze"},
        {"status": "gold"},
        {"status": "silver"},
    ]
    assert queries.map_tiers([bob], local(2020, 1, 1)) == {bob: {}}
    assert [change.to_tier for change in queries.list_changes(ada, "status", limit=2)] == ["silver", "gold"]


def test_a_ladder_counts_active_members_on_each_tier() -> None:
    club = shop({}, {"key": "circle", "basis": {"kind": "invitation"}, "tiers": {"friend": 0}})
    members = [member(club) for _ in range(4)]
    for each, amount in zip(members, (0, 150, 120, 900), strict=True):
        earn(each, amount, SPRING)
    evaluate(club, SPRING, *members)
    end_membership(member_id=members[2], version=club, now=SPRING, actor=ACTOR)
    assert [(rung.tier, rung.members) for rung in queries.get_ladder(club)] == [
        ("bronze", 1),
        ("silver", 1),
        ("gold", 1),
        ("platinum", 0),
        ("friend", 0),
        (None, 3),
    ]
    assert queries.get_ladder(club)[1] == Rung(tier_set="status", tier="silver", members=1)


def test_the_next_movers_are_the_nearest_and_the_soonest() -> None:
    club = shop()
    ada, bob, eve = (member(club) for _ in range(3))
    earn(ada, 90, SPRING)
    earn(bob, 299, SPRING)
    earn(eve, 400, SPRING)
    earn(bob, 150, local(2026, 3, 1))
    evaluate(club, local(2026, 4, 1), ada, bob, eve)
    found = queries.list_next_movers(club.program_id, "status", limit=2)
    assert [(each.member_id, each.to_tier, each.missing) for each in found.rising] == [
        (ada, "silver", 100),
        (bob, "gold", 150),
    ]
    assert [(each.member_id, each.to_tier, each.falls_at) for each in found.falling] == [
        (eve, "silver", local(2027, 1, 1)),
        (bob, "bronze", local(2028, 1, 1)),
    ]


@pytest.mark.parametrize("told", [{}, {"period": ROLLING}])
def test_the_next_movers_are_read_from_an_index(told) -> None:
    club = shop(told)
    members = [member(club) for _ in range(40)]
    services.record_progress(rows=[row(each, 10 * number, SPRING) for number, each in enumerate(members)], now=SPRING)
    evaluate(club, SPRING, *members)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        for index, column in (("loyalty_tiers_rising", "missing"), ("loyalty_tiers_falling", "falls_at")):
            cursor.execute(
                f"EXPLAIN SELECT member_id FROM loyalty_tiers_standing WHERE program_id = %s AND tier_set = 'status'"
                f" AND {column} IS NOT NULL ORDER BY {column}, member_id LIMIT 5",
                [club.program_id],
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert index in plan
            assert "Sort" not in plan


def test_who_is_due_by_time_by_progress_or_by_enrolment_is_found_and_then_no_more() -> None:
    club = shop()
    members = [member(club) for _ in range(5)]
    assert due(club, SPRING) == sorted(members)
    evaluate(club, SPRING, *members)
    assert due(club, SPRING) == []
    for each in members[:3]:
        earn(each, 300, SPRING + DAY)
    assert sorted(due(club, SPRING + DAY)) == sorted(members[:3])
    evaluate(club, SPRING + DAY, *members)
    assert due(club, local(2025, 12, 31)) == []
    assert sorted(due(club, local(2026, 1, 1))) == sorted(members[:3])


def test_everybody_is_due_when_another_version_is_in_force() -> None:
    club = shop()
    ada, bob = member(club), member(club)
    earn(ada, 60, SPRING)
    evaluate(club, SPRING, ada, bob)
    lower = shop({"tiers": TIERS_NOW | {"silver": 50}}, number=2, effective_at=SPRING + DAY)
    assert due(lower, SPRING + 2 * DAY) == sorted([ada, bob])
    services.evaluate_members(member_ids=[ada, bob], versions=[club, lower], now=SPRING + 2 * DAY, actor=ACTOR)
    assert due(lower, SPRING + 2 * DAY) == []
    assert queries.find_tier_at(ada, "status", valid_at=SPRING + DAY, known_at=SPRING + 3 * DAY) == "silver"


def test_nobody_is_due_where_there_are_no_tiers() -> None:
    club = shop()
    member(club)
    without = club.document.model_copy(update={"tier_sets": ()})
    assert due(replace(club, document=without), SPRING) == []


def test_what_is_missing_is_told_of_a_member_and_of_nobody_else() -> None:
    club = shop()
    ada = member(club)
    assert queries.find_projection(ada, club, "status", now=SPRING) is None
    earn(ada, 120, SPRING)
    evaluate(club, SPRING, ada)
    found = queries.find_projection(ada, club, "status", now=SPRING)
    assert found is not None
    assert (found.tier, found.missing_to_reach, found.reach_by) == ("silver", 180, local(2026, 1, 1))
    kept = Standing.objects.get(member_id=ada)
    assert (kept.progress, kept.next_tier, kept.missing, kept.falls_at, kept.falls_to) == (
        found.progress,
        found.next_tier,
        found.missing_to_reach,
        found.falls_at,
        found.falls_to,
    )
