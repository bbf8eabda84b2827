"""What is known of customers by their membership is what the ledger, the tiers and the rewards say."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from regulars.customers import merging as customers
from regulars.customers.models import Customer
from regulars.facts.asking import Order, choose, count_customers, list_customers
from regulars.facts.interpreters.memory import judge
from regulars.facts.needs import needs_of
from regulars.facts.subjects import read_subjects
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.facts.keeping import REBUILD, follow_programs, keep_facts_of, rebuild_facts
from regulars.loyalty.facts.models import CustomerFacts
from regulars.loyalty.facts.tests.member_shop import at, fact, known, meant, tell_consumer
from regulars.loyalty.ledger import merging
from regulars.loyalty.ledger.members import end_membership, enrol_member
from regulars.loyalty.ledger.models import Member
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.ledger.services import adjust_points
from regulars.loyalty.membership.services import erase_memberships, follow_customers
from regulars.loyalty.rewards.contracts import VoucherReason
from regulars.loyalty.rewards.issuing import Source, issue_voucher, withdraw_voucher
from regulars.loyalty.rewards.queries import list_redemptions, list_vouchers_of
from regulars.loyalty.rewards.services import redeem_vouchers, validate_vouchers
from regulars.loyalty.rewards.tests.redeeming_shop import cancel, confirm, redeem, refund, reserve, reward
from regulars.loyalty.rewards.tests.reward_shop import (
    ACTOR,
    BEFORE,
    DAY,
    FIVE_OFF,
    NOW,
    club,
    grant,
    member,
    next_version,
    purchase,
    shown,
)
from regulars.loyalty.tiers.contracts import NewProgress
from regulars.loyalty.tiers.queries import find_projection, map_tiers
from regulars.loyalty.tiers.services import evaluate_members, record_progress

pytestmark = pytest.mark.django_db
LADDER: dict[str, Any] = {
    "key": "status",
    "name": "Status",
    "basis": {"kind": "spend", "currency": "EUR"},
    "period": {"kind": "rolling", "span": "12 months"},
    "tiers": [
        {"key": "green", "name": "Green"},
        {"key": "silver", "name": "Silver", "threshold": 100},
        {"key": "gold", "name": "Gold", "threshold": 500},
    ],
}


def shop(**parts: Any) -> ProgramVersion:
    version = club(**{"tier_sets": [LADDER], "vouchers": [FIVE_OFF], "rewards": [reward()], **parts})
    follow_programs(BEFORE)
    return version


def customer_of(member_id: UUID) -> UUID:
    found = Member.objects.get(id=member_id).customer_id
    assert found
    return found


def stranger() -> UUID:
    return Customer.objects.create(id=new_id(), created_at=BEFORE, updated_at=BEFORE).id


def facts_of(member_id: UUID, now=NOW) -> dict[str, Any]:
    """Return the facts of a member's customer, kept anew."""
    keep_facts_of([customer_of(member_id)])
    return known([customer_of(member_id)], now)[customer_of(member_id)]


def spend(version: ProgramVersion, member_id: UUID, cents: int, when) -> None:
    told = {"member_id": member_id, "tier_set": "status", "occurred_at": when, "amount": cents}
    record_progress(
        rows=[NewProgress(**told, source_kind="order", source_id=None, occasion=new_id())],
        now=when,
    )
    evaluate_members(member_ids=[member_id], versions=[version], now=when, actor=ACTOR)


# --- Who is a member --------------------------------------------------------------------------------------------------


def test_of_somebody_who_is_no_member_nothing_is_known_and_the_figures_are_nought():
    shop()
    someone = stranger()
    keep_facts_of([someone])
    found = known([someone], NOW)[someone]
    assert {name: value for name, value in found.items() if value is not None} == {
        "is_member": False,
        "points": 0,
        "pending": 0,
        "points_expiring": 0,
        "lifetime_points": 0,
        "spent_points": 0,
        "redemptions": 0,
        "open_vouchers": 0,
    }


