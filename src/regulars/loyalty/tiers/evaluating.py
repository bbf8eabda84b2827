"""Bring a member's standing in a tier set up to a moment: what would have been decided at each moment on the way. Pure.

Members climb at the moment at which a progress occurs, where the set says so, and else when a local day begins. They
fall only when a local day begins. What comes between two evaluations is decided in sequence, each at its own business
time, so that to evaluate every night and once after a month come to the same.

In a calendar or membership year a tier is kept through the year after the one whose progress reaches it. It is held to
that when the year ends: what was climbed to at once is kept through the running year, also if returns took it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from regulars.loyalty.definitions.document.tiers import Downgrade, RollingPeriod, TierSet, Upgrade
from regulars.loyalty.tiers.contracts import Change, Reason, Standing
from regulars.loyalty.tiers.ladder import NOWHERE, Rulebook, Rules
from regulars.loyalty.tiers.progress import (
    Progress,
    Window,
    day_begins_at,
    days_after,
    leaves_at,
    span_after,
    window_at,
)

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Where a member stands now, what changed on the way, and when time alone has it evaluated again."""

    standing: Standing
    changes: tuple[Change, ...]
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What progress comes to at a moment, and which rungs it reaches; `before` is that of the period before."""

    window: Window
    progress: int
    reached: int
    before: int

    @property
    def top(self) -> int:
        """The rung that is the member's by progress."""
        return max(self.reached, self.before)

    def kept_until(self, rung: int, known: datetime | None) -> datetime | None:
        """Return until when a rung is kept, of a period that ends; `known` is what was known before."""
        ends_at = self.window.ends_at
        if ends_at is None or rung <= 0:
            return known if rung > 0 else None
        if self.reached >= rung:
            return self.window.next_ends_at
        return ends_at if self.before >= rung else min(known or ends_at, ends_at)


def evaluate(
    book: Rulebook, standing: Standing, progress: Progress, *, enrolled_at: datetime, now: datetime
) -> Evaluation:
    """Return where a member stands at `now`, from where it stood, its progress, and the rules over time.

    What occurred before the last evaluation and has come late counts in the period in which it occurred; it lifts at
    once, and lowers when the next day begins.
    """
    if standing.evaluated_at is None:
        begins_at = book.begins_at(enrolled_at)
        if begins_at is None or begins_at > now:
            return Evaluation(standing=standing, changes=(), due_at=begins_at)
        walk = _Walk(book, standing, progress, enrolled_at)
        walk.begin(begins_at)
    else:
        walk = _Walk(book, standing, progress, enrolled_at)
    walk.go_to(max(now, walk.at))
    return Evaluation(standing=walk.standing, changes=tuple(walk.changes), due_at=walk.next_moment())


def is_locked_at(standing: Standing, moment: datetime) -> bool:
    """Tell whether nothing changes at a moment."""
    return standing.is_locked and (standing.locked_until is None or moment < standing.locked_until)


def look(rules: Rules, tier_set: TierSet, progress: Progress, moment: datetime, enrolled_at: datetime) -> Sight:
    """Return what progress comes to at a moment."""
    window = window_at(tier_set.period, moment, zone=rules.zone, enrolled_at=enrolled_at)
    running = progress.through(window.starts_at, moment)
    before = NOWHERE
    if window.before_starts_at is not None:
        before = rules.ladder.reached_by(progress.between(window.before_starts_at, window.starts_at))
    return Sight(window, running, rules.ladder.reached_by(running), before)


