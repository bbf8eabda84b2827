"""Vouchers of members: given, taken back, given again, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.calendar import add_span, first_instant_after, local_day
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import VoucherSeries
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.rewards.codes import room_of
from regulars.loyalty.rewards.contracts import TakenBack, Voucher
from regulars.loyalty.rewards.generating import NoRoom, add_codes, room_left, series_of
from regulars.loyalty.rewards.models import Voucher as VoucherRow
from regulars.loyalty.rewards.statements import voucher_rows
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append

# Why a voucher is withdrawn whose order came back; it is given again if the order is kept after all.
RETURNED = "returned"
# So often it is drawn again where a code is there already.
_DRAWS = 200


class NoSuchVoucher(DomainError):
    """No voucher has this id."""

    code = "no_such_voucher"


class CodeForAll(DomainError):
    """The series has one code for all, which is given to nobody in particular."""

    code = "code_for_all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a voucher is given for: a kind and an id, as an order's. An occasion gives once, whenever it is told."""

    kind: str
    id: UUID | None = None
    occasion: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSeen:
    """A member as it is after merges: `root_id` is the one that it leads to, `ids` are all that lead there.

    What a member gets is kept under the id that it came under, so that the undo of a merge finds it there.
    """

    id: UUID
    customer_id: UUID | None
    root_id: UUID
    state: str
    ids: list[UUID]


@transaction.atomic
def issue_voucher(
    *,
    version: ProgramVersion,
    series: str,
    member_id: UUID,
    source: Source,
    good_until: datetime | None = None,
    now: datetime,
    actor: Actor,
) -> Voucher:
    """Give a member a code of a series, good until a moment, or for as long as the series says from its day on.

    The same occasion again gives the voucher that was given.

    Raises
    ------
    NoSuchSeries
        The programme has none of this key.
    NoSuchMember
        There is none of this id.
    CodeForAll
        The series has one code for all.
    NoRoom
        The pattern gives no more codes.
    """
    of = series_of(version, series)
    member = see_member(member_id)
    if of.pattern is not None and room_of(of.pattern) == 1:
        raise CodeForAll(gettext("This series has one code for all, which is given to nobody in particular."))
    if source.occasion is not None and (given := VoucherRow.objects.filter(occasion=source.occasion).first()):
        return voucher_of(given)
    until = good_until or _good_until(of, version, now)
    row = _drawn(version.program_id, of, now)
    row.member_id, row.good_until = member.id, until
    row.source_kind, row.source_id, row.occasion = source.kind, source.id, source.occasion
    row.save(update_fields=["member_id", "good_until", "source_kind", "source_id", "occasion"])
    _tell("voucher.issued", [row], now=now, actor=actor)
    return voucher_of(row)


def see_member(member_id: UUID) -> MemberSeen:
    """Return a member as it is after merges.

    Raises
    ------
    NoSuchMember
        There is none of this id.
    """
    found = voucher_rows("find_member", {"member_id": member_id})
    if not found:
        raise NoSuchMember(gettext("There is no such member."))
    identity, customer_id, root_id, state, ids = found[0]
    return MemberSeen(id=identity, customer_id=customer_id, root_id=root_id, state=state, ids=list(ids))


@transaction.atomic
def take_back_vouchers(
    *, source_kind: str, source_id: UUID, now: datetime, actor: Actor, reason: str = RETURNED
) -> list[TakenBack]:
    """Take back the vouchers that something gave, as an order that came back; one that was used stays used."""
    rows = _of_source(source_kind, source_id, withdrawn=False)
    unused = [row for row in rows if not row.redeemed]
    _withdraw(unused, reason, now=now, actor=actor)
    return [TakenBack(voucher_id=row.id, is_taken_back=not row.redeemed) for row in rows]


