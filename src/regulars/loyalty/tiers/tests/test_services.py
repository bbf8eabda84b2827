"""Progress is recorded once, members are evaluated in sequence and together, and what is decided by hand holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.calendar import first_instant_of
from regulars.loyalty.ledger.members import end_membership
from regulars.loyalty.tiers import queries, services
from regulars.loyalty.tiers.contracts import Amount, Reason
from regulars.loyalty.tiers.contracts import Standing as Stands
from regulars.loyalty.tiers.evaluating import evaluate as evaluate_one
from regulars.loyalty.tiers.ladder import rulebook_of
from regulars.loyalty.tiers.models import Change, Progress, Standing
from regulars.loyalty.tiers.progress import Progress as Amounts
from regulars.loyalty.tiers.tests.tier_factory import ENROLLED, ROLLING, local
from regulars.loyalty.tiers.tests.tier_shop import ACTOR, DAY, earn, evaluate, member, row, shop
from regulars.staff.models import AuditEntry
from regulars.stream.models import Event

pytestmark = pytest.mark.django_db
SPRING = local(2025, 4, 10, 12)
INVITED = {"key": "circle", "basis": {"kind": "invitation"}, "tiers": {"friend": 0, "patron": 0}}


def tier(member_id: UUID, tier_set: str = "status") -> str | None:
    found = queries.find_standing(member_id, tier_set)
    return found.tier if found is not None else None


def test_whoever_enrols_has_the_lowest_tier_once_evaluated_and_nobody_is_told() -> None:
    club = shop()
    ada = member(club)
    evaluate(club, ENROLLED, ada)
    assert queries.map_tiers([ada], ENROLLED) == {ada: {"status": "bronze"}}
    assert not Event.objects.filter(type__startswith="tier.").exists()


def test_what_the_database_adds_up_by_quarters_of_hours_decides_what_each_amount_does() -> None:
    # Days begin at 18:15 UTC there.
    kathmandu = ZoneInfo("Asia/Kathmandu")
    moments = st.builds(
        lambda day, seconds: first_instant_of(date(2025, 4, 1) + day * DAY, kathmandu) + timedelta(seconds=seconds),
        st.sampled_from([0, 1, 31, 32]),
        st.sampled_from([-900, -1, 0, 1, 899, 900, 50_000]),
    )

    amounts = st.lists(st.tuples(moments, st.integers(-30, 70), st.sampled_from(["status", "other"])), max_size=12)
    month = {"period": {"kind": "rolling", "span": "1 month"}}

    @settings(max_examples=60)
    @given(amounts, amounts, st.lists(st.tuples(moments, st.booleans()), min_size=1, max_size=4))
    def judged(told: list[Any], late: list[Any], stops: list[tuple[datetime, bool]]) -> None:
        with transaction.atomic():
            club = replace(shop(month, {"key": "other", **month}), zone=kathmandu)
            # At some stops one of the two sets is evaluated, and the other stays where it was.
            alone = replace(shop(month), zone=kathmandu)
            ada = member(club)
            standings = {"status": Stands(), "other": Stands()}
            known: list[Any] = []
            for number, (stop, is_alone) in enumerate(sorted(stops)):
                new = [*(told if not number else ()), *late[number :: len(stops)]]
                services.record_progress(rows=[row(ada, amount, at, tier_set=of) for at, amount, of in new], now=stop)
                known += new
                version = alone if is_alone else club
                changes = [(each.tier_set, each.change) for each in evaluate(version, stop, ada)]
                expected = []
                for key in ["status"] if is_alone else sorted(standings):
                    progress = Amounts(Amount(at, amount) for at, amount, of in known if of == key)
                    book = rulebook_of([version], key)
                    done = evaluate_one(book, standings[key], progress, enrolled_at=ENROLLED, now=stop)
                    standings[key] = done.standing
                    expected += [(key, each) for each in done.changes]
                    assert queries.find_standing(ada, key) == done.standing
                    assert Standing.objects.get(member_id=ada, tier_set=key).due_at == done.due_at
                assert changes == expected
            transaction.set_rollback(True)

    judged()


def test_a_tier_that_is_reached_is_told_with_ids_and_keys_alone() -> None:
    club = shop()
    ada = member(club)
    earn(ada, 100, SPRING)
    [_, told] = evaluate(club, SPRING + DAY, ada)
    assert (told.change.to_tier, told.change.effective_at) == ("silver", SPRING)
    event = Event.objects.get(type="tier.reached")
    assert event.occurred_at == SPRING
    assert event.customer_id == Standing.objects.get(member_id=ada).member.customer_id
    assert event.payload == {
        "member_id": str(ada),
        "program": "club",
        "tier_set": "status",
        "tier": "silver",
        "from": "bronze",
        "to": "silver",
        "reason": "reached",
    }
    entry = AuditEntry.objects.get(action="tiers.evaluated")
    assert entry.details == {"members": 1, "changes": 2}


def test_a_tier_that_is_lost_is_told_too() -> None:
    club = shop({"period": ROLLING})
    ada = member(club)
    earn(ada, 100, SPRING)
    evaluate(club, SPRING, ada)
    earn(ada, -1, SPRING + timedelta(hours=1))
    assert evaluate(club, SPRING + timedelta(hours=1), ada) == []
    evaluate(club, SPRING + 7 * DAY, ada)
    event = Event.objects.get(type="tier.lost")
    assert (event.payload["tier"], event.payload["to"], event.occurred_at) == ("silver", "bronze", local(2025, 4, 11))


def test_what_comes_again_with_its_occasion_counts_once() -> None:
    club = shop()
    ada = member(club)
    told = row(ada, 60, SPRING)
    assert services.record_progress(rows=[told, told], now=SPRING) == 1
    assert services.record_progress(rows=[told, row(ada, 30, SPRING)], now=SPRING) == 1
    evaluate(club, SPRING, ada)
    assert Standing.objects.get(member_id=ada).progress == 90


def test_nothing_is_recorded_where_there_is_nothing() -> None:
    assert services.record_progress(rows=[], now=SPRING) == 0


@pytest.mark.parametrize("model", [Progress, Change])
def test_progress_and_changes_are_neither_changed_nor_deleted(model: type[Progress | Change]) -> None:
    club = shop()
    ada = member(club)
    earn(ada, 100, SPRING)
    evaluate(club, SPRING, ada)
    for write in (lambda: model.objects.update(tier_set="x"), lambda: model.objects.filter(member_id=ada).delete()):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            write()


def test_each_append_only_table_has_its_trigger() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'loyalty_tiers_%' ORDER BY 1")
        assert [name for (name,) in cursor.fetchall()] == [
            "loyalty_tiers_change_append_only",
            "loyalty_tiers_progress_append_only",
        ]


def test_all_sets_are_evaluated_together_and_each_by_its_own_progress() -> None:
    club = shop({}, {"key": "orders", "basis": {"kind": "orders"}, "tiers": {"new": 0, "regular": 2}}, INVITED)
    ada = member(club)
    earn(ada, 100, SPRING)
    earn(ada, 2, SPRING, tier_set="orders")
    evaluate(club, SPRING, ada)
    assert queries.map_tiers([ada], SPRING) == {ada: {"status": "silver", "orders": "regular"}}


def test_a_thousand_members_take_as_many_statements_as_three(django_assert_max_num_queries) -> None:
    club = shop()
    members = [member(club) for _ in range(120)]
    services.record_progress(rows=[row(each, 100, SPRING) for each in members], now=SPRING)
    # Among them the sequence of partitions that events need, once.
    for some in (members[:3], members[3:]):
        with django_assert_max_num_queries(20):
            assert len(evaluate(club, SPRING, *some)) == 2 * len(some)
    with django_assert_max_num_queries(6):
        services.record_progress(rows=[row(each, 100, SPRING) for each in members], now=SPRING)


def test_missed_nights_come_to_the_same_as_each_night() -> None:
    club = shop({"period": {"kind": "rolling", "span": "1 month"}, "grace_days": 3})
    each_night, once = member(club), member(club)
    told = [(110, 0), (-20, 4), (250, 11), (90, 20), (-200, 21)]
    for who in (each_night, once):
        for amount, day in told:
            services.record_progress(rows=[row(who, amount, SPRING + day * DAY)], now=SPRING + day * DAY)
    for day in range(90):
        evaluate(club, SPRING + day * DAY, each_night)
    evaluate(club, SPRING + 89 * DAY, once)
    histories = [
        list(Change.objects.filter(member_id=who).order_by("id").values_list("to_tier", "reason", "effective_at"))
        for who in (each_night, once)
    ]
    assert histories[0] == histories[1]
    assert len(histories[0]) > 4
    columns = ["tier", "since", "progress", "missing", "falls_at", "due_at", "evaluated_at"]
    first, second = (Standing.objects.filter(member_id=who).values(*columns).get() for who in (each_night, once))
    assert first == second


def test_a_night_that_is_run_again_changes_nothing() -> None:
    club = shop()
    ada = member(club)
    earn(ada, 300, SPRING)
    evaluate(club, SPRING, ada)
    before = [list(model.objects.values_list()) for model in (Standing, Change, Event, AuditEntry)]
    assert evaluate(club, SPRING, ada) == []
    assert [list(model.objects.values_list()) for model in (Standing, Change, Event, AuditEntry)] == before


def test_who_has_left_or_is_nobody_is_left_out() -> None:
    club = shop()
    ada = member(club)
    end_membership(member_id=ada, version=club, now=SPRING, actor=ACTOR)
    assert evaluate(club, SPRING, ada, new_id()) == []
    assert services.evaluate_members(member_ids=[ada], versions=[], now=SPRING, actor=ACTOR) == []


def test_a_locked_tier_stays_until_its_lock_ends_and_why_is_kept() -> None:
    club = shop()
    ada = member(club)
    earn(ada, 300, SPRING)
    until = local(2027, 6, 1)
    found = services.lock_tier(
        member_id=ada,
        tier_set="status",
        until=until,
        reason="ill",
        versions=[club],
        now=SPRING + DAY,
        actor=ACTOR,
    )
    assert (found.tier, found.is_locked, found.locked_until, found.lock_reason) == ("gold", True, until, "ill")
    assert "ill" not in str(list(AuditEntry.objects.values_list()))
    evaluate(club, local(2027, 5, 31), ada)
    assert tier(ada) == "gold"
    evaluate(club, local(2027, 6, 1), ada)
    assert tier(ada) == "silver"


def test_before_a_tier_is_locked_all_is_decided_that_was_due() -> None:
    club = shop()
    ada = member(club)
    earn(ada, 300, SPRING)
    found = services.lock_tier(
        member_id=ada, tier_set="status", until=None, reason="", versions=[club], now=local(2027, 2, 1), actor=ACTOR
    )
    assert found.tier == "silver"


def test_an_unlocked_tier_follows_progress_again() -> None:
    club = shop()
    ada = member(club)
    told: dict[str, Any] = {"member_id": ada, "tier_set": "status", "versions": [club], "actor": ACTOR}
    services.lock_tier(until=None, reason="", now=SPRING, **told)
    earn(ada, 300, SPRING + DAY)
    evaluate(club, SPRING + DAY, ada)
    assert tier(ada) == "bronze"
    assert services.unlock_tier(now=SPRING + 2 * DAY, **told).tier == "gold"
    assert services.unlock_tier(now=SPRING + 2 * DAY, **told).tier == "gold"
    assert Change.objects.latest("id").effective_at == SPRING + 2 * DAY
    assert AuditEntry.objects.filter(action="tier.unlocked").count() == 1


def test_a_lock_that_has_ended_already_is_refused_and_so_is_one_of_nobody() -> None:
    club = shop()
    told: dict[str, Any] = {"tier_set": "status", "reason": "", "versions": [club], "now": SPRING, "actor": ACTOR}
    with pytest.raises(services.LockEnded):
        services.lock_tier(member_id=member(club), until=SPRING, **told)
    with pytest.raises(services.NoStanding):
        services.lock_tier(member_id=new_id(), until=None, **told)


def test_an_invitation_gives_a_tier_and_its_withdrawal_takes_it() -> None:
    club = shop({}, INVITED)
    ada = member(club)
    told: dict[str, Any] = {"member_id": ada, "tier_set": "circle", "versions": [club], "actor": ACTOR}
    assert services.invite(tier="patron", now=SPRING, **told).tier == "patron"
    assert services.invite(tier="friend", now=SPRING + DAY, **told).tier == "friend"
    assert services.invite(tier=None, now=SPRING + 2 * DAY, **told).tier is None
    reasons = Change.objects.filter(tier_set="circle").order_by("id").values_list("reason", flat=True)
    assert list(reasons) == [Reason.INVITED, Reason.INVITATION_WITHDRAWN, Reason.INVITATION_WITHDRAWN]
    assert [event.type for event in Event.objects.order_by("position")][-3:] == [
        "tier.reached",
        "tier.lost",
        "tier.lost",
    ]


def test_an_invitation_waits_while_the_tier_is_locked() -> None:
    club = shop(INVITED)
    ada = member(club)
    told: dict[str, Any] = {"member_id": ada, "tier_set": "circle", "versions": [club], "actor": ACTOR}
    services.lock_tier(until=SPRING + 3 * DAY, reason="", now=SPRING, **told)
    assert services.invite(tier="patron", now=SPRING + DAY, **told).tier is None
    evaluate(club, SPRING + 3 * DAY, ada)
    assert tier(ada, "circle") == "patron"


def test_nobody_is_invited_to_what_progress_reaches_or_to_what_there_is_not() -> None:
    club = shop({}, INVITED)
    told: dict[str, Any] = {"member_id": member(club), "versions": [club], "now": SPRING, "actor": ACTOR}
    for key in ("status", "nothing"):
        with pytest.raises(services.NotByInvitation):
            services.invite(tier_set=key, tier="gold", **told)
    with pytest.raises(services.NoSuchTier):
        services.invite(tier_set="circle", tier="gold", **told)
