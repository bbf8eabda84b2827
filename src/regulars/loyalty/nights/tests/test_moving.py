"""Who moves by a draft is told before it is published, and is who then moves."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from regulars.loyalty.definitions.diffing import ChangeKind
from regulars.loyalty.definitions.queries import NoDraft, get_program_id, list_published
from regulars.loyalty.definitions.services import EffectiveTooEarly, FaultyProgram, publish
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.nights.contracts import MoveReport, TierSetMoves
from regulars.loyalty.nights.moving import who_moves
from regulars.loyalty.nights.tests.night_shop import (
    ACTOR,
    DAY,
    NOON,
    STATUS,
    AnyText,
    count,
    draft,
    live,
    member,
    midnight,
    shop,
    undone,
)
from regulars.loyalty.tiers.queries import map_tiers
from regulars.loyalty.tiers.services import evaluate_members

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY = date(2026, 3, 3), date(2026, 3, 4)
AT = midnight(TUESDAY) + timedelta(hours=10)
RULE = {
    "key": "base",
    "name": "Base",
    "on": {"kind": "order"},
    "currency": "points",
    "grant": {"kind": "fixed", "points": 5},
}


def ladder(gold: int = 100, *more: tuple[str, int], **told: Any) -> dict[str, Any]:
    tiers = [("basic", 0), ("gold", gold), *more]
    return {
        **STATUS,
        "tiers": [{"key": key, "name": key.title(), "threshold": threshold} for key, threshold in tiers],
        **told,
    }


def club(*amounts: int) -> list[Member]:
    """Members with so much progress each, evaluated by the programme of today."""
    version = shop(tier_sets=[ladder()])
    members = [member(version) for _ in amounts]
    for who, amount in zip(members, amounts, strict=True):
        if amount:
            count(who, amount)
    live(midnight(TUESDAY))
    return members


def moves(report: MoveReport, tier_set: str = "status") -> dict[tuple[str | None, str | None], int]:
    [found] = [each for each in report.tier_sets if each.tier_set == tier_set]
    return {(move.from_tier, move.to_tier): move.members for move in found.matrix}


def status_of(report: MoveReport) -> TierSetMoves:
    return report.tier_sets[0]


def really(members: list[Member], until: datetime, *, published: bool) -> dict[Any, dict[str, str]]:
    """Where members stand in fact at a moment, with the draft published or without; all is undone."""
    with undone():
        if published:
            publish(program="beans", effective_at=AT, now=AT, actor=ACTOR, checks=AnyText())
        versions = [version for version in list_published(get_program_id("beans")) if version.effective_at <= until]
        ids = [each.id for each in members]
        evaluate_members(member_ids=ids, versions=versions, now=until, actor=ACTOR)
        return map_tiers(ids, until)


def test_an_easier_tier_lifts_who_has_reached_it() -> None:
    club(0, 60, 60, 120)
    draft(tier_sets=[ladder(50)])
    report = who_moves(program="beans", at=AT)
    assert moves(report) == {("basic", "basic"): 1, ("basic", "gold"): 2, ("gold", "gold"): 1}
    status = status_of(report)
    assert (status.before, status.after) == ({"basic": 3, "gold": 1}, {"basic": 1, "gold": 3})
    assert (status.moved, status.up, status.down, report.members) == (2, 2, 0, 4)
    assert (report.version, report.at, report.until) == (1, AT, midnight(WEDNESDAY))


def test_a_harder_tier_lets_fall_who_no_longer_reaches_it() -> None:
    members = club(0, 120, 150)
    draft(tier_sets=[ladder(130)])
    report = who_moves(program="beans", at=AT)
    assert moves(report) == {("basic", "basic"): 1, ("gold", "basic"): 1, ("gold", "gold"): 1}
    assert status_of(report).down == 1
    [fallen] = [move for move in status_of(report).matrix if move.from_tier != move.to_tier]
    assert [(each.member_id, each.customer_id) for each in fallen.first] == [(members[1].id, members[1].customer_id)]


def test_who_moves_anyway_is_not_told() -> None:
    club(120)
    draft(tier_sets=[ladder(110)])
    fallen_by_time = midnight(date(2026, 4, 20))
    assert status_of(who_moves(program="beans", at=AT, until=fallen_by_time)).moved == 0


def test_a_grace_is_seen_by_looking_further() -> None:
    club(120)
    draft(tier_sets=[ladder(130, grace_days=10)])
    assert status_of(who_moves(program="beans", at=AT)).moved == 0
    assert status_of(who_moves(program="beans", at=AT, until=AT + 15 * DAY)).down == 1


def test_a_tier_that_is_no_more_and_one_that_is_new() -> None:
    club(0, 120, 600)
    draft(tier_sets=[{**ladder(), "tiers": [ladder()["tiers"][0], {"key": "jade", "name": "Jade", "threshold": 500}]}])
    report = who_moves(program="beans", at=AT)
    assert moves(report) == {("basic", "basic"): 1, ("gold", "basic"): 1, ("gold", "jade"): 1}
    assert (status_of(report).up, status_of(report).down) == (1, 1)


def test_a_new_tier_set_begins_with_everybody_and_one_that_is_gone_stands_still() -> None:
    club(0, 120)
    draft(tier_sets=[ladder(key="other")])
    report = who_moves(program="beans", at=AT)
    assert moves(report, "other") == {(None, "basic"): 2}
    assert moves(report, "status") == {("basic", "basic"): 1, ("gold", "gold"): 1}


def test_a_first_version_has_nobody_yet() -> None:
    draft(rules=[RULE])
    report = who_moves(program="beans", at=AT)
    assert (report.version, report.members) == (None, 0)
    assert [(each.rule, each.kind) for each in report.rules] == [("base", ChangeKind.ADDED)]


def test_rules_are_told_with_what_is_changed() -> None:
    shop(rules=[RULE, {**RULE, "key": "old", "name": "Old"}, {**RULE, "key": "same", "name": "Same"}])
    changed = {**RULE, "grant": {"kind": "fixed", "points": 6}}
    draft(rules=[changed, {**RULE, "key": "same", "name": "Same"}, {**RULE, "key": "new", "name": "New"}])
    report = who_moves(program="beans", at=AT)
    assert {each.rule: each.kind for each in report.rules} == {
        "base": ChangeKind.CHANGED,
        "old": ChangeKind.REMOVED,
        "new": ChangeKind.ADDED,
    }
    [base] = [each for each in report.rules if each.rule == "base"]
    assert [(each.pointer, each.before, each.after) for each in base.changes] == [("/rules/base/grant/points", 5, 6)]


def test_it_writes_nothing() -> None:
    club(0, 60, 120)
    draft(tier_sets=[ladder(50)])
    with undone(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
        assert status_of(who_moves(program="beans", at=AT)).moved == 1


def test_the_first_hundred_are_named_by_their_id() -> None:
    members = club(*[60] * 103)
    draft(tier_sets=[ladder(50)])
    [move] = status_of(who_moves(program="beans", at=AT)).matrix
    assert move.members == 103
    assert [each.member_id for each in move.first] == sorted(each.id for each in members)[:100]


def test_what_could_not_be_published_is_refused() -> None:
    club()
    with pytest.raises(NoDraft):
        who_moves(program="beans", at=AT)
    draft(tier_sets=[ladder(100, ("top", 50))])
    with pytest.raises(FaultyProgram):
        who_moves(program="beans", at=AT)
    draft(tier_sets=[ladder(50)])
    with pytest.raises(EffectiveTooEarly):
        who_moves(program="beans", at=NOON)


class WhoMovesIsWhoMoves(TestCase):
    """Held against really publishing and evaluating."""

    @given(
        amounts=st.lists(st.integers(0, 20).map(lambda number: number * 10), max_size=6),
        gold=st.integers(1, 20).map(lambda number: number * 10),
        jade=st.none() | st.integers(21, 30).map(lambda number: number * 10),
        told=st.fixed_dictionaries(
            {
                "downgrade": st.sampled_from(["none", "one_step", "full"]),
                "upgrade": st.sampled_from(["at_once", "period_end"]),
                "grace_days": st.sampled_from([0, 3]),
                "period": st.sampled_from(
                    [
                        {"kind": "rolling", "span": "30 days"},
                        {"kind": "calendar"},
                        {"kind": "rolling", "span": "7 days"},
                    ]
                ),
            }
        ),
        ahead=st.sampled_from([1, 2, 5, 40]),
    )
    @settings(max_examples=40)
    def test_the_report_is_what_comes_of_publishing(
        self, amounts: list[int], gold: int, jade: int | None, told: dict[str, Any], ahead: int
    ) -> None:
        members = club(*amounts)
        draft(tier_sets=[ladder(gold, *([("jade", jade)] if jade else []), **told)], description="Another")
        until = midnight(TUESDAY + timedelta(days=ahead))
        without, with_it = (really(members, until, published=published) for published in (False, True))
        expected = Counter((without[each.id].get("status"), with_it[each.id].get("status")) for each in members)
        assert moves(who_moves(program="beans", at=AT, until=until)) == expected
