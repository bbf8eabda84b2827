"""Tier sets and moments for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from regulars.loyalty.definitions.document.tiers import TierSet
from regulars.loyalty.tiers.contracts import Amount, Standing
from regulars.loyalty.tiers.evaluating import Evaluation, evaluate
from regulars.loyalty.tiers.ladder import Rulebook, Rules, ladder_of
from regulars.loyalty.tiers.progress import Progress

VIENNA = ZoneInfo("Europe/Vienna")
ROLLING = {"kind": "rolling", "span": "12 months"}
CALENDAR = {"kind": "calendar"}
ANNIVERSARY = {"kind": "anniversary"}
TIERS = {"bronze": 0, "silver": 100, "gold": 300, "platinum": 1000}
ENROLLED = datetime(2024, 3, 10, 9, tzinfo=UTC)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def tier_set(**said: Any) -> TierSet:
    tiers = said.pop("tiers", TIERS)
    return TierSet.model_validate(
        {
            "key": "status",
            "name": "Status",
            "basis": {"kind": "points", "currency": "stars"},
            "period": CALENDAR,
            "tiers": [{"key": key, "name": key.title(), "threshold": at} for key, at in tiers.items()],
        }
        | said
    )


def rules_of(told: TierSet | None, number: int = 1, effective_at: datetime = FIRST) -> Rules:
    return Rules(number, effective_at, VIENNA, told, ladder_of(told))


def book_of(told: TierSet) -> Rulebook:
    return Rulebook([rules_of(told)])


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of Vienna's clocks, in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=VIENNA).astimezone(UTC)


class Someone:
    """A member of one tier set who is evaluated when a test says so."""

    def __init__(self, *, enrolled_at: datetime = ENROLLED, **said: Any) -> None:
        self.book = book_of(tier_set(**said))
        self.enrolled_at = enrolled_at
        self.amounts: list[Amount] = []
        self.standing = Standing()
        self.told: list[tuple[str | None, datetime]] = []

    def earns(self, amount: int, at: datetime) -> Someone:
        self.amounts.append(Amount(at, amount))
        return self

    def evaluate(self, now: datetime) -> Evaluation:
        done = evaluate(self.book, self.standing, Progress(self.amounts), enrolled_at=self.enrolled_at, now=now)
        self.standing = done.standing
        self.told += [(each.to_tier, each.effective_at) for each in done.changes]
        return done

    def tier(self, now: datetime) -> str | None:
        self.evaluate(now)
        return self.standing.tier
