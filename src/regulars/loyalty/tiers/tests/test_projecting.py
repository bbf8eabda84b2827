"""What is missing, until when, and what comes if nothing more is earned."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given

from regulars.loyalty.definitions.document.tiers import TierSet, Upgrade
from regulars.loyalty.tiers.contracts import Amount, Projection, Standing
from regulars.loyalty.tiers.evaluating import evaluate
from regulars.loyalty.tiers.ladder import Rulebook
from regulars.loyalty.tiers.progress import Progress
from regulars.loyalty.tiers.projecting import project
from regulars.loyalty.tiers.tests.test_day_by_day import BEGINS, ENDS, amounts, moments, sets
from regulars.loyalty.tiers.tests.tier_factory import ROLLING, Someone, local, rules_of

SPRING = local(2025, 4, 10, 12)


def seen(one: Someone, now: datetime) -> Projection:
    one.evaluate(now)
    found = project(one.book.at(now), one.standing, Progress(one.amounts), enrolled_at=one.enrolled_at, now=now)
    assert found is not None
    return found


def test_what_is_missing_to_the_next_tier_is_missing_until_the_year_ends() -> None:
    found = seen(Someone().earns(120, SPRING), SPRING)
    assert (found.tier, found.progress, found.next_tier) == ("silver", 120, "gold")
    assert (found.missing_to_reach, found.reach_by) == (180, local(2026, 1, 1))
    assert (found.missing_to_keep, found.keep_by, found.kept_until) == (0, None, local(2027, 1, 1))


def test_in_the_second_year_the_whole_threshold_is_missing_to_keep_it() -> None:
    found = seen(Someone().earns(320, SPRING).earns(50, local(2026, 2, 1)), local(2026, 3, 1))
    assert (found.missing_to_keep, found.keep_by) == (250, local(2027, 1, 1))
    assert (found.falls_at, found.falls_to, found.projected_tier) == (local(2027, 1, 1), "silver", "silver")


def test_in_the_first_year_it_is_projected_to_stay_and_to_fall_a_year_later() -> None:
    found = seen(Someone().earns(320, SPRING), SPRING)
    assert (found.projected_tier, found.falls_at) == ("gold", local(2027, 1, 1))


def test_who_climbs_at_the_end_of_the_year_is_projected_there() -> None:
    found = seen(Someone(upgrade="period_end").earns(320, SPRING), SPRING)
    assert (found.tier, found.missing_to_reach, found.projected_tier) == ("bronze", 0, "gold")


def test_a_fall_is_foreseen_with_its_grace_and_within_it_what_still_keeps_the_tier() -> None:
    one = Someone(grace_days=30).earns(320, SPRING)
    found = seen(one, local(2026, 3, 1))
    assert (found.falls_at, found.projected_tier) == (local(2027, 1, 31), "silver")
    later = seen(one.earns(40, local(2027, 1, 3)), local(2027, 1, 5))
    assert (later.missing_to_keep, later.keep_by, later.grace_ends_at) == (260, local(2027, 1, 31), local(2027, 1, 31))


def test_over_a_rolling_period_it_is_said_what_will_be_missing_when_amounts_leave() -> None:
    one = Someone(period=ROLLING, downgrade="full").earns(200, SPRING).earns(150, local(2025, 6, 1))
    found = seen(one, local(2025, 7, 1))
    assert (found.progress, found.period_ends_at) == (350, None)
    assert (found.missing_to_reach, found.reach_by) == (650, local(2026, 4, 11))
    assert (found.missing_to_keep, found.keep_by) == (150, local(2026, 4, 11))
    assert (found.falls_at, found.falls_to, found.projected_tier) == (local(2026, 4, 11), "silver", "silver")


def test_who_stands_on_the_highest_or_is_invited_misses_nothing_to_the_next() -> None:
    found = seen(Someone().earns(1000, SPRING), SPRING)
    assert (found.next_tier, found.missing_to_reach, found.reach_by) == (None, None, None)
    invited = Someone(basis={"kind": "invitation"}, tiers={"friend": 0, "patron": 0})
    invited.standing = replace(invited.standing, invited="friend")
    found = seen(invited, SPRING)
    assert (found.tier, found.next_tier, found.falls_at, found.missing_to_keep) == ("friend", None, None, 0)


def test_nobody_is_foreseen_to_fall_who_is_locked_for_good() -> None:
    one = Someone().earns(320, SPRING)
    one.evaluate(SPRING)
    one.standing = replace(one.standing, is_locked=True)
    assert seen(one, local(2026, 3, 1)).falls_at is None


@given(told=sets(), earned=amounts, now=moments)
def test_what_is_foreseen_comes_if_nothing_more_is_earned(told: TierSet, earned: list[Amount], now: datetime) -> None:
    book, so_far = Rulebook([rules_of(told)]), [each for each in earned if each.occurred_at <= now]
    done = evaluate(book, Standing(), Progress(so_far), enrolled_at=BEGINS, now=now)
    found = project(rules_of(told), done.standing, Progress(earned), enrolled_at=BEGINS, now=now)
    assert found is not None
    later = evaluate(book, done.standing, Progress(so_far), enrolled_at=BEGINS, now=ENDS.replace(year=2032))
    falls = [(each.effective_at, each.to_tier) for each in later.changes if not each.is_up]
    assert ([(found.falls_at, found.falls_to)] if found.falls_at else []) == falls[:1]


@given(told=sets(), earned=amounts, now=moments)
def test_with_what_is_missing_the_next_tier_is_reached_and_with_one_less_it_is_not(
    told: TierSet, earned: list[Amount], now: datetime
) -> None:
    told = told.model_copy(update={"upgrade": Upgrade.AT_ONCE})
    book, so_far = Rulebook([rules_of(told)]), [each for each in earned if each.occurred_at <= now]
    done = evaluate(book, Standing(), Progress(so_far), enrolled_at=BEGINS, now=now)
    found = project(rules_of(told), done.standing, Progress(so_far), enrolled_at=BEGINS, now=now)
    assert found is not None
    if found.missing_to_reach:
        for short in (0, 1):
            more = Progress([*so_far, Amount(now, found.missing_to_reach - short)])
            after = evaluate(book, done.standing, more, enrolled_at=BEGINS, now=now).standing.tier
            assert (after == found.next_tier) is (short == 0)
