"""Members who were merged, were two after all, or are erased. The ledger does so first; here their tiers follow.

Progress and history stay with the id that they came under, and a merged member's count for the survivor. Where both
stood before is kept, so that the two stand there again when the merge is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.ledger.merging import NotMerged
from regulars.loyalty.tiers.contracts import Change, MemberChange, Reason
from regulars.loyalty.tiers.keeping import find_members, keep_changes, lock_rows, tell
from regulars.loyalty.tiers.ladder import Rules, rulebook_of
from regulars.loyalty.tiers.models import Merge as MergeRow
from regulars.loyalty.tiers.models import Standing as StandingRow
from regulars.loyalty.tiers.services import evaluate_members
from regulars.loyalty.tiers.statements import rows_of
from regulars.staff.services import record
from regulars.stream.contracts import Actor

Kept = Mapping[str, Mapping[str, Any]]
_FIELDS = [field for field in StandingRow._meta.concrete_fields if field.attname != "tier_set"]
# What the staff decides, and no undo takes back.
_BY_HAND = ["is_locked", "locked_until", "lock_reason", "invited"]


@transaction.atomic
def merge_members(
    *, survivor_id: UUID, merged_id: UUID, versions: Sequence[ProgramVersion], now: datetime, actor: Actor
) -> list[MemberChange]:
    """Let a member's progress count for another, who stands at least at the higher tier of both; return what changed.

    Raises
    ------
    ValueError
        The ledger has not merged the one into the other.
    """
    if get_member(merged_id).merged_into != survivor_id:
        raise ValueError(merged_id)
    rows = lock_rows([survivor_id, merged_id])
    own = {row.tier_set: row for row in rows if row.member_id == survivor_id}
    theirs = {row.tier_set: row for row in rows if row.member_id == merged_id}
    merge = MergeRow(survivor_id=survivor_id, merged_id=merged_id, merged_at=now)
    merge.survivor_before, merge.merged_before = kept_of(own.values()), kept_of(theirs.values())
    [(merge.last_progress,)] = rows_of("last_progress", {"ids": [survivor_id, merged_id]})
    StandingRow.objects.filter(member_id=merged_id).delete()
    changes = []
    for key, row in theirs.items():
        rules = rulebook_of(versions, key).at(now)
        before = own[key].tier if key in own else None
        united = _united(own[key], row, rules) if key in own else _taken(row, survivor_id)
        united.save()
        changes += _change_of(survivor_id, key, (before, united.tier), Reason.MERGED, rules, now=now)
    _keep(changes, versions, now=now, actor=actor)
    changes += evaluate_members(member_ids=[survivor_id], versions=versions, now=now, actor=actor)
    merge.survivor_after = kept_of(lock_rows([survivor_id]))
    merge.save()
    record(actor, "tiers.merged", "member", survivor_id, now=now, details={"merged": str(merged_id)})
    return changes


@transaction.atomic
def unmerge_members(
    *, merged_id: UUID, versions: Sequence[ProgramVersion], now: datetime, actor: Actor
) -> list[MemberChange]:
    """Let two members stand where they stood before they were merged; return what changed for the survivor.

    What was earned meanwhile has come under the id of the one who earned it. Who earned something is due to be
    evaluated, and is then as if there had been no merge; locks and invitations since stay with the survivor. Where
    another merge into the same survivor came later and stands, the survivor stays where it is until it is evaluated.

    Raises
    ------
    NotMerged
        There is no such merge, or it has been undone.
    ValueError
        The ledger has not undone it.
    """
    merge = MergeRow.objects.select_for_update(no_key=True).filter(merged_id=merged_id, undone_at=None).first()
    if merge is None:
        raise NotMerged(gettext("This member is not merged into another."))
    if get_member(merged_id).merged_into is not None:
        raise ValueError(merged_id)
    survivor_id = merge.survivor_id
    root_id = get_member(survivor_id).merged_into or survivor_id
    rows = {row.tier_set: row for row in lock_rows([root_id])}
    later = MergeRow.objects.filter(survivor_id=survivor_id, undone_at=None, id__gt=merge.id)
    changes = []
    if root_id == survivor_id and not later.exists():
        changes = _put_back(merge, rows, versions, now)
        rows_of("set_due_since", {"ids": [root_id], "last_progress": merge.last_progress, "now": now})
    else:
        rows_of("set_due_since", {"ids": [root_id], "last_progress": None, "now": now})
    StandingRow.objects.bulk_create(rows_kept(merge.merged_before))
    rows_of("set_due_since", {"ids": [merged_id], "last_progress": merge.last_progress, "now": now})
    merge.undone_at = now
    merge.save(update_fields=["undone_at"])
    _keep(changes, versions, now=now, actor=actor)
    record(actor, "tiers.unmerged", "member", survivor_id, now=now, details={"merged": str(merged_id)})
    return changes


@transaction.atomic
def erase_members(*, member_ids: Sequence[UUID], now: datetime, actor: Actor) -> None:
    """Forget where members stand and why somebody locked it; progress and history name nobody, and stay."""
    StandingRow.objects.filter(member_id__in=member_ids).delete()
    MergeRow.objects.filter(survivor_id__in=member_ids).update(survivor_before={}, survivor_after={})
    MergeRow.objects.filter(merged_id__in=member_ids).update(merged_before={})
    record(actor, "tiers.erased", "program", "", now=now, details={"members": len(member_ids)})


def kept_of(rows: Iterable[StandingRow]) -> dict[str, dict[str, Any]]:
    """Return rows as they are kept with a merge, by tier set."""
    return {row.tier_set: {field.attname: _told(getattr(row, field.attname)) for field in _FIELDS} for row in rows}


def rows_kept(kept: Kept) -> list[StandingRow]:
    """Return the rows that were kept."""
    return [
        StandingRow(tier_set=key, **{field.attname: field.to_python(told[field.attname]) for field in _FIELDS})
        for key, told in kept.items()
    ]


def _told(value: object) -> object:
    """Return a column's value as JSON has it; dates to the microsecond."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _united(own: StandingRow, theirs: StandingRow, rules: Rules) -> StandingRow:
    """Return the survivor's row with what is better of the other's."""
    rung, other = rules.ladder.rung_of(own.tier), rules.ladder.rung_of(theirs.tier)
    if other > rung:
        for name in ("tier", "since", "kept_until", "grace_ends_at"):
            setattr(own, name, getattr(theirs, name))
    elif other == rung:
        own.kept_until = max(filter(None, (own.kept_until, theirs.kept_until)), default=None)
        graces = (own.grace_ends_at, theirs.grace_ends_at)
        own.grace_ends_at = max(filter(None, graces)) if all(graces) else None
    if theirs.is_locked and not own.is_locked:
        own.is_locked, own.locked_until, own.lock_reason = True, theirs.locked_until, theirs.lock_reason
    if rules.ladder.rung_of(theirs.invited) > rules.ladder.rung_of(own.invited):
        own.invited = theirs.invited
    own.evaluated_at = max(filter(None, (own.evaluated_at, theirs.evaluated_at)), default=None)
    return own


