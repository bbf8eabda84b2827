"""Where members would stand at a moment to come, by one version of a programme or by another; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.tiers.contracts import Amount, Standing
from regulars.loyalty.tiers.evaluating import evaluate
from regulars.loyalty.tiers.keeping import Found, progress_of_rows, set_keys, standing_of
from regulars.loyalty.tiers.ladder import Rulebook, rulebook_of
from regulars.loyalty.tiers.models import Standing as StandingRow
from regulars.loyalty.tiers.progress import Progress
from regulars.loyalty.tiers.statements import rows_of

_AT_ONCE = 2_000
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """The tiers of a member in a set at a moment to come: by the versions of one course of things, and of the other."""

    member_id: UUID
    customer_id: UUID
    tier_set: str
    tier: str | None
    other: str | None


def iter_foreseen(
    versions: Sequence[ProgramVersion], others: Sequence[ProgramVersion], *, until: datetime
) -> Iterator[list[Foreseen]]:
    """Yield where the active members of a programme would stand at a moment if nothing more is earned, by id.

    Each is evaluated in memory, as it is later in fact, once by `versions` and once by `others`: those of one programme
    that are in force by then. Members come some at a time, whole.
    """
    named = next(iter([*versions, *others]), None)
    if named is None:
        return
    keys = set_keys([*versions, *others])
    books = [{key: rulebook_of(course, key) for key in keys} if course else {} for course in (versions, others)]
    # Both, since which progress may still count is asked of all rules.
    every = {key: rulebook_of([*versions, *others], key) for key in keys}
    after = _NOBODY
    while rows := rows_of("active_members", {"program_id": named.program_id, "after_id": after, "limit": _AT_ONCE}):
        members = [Found(id=row[0], customer_id=row[1], enrolled_at=row[2]) for row in rows]
        yield _foreseen(members, keys, every, books, until)
        after = members[-1].id


def _foreseen(
    members: Sequence[Found],
    keys: Sequence[str],
    every: Mapping[str, Rulebook],
    books: Sequence[Mapping[str, Rulebook]],
    until: datetime,
) -> list[Foreseen]:
    kept = StandingRow.objects.filter(member_id__in=[member.id for member in members], tier_set__in=keys)
    standing = {(row.member_id, row.tier_set): row for row in kept}
    rows = [
        standing.get((member.id, key)) or StandingRow(member_id=member.id, tier_set=key)
        for member in members
        for key in keys
    ]
    found = {member.id: member for member in members}
    amounts = progress_of_rows(rows, every, found)
    return [_of_row(row, found[row.member_id], amounts[row.member_id, row.tier_set], books, until) for row in rows]


def _of_row(
    row: StandingRow,
    member: Found,
    amounts: Sequence[Amount],
    books: Sequence[Mapping[str, Rulebook]],
    until: datetime,
) -> Foreseen:
    standing, progress = standing_of(row), Progress(amounts)
    tier, other = (_tier_of(book.get(row.tier_set), standing, progress, member, until) for book in books)
    return Foreseen(member_id=member.id, customer_id=member.customer_id, tier_set=row.tier_set, tier=tier, other=other)


def _tier_of(
    book: Rulebook | None, standing: Standing, progress: Progress, member: Found, until: datetime
) -> str | None:
    if book is None:
        return None
    return evaluate(book, standing, progress, enrolled_at=member.enrolled_at, now=until).standing.tier
