"""What orders come to, and who stands on which tier, as a child would reckon it. Shares no code with ours."""

from __future__ import annotations

import calendar
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regulars.loyalty.adjudication.tests.programme_shop import BEGIN
from regulars.loyalty.ledger.tests.plain import Box

ZONE = ZoneInfo("Europe/Vienna")
LADDER = {"guest": 0, "friend": 90, "regular": 200}


def end_of_day(moment: datetime, days: int = 0) -> datetime:
    day = moment.astimezone(ZONE).date() + timedelta(days=days)
    return datetime.combine(day + timedelta(days=1), time(), ZONE).astimezone(UTC)


def months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def two_months_after(moment: datetime) -> datetime:
    last = months_after(moment.astimezone(ZONE).date(), 2)
    return datetime.combine(last + timedelta(days=1), time(), ZONE).astimezone(UTC)


@dataclass
class Purchase:
    """An order as a child would keep it: who bought what when, and what has come of it."""

    who: str
    placed: datetime
    euros: list[int]
    factor: int | None = None
    # The multiplier of the tier that the buyer had when it was placed.
    multiplier: int = 1
    counted: int = 0
    known: int = 0
    boxes: dict[str, Box] = field(default_factory=dict)
    earned: Counter[str] = field(default_factory=Counter)
    # By version: which lines are back, and whether it is cancelled.
    versions: list[tuple[list[int], bool]] = field(default_factory=lambda: [([], False)])

    def left(self, version: int) -> int:
        back, is_cancelled = self.versions[version - 1]
        return 0 if is_cancelled else sum(euros for n, euros in enumerate(self.euros, 1) if n not in back)

    def comes_to(self, version: int) -> dict[str, int]:
        left = self.left(version)
        base = left * (self.factor or 0)
        return {"base": base, "big": 25 if left >= 60 else 0, "tier": base * (self.multiplier - 1)}


@dataclass
class Climber:
    """Who climbs at the moment at which enough was spent within a month, and falls only when a day begins."""

    tier: str = "guest"
    seen_until: datetime = BEGIN
    spent: list[tuple[datetime, int]] = field(default_factory=list)
    told: list[tuple[datetime, str]] = field(default_factory=lambda: [(BEGIN, "guest")])

    def had(self, moment: datetime) -> str:
        return [tier for since, tier in self.told if since <= moment][-1]

    def see(self, now: datetime) -> None:
        """Look at each moment up to now at which something was spent, or a day began."""
        days = [self.seen_until.astimezone(ZONE).date()]
        while days[-1] <= now.astimezone(ZONE).date():
            days.append(days[-1] + timedelta(days=1))
        midnights = {datetime.combine(day, time(), ZONE).astimezone(UTC) for day in days}
        for moment in sorted(midnights | {at for at, _ in self.spent} | {now}):
            if self.seen_until < moment <= now:
                reached = self.reached(moment)
                is_higher = LADDER[reached] > LADDER[self.tier]
                if is_higher or (moment in midnights and reached != self.tier):
                    self.tier = reached
                    self.told.append((moment, reached))
        # What has come late lifts now, and lowers when the next day begins.
        if LADDER[self.reached(now)] > LADDER[self.tier]:
            self.tier = self.reached(now)
            self.told.append((now, self.tier))
        self.seen_until = now

    def reached(self, moment: datetime) -> str:
        today = moment.astimezone(ZONE).date()
        counts = [
            euros for at, euros in self.spent if at <= moment and months_after(at.astimezone(ZONE).date(), 1) >= today
        ]
        return [tier for tier, least in LADDER.items() if least <= sum(counts)][-1]