def test_a_member_is_one_since_the_enrolment_until_leaving_and_again_on_coming_back():
    version = shop()
    ines = member(version, beans=70)
    found = facts_of(ines)
    assert (found["is_member"], found["member_since"], found["programs"]) == (True, BEFORE, ["club"])
    assert found["points"] == 70
    end_membership(member_id=ines, version=version, now=NOW, actor=ACTOR)
    found = facts_of(ines)
    assert (found["is_member"], found["member_since"], found["points"]) == (False, None, 0)
    enrol_member(customer_id=customer_of(ines), version=version, now=NOW, actor=ACTOR)
    found = facts_of(ines)
    assert (found["is_member"], found["member_since"], found["points"]) == (True, BEFORE, 70)


def test_of_several_programmes_the_oldest_one_counts():
    second = {"program": "second", "name": "Second", "currencies": [{"key": "miles", "name": "Miles"}]}
    version = shop()
    other = club(**second)
    follow_programs(BEFORE)
    ines = member(version, beans=70)
    miles = enrol_member(customer_id=customer_of(ines), version=other, now=BEFORE, actor=ACTOR).id
    grant(other, miles, 9, currency="miles")
    found = facts_of(ines)
    assert (found["programs"], found["points"]) == (["club", "second"], 70)
    end_membership(member_id=ines, version=version, now=NOW, actor=ACTOR)
    found = facts_of(ines)
    assert (found["programs"], found["points"], found["tier"]) == (["second"], 9, None)


# --- Points -----------------------------------------------------------------------------------------------------------


def test_only_the_first_currency_counts():
    version = shop()
    found = facts_of(member(version, beans=70, gems=5))
    assert (found["points"], found["lifetime_points"]) == (70, 70)


def test_what_waits_for_an_event_is_pending_and_becomes_due_by_the_clock_alone():
    version = shop()
    ines = member(version)
    grant(version, ines, 5, activates_at=None)
    grant(version, ines, 7, activates_at=NOW + DAY, expires_at=NOW + 20 * DAY)
    assert [facts_of(ines, NOW + days * DAY)[name] for days in (0, 1, 20) for name in ("points", "pending")] == [
        *(0, 12),
        *(7, 5),
        *(0, 5),
    ]


def test_points_in_all_are_those_granted_and_given_less_those_taken_back():
    version = shop()
    ines = member(version, beans=100)
    told: dict[str, Any] = {"member_id": ines, "currency": "beans", "version": version, "now": NOW, "actor": ACTOR}
    adjust_points(points=30, reason="sorry", expires_at=None, **told)
    adjust_points(points=-50, reason="mistaken", expires_at=None, **told)
    found = facts_of(ines)
    assert (found["lifetime_points"], found["spent_points"], found["last_earned_at"]) == (80, 0, BEFORE)


def test_what_was_redeemed_is_spent_until_it_comes_back():
    version = shop()
    ines = member(version, beans=1000)
    first = redeem(ines, NOW - 2 * DAY)
    second = redeem(ines, NOW - DAY)
    waiting = reserve(ines, NOW)
    found = facts_of(ines)
    assert (found["points"], found["spent_points"], found["redemptions"]) == (700, 200, 2)
    assert found["last_redeemed_at"] == second.confirmed_at == NOW - DAY
    confirm(waiting, NOW)
    refund(second, now=NOW)
    found = facts_of(ines)
    assert (found["spent_points"], found["redemptions"], found["last_redeemed_at"]) == (200, 2, NOW)
    cancelled = reserve(ines, NOW)
    cancel(cancelled, NOW)
    refund(first, now=NOW)
    found = facts_of(ines)
    assert (found["spent_points"], found["redemptions"], found["points"]) == (100, 1, 900)
    states = [each.state.value for each in list_redemptions(ines, limit=10)]
    assert states.count("confirmed") == found["redemptions"]


# --- Tiers ------------------------------------------------------------------------------------------------------------


