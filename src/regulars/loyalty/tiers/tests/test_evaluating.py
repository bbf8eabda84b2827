"""How members climb and fall: an example for each sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from regulars.loyalty.tiers.contracts import Reason
from regulars.loyalty.tiers.ladder import Rulebook
from regulars.loyalty.tiers.tests.tier_factory import ANNIVERSARY, ROLLING, Someone, local, rules_of, tier_set

SPRING = local(2025, 4, 10, 12)


def test_everybody_stands_on_the_lowest_tier_from_the_enrolment_on() -> None:
    one = Someone()
    [change] = one.evaluate(SPRING).changes
    assert (change.to_tier, change.effective_at, change.reason) == ("bronze", one.enrolled_at, Reason.ENROLLED)
    assert one.standing.kept_until is None


def test_a_tier_is_reached_at_once_at_the_moment_of_what_reached_it() -> None:
    one = Someone().earns(60, SPRING).earns(40, SPRING + timedelta(hours=3))
    assert one.tier(SPRING + timedelta(hours=2)) == "bronze"
    one.evaluate(SPRING + timedelta(days=5))
    assert one.told[-1] == ("silver", SPRING + timedelta(hours=3))


def test_several_rungs_are_climbed_in_one_step() -> None:
    assert Someone().earns(1000, SPRING).tier(SPRING) == "platinum"


def test_a_member_may_climb_at_the_end_of_the_period_alone() -> None:
    one = Someone(upgrade="period_end").earns(300, SPRING)
    assert one.tier(local(2025, 12, 31, 23, 59)) == "bronze"
    assert one.tier(local(2026, 1, 1)) == "gold"
    assert one.standing.kept_until == local(2027, 1, 1)


def test_over_a_rolling_period_that_end_is_the_end_of_the_day() -> None:
    one = Someone(upgrade="period_end", period=ROLLING).earns(300, SPRING)
    assert one.tier(local(2025, 4, 10, 23, 59)) == "bronze"
    assert one.tier(local(2025, 4, 11)) == "gold"


def test_a_tier_of_a_calendar_year_is_kept_until_the_end_of_the_next_year() -> None:
    one = Someone().earns(300, SPRING)
    one.evaluate(SPRING)
    assert one.standing.kept_until == local(2027, 1, 1)
    assert one.tier(local(2026, 12, 31, 23, 59)) == "gold"
    assert one.tier(local(2027, 1, 1)) == "silver"


def test_a_calendar_year_may_begin_with_any_month() -> None:
    one = Someone(period={"kind": "calendar", "first_month": 4}).earns(300, local(2025, 3, 31, 23, 59))
    one.evaluate(SPRING)
    assert one.standing.kept_until == local(2026, 4, 1)


def test_a_year_of_membership_begins_with_the_day_of_enrolment() -> None:
    one = Someone(period=ANNIVERSARY, enrolled_at=local(2024, 2, 29, 15))
    one.earns(300, local(2025, 2, 27, 23, 59))
    one.evaluate(local(2025, 2, 27, 23, 59))
    assert one.standing.kept_until == local(2026, 2, 28)
    later = Someone(period=ANNIVERSARY, enrolled_at=local(2024, 2, 29, 15)).earns(300, local(2025, 2, 28))
    later.evaluate(local(2025, 2, 28))
    assert later.standing.kept_until == local(2027, 2, 28)
    assert later.evaluate(local(2027, 2, 28)).due_at == local(2028, 2, 29)


def test_who_qualifies_again_in_the_next_year_keeps_it_for_one_more() -> None:
    one = Someone().earns(300, SPRING).earns(320, local(2026, 11, 2))
    assert one.tier(local(2027, 12, 31)) == "gold"
    assert one.standing.kept_until == local(2028, 1, 1)


def test_a_tier_of_a_rolling_period_is_kept_as_long_as_it_is_reached() -> None:
    one = Someone(period=ROLLING, downgrade="full").earns(300, SPRING).earns(50, local(2025, 6, 1))
    # What was earned on 10 April counts through 10 April.
    assert one.tier(local(2026, 4, 10, 23, 59)) == "gold"
    assert one.tier(local(2026, 4, 11)) == "bronze"


@pytest.mark.parametrize(("downgrade", "left"), [("none", "platinum"), ("one_step", "gold"), ("full", "bronze")])
def test_who_does_not_qualify_falls_as_far_as_the_set_says(downgrade: str, left: str) -> None:
    one = Someone(downgrade=downgrade).earns(1000, SPRING)
    assert one.tier(local(2027, 6, 1)) == left


def test_a_full_fall_ends_where_progress_reaches() -> None:
    one = Someone(downgrade="full").earns(1000, SPRING).earns(150, local(2026, 5, 1))
    assert one.tier(local(2027, 1, 1)) == "silver"
    assert one.standing.kept_until == local(2028, 1, 1)


def test_one_step_is_one_step_for_each_period() -> None:
    one = Someone().earns(1000, SPRING)
    years = [one.tier(local(year, 12, 31)) for year in range(2026, 2031)]
    assert years == ["platinum", "gold", "silver", "bronze", "bronze"]


def test_one_step_down_a_rolling_period_is_kept_for_as_long_as_a_period() -> None:
    one = Someone(period=ROLLING).earns(1000, SPRING)
    one.evaluate(local(2029, 6, 1))
    assert one.told[2:] == [
        ("gold", local(2026, 4, 11)),
        ("silver", local(2027, 4, 11)),
        ("bronze", local(2028, 4, 11)),
    ]


def test_grace_puts_a_fall_off() -> None:
    one = Someone(grace_days=30).earns(300, SPRING)
    assert one.tier(local(2027, 1, 1)) == "gold"
    assert one.standing.grace_ends_at == local(2027, 1, 31)
    assert one.tier(local(2027, 1, 30, 23, 59)) == "gold"
    assert one.tier(local(2027, 1, 31)) == "silver"


def test_qualifying_again_within_the_grace_cancels_the_fall() -> None:
    one = Someone(grace_days=30).earns(300, SPRING).earns(300, local(2027, 1, 20))
    assert one.tier(local(2027, 6, 1)) == "gold"
    assert (one.standing.grace_ends_at, one.standing.kept_until) == (None, local(2029, 1, 1))
    assert [tier for tier, _ in one.told] == ["bronze", "gold"]


def test_less_than_the_tier_within_the_grace_cancels_nothing() -> None:
    one = Someone(grace_days=30, downgrade="full").earns(1000, SPRING).earns(120, local(2027, 1, 20))
    assert one.tier(local(2027, 1, 31)) == "silver"


def test_progress_falls_with_a_return_at_once_and_the_tier_when_the_next_day_is_evaluated() -> None:
    one = Someone(period=ROLLING).earns(300, SPRING).earns(-300, SPRING + timedelta(hours=2))
    assert one.tier(SPRING + timedelta(hours=3)) == "gold"
    assert one.tier(local(2025, 4, 11)) == "silver"


def test_a_tier_that_returns_took_back_is_kept_to_the_end_of_the_running_year_alone() -> None:
    one = Someone(downgrade="full").earns(300, SPRING).earns(-300, local(2025, 5, 1))
    assert one.tier(local(2025, 12, 31, 23, 59)) == "gold"
    assert one.standing.kept_until == local(2026, 1, 1)
    assert one.tier(local(2026, 1, 1)) == "bronze"


def test_a_return_of_last_years_orders_takes_no_tier_within_the_year() -> None:
    one = Someone().earns(300, SPRING)
    one.evaluate(local(2026, 2, 1))
    one.earns(-300, SPRING)
    assert one.tier(local(2026, 12, 31)) == "gold"
    assert one.tier(local(2027, 1, 1)) == "silver"


def test_what_comes_late_counts_in_the_year_in_which_it_occurred_and_lifts_now() -> None:
    one = Someone().earns(280, SPRING)
    assert one.tier(local(2026, 1, 3)) == "silver"
    one.earns(20, local(2025, 12, 30))
    assert one.tier(local(2026, 1, 3, 8)) == "gold"
    assert one.told[-1] == ("gold", local(2026, 1, 3, 8))
    assert one.standing.kept_until == local(2027, 1, 1)


def test_what_comes_late_gives_a_tier_back_that_was_lost_for_want_of_it() -> None:
    one = Someone().earns(300, SPRING)
    assert one.tier(local(2027, 1, 1, 2)) == "silver"
    one.earns(300, local(2026, 12, 31, 23))
    assert one.tier(local(2027, 1, 2)) == "gold"
    assert one.standing.kept_until == local(2028, 1, 1)


def test_nothing_changes_while_locked_and_all_that_is_due_when_the_lock_ends() -> None:
    one = Someone().earns(300, SPRING)
    one.evaluate(SPRING)
    until = local(2027, 3, 1, 12)
    one.standing = replace(one.standing, is_locked=True, locked_until=until, lock_reason="a promise")
    one.earns(1000, local(2026, 5, 5))
    assert one.tier(local(2026, 12, 31)) == "gold"
    assert one.tier(until - timedelta(seconds=1)) == "gold"
    assert one.tier(until) == "platinum"
    assert (one.standing.is_locked, one.standing.lock_reason) == (False, "")


def test_a_fall_that_a_lock_has_held_up_comes_with_the_first_day_after_it() -> None:
    one = Someone().earns(300, SPRING)
    one.evaluate(SPRING)
    until = local(2027, 3, 1, 12)
    one.standing = replace(one.standing, is_locked=True, locked_until=until)
    assert one.tier(local(2027, 3, 1, 23)) == "gold"
    one.evaluate(local(2027, 4, 1))
    assert one.told[-1] == ("silver", local(2027, 3, 2))


def test_a_lock_without_an_end_lasts() -> None:
    one = Someone().earns(300, SPRING)
    one.evaluate(SPRING)
    one.standing = replace(one.standing, is_locked=True)
    done = one.evaluate(local(2040, 1, 1))
    assert (done.standing.tier, done.standing.is_locked) == ("gold", True)


def test_nobody_climbs_by_oneself_where_one_is_invited() -> None:
    one = Someone(basis={"kind": "invitation"}, tiers={"friend": 0, "patron": 0}).earns(10**6, SPRING)
    assert one.tier(SPRING) is None
    one.standing = replace(one.standing, invited="patron")
    assert one.tier(SPRING) == "patron"
    assert one.tier(local(2035, 1, 1)) == "patron"
    one.standing = replace(one.standing, invited=None)
    [change] = one.evaluate(local(2035, 1, 1)).changes
    assert (change.to_tier, change.reason, change.is_up) == (None, Reason.INVITATION_WITHDRAWN, False)


def test_thresholds_of_money_are_in_major_units_and_progress_in_minor_ones() -> None:
    one = Someone(basis={"kind": "spend", "currency": "EUR"}).earns(99_99, SPRING)
    assert one.tier(SPRING) == "bronze"
    assert one.earns(1, SPRING).tier(SPRING) == "silver"
    yen = Someone(basis={"kind": "spend", "currency": "JPY"}).earns(100, SPRING)
    assert yen.tier(SPRING) == "silver"


def test_more_taken_back_than_earned_leaves_the_lowest_tier() -> None:
    assert Someone().earns(-50, SPRING).tier(SPRING) == "bronze"


def test_another_version_lifts_when_it_comes_into_force_and_lowers_at_the_end_of_the_year() -> None:
    one = Someone(downgrade="full").earns(150, SPRING)
    lower = tier_set(downgrade="full", tiers={"bronze": 0, "silver": 50, "gold": 150})
    higher = tier_set(downgrade="full", tiers={"bronze": 0, "silver": 200, "gold": 400})
    one.book = Rulebook(
        [*one.book.rules, rules_of(lower, 2, local(2025, 7, 1, 10)), rules_of(higher, 3, local(2025, 9, 1))]
    )
    done = one.evaluate(local(2026, 6, 1))
    assert [(each.to_tier, each.effective_at, each.version) for each in done.changes[1:]] == [
        ("silver", SPRING, 1),
        ("gold", local(2025, 7, 1, 10), 2),
        ("bronze", local(2026, 1, 1), 3),
    ]


def test_who_has_a_tier_that_a_version_takes_away_gets_the_next_lower_one_that_is_left() -> None:
    one = Someone().earns(1000, SPRING)
    without = tier_set(tiers={"bronze": 0, "silver": 5000, "black": 9000})
    one.book = Rulebook([*one.book.rules, rules_of(without, 2, local(2025, 7, 1))])
    done = one.evaluate(local(2025, 8, 1))
    assert (done.standing.tier, done.changes[-1].reason) == ("silver", Reason.REDEFINED)


def test_a_set_that_a_later_version_brings_begins_with_it_and_one_that_is_gone_stands_still() -> None:
    one = Someone()
    begins, ends = local(2025, 2, 1), local(2025, 6, 1)
    one.book = Rulebook([rules_of(None), rules_of(tier_set(), 2, begins), rules_of(None, 3, ends)])
    assert one.evaluate(local(2025, 1, 1)).standing.tier is None
    one.earns(100, SPRING)
    assert one.tier(local(2025, 5, 1)) == "silver"
    assert one.told == [("bronze", begins), ("silver", SPRING)]
    assert one.tier(local(2030, 1, 1)) == "silver"


def test_to_evaluate_a_night_again_changes_nothing() -> None:
    one = Someone(period=ROLLING).earns(300, SPRING).earns(-50, local(2025, 5, 1))
    night = local(2025, 5, 2)
    first = one.evaluate(night)
    again = one.evaluate(night)
    assert again.standing == first.standing
    assert (again.changes, again.due_at) == ((), first.due_at)


def test_a_clock_that_goes_back_changes_nothing() -> None:
    one = Someone().earns(300, SPRING)
    before = one.evaluate(SPRING).standing
    assert one.evaluate(datetime(2025, 1, 1, tzinfo=UTC)).standing == before


def test_who_stands_still_is_not_due_and_who_may_move_is_due_when_that_may_be() -> None:
    assert Someone().evaluate(SPRING).due_at is None
    assert Someone().earns(10, SPRING).evaluate(SPRING).due_at == local(2026, 1, 1)
    assert Someone(period=ROLLING).earns(10, SPRING).evaluate(SPRING).due_at == local(2026, 4, 11)
    returned = Someone(period=ROLLING).earns(100, SPRING).earns(-1, SPRING + timedelta(hours=1))
    assert returned.evaluate(SPRING + timedelta(hours=2)).due_at == local(2025, 4, 11)
    assert Someone().earns(10, local(2025, 5, 1)).evaluate(SPRING).due_at == local(2025, 5, 1)
