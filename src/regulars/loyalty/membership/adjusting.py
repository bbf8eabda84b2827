"""Points that are given or taken by hand: within one's authority at once, above a bound with a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.judging import expiry_of
from regulars.loyalty.definitions.calendar import expires_at as end_of
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import get_version_in_force
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.ledger.desk import open_desk
from regulars.loyalty.ledger.events import SOURCE
from regulars.loyalty.ledger.members import NoSuchMember, get_member, open_missing_accounts
from regulars.loyalty.ledger.requests import Request, patiently
from regulars.loyalty.ledger.services import WrongPoints, adjust_points
from regulars.loyalty.membership.authority import check_limit, check_second, waits_for_second
from regulars.loyalty.membership.contracts import Adjustment, AdjustmentState, Authority
from regulars.loyalty.membership.models import Adjustment as AdjustmentRow
from regulars.loyalty.tiers.queries import map_tiers
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append


class NoSuchAdjustment(DomainError):
    """Nothing was asked for under this id."""

    code = "no_such_adjustment"


class NoSuchCurrency(DomainError):
    """The programme has no such currency of points."""

    code = "no_such_currency"


class ExpiryPassed(DomainError):
    """Points were to be good until a moment that has passed."""

    code = "expiry_passed"


class AdjustmentDecided(DomainError):
    """Somebody has decided already, or nobody had to."""

    code = "adjustment_decided"


class OwnAdjustment(DomainError):
    """Somebody was to approve what they asked for themselves."""

    code = "own_adjustment"


class NoReason(DomainError):
    """Who refuses tells why."""

    code = "reason_missing"


@transaction.atomic
def adjust(
    *,
    member_id: UUID,
    currency: str,
    points: int,
    reason: str,
    expires_at: datetime | None = None,
    now: datetime,
    actor: Actor,
    authority: Authority,
    idempotency_key: str | None = None,
) -> Adjustment:
    """Give a member points, or take some, at once or, where the programme wants it, once a second person approves.

    Points that are given are good until `expires_at`, or for as long as the currency says. Those of a member that was
    merged go to the one that it leads to.

    Raises
    ------
    NoSuchMember
        There is no such member, or it was erased.
    NoSuchVersion
        The programme is not in force yet.
    NoSuchCurrency
        It has no such points.
    WrongPoints
        No point is to be given or taken, or no reason is told.
    AboveAuthority
        So many are above what the role may, alone or with what the same person has given or taken within a day.
    ExpiryPassed
        They would have expired already.
    NotEnoughPoints
        More is to be taken than is available.
    KeyUsed
        Something else was asked for under the key.
    """
    patiently("stay")
    member = _see(member_id)
    version = get_version_in_force(member.program_id, now)
    inputs = {"member": member_id, "currency": currency, "points": points, "reason": reason, "expires_at": expires_at}
    request = Request(actor, idempotency_key, {"membership.adjust": inputs})
    desk = open_desk([member.id], version=version, now=now, actor=actor, request=request)
    if desk.answer is not None:
        return _first_answer(desk.answer)
    if not points or not reason.strip():
        raise WrongPoints(gettext("An adjustment has points to give or to take, and a reason."))
    _check_currency(currency, version)
    check_limit(points, version, authority)
    # Many small ones are one great one, unless this one takes back what others gave.
    lately = _lately(member.id, currency, now=now, actor=actor)
    in_all = points + lately if abs(points + lately) > abs(lately) else points
    check_limit(in_all, version, authority, of_day=True)
    _check_expiry(expires_at, now)
    open_missing_accounts([member.id], [currency])
    row = AdjustmentRow(
        id=new_id(),
        member_id=member.id,
        program_id=member.program_id,
        currency=currency,
        points=points,
        reason=reason.strip(),
        expires_at=expires_at if points > 0 else None,
        asked_by=str(actor),
        asked_as=authority.role,
        asked_at=now,
    )
    if waits_for_second(max(points, in_all, key=abs), version):
        row.state = AdjustmentState.AWAITING
        _tell("loyalty.adjustment_asked", row, version, now=now, actor=actor)
        record(actor, "adjustment.asked", "member", row.member_id, now=now, details=_told(row))
    else:
        _post(row, version, now=now, actor=actor)
    row.save(force_insert=True)
    desk.keep(
        {
            "adjustment_id": str(row.id),
            "state": str(row.state),
            "transaction_id": row.transaction_id and str(row.transaction_id),
        }
    )
    return adjustment_of(row)


@transaction.atomic
def approve_adjustment(*, adjustment_id: UUID, now: datetime, actor: Actor, authority: Authority) -> Adjustment:
    """Post what somebody else has asked for; who approves it again gets the same answer.

    The limits are those of the programme's version that is in force now.

    Raises
    ------
    NoSuchAdjustment
        There is none of this id.
    AdjustmentDecided
        It does not wait, or no longer.
    OwnAdjustment
        Who asked for it approves it.
    NotAPerson
        A program approves it.
    AboveAuthority
        So many are above what the role may.
    ExpiryPassed
        The points would have expired already.
    NotEnoughPoints
        More is to be taken than is available by now.
    """
    patiently("stay")
    row = _lock(adjustment_id)
    if row.state == AdjustmentState.POSTED and row.decided_by == str(actor):
        return adjustment_of(row)
    _check_waits(row)
    if row.asked_by == str(actor):
        raise OwnAdjustment(gettext("Somebody else approves what you have asked for."))
    version = get_version_in_force(row.program_id, now)
    check_second(row.points, version, authority)
    _check_currency(row.currency, version)
    row.decided_by, row.decided_at = str(actor), now
    _post(row, version, now=now, actor=actor)
    row.save(update_fields=["state", "transaction", "decided_by", "decided_at"])
    _tell("loyalty.adjustment_approved", row, version, now=now, actor=actor)
    record(actor, "adjustment.approved", "member", row.member_id, now=now, details=_told(row))
    return adjustment_of(row)


@transaction.atomic
def refuse_adjustment(
    *, adjustment_id: UUID, reason: str, now: datetime, actor: Actor, authority: Authority
) -> Adjustment:
    """Let what somebody has asked for not be posted; who asked may take it back themselves.

    Raises
    ------
    NoSuchAdjustment
        There is none of this id.
    NoReason
        None is told.
    AdjustmentDecided
        It does not wait, or no longer.
    NotAPerson
        A program refuses what somebody else has asked for.
    AboveAuthority
        So many are above what the role may.
    """
    if not reason.strip():
        raise NoReason(gettext("Say why it is refused."))
    patiently("stay")
    row = _lock(adjustment_id)
    if row.state == AdjustmentState.REFUSED and row.decided_by == str(actor):
        return adjustment_of(row)
    _check_waits(row)
    version = get_version_in_force(row.program_id, now)
    if row.asked_by != str(actor):
        check_second(row.points, version, authority)
    row.state, row.refusal = AdjustmentState.REFUSED, reason.strip()
    row.decided_by, row.decided_at = str(actor), now
    row.save(update_fields=["state", "refusal", "decided_by", "decided_at"])
    _tell("loyalty.adjustment_refused", row, version, now=now, actor=actor)
    record(actor, "adjustment.refused", "member", row.member_id, now=now, details=_told(row))
    return adjustment_of(row)


def see_adjustment(adjustment_id: UUID) -> Adjustment:
    """Return what somebody wanted to give or take.

    Raises
    ------
    NoSuchAdjustment
        There is none of this id.
    """
    row = AdjustmentRow.objects.filter(id=adjustment_id).first()
    if row is None:
        raise NoSuchAdjustment(gettext("There is no such adjustment."))
    return adjustment_of(row)


def adjustment_of(row: AdjustmentRow) -> Adjustment:
    """Return what others see of a row."""
    return Adjustment(
        id=row.id,
        member_id=row.member_id,
        currency=row.currency,
        points=row.points,
        reason=row.reason,
        expires_at=row.expires_at,
        state=AdjustmentState(row.state),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        refusal=row.refusal,
        transaction_id=row.transaction_id,
    )


def _see(member_id: UUID) -> Member:
    """Return the member that an id leads to, which stays so until the transaction ends."""
    member = get_member(member_id)
    if member.merged_into is not None:
        member = get_member(member.merged_into)
    if member.state is MemberState.ERASED:
        raise NoSuchMember(gettext("There is no such member."))
    return member


def _lately(member_id: UUID, currency: str, *, now: datetime, actor: Actor) -> int:
    """Return how many points somebody has given a member by hand within a day, less those that they have taken."""
    rows = AdjustmentRow.objects.exclude(state=AdjustmentState.REFUSED).filter(
        Q(member_id=member_id) | Q(member__merged_into=member_id),
        currency=currency,
        asked_by=str(actor),
        asked_at__gt=now - timedelta(days=1),
    )
    return rows.aggregate(points=Sum("points", default=0))["points"]  # type: ignore[no-any-return]  # Of a sum.


def _lock(adjustment_id: UUID) -> AdjustmentRow:
    row = AdjustmentRow.objects.select_for_update(no_key=True).filter(id=adjustment_id).first()
    if row is None:
        raise NoSuchAdjustment(gettext("There is no such adjustment."))
    return row


def _check_waits(row: AdjustmentRow) -> None:
    if row.state != AdjustmentState.AWAITING:
        raise AdjustmentDecided(gettext("Somebody has decided about this adjustment already."))


def _check_currency(currency: str, version: ProgramVersion) -> None:
    if currency not in {each.key for each in version.document.currencies}:
        raise NoSuchCurrency(gettext("The programme has no points {key}.").format(key=currency))


def _check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise ExpiryPassed(gettext("Points are good until a moment that is still to come."))


def _post(row: AdjustmentRow, version: ProgramVersion, *, now: datetime, actor: Actor) -> None:
    """Give or take the points, and note by which transaction."""
    good_until = None
    if row.points > 0:
        _check_expiry(row.expires_at, now)
        good_until = row.expires_at or _end_by_currency(row, version, now)
    answer = adjust_points(
        member_id=row.member_id,
        currency=row.currency,
        points=row.points,
        reason=row.reason,
        expires_at=good_until,
        version=version,
        now=now,
        actor=actor,
    )
    row.state, row.transaction_id = AdjustmentState.POSTED, UUID(answer["transaction_id"])


def _end_by_currency(row: AdjustmentRow, version: ProgramVersion, now: datetime) -> datetime | None:
    """Return until when points of a currency are good that are granted now."""
    tiers = map_tiers([row.member_id], now)[row.member_id]
    return end_of(expiry_of(version, row.currency, None, tiers), now, version.zone)


def _first_answer(answer: Mapping[str, Any]) -> Adjustment:
    """Return what a request was answered at first, whatever was decided since."""
    found = adjustment_of(AdjustmentRow.objects.get(id=UUID(answer["adjustment_id"])))
    transaction_id = answer["transaction_id"]
    return replace(
        found,
        state=AdjustmentState(answer["state"]),
        transaction_id=UUID(transaction_id) if transaction_id else None,
        decided_by=None,
        decided_at=None,
        refusal="",
        replayed=True,
    )


def _told(row: AdjustmentRow) -> dict[str, Any]:
    """Return what the stream and the trail are told; the reason stays here, where it can be erased."""
    return {"adjustment_id": str(row.id), "currency": row.currency, "points": row.points}


def _tell(kind: str, row: AdjustmentRow, version: ProgramVersion, *, now: datetime, actor: Actor) -> None:
    event = NewEvent(
        type=kind,
        actor=actor,
        source=SOURCE,
        occurred_at=now,
        customer_id=get_member(row.member_id).customer_id,
        payload=_told(row) | {"member_id": str(row.member_id), "program": version.program_key},
    )
    append([event], now=now)