def test_tier_progress_and_what_is_missing_are_what_the_tiers_project_in_the_units_of_their_thresholds():
    version = shop()
    chance = random.Random(7)
    members = [member(version, f"m{number}") for number in range(12)]
    for who in members:
        for _ in range(chance.randrange(4)):
            spend(version, who, chance.randrange(1, 40_000), NOW - chance.randrange(1, 300) * DAY)
        evaluate_members(member_ids=[who], versions=[version], now=NOW, actor=ACTOR)
    tiers = map_tiers(members, NOW)
    for who in members:
        found, projection = facts_of(who), find_projection(who, version, "status", now=NOW)
        assert projection is not None
        missing = projection.missing_to_reach
        assert found["tier"] == tiers[who].get("status") == projection.tier
        assert found["tier_progress"] == Decimal(projection.progress) / 100
        assert found["missing_to_next_tier"] == (None if missing is None else Decimal(missing) / 100)
    assert {tiers[who]["status"] for who in members} == {"green", "silver", "gold"}


# --- Vouchers ---------------------------------------------------------------------------------------------------------


def test_open_vouchers_are_those_that_a_shop_would_take_or_that_only_the_order_does_not_suit():
    twice = FIVE_OFF | {"key": "twice", "uses": 2, "pattern": "TWICE-########"}
    ending = FIVE_OFF | {"key": "ending", "dates": {"end": "2026-11-25"}}
    dear = FIVE_OFF | {"key": "dear", "minimum": {"EUR": 1000}}
    version = shop(vouchers=[FIVE_OFF, twice, ending, dear])
    ines = member(version)
    chance = random.Random(3)
    for number in range(16):
        series = chance.choice(["five", "twice", "ending", "dear"])
        until = chance.choice([None, NOW + DAY, NOW + 10 * DAY])
        told: dict[str, Any] = {"version": version, "series": series, "member_id": ines, "good_until": until}
        given = issue_voucher(source=Source(kind="test"), now=BEFORE, actor=ACTOR, **told)
        fate = chance.choice(["kept", "used", "used twice", "withdrawn"])
        if fate == "withdrawn":
            withdraw_voucher(voucher_id=given.id, reason="x", now=NOW, actor=ACTOR)
        uses = 2 if series == "twice" else 1
        for time in range(min(uses, {"used": 1, "used twice": 2}.get(fate, 0))):
            of = purchase(f"shop:{number}-{time}", total_minor=500_000)
            redeem_vouchers(shown=shown(given.code, of=of, member_id=ines), now=NOW, actor=ACTOR)
    dead = {"series_ended", "ended", "expired", "withdrawn", "used_up"}
    counts = set()
    for days in (0, 2, 6, 11):
        now = NOW + days * DAY
        open_now = 0
        for each in list_vouchers_of(ines, limit=100):
            asked = shown(each.code, of=purchase("shop:new", at=now), member_id=ines, may_know=True)
            [verdict] = validate_vouchers(shown=asked, now=now, actor=ACTOR).verdicts
            open_now += not dead & {refusal.reason.value for refusal in verdict.refusals}
        assert facts_of(ines, now)["open_vouchers"] == open_now
        counts.add(open_now)
    assert len(counts) > 2
    assert dead < {reason.value for reason in VoucherReason}


# --- Merges -----------------------------------------------------------------------------------------------------------


