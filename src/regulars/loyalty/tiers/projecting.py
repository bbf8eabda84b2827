"""What a member lacks to keep a tier and to reach the next, and what comes if nothing more is earned. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from regulars.loyalty.definitions.document.tiers import Downgrade, RollingPeriod, TierSet
from regulars.loyalty.tiers.contracts import Change, Projection, Standing
from regulars.loyalty.tiers.evaluating import evaluate, look
from regulars.loyalty.tiers.ladder import Rulebook, Rules
from regulars.loyalty.tiers.progress import Progress, days_after, leaves_at, span_after

_A_DAY = timedelta(days=1)


def project(
    rules: Rules, standing: Standing, progress: Progress, *, enrolled_at: datetime, now: datetime
) -> Projection | None:
    """Return what is missing and what comes, for a member who was evaluated at `now`; None where there is no set."""
    if rules.tier_set is None or standing.evaluated_at is None:
        return None
    return _Outlook(
        rules, rules.tier_set, standing, progress.known_at(now), enrolled_at=enrolled_at, now=now
    ).projection()


class _Outlook:
    """The time to come, under the rules and with the progress of today."""

    def __init__(
        self,
        rules: Rules,
        tier_set: TierSet,
        standing: Standing,
        progress: Progress,
        *,
        enrolled_at: datetime,
        now: datetime,
    ) -> None:
        self.rules, self.tier_set, self.standing, self.progress = rules, tier_set, standing, progress
        self.enrolled_at, self.now = enrolled_at, now
        self.sight = look(rules, tier_set, progress, now, enrolled_at)
        self.rung = rules.ladder.rung_of(standing.tier)

    def projection(self) -> Projection:
        """Return the whole of it."""
        ladder, window = self.rules.ladder, self.sight.window
        above = self.rung + 1
        climbs = above < len(ladder.keys) and not self.rules.is_by_invitation
        changes = self._changes(self._horizon())
        fall = next((each for each in changes if not each.is_up), None)
        missing, keep_by = self._to_keep(fall)
        return Projection(
            tier=self.standing.tier,
            progress=self.sight.progress,
            period_starts_at=window.starts_at,
            period_ends_at=window.ends_at,
            next_tier=ladder.tier_at(above) if climbs else None,
            missing_to_reach=max(ladder.thresholds[above] - self.sight.progress, 0) if climbs else None,
            reach_by=(window.ends_at or self._leaves_at()) if climbs else None,
            missing_to_keep=missing,
            keep_by=keep_by,
            kept_until=self.standing.kept_until,
            grace_ends_at=self.standing.grace_ends_at,
            falls_at=fall.effective_at if fall else None,
            falls_to=fall.to_tier if fall else None,
            projected_tier=self._projected(changes),
        )

    def _changes(self, until: datetime) -> tuple[Change, ...]:
        return self._foreseen(until)[1]

    def _foreseen(self, until: datetime) -> tuple[Standing, tuple[Change, ...]]:
        seen = evaluate(Rulebook([self.rules]), self.standing, self.progress, enrolled_at=self.enrolled_at, now=until)
        return seen.standing, seen.changes

    def _horizon(self) -> datetime:
        """Return until when everything of today has lost its effect."""
        zone, grace_days = self.rules.zone, self.tier_set.grace_days + 1
        ends_at = self.sight.window.next_ends_at
        if isinstance(self.tier_set.period, RollingPeriod):
            ends_at = span_after(self.now, self.tier_set.period.span, zone) + _A_DAY
        last = max(filter(None, (ends_at, self.standing.grace_ends_at, self.standing.locked_until)))
        return days_after(last, grace_days, zone)

    def _to_keep(self, fall: Change | None) -> tuple[int, datetime | None]:
        """Return what is missing to keep the tier, and until when it has to come."""
        if self.rung <= 0 or self.rules.is_by_invitation or self.tier_set.downgrade is Downgrade.NONE:
            return 0, None
        threshold = self.rules.ladder.thresholds[self.rung]
        ends_at, grace_ends_at = self.sight.window.ends_at, self.standing.grace_ends_at
        if ends_at is not None:
            missing = max(threshold - self.sight.progress, 0)
            return (missing, grace_ends_at or ends_at) if missing else (0, None)
        if fall is None:
            return 0, None
        # What will still count of today's progress when the tier would fall.
        then = look(self.rules, self.tier_set, self.progress, fall.effective_at, self.enrolled_at)
        return max(threshold - then.progress, 0), fall.effective_at

    def _leaves_at(self) -> datetime | None:
        first = self.progress.first_from(self.sight.window.starts_at)
        period = self.tier_set.period
        if first is None or not isinstance(period, RollingPeriod):
            return None
        return leaves_at(first, period.span, self.rules.zone)

    def _projected(self, changes: tuple[Change, ...]) -> str | None:
        """Return the tier that the coming end of the period leads to; of a rolling period, the next one."""
        ends_at = self.sight.window.ends_at
        if ends_at is None:
            return changes[0].to_tier if changes else self.standing.tier
        seen, _ = self._foreseen(max(ends_at, self.standing.grace_ends_at or ends_at))
        if seen.grace_ends_at is not None:
            seen, _ = self._foreseen(seen.grace_ends_at)
        return seen.tier
