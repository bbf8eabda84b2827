"""Read tiers: who stands where, who stood where, what is missing, who moves next, who is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.tiers.contracts import Change, Mover, NextMovers, Projection, Reason, Rung, Standing
from regulars.loyalty.tiers.keeping import find_members, progress_of, standing_of
from regulars.loyalty.tiers.ladder import rulebook_of
from regulars.loyalty.tiers.models import Change as ChangeRow
from regulars.loyalty.tiers.models import Merge as MergeRow
from regulars.loyalty.tiers.models import Standing as StandingRow
from regulars.loyalty.tiers.projecting import project
from regulars.loyalty.tiers.statements import rows_of

_NOBODY = UUID(int=0)
_EVER = datetime(1, 1, 2, tzinfo=UTC)


def map_tiers(member_ids: Sequence[UUID], at: datetime) -> dict[UUID, dict[str, str]]:
    """Return the tiers that members had at a moment, as known today, by tier set; merged ones as those they count for.

    A set in which a member had none is left out, as all are of who was not evaluated since the enrolment.
    """
    return map_tiers_at(dict.fromkeys(member_ids, at))


def map_tiers_at(moments: Mapping[UUID, datetime]) -> dict[UUID, dict[str, str]]:
    """Return the tiers that members had, each at a moment of its own; see `map_tiers`."""
    found: dict[UUID, dict[str, str]] = {each: {} for each in moments}
    for member_id, tier_set, tier in rows_of("find_tiers", {"ids": list(moments), "ats": list(moments.values())}):
        if tier is not None:
            found[member_id][tier_set] = tier
    return found


def find_standing(member_id: UUID, tier_set: str) -> Standing | None:
    """Return where a member stands, as last evaluated; None for one that is merged, and before the first time."""
    row = StandingRow.objects.filter(member_id=member_id, tier_set=tier_set, evaluated_at__isnull=False).first()
    return standing_of(row) if row is not None else None


def find_projection(member_id: UUID, version: ProgramVersion, tier_set: str, *, now: datetime) -> Projection | None:
    """Return what a member lacks to keep the tier and to reach the next, and what comes; None without a standing."""
    row = StandingRow.objects.filter(member_id=member_id, tier_set=tier_set, evaluated_at__isnull=False).first()
    members = find_members([member_id], version.program_id)
    if row is None or not members:
        return None
    book, enrolled_at = rulebook_of([version], tier_set), members[0].enrolled_at
    progress = progress_of(row, book, enrolled_at)
    return project(book.at(now), standing_of(row), progress, enrolled_at=enrolled_at, now=now)


def find_tier_at(member_id: UUID, tier_set: str, *, valid_at: datetime, known_at: datetime) -> str | None:
    """Return the tier that a member had at a moment of business, as it was known at another moment.

    While merged into another, a member has that one's.
    """
    seen_at = min(valid_at, known_at)
    merges = MergeRow.objects.filter(merged_id=member_id, merged_at__lte=seen_at)
    merge = merges.exclude(undone_at__lte=seen_at).order_by("-id").first()
    if merge is not None:
        return find_tier_at(merge.survivor_id, tier_set, valid_at=valid_at, known_at=known_at)
    changes = ChangeRow.objects.filter(member_id=member_id, tier_set=tier_set)
    row = changes.filter(effective_at__lte=valid_at, recorded_at__lte=known_at).order_by("-id").first()
    return row.to_tier if row else None


def list_changes(member_id: UUID, tier_set: str, *, limit: int) -> list[Change]:
    """Return how a member's tier changed, the latest first."""
    rows = ChangeRow.objects.filter(member_id=member_id, tier_set=tier_set).order_by("-id")[:limit]
    return [
        Change(
            from_tier=row.from_tier,
            to_tier=row.to_tier,
            reason=Reason(row.reason),
            effective_at=row.effective_at,
            version=row.version,
            is_up=row.is_up,
        )
        for row in rows
    ]


def get_ladder(version: ProgramVersion) -> list[Rung]:
    """Return how many active members stand on each tier of a version, in its order; then those on none of them."""
    counts = {
        (tier_set, tier): int(count) for tier_set, tier, count in rows_of("ladder", {"program_id": version.program_id})
    }
    rungs = []
    for tier_set in version.document.tier_sets:
        keys = [tier.key for tier in tier_set.tiers]
        others = sum(count for (of, tier), count in counts.items() if of == tier_set.key and tier not in keys)
        rungs += [Rung(tier_set=tier_set.key, tier=key, members=counts.get((tier_set.key, key), 0)) for key in keys]
        rungs += [Rung(tier_set=tier_set.key, tier=None, members=others)] if others else []
    return rungs


def list_next_movers(program_id: UUID, tier_set: str, *, limit: int) -> NextMovers:
    """Return who is nearest to the next tier of a set, and who falls next if nothing more is earned.

    As of each member's last evaluation, for which members are due whenever time changes what counts.
    """
    told: dict[str, Any] = {"program_id": program_id, "tier_set": tier_set, "limit": limit}
    return NextMovers(
        rising=[
            Mover(member_id=row[0], customer_id=row[1], tier=row[2], to_tier=row[3], progress=row[4], missing=row[5])
            for row in rows_of("rising", told)
        ],
        falling=[
            Mover(member_id=row[0], customer_id=row[1], tier=row[2], to_tier=row[3], progress=row[4], falls_at=row[5])
            for row in rows_of("falling", told)
        ],
    )


def iter_due(version: ProgramVersion, now: datetime, *, size: int = 1_000) -> Iterator[list[UUID]]:
    """Yield the members of a programme who are due to be evaluated, some at a time.

    Those are due for whom time or progress may have changed something, those evaluated by an earlier version than the
    one given, and those who do not stand in each of its sets yet. Between two parts the members may be evaluated, or
    not; a member may come twice.
    """
    keys = [each.key for each in version.document.tier_sets]
    if not keys:
        return
    told = {"program_id": version.program_id, "limit": size}
    yield from _pages("due", told | {"now": now}, _EVER)
    yield from _pages("behind", told | {"version": version.number, "tier_sets": keys}, 0)
    after = _NOBODY
    while rows := rows_of("without_standing", told | {"tier_sets": keys, "after_id": after}):
        yield [member_id for (member_id,) in rows]
        after = rows[-1][0]


def _pages(name: str, told: dict[str, Any], first: datetime | int) -> Iterator[list[UUID]]:
    after, after_id = first, _NOBODY
    while rows := rows_of(name, told | {"after": after, "after_id": after_id}):
        yield sorted({member_id for _, member_id in rows})
        after, after_id = rows[-1]