@transaction.atomic
def give_back_vouchers(
    *, source_kind: str, source_id: UUID, now: datetime, actor: Actor, reason: str = RETURNED
) -> list[Voucher]:
    """Let vouchers be good again that were taken back for a reason, as an order's that is kept after all."""
    rows = [row for row in _of_source(source_kind, source_id, withdrawn=True) if row.withdrawn_for == reason]
    for row in rows:
        row.withdrawn_at, row.withdrawn_by, row.withdrawn_for = None, "", ""
    VoucherRow.objects.bulk_update(rows, ["withdrawn_at", "withdrawn_by", "withdrawn_for"])
    _tell("voucher.restored", rows, now=now, actor=actor)
    return [voucher_of(row) for row in rows]


@transaction.atomic
def withdraw_voucher(*, voucher_id: UUID, reason: str, now: datetime, actor: Actor) -> Voucher:
    """Let a code be good no more, used or not; what it was redeemed for stays.

    Raises
    ------
    NoSuchVoucher
        There is none of this id.
    """
    row = VoucherRow.objects.select_for_update(no_key=True).filter(id=voucher_id).first()
    if row is None:
        raise NoSuchVoucher(gettext("There is no such voucher."))
    if row.withdrawn_at is None:
        _withdraw([row], reason, now=now, actor=actor)
        details = {"series": row.series, "reason": reason}
        record(actor, "voucher.withdrawn", "voucher", row.id, now=now, details=details)
    return voucher_of(row)


def _withdraw(rows: list[VoucherRow], reason: str, *, now: datetime, actor: Actor) -> None:
    for row in rows:
        row.withdrawn_at, row.withdrawn_by, row.withdrawn_for = now, str(actor), reason
    VoucherRow.objects.bulk_update(rows, ["withdrawn_at", "withdrawn_by", "withdrawn_for"])
    _tell("voucher.withdrawn", rows, now=now, actor=actor, reason=reason)


def _of_source(kind: str, source_id: UUID, *, withdrawn: bool) -> list[VoucherRow]:
    """Return the vouchers that something gave, locked."""
    rows = VoucherRow.objects.select_for_update(no_key=True).filter(source_id=source_id, source_kind=kind)
    return list(rows.filter(withdrawn_at__isnull=not withdrawn).order_by("id"))


def _drawn(program_id: UUID, series: VoucherSeries, now: datetime) -> VoucherRow:
    """Return a new code."""
    for _ in range(_DRAWS):
        made = add_codes(program_id, series.key, series.pattern, 1, batch_id=None, now=now)
        if made:
            return VoucherRow.objects.get(id=made[0])
    raise NoRoom(room_left(series.pattern))


def _good_until(series: VoucherSeries, version: ProgramVersion, now: datetime) -> datetime | None:
    if series.good_for is None:
        return None
    return first_instant_after(add_span(local_day(now, version.zone), series.good_for), version.zone)


def _tell(kind: str, rows: list[VoucherRow], *, now: datetime, actor: Actor, reason: str | None = None) -> None:
    told = {"reason": reason} if reason else {}
    append(
        [
            NewEvent(
                type=kind,
                actor=actor,
                source="regulars",
                occurred_at=now,
                customer_id=see_member(row.member_id).customer_id if row.member_id else None,
                payload={
                    "voucher_id": str(row.id),
                    "program_id": str(row.program_id),
                    "series": row.series,
                    "source_kind": row.source_kind,
                    "source_id": str(row.source_id) if row.source_id else None,
                    **told,
                },
            )
            for row in rows
        ],
        now=now,
    )


def voucher_of(row: VoucherRow) -> Voucher:
    """Return the contract of a voucher's row."""
    return Voucher(
        id=row.id,
        program_id=row.program_id,
        series=row.series,
        code=row.code,
        member_id=row.member_id,
        made_at=row.made_at,
        good_until=row.good_until,
        redeemed=row.redeemed,
        withdrawn_at=row.withdrawn_at,
        withdrawn_for=row.withdrawn_for,
        source_kind=row.source_kind,
        source_id=row.source_id,
    )
