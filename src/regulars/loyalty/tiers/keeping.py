"""Evaluate many members at once: read what they have and where they stand, and write where they then stand.

A thousand members take as many statements as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.tiers import TierPeriod
from regulars.loyalty.tiers.contracts import Amount, MemberChange, Projection, Reason, Standing
from regulars.loyalty.tiers.evaluating import Evaluation, evaluate
from regulars.loyalty.tiers.ladder import Rulebook, rulebook_of
from regulars.loyalty.tiers.models import Standing as StandingRow
from regulars.loyalty.tiers.progress import Progress, window_at
from regulars.loyalty.tiers.projecting import project
from regulars.loyalty.tiers.statements import rows_of
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append

SOURCE = "loyalty"
_STANDING = [each.name for each in fields(Standing)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An active member of the programme."""

    id: UUID
    customer_id: UUID
    enrolled_at: datetime


def find_members(member_ids: Sequence[UUID], program_id: UUID) -> list[Found]:
    """Return the active members of a programme to whom ids lead, by id."""
    rows = rows_of("find_members", {"ids": list(member_ids), "program_id": program_id})
    return [Found(id=row[0], customer_id=row[1], enrolled_at=row[2]) for row in rows]


def set_keys(versions: Sequence[ProgramVersion]) -> list[str]:
    """Return the keys of all tier sets that versions have."""
    return sorted({each.key for version in versions for each in version.document.tier_sets})


def evaluate_batch(
    members: Sequence[Found], versions: Sequence[ProgramVersion], *, now: datetime, actor: Actor
) -> list[MemberChange]:
    """Evaluate members in all sets, keep where they stand, and tell what changed; their rows are locked by then."""
    keys = set_keys(versions)
    if not members or not keys:
        return []
    pairs = [(member.id, key) for member in members for key in keys]
    rows_of("add_standings", {"ids": [each for each, _ in pairs], "tier_sets": [key for _, key in pairs]})
    rows = lock_rows([member.id for member in members])
    books = {key: rulebook_of(versions, key) for key in keys}
    known = [row for row in rows if row.tier_set in books]
    found = {member.id: member for member in members}
    amounts = progress_of_rows(known, books, found)
    changes: list[MemberChange] = []
    judged: list[tuple[StandingRow, Evaluation, Projection | None]] = []
    for row in known:
        book, progress = books[row.tier_set], Progress(amounts[row.member_id, row.tier_set])
        begun = found[row.member_id].enrolled_at
        done = evaluate(book, standing_of(row), progress, enrolled_at=begun, now=now)
        at = done.standing.evaluated_at or now
        judged.append((row, done, project(book.at(at), done.standing, progress, enrolled_at=begun, now=at)))
        changes += [MemberChange(member_id=row.member_id, tier_set=row.tier_set, change=each) for each in done.changes]
    _save(judged)
    keep_changes(changes, now=now)
    tell(changes, found, versions[0].program_key, now=now, actor=actor)
    return changes


def lock_rows(member_ids: Sequence[UUID]) -> list[StandingRow]:
    """Return the standings of members, which nobody else may change meanwhile."""
    rows = StandingRow.objects.select_for_update(no_key=True).filter(member_id__in=member_ids)
    return list(rows.order_by("member_id", "tier_set"))


def standing_of(row: StandingRow) -> Standing:
    """Return where a row says that a member stands."""
    return Standing(**{name: getattr(row, name) for name in _STANDING})


def progress_of(row: StandingRow, book: Rulebook, enrolled_at: datetime) -> Progress:
    """Return the progress of one standing's member that may still count."""
    found = {row.member_id: Found(id=row.member_id, customer_id=row.member_id, enrolled_at=enrolled_at)}
    return Progress(progress_of_rows([row], {row.tier_set: book}, found)[row.member_id, row.tier_set])