class _Walk:
    """A member on the way from one moment to another."""

    def __init__(self, book: Rulebook, standing: Standing, progress: Progress, enrolled_at: datetime) -> None:
        self.book, self.standing, self.progress, self.enrolled_at = book, standing, progress, enrolled_at
        self.changes: list[Change] = []

    @property
    def at(self) -> datetime:
        """Up to when all is decided."""
        return self.standing.evaluated_at or self.enrolled_at

    def begin(self, moment: datetime) -> None:
        """Let the member stand in the set for the first time: on the lowest rung, or on none where one is invited."""
        rules = self.book.at(moment)
        self.standing = replace(self.standing, since=moment, evaluated_at=moment, version=rules.number)
        if not rules.is_by_invitation:
            self._move(rules, 0, Reason.ENROLLED, moment)
        self._step(moment)

    def go_to(self, now: datetime) -> None:
        """Decide at each moment up to now, and then for what has come late."""
        while (moment := self._next_step()) is not None and moment <= now:
            self._step(moment)
        self._step(now, is_late=True)

    def next_moment(self) -> datetime | None:
        """Return the next moment at which time alone, or progress to come, may change something: a tier, or figures."""
        return self._next(self._passes_at)

    def _next_step(self) -> datetime | None:
        moments = [each for each in (self._next(self._weighs_at), self.book.next_after(self.at)) if each is not None]
        return min(moments, default=None)

    def _next(self, passes_at: Callable[[Rules, TierSet, Sight], datetime | None]) -> datetime | None:
        rules = self.book.at(self.at)
        if rules.tier_set is None:
            return None
        sight = look(rules, rules.tier_set, self.progress, self.at, self.enrolled_at)
        moments = [
            self.progress.next_after(self.at),
            passes_at(rules, rules.tier_set, sight),
            self._decides_at(rules, rules.tier_set, sight),
        ]
        return min((each for each in moments if each is not None), default=None)

    def _passes_at(self, rules: Rules, tier_set: TierSet, sight: Sight) -> datetime | None:
        """Return when what counts today no longer does."""
        if isinstance(tier_set.period, RollingPeriod):
            first = self.progress.first_from(sight.window.starts_at)
            is_counted = first is not None and first <= self.at
            return leaves_at(first, tier_set.period.span, rules.zone) if first and is_counted else None
        return sight.window.ends_at if sight.progress or rules.ladder.rung_of(self.standing.tier) > 0 else None

    def _weighs_at(self, rules: Rules, tier_set: TierSet, sight: Sight) -> datetime | None:
        """Return when so much of what counts today no longer does that it reaches another rung.

        Who buys every day has something pass every day: whatever of it moves nobody is gone over in one step.
        """
        if not isinstance(tier_set.period, RollingPeriod):
            return self._passes_at(rules, tier_set, sight)
        next_earned = self.progress.next_after(self.at)
        then = next_earned and window_at(tier_set.period, next_earned, zone=rules.zone, enrolled_at=self.enrolled_at)
        for moment, left in self.progress.leaving(sight.window.starts_at, self.at):
            if then and moment >= then.starts_at:
                # More is earned before this passes.
                return None
            if rules.ladder.reached_by(left) != sight.reached:
                return leaves_at(moment, tier_set.period.span, rules.zone)
        return None

    def _decides_at(self, rules: Rules, tier_set: TierSet, sight: Sight) -> datetime | None:
        """Return when a lock ends, or the next day that begins with a decision."""
        standing, rung = self.standing, rules.ladder.rung_of(self.standing.tier)
        if is_locked_at(standing, self.at):
            return standing.locked_until
        if rules.is_by_invitation:
            return None
        tomorrow = days_after(self.at, 1, rules.zone)
        if standing.grace_ends_at is not None and sight.top >= rung:
            # What has come late ends the grace, so that the next fall has one of its own.
            return tomorrow
        if sight.top > rung:
            return tomorrow if sight.window.ends_at is None else None
        if sight.top == rung or tier_set.downgrade is Downgrade.NONE:
            return None
        falls_at = standing.grace_ends_at or sight.kept_until(rung, standing.kept_until) or self.at
        # A fall waits for a day that begins.
        return max(tomorrow, days_after(falls_at - _MOMENT, 1, rules.zone))

    def _step(self, moment: datetime, *, is_late: bool = False) -> None:
        """Decide at a moment. One that is looked at only for what came late begins no day, whatever the hour."""
        rules = self.book.at(moment)
        before = self.standing
        if rules.tier_set is not None:
            self._decide(rules, rules.tier_set, moment, may_fall=not is_late and day_begins_at(moment, rules.zone))
        self.standing = replace(
            self.standing,
            evaluated_at=moment,
            version=rules.number if rules.tier_set is not None else before.version,
        )

    def _decide(self, rules: Rules, tier_set: TierSet, moment: datetime, *, may_fall: bool) -> None:
        standing = self.standing
        reason = None
        rung = rules.ladder.rung_of(standing.tier)
        if standing.tier is not None and rung == NOWHERE:
            rung, reason = self.book.survivor_of(standing.tier, rules), Reason.REDEFINED
        if not is_locked_at(standing, moment):
            if standing.is_locked:
                self.standing = replace(standing, is_locked=False, locked_until=None, lock_reason="")
            if rules.is_by_invitation:
                rung, reason = self._invited(rules, reason)
            else:
                rung, reason = self._judged(rules, tier_set, moment, (rung, reason), may_fall=may_fall)
        if rules.ladder.tier_at(rung) != standing.tier:
            self._move(rules, rung, reason or Reason.REACHED, moment)

    def _invited(self, rules: Rules, reason: Reason | None) -> tuple[int, Reason]:
        rung = rules.ladder.rung_of(self.standing.invited)
        is_up = rung > rules.ladder.rung_of(self.standing.tier)
        return rung, reason or (Reason.INVITED if is_up else Reason.INVITATION_WITHDRAWN)

    def _judged(
        self, rules: Rules, tier_set: TierSet, moment: datetime, stands: tuple[int, Reason | None], *, may_fall: bool
    ) -> tuple[int, Reason | None]:
        """Return the rung that is the member's by progress, and why; keep until when, and what is put off."""
        rung, reason = max(stands[0], 0), stands[1]
        sight = look(rules, tier_set, self.progress, moment, self.enrolled_at)
        known, grace = sight.kept_until(rung, self.standing.kept_until), self.standing.grace_ends_at
        lift = _lift(tier_set, sight, may_fall=may_fall)
        if lift > rung:
            rung, reason, known, grace = lift, reason or Reason.REACHED, None, None
        elif sight.top >= rung or tier_set.downgrade is Downgrade.NONE:
            grace = None
        elif may_fall and moment >= (grace or known or moment):
            if grace is None and tier_set.grace_days:
                grace = days_after(moment, tier_set.grace_days, rules.zone)
            else:
                rung, known = _fall(rules, tier_set, sight, rung, moment)
                reason, grace = reason or Reason.NOT_KEPT, None
        kept = None if tier_set.downgrade is Downgrade.NONE else sight.kept_until(rung, known)
        self.standing = replace(self.standing, kept_until=kept, grace_ends_at=grace)
        return rung, reason

    def _move(self, rules: Rules, rung: int, reason: Reason, moment: datetime) -> None:
        before, after = self.standing.tier, rules.ladder.tier_at(rung)
        self.changes.append(
            Change(
                from_tier=before,
                to_tier=after,
                reason=reason,
                effective_at=moment,
                version=rules.number,
                is_up=reason is not Reason.REDEFINED and rung > rules.ladder.rung_of(before),
            )
        )
        self.standing = replace(self.standing, tier=after, since=moment)


def _lift(tier_set: TierSet, sight: Sight, *, may_fall: bool) -> int:
    """Return the rung to which a member may climb now.

    A period that has ended is judged whole, also for what comes late. One that rolls ends with each day.
    """
    if tier_set.upgrade is Upgrade.AT_ONCE or (may_fall and sight.window.ends_at is None):
        return sight.top
    return sight.before


def _fall(rules: Rules, tier_set: TierSet, sight: Sight, rung: int, moment: datetime) -> tuple[int, datetime | None]:
    """Return the rung to which a member falls, and until when that is kept where less is reached."""
    if tier_set.downgrade is Downgrade.FULL:
        return sight.top, None
    if isinstance(tier_set.period, RollingPeriod) and sight.top < rung - 1:
        # A step is a step: the rung in between is kept for as long as a period is.
        return rung - 1, span_after(moment, tier_set.period.span, rules.zone)
    return rung - 1, None