def test_who_was_merged_counts_for_the_survivor_and_apart_again_when_it_is_undone():
    version = shop()
    ines, bo = member(version, beans=300), member(version, "bo", beans=200)
    redeem(bo, NOW)
    issue_voucher(version=version, series="five", member_id=bo, source=Source(kind="test"), now=NOW, actor=ACTOR)
    merge = customers.merge_customers(survivor_id=customer_of(ines), merged_id=customer_of(bo), now=NOW, actor=ACTOR)
    told: dict[str, Any] = {"version": version, "now": NOW, "actor": ACTOR}
    merging.merge_members(survivor_id=ines, merged_id=bo, **told)
    tell_consumer()
    found = known([customer_of(ines)], NOW)
    names = ("points", "lifetime_points", "spent_points", "redemptions", "open_vouchers")
    assert [found[customer_of(ines)][name] for name in names] == [400, 500, 100, 1, 1]
    assert customer_of(bo) not in found
    assert not CustomerFacts.objects.filter(customer_id=customer_of(bo)).exists()
    customers.undo_merge(merge_id=merge.id, now=NOW, actor=ACTOR)
    merging.unmerge_members(merged_id=bo, **told)
    tell_consumer()
    found = known([customer_of(ines), customer_of(bo)], NOW)
    assert [found[customer_of(ines)][name] for name in names] == [300, 300, 0, 0, 0]
    assert [found[customer_of(bo)][name] for name in names] == [100, 200, 100, 1, 1]


def test_a_survivor_who_was_no_member_is_the_member_that_the_other_was():
    version = shop()
    bo, someone = member(version, "bo", beans=200), stranger()
    customers.merge_customers(survivor_id=someone, merged_id=customer_of(bo), now=NOW, actor=ACTOR)
    tell_consumer()
    assert (fact(someone, "is_member", NOW), fact(someone, "points", NOW)) == (True, 200)


def test_members_who_are_merged_and_parted_without_a_point_are_known_so_at_once():
    version = shop()
    ines, bo = member(version), member(version, "bo")
    grant(version, bo, 5)
    kept, merged = customer_of(ines), customer_of(bo)
    tell_consumer()
    merge = customers.merge_customers(survivor_id=kept, merged_id=merged, now=NOW, actor=ACTOR)
    follow_customers(customer_ids=[merged], now=NOW, actor=ACTOR)
    assert CustomerFacts.objects.get().member_ids == sorted([ines, bo])
    assert fact(kept, "points", NOW) == 5
    customers.undo_merge(merge_id=merge.id, now=NOW, actor=ACTOR)
    follow_customers(customer_ids=[merged], now=NOW, actor=ACTOR)
    assert {row.customer_id: row.member_ids for row in CustomerFacts.objects.all()} == {kept: [ines], merged: [bo]}


def test_of_who_was_erased_nothing_is_known():
    version = shop()
    ines = member(version, beans=70)
    person = customer_of(ines)
    tell_consumer()
    erase_memberships(customer_ids=[person], now=NOW, actor=ACTOR)
    assert not CustomerFacts.objects.exists()
    tell_consumer()
    assert fact(person, "is_member", NOW) is False


# --- Versions ---------------------------------------------------------------------------------------------------------


def test_a_version_with_another_first_currency_counts_from_when_it_is_in_force():
    version = shop()
    ines = member(version, beans=70, gems=5)
    assert facts_of(ines)["points"] == 70
    turned = [{"key": "gems", "name": "Gems"}, {"key": "beans", "name": "Beans"}]
    next_version(NOW + DAY, currencies=turned)
    jobs = ProcrastinateJob.objects.filter(task_name=REBUILD)
    before = jobs.count()
    follow_programs(NOW)
    assert (jobs.count(), facts_of(ines)["points"]) == (before, 70)
    follow_programs(NOW + DAY)
    assert jobs.count() == before + 1
    rebuild_facts()
    assert known([customer_of(ines)], NOW + DAY)[customer_of(ines)]["points"] == 5
    follow_programs(NOW + 2 * DAY)
    assert jobs.count() == before + 1


def test_a_version_that_changes_nothing_for_the_facts_has_nobody_kept_anew():
    shop()
    jobs = ProcrastinateJob.objects.filter(task_name=REBUILD)
    before = jobs.count()
    next_version(NOW, tier_sets=[LADDER], description="Told otherwise.")
    follow_programs(NOW)
    assert jobs.count() == before


