"""A programme's nights are lived in their order, each once, at its own moment of business."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from regulars.loyalty.ledger import bulk
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.ledger.members import end_membership
from regulars.loyalty.ledger.merging import merge_members
from regulars.loyalty.nights import noticing, services, steps
from regulars.loyalty.nights.contracts import Step
from regulars.loyalty.nights.models import Night as NightRow
from regulars.loyalty.nights.queries import get_state, list_due
from regulars.loyalty.nights.tests.night_shop import (
    ACTOR,
    DAY,
    NOON,
    STATUS,
    all_that_came,
    count,
    draft,
    events,
    give,
    live,
    lots,
    member,
    midnight,
    shop,
    tiers,
    undone,
)
from regulars.loyalty.tiers import queries as tier_queries

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY = date(2026, 3, 3), date(2026, 3, 4)


def test_a_night_does_all_its_steps_in_the_order_that_is_told() -> None:
    shop()
    [night] = live(midnight(TUESDAY))
    assert [str(step) for step in night.done] == [
        "activate",
        "tiers_after_activation",
        "expire",
        "tiers_after_expiry",
        "cancel",
        "grant",
        "tiers_after_grants",
        "notify",
    ]
    assert (night.day, night.at, night.version, night.zone) == (TUESDAY, midnight(TUESDAY), 1, "Europe/Vienna")
    assert night.finished_at is not None


def test_points_become_active_and_lift_to_a_tier_in_the_same_night() -> None:
    version = shop()
    ann = member(version)
    give(version, ann, 120, activates=midnight(TUESDAY))
    [night] = live(midnight(TUESDAY))
    assert lots(ann) == [(0, 120)]
    assert (night.done[Step.ACTIVATE], night.done[Step.TIERS_AFTER_ACTIVATION]) == (1, 2)
    # First the lowest tier, at the enrolment; then the one that was reached, when its points became active.
    assert tiers(ann) == [(None, "basic", NOON), ("basic", "gold", midnight(TUESDAY))]


def test_what_became_active_at_a_till_counts_for_tiers_in_the_next_night() -> None:
    version = shop()
    ann = member(version)
    give(version, ann, 120, activates=midnight(TUESDAY))
    # Whoever writes to the account settles it first, and knows nothing of tiers.
    give(version, ann, 1, now=midnight(TUESDAY) + timedelta(hours=9))
    live(midnight(WEDNESDAY))
    assert tiers(ann)[-1] == ("basic", "gold", midnight(TUESDAY))
    assert tier_queries.map_tiers([ann.id], midnight(WEDNESDAY)) == {ann.id: {"status": "gold"}}


def test_points_expire_when_their_last_day_is_over_and_the_tier_stays_reached() -> None:
    version = shop()
    ann = member(version)
    give(version, ann, 120, activates=midnight(TUESDAY), expires=midnight(WEDNESDAY))
    assert live(midnight(WEDNESDAY) - timedelta(seconds=1)) != []
    assert lots(ann) == [(0, 120)]
    [night] = live(midnight(WEDNESDAY))
    assert night.done[Step.EXPIRE] == 1
    assert lots(ann) == [(0, 0)]
    assert tiers(ann)[-1][1] == "gold"


def test_a_tier_falls_in_the_night_in_which_what_reached_it_no_longer_counts() -> None:
    version = shop()
    ann = member(version)
    give(version, ann, 120, activates=midnight(TUESDAY))
    live(midnight(date(2026, 4, 2)))
    assert tiers(ann)[-1][1] == "gold"
    live(midnight(date(2026, 4, 3)))
    assert tiers(ann)[-1] == ("gold", "basic", midnight(date(2026, 4, 3)))
    assert [event["tier"] for event in events("tier.lost")] == ["gold"]


def test_missed_nights_are_lived_in_sequence_each_at_its_own_moment() -> None:
    version = shop()
    ann = member(version)
    give(version, ann, 120, activates=midnight(TUESDAY), expires=midnight(date(2026, 3, 6)))
    with undone():
        for day in range(3, 12):
            live(midnight(date(2026, 3, day)))
        each_in_its_time = all_that_came()
    lived = live(midnight(date(2026, 3, 11)), clock=NOON + 30 * DAY)
    assert [night.at for night in lived] == [midnight(date(2026, 3, day)) for day in range(3, 12)]
    assert all_that_came() == each_in_its_time


def test_a_night_is_not_lived_before_its_moment() -> None:
    shop()
    assert live(midnight(TUESDAY) - timedelta(microseconds=1)) == []
    # Nor where somebody asks for what is to come.
    assert live(midnight(WEDNESDAY), clock=NOON) == []
    assert list_due(NOON) == []
    assert list_due(midnight(TUESDAY)) == ["beans"]


def test_a_night_that_was_lived_changes_nothing_when_asked_for_again() -> None:
    version, _ = full()
    live(midnight(WEDNESDAY))
    before = all_that_came()
    assert live(midnight(WEDNESDAY)) == []
    assert all_that_came() == before
    assert version.program_key not in list_due(midnight(WEDNESDAY))


def test_a_night_whose_row_was_lost_changes_nothing_when_it_is_lived_again() -> None:
    full()
    live(midnight(date(2026, 3, 6)))
    before = all_that_came()
    assert before["entries"]
    NightRow.objects.all().delete()
    assert len(live(midnight(date(2026, 3, 6)))) == 4
    assert all_that_came() == before


class Killed(BaseException):
    """The process is gone."""


def full() -> tuple[Any, list[Member]]:
    """A programme in which each step has something to do in the nights of some days, for several members."""
    version = shop()
    members = [member(version) for _ in range(5)]
    for number, who in enumerate(members):
        give(version, who, 100 + number, activates=midnight(TUESDAY), expires=midnight(date(2026, 3, 5)))
        give(version, who, 10, activates=midnight(WEDNESDAY), expires=midnight(date(2026, 4, 4 + number)))
        give(version, who, 5, expires=midnight(TUESDAY))
    return version, members


def dict_of_steps() -> dict[Step, Callable[[steps.Run], int]]:
    """The order itself, so that a test can put something else into a place."""
    assert isinstance(steps.STEPS, dict)
    return steps.STEPS


def killing(monkeypatch: pytest.MonkeyPatch, step: Step, *, after: bool) -> None:
    """Let the process be killed in the second night, before a step or when it has done its work."""
    work = steps.STEPS[step]
    calls = []

    def killed(run: steps.Run) -> int:
        calls.append(step)
        if len(calls) == 2 and not after:
            raise Killed
        done = work(run)
        if len(calls) == 2:
            raise Killed
        return done

    monkeypatch.setitem(dict_of_steps(), step, killed)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", list(Step))
def test_a_night_that_was_killed_between_its_steps_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch, step: Step, after: bool
) -> None:
    full()
    until = midnight(date(2026, 3, 6))
    with undone():
        live(until)
        undisturbed = all_that_came()
    with monkeypatch.context() as patched:
        killing(patched, step, after=after)
        with pytest.raises(Killed):
            live(until)
    [row] = NightRow.objects.filter(finished_at=None)
    order = list(Step)
    assert row.done.keys() == set(order[: order.index(step)])
    live(until)
    assert all_that_came() == undisturbed


@pytest.mark.parametrize("batches", range(1, 12))
def test_a_night_that_was_killed_within_a_step_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    full()
    until = midnight(date(2026, 3, 6))
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(noticing, "_AT_ONCE", 2)
    monkeypatch.setattr(steps, "_COUNTED_AT_ONCE", 1)
    with undone():
        live(until)
        undisturbed = all_that_came()
    left = batches

    def die(doing: str, done: float) -> None:  # As progress is told.
        nonlocal left
        left -= 1
        if not left:
            raise Killed

    with pytest.raises(Killed):
        live(until, progress=die)
    live(until)
    assert all_that_came() == undisturbed


def test_who_is_asked_to_stop_leaves_the_night_to_the_next() -> None:
    full()
    asked = iter([False, False, False, True])
    until = midnight(TUESDAY)
    assert (
        services.run_nights(program="beans", clock=lambda: until, actor=ACTOR, should_stop=lambda: next(asked, True))
        == []
    )
    assert NightRow.objects.filter(finished_at=None).count() == 1
    assert [night.day for night in live(until)] == [TUESDAY]


def test_several_programmes_have_their_own_nights() -> None:
    shop()
    shop("leaves", zone="Pacific/Auckland")
    assert list_due(midnight(TUESDAY)) == ["beans", "leaves"]
    [beans] = live(midnight(TUESDAY))
    assert beans.day == TUESDAY
    # There it is the same day, which began half a day before.
    [leaves] = live(midnight(TUESDAY), "leaves")
    assert (leaves.day, leaves.at) == (TUESDAY, datetime(2026, 3, 2, 11, tzinfo=UTC))


def test_a_version_that_comes_into_force_by_day_is_judged_by_in_the_next_night() -> None:
    version = shop()
    ann = member(version)
    give(version, ann, 60)
    live(midnight(TUESDAY))
    easier = [
        {**STATUS, "tiers": [{"key": "basic", "name": "Basic"}, {"key": "gold", "name": "Gold", "threshold": 50}]}
    ]
    count(ann, 60)
    shop(now=NOON + DAY, tier_sets=easier)
    [night] = live(midnight(WEDNESDAY))
    assert night.version == 2
    assert tiers(ann)[-1] == ("basic", "gold", NOON + DAY)


def test_the_state_tells_the_last_nights_and_the_next() -> None:
    shop()
    live(midnight(date(2026, 3, 5)))
    state = get_state("beans", limit=2)
    assert [night.day for night in state.nights] == [date(2026, 3, 5), date(2026, 3, 4)]
    assert state.next is not None
    assert state.next.at == midnight(date(2026, 3, 6))


def test_a_programme_that_was_never_published_has_no_nights() -> None:
    draft()
    assert live(NOON + 30 * DAY) == []
    assert list_due(NOON + 30 * DAY) == []
    assert get_state("beans").next is None


def test_a_zone_that_changes_its_clocks_at_midnight_has_each_night_once() -> None:
    version = shop(zone="Asia/Beirut")
    ann = member(version)
    gone = datetime(2026, 3, 28, 22, tzinfo=UTC)
    give(version, ann, 7, expires=gone)
    lived = live(datetime(2026, 3, 31, tzinfo=UTC))
    assert len({night.day for night in lived}) == len(lived) == 29
    [night] = [night for night in lived if night.done[Step.EXPIRE]]
    assert (night.day, night.at) == (date(2026, 3, 29), gone)


# --- What members are told of -----------------------------------------------------------------------------------------


def told() -> list[tuple[int, int]]:
    return [(event["days"], event["points"]) for event in events("points.expiring")]


def test_a_member_is_told_once_for_each_number_of_days_of_what_expires() -> None:
    version = shop()
    ann = member(version)
    give(version, ann, 40, expires=midnight(date(2026, 4, 10)))
    give(version, ann, 2, expires=midnight(date(2026, 4, 10)))
    live(midnight(date(2026, 3, 10)))
    assert told() == []
    live(midnight(date(2026, 3, 11)))
    assert told() == [(30, 42)]
    live(midnight(date(2026, 4, 2)))
    assert told() == [(30, 42)]
    live(midnight(date(2026, 4, 9)))
    assert told() == [(30, 42), (7, 42)]
    [event, _] = events("points.expiring")
    assert event == {
        "member_id": str(ann.id),
        "program": "beans",
        "currency": "points",
        "points": 42,
        "expires_at": midnight(date(2026, 4, 10)).isoformat(),
        "days": 30,
    }


def test_in_the_first_night_of_all_each_is_told_once() -> None:
    version = shop()
    ann = member(version)
    give(version, ann, 1, expires=midnight(date(2026, 3, 5)))
    give(version, ann, 2, expires=midnight(date(2026, 3, 20)))
    live(midnight(TUESDAY))
    assert sorted(told()) == [(7, 1), (30, 2)]


def test_what_is_spent_or_pending_or_whose_member_left_is_not_told_of() -> None:
    version = shop()
    ann, ben = member(version), member(version)
    give(version, ann, 5, activates=midnight(date(2026, 4, 1)), expires=midnight(date(2026, 4, 2)))
    give(version, ben, 5, expires=midnight(date(2026, 4, 2)))
    end_membership(member_id=ben.id, version=version, now=NOON, actor=ACTOR)
    live(midnight(TUESDAY))
    assert told() == []


def test_a_merged_members_points_are_told_to_the_survivor() -> None:
    version = shop()
    ann, ben = member(version), member(version)
    give(version, ben, 5, expires=midnight(date(2026, 4, 2)))
    merge_members(survivor_id=ann.id, merged_id=ben.id, version=version, now=NOON, actor=ACTOR)
    live(midnight(TUESDAY))
    assert [event["member_id"] for event in events("points.expiring")] == [str(ann.id)]
