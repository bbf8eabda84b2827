"""Write tiers: record progress, evaluate members, lock and unlock a tier, invite to one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.tiers.contracts import MemberChange, NewProgress, Standing
from regulars.loyalty.tiers.keeping import Found, evaluate_batch, find_members, lock_rows, standing_of
from regulars.loyalty.tiers.ladder import NOWHERE, rulebook_of
from regulars.loyalty.tiers.models import Standing as StandingRow
from regulars.loyalty.tiers.statements import rows_of
from regulars.staff.services import record
from regulars.stream.contracts import Actor

# So many members are evaluated with the statements of one.
AT_ONCE = 1_000


class NoStanding(DomainError):
    """Nobody active stands in the tier set under this id."""

    code = "no_tier_standing"


class LockEnded(DomainError):
    """A lock was to end before it begins."""

    code = "lock_ended"


class NotByInvitation(DomainError):
    """The tiers of the set are reached by progress."""

    code = "not_by_invitation"


class NoSuchTier(DomainError):
    """The tier set has no tier of this key."""

    code = "no_such_tier"


@transaction.atomic
def record_progress(*, rows: Sequence[NewProgress], now: datetime) -> int:
    """Keep what counts for tiers, or is taken back, each occasion once; return how many of the rows are new.

    Tiers change when the members are evaluated, for which they are due from then on. The rows themselves say what they
    are of, and never change: nothing more is written on the audit trail. A row stays with the id that it came under.
    """
    if not rows:
        return 0
    pairs = {"ids": [row.member_id for row in rows], "tier_sets": [row.tier_set for row in rows]}
    rows_of("add_standings", pairs)
    # Before anything is added: who evaluates holds these rows, and then sees all or nothing of it.
    rows_of("lock_standings", pairs)
    added = rows_of(
        "add_progress",
        {
            "now": now,
            "member_ids": pairs["ids"],
            "tier_sets": pairs["tier_sets"],
            "occurred_ats": [row.occurred_at for row in rows],
            "amounts": [row.amount for row in rows],
            "source_kinds": [row.source_kind for row in rows],
            "source_ids": [row.source_id for row in rows],
            "occasions": [row.occasion for row in rows],
        },
    )
    new = {occasion for (occasion,) in added}
    due = [row for row in rows if row.occasion in new]
    rows_of(
        "set_due",
        {
            "ids": [row.member_id for row in due],
            "tier_sets": [row.tier_set for row in due],
            "due_ats": [row.occurred_at for row in due],
        },
    )
    return len(new)


@transaction.atomic
def evaluate_members(
    *, member_ids: Sequence[UUID], versions: Sequence[ProgramVersion], now: datetime, actor: Actor
) -> list[MemberChange]:
    """Bring members up to a moment in all tier sets of their programme; return what changed, in the order of members.

    What was due since the last evaluation is decided in sequence, at its own business time. `versions` are those in
    force since then, of one programme; before the first of them, that one holds. An id of a merged member leads to the
    one it counts for; who is no active member of the programme is left out. Each who enrols is to be evaluated, to have
    a tier.
    """
    if not versions:
        return []
    members = find_members(member_ids, versions[0].program_id)
    changes: list[MemberChange] = []
    for start in range(0, len(members), AT_ONCE):
        changes += evaluate_batch(members[start : start + AT_ONCE], versions, now=now, actor=actor)
    if changes:
        details = {"members": len(members), "changes": len(changes)}
        record(actor, "tiers.evaluated", "program", versions[0].program_id, now=now, details=details)
    return changes


@transaction.atomic
def lock_tier(
    *,
    member_id: UUID,
    tier_set: str,
    until: datetime | None,
    reason: str,
    versions: Sequence[ProgramVersion],
    now: datetime,
    actor: Actor,
) -> Standing:
    """Let a member's tier not change until a moment, or until it is unlocked; why is the staff's to say.

    Raises
    ------
    LockEnded
        The moment has passed.
    NoStanding
        Nobody active stands in the set under this id.
    """
    if until is not None and until <= now:
        raise LockEnded(gettext("A lock ends after it begins."))
    member, row = _evaluated(member_id, tier_set, versions, now=now, actor=actor)
    row.is_locked, row.locked_until, row.lock_reason = True, until, reason
    row.save(update_fields=["is_locked", "locked_until", "lock_reason"])
    details = {"tier_set": tier_set, "until": until and until.isoformat()}
    record(actor, "tier.locked", "member", member.id, now=now, details=details)
    return _again(member, tier_set, versions, now=now, actor=actor)


@transaction.atomic
def unlock_tier(
    *, member_id: UUID, tier_set: str, versions: Sequence[ProgramVersion], now: datetime, actor: Actor
) -> Standing:
    """Let a member's tier change again; one that is not locked stays as it is.

    Raises
    ------
    NoStanding
        Nobody active stands in the set under this id.
    """
    member, row = _evaluated(member_id, tier_set, versions, now=now, actor=actor)
    if not row.is_locked:
        return standing_of(row)
    row.is_locked, row.locked_until, row.lock_reason = False, None, ""
    row.save(update_fields=["is_locked", "locked_until", "lock_reason"])
    record(actor, "tier.unlocked", "member", member.id, now=now, details={"tier_set": tier_set})
    return _again(member, tier_set, versions, now=now, actor=actor)


@transaction.atomic
def invite(
    *,
    member_id: UUID,
    tier_set: str,
    tier: str | None,
    versions: Sequence[ProgramVersion],
    now: datetime,
    actor: Actor,
) -> Standing:
    """Invite a member to a tier of a set that one is invited to; None withdraws the invitation, and the tier with it.

    While the tier is locked, the invitation waits.

    Raises
    ------
    NotByInvitation
        The set's tiers are reached by progress, or there is no such set.
    NoSuchTier
        The set has no such tier.
    NoStanding
        Nobody active stands in the set under this id.
    """
    rules = rulebook_of(versions, tier_set).at(now)
    if not rules.is_by_invitation:
        raise NotByInvitation(gettext("Nobody is invited to the tiers of {key}.").format(key=tier_set))
    if tier is not None and rules.ladder.rung_of(tier) == NOWHERE:
        raise NoSuchTier(gettext("There is no tier {key} in this tier set.").format(key=tier))
    member, row = _evaluated(member_id, tier_set, versions, now=now, actor=actor)
    row.invited = tier
    row.save(update_fields=["invited"])
    record(actor, "tier.invited", "member", member.id, now=now, details={"tier_set": tier_set, "tier": tier})
    return _again(member, tier_set, versions, now=now, actor=actor)


def _evaluated(
    member_id: UUID, tier_set: str, versions: Sequence[ProgramVersion], *, now: datetime, actor: Actor
) -> tuple[Found, StandingRow]:
    """Return a member's row, evaluated up to now as it was, so that what is changed of it changes nothing before."""
    evaluate_members(member_ids=[member_id], versions=versions, now=now, actor=actor)
    for member in find_members([member_id], versions[0].program_id):
        for row in lock_rows([member.id]):
            if row.tier_set == tier_set and row.evaluated_at is not None:
                return member, row
    raise NoStanding(gettext("Nobody stands in the tier set {key} under this id.").format(key=tier_set))


def _again(
    member: Found, tier_set: str, versions: Sequence[ProgramVersion], *, now: datetime, actor: Actor
) -> Standing:
    evaluate_members(member_ids=[member.id], versions=versions, now=now, actor=actor)
    return standing_of(StandingRow.objects.get(member_id=member.id, tier_set=tier_set))