def test_a_rebuild_gives_what_is_kept_and_takes_away_what_is_of_nobody():
    version = shop()
    ines, bo = member(version, beans=70), member(version, "bo", beans=30)
    tell_consumer()
    kept = list(CustomerFacts.objects.order_by("customer_id").values())
    assert len(kept) == 2
    CustomerFacts.objects.filter(customer_id=customer_of(ines)).delete()
    CustomerFacts.objects.update(lifetime_points=0)
    assert rebuild_facts() == 2
    assert list(CustomerFacts.objects.order_by("customer_id").values()) == kept
    gone = customer_of(bo)
    Member.objects.filter(id=bo).update(customer=None, state="erased")
    rebuild_facts()
    assert not CustomerFacts.objects.filter(customer_id=gone).exists()


# --- Conditions -------------------------------------------------------------------------------------------------------

CONDITIONS = (
    "loyalty.is_member",
    "not loyalty.is_member",
    'loyalty.programs contains "club"',
    "loyalty.points >= 100",
    "loyalty.points < 100",
    "loyalty.points = 0",
    "loyalty.pending > 0",
    "loyalty.points_expiring > 0",
    "loyalty.next_expiry in next 7 days",
    "loyalty.next_expiry exists",
    "loyalty.lifetime_points between 50 and 150",
    "loyalty.last_earned_at in last 30 days",
    "loyalty.redemptions >= 1 or loyalty.spent_points > 0",
    'loyalty.tier = "silver"',
    'loyalty.tier != "silver"',
    "loyalty.tier_progress >= 123.45",
    "loyalty.missing_to_next_tier <= 100",
    "loyalty.open_vouchers = 0",
    "anniversary(loyalty.member_since) in next 90 days",
)


def test_conditions_say_the_same_in_memory_and_in_the_database():
    version = shop()
    chance = random.Random(11)
    people = []
    for number in range(10):
        who = member(version, f"m{number}", beans=chance.choice([0, 60, 120, 200]))
        people.append(customer_of(who))
        if number % 3 == 0:
            grant(version, who, 40, expires_at=NOW + 5 * DAY, granted_at=NOW - 3 * DAY, activates_at=NOW - 3 * DAY)
        if number % 4 == 0:
            grant(version, who, 40, activates_at=NOW + DAY)
        if number % 2:
            spend(version, who, chance.choice([12_345, 900, 60_000]), NOW - DAY)
            issue_voucher(version=version, series="five", member_id=who, source=Source(kind="x"), now=NOW, actor=ACTOR)
        if get_standing(who, at=NOW)["beans"].balance.available >= 100:
            redeem(who, NOW)
    Member.objects.filter(customer_id=people[-1]).update(state="left", left_at=NOW)
    keep_facts_of(people)
    divided = 0
    for text in CONDITIONS:
        for days in (0, 4, 9):
            setting = at(NOW + days * DAY)
            condition = meant(text, NOW + days * DAY)
            in_sql = choose(condition, people, setting=setting)
            subjects = read_subjects(needs_of(condition), people, setting=setting, at=setting.clock.now)
            assert in_sql == [each for each in people if judge(condition, subjects[each], setting.clock)], text
            order = Order(fact=setting.catalogue.facts["loyalty.member_since"])
            listed = list_customers(condition, setting=setting, order=order, limit=50)
            assert sorted(listed.ids) == sorted(in_sql), text
            assert count_customers(condition, setting=setting).value == len(in_sql), text
            divided += 0 < len(in_sql) < len(people)
    assert divided > len(CONDITIONS)


def test_the_consumer_keeps_what_happens_to_members():
    version = shop()
    ines = member(version, beans=300)
    redeem(ines, NOW)
    tell_consumer()
    found = known([customer_of(ines)], NOW)[customer_of(ines)]
    assert (found["points"], found["lifetime_points"], found["redemptions"]) == (200, 300, 1)
    assert found["member_since"] == BEFORE
    assert found["last_redeemed_at"] - NOW < timedelta(seconds=1)
