"""The rungs of a tier set, and by which rules a member stood on them at which time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.common import to_minor
from regulars.loyalty.definitions.document.tiers import Invitation, Spend, TierSet

# Below the lowest rung: who was never invited.
NOWHERE = -1


@dataclass(frozen=True)
class Ladder:
    """The keys of the tiers, the lowest first, and what reaches each, in points, orders or minor units."""

    keys: Sequence[str]
    thresholds: Sequence[int]

    def reached_by(self, progress: int) -> int:
        """Return the rung that so much progress reaches; the lowest is everybody's."""
        return max(bisect_right(self.thresholds, progress) - 1, 0)

    def rung_of(self, tier: str | None) -> int:
        """Return the rung of a tier, `NOWHERE` for none and for one that is not there."""
        return self.keys.index(tier) if tier in self.keys else NOWHERE

    def tier_at(self, rung: int) -> str | None:
        """Return the tier of a rung."""
        return self.keys[rung] if rung > NOWHERE else None


@dataclass(frozen=True)
class Rules:
    """What a version of a programme says of a tier set, from when on; None where it has none of this key."""

    number: int
    effective_at: datetime
    zone: ZoneInfo
    tier_set: TierSet | None
    ladder: Ladder

    @property
    def is_by_invitation(self) -> bool:
        """Whether nobody climbs by oneself."""
        return self.tier_set is not None and isinstance(self.tier_set.basis, Invitation)


class Rulebook:
    """The rules of a tier set over time."""

    def __init__(self, rules: Iterable[Rules]) -> None:
        self.rules = sorted(rules, key=lambda each: each.effective_at)

    def at(self, moment: datetime) -> Rules:
        """Return the rules in force; before the first, those."""
        place = bisect_right(self.rules, moment, key=lambda each: each.effective_at)
        return self.rules[max(place - 1, 0)]

    def next_after(self, moment: datetime) -> datetime | None:
        """Return when other rules come into force."""
        place = bisect_right(self.rules, moment, key=lambda each: each.effective_at)
        return self.rules[place].effective_at if place < len(self.rules) else None

    def begins_at(self, enrolled_at: datetime) -> datetime | None:
        """Return when a member who enrolled at a moment first stands in the set; None for never."""
        if self.at(enrolled_at).tier_set is not None:
            return max(enrolled_at, self.rules[0].effective_at)
        moments = [each.effective_at for each in self.rules if each.tier_set and each.effective_at > enrolled_at]
        return min(moments, default=None)

    def survivor_of(self, tier: str, rules: Rules) -> int:
        """Return the rung that is left to who had a tier that is no more: of the lower ones the next that is there."""
        for older in reversed(self.rules):
            rung = older.ladder.rung_of(tier)
            if rung > NOWHERE:
                lower = [rules.ladder.rung_of(key) for key in reversed(older.ladder.keys[:rung])]
                return next((each for each in lower if each > NOWHERE), 0)
        return 0


def rulebook_of(versions: Sequence[ProgramVersion], key: str) -> Rulebook:
    """Return what versions of a programme say of a tier set."""
    return Rulebook(
        Rules(each.number, each.effective_at, each.zone, found, ladder_of(found))
        for each in versions
        for found in [next((tier_set for tier_set in each.document.tier_sets if tier_set.key == key), None)]
    )


def ladder_of(tier_set: TierSet | None) -> Ladder:
    """Return the rungs of a tier set; none where there is no set."""
    if tier_set is None:
        return Ladder((), ())
    return _ladder(
        tuple((tier.key, tier.threshold) for tier in tier_set.tiers),
        tier_set.basis.currency if isinstance(tier_set.basis, Spend) else None,
    )


@lru_cache(maxsize=256)
def _ladder(tiers: tuple[tuple[str, int], ...], currency: str | None) -> Ladder:
    thresholds = [int(to_minor(Decimal(each), currency)) if currency else each for _, each in tiers]
    return Ladder(tuple(key for key, _ in tiers), tuple(thresholds))