def progress_of_rows(
    rows: Sequence[StandingRow], books: Mapping[str, Rulebook], members: Mapping[UUID, Found]
) -> Mapping[tuple[UUID, str], list[Amount]]:
    """Return the progress of standings that may still count, by member and set, of all ids that lead to the member."""
    sinces: dict[UUID, datetime] = {}
    decided: dict[UUID, datetime] = {}
    for row in rows:
        begun = members[row.member_id].enrolled_at
        at = row.evaluated_at or begun
        since = _counts_from(books[row.tier_set], at, begun)
        sinces[row.member_id] = min(since, sinces.get(row.member_id, since))
        decided[row.member_id] = min(at, decided.get(row.member_id, at))
    merged = rows_of("find_merged", {"ids": list(sinces)})
    leads = [*((each, each) for each in sinces), *merged]
    told = rows_of(
        "find_progress",
        {
            "ids": [each for each, _ in leads],
            "member_ids": [to for _, to in leads],
            "sinces": [sinces[to] for _, to in leads],
            "decided": [decided[to] for _, to in leads],
            "tier_sets": sorted({row.tier_set for row in rows}),
        },
    )
    found: dict[tuple[UUID, str], list[Amount]] = defaultdict(list)
    for member_id, tier_set, occurred_at, amount in told:
        found[member_id, tier_set].append(Amount(occurred_at, amount))
    return found


def _counts_from(book: Rulebook, moment: datetime, enrolled_at: datetime) -> datetime:
    """Return the first moment whose progress may count at another one or after, whichever rules then hold."""
    return min(
        (
            _first_that_counts(rules.tier_set.period, moment, rules.zone, enrolled_at)
            for rules in book.rules
            if rules.tier_set is not None
        ),
        default=moment,
    )


def _first_that_counts(period: TierPeriod, moment: datetime, zone: ZoneInfo, enrolled_at: datetime) -> datetime:
    window = window_at(period, moment, zone=zone, enrolled_at=enrolled_at)
    return window.before_starts_at or window.starts_at


def _save(judged: Sequence[tuple[StandingRow, Evaluation, Projection | None]]) -> None:
    standings = [done.standing for _, done, _ in judged]
    seen = [each for _, _, each in judged]
    rows_of(
        "save_standings",
        {
            "ids": [row.id for row, _, _ in judged],
            "tiers": [each.tier for each in standings],
            "sinces": [each.since for each in standings],
            "kept_untils": [each.kept_until for each in standings],
            "grace_ends_ats": [each.grace_ends_at for each in standings],
            "are_locked": [each.is_locked for each in standings],
            "locked_untils": [each.locked_until for each in standings],
            "lock_reasons": [each.lock_reason for each in standings],
            "evaluated_ats": [each.evaluated_at for each in standings],
            "versions": [each.version for each in standings],
            "due_ats": [done.due_at for _, done, _ in judged],
            "progresses": [each.progress if each else 0 for each in seen],
            "next_tiers": [each and each.next_tier for each in seen],
            "missings": [each and each.missing_to_reach for each in seen],
            "falls_ats": [each and each.falls_at for each in seen],
            "falls_tos": [each and each.falls_to for each in seen],
        },
    )


def keep_changes(changes: Sequence[MemberChange], *, now: datetime) -> None:
    """Add changes to the history, in their order."""
    if not changes:
        return
    rows_of(
        "add_changes",
        {
            "now": now,
            "member_ids": [each.member_id for each in changes],
            "tier_sets": [each.tier_set for each in changes],
            "from_tiers": [each.change.from_tier for each in changes],
            "to_tiers": [each.change.to_tier for each in changes],
            "reasons": [each.change.reason for each in changes],
            "effective_ats": [each.change.effective_at for each in changes],
            "versions": [each.change.version for each in changes],
            "are_up": [each.change.is_up for each in changes],
        },
    )


def tell(
    changes: Sequence[MemberChange], members: Mapping[UUID, Found], program: str, *, now: datetime, actor: Actor
) -> None:
    """Tell the stream which tiers were reached and lost; that everybody begins on the lowest is no news."""
    append(
        [
            NewEvent(
                type="tier.reached" if each.change.is_up else "tier.lost",
                actor=actor,
                source=SOURCE,
                occurred_at=each.change.effective_at,
                customer_id=members[each.member_id].customer_id,
                payload={
                    "member_id": str(each.member_id),
                    "program": program,
                    "tier_set": each.tier_set,
                    "tier": each.change.to_tier if each.change.is_up else each.change.from_tier,
                    "from": each.change.from_tier,
                    "to": each.change.to_tier,
                    "reason": str(each.change.reason),
                },
            )
            for each in changes
            if each.change.reason is not Reason.ENROLLED
        ],
        now=now,
    )