def _taken(theirs: StandingRow, survivor_id: UUID) -> StandingRow:
    """Return a row for a survivor who has none, as the other's was."""
    row = StandingRow(tier_set=theirs.tier_set, **{field.attname: getattr(theirs, field.attname) for field in _FIELDS})
    row.pk, row.member_id = None, survivor_id
    return row


def _put_back(
    merge: MergeRow, rows: Mapping[str, StandingRow], versions: Sequence[ProgramVersion], now: datetime
) -> list[MemberChange]:
    """Let the survivor stand where it stood, with what was decided by hand since."""
    changes = []
    before = {row.tier_set: row for row in rows_kept(merge.survivor_before)}
    after = {row.tier_set: row for row in rows_kept(merge.survivor_after)}
    for key, row in rows.items():
        if key not in after:
            continue
        rules, kept = rulebook_of(versions, key).at(now), before.get(key)
        changes += _change_of(
            merge.survivor_id, key, (row.tier, kept.tier if kept else None), Reason.UNMERGED, rules, now=now
        )
        if kept is None:
            row.delete()
            continue
        if any(getattr(row, name) != getattr(after[key], name) for name in _BY_HAND):
            for name in _BY_HAND:
                setattr(kept, name, getattr(row, name))
        kept.save(force_update=True)
    return changes


def _change_of(
    member_id: UUID, key: str, tiers: tuple[str | None, str | None], reason: Reason, rules: Rules, *, now: datetime
) -> list[MemberChange]:
    before, after = tiers
    if before == after:
        return []
    change = Change(
        from_tier=before,
        to_tier=after,
        reason=reason,
        effective_at=now,
        version=rules.number,
        is_up=rules.ladder.rung_of(after) > rules.ladder.rung_of(before),
    )
    return [MemberChange(member_id=member_id, tier_set=key, change=change)]


def _keep(changes: Sequence[MemberChange], versions: Sequence[ProgramVersion], *, now: datetime, actor: Actor) -> None:
    if not changes:
        return
    keep_changes(changes, now=now)
    members = find_members([each.member_id for each in changes], versions[0].program_id)
    tell(changes, {each.id: each for each in members}, versions[0].program_key, now=now, actor=actor)
