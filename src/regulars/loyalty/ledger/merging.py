"""Two members who are one person become one, and two again; and a member who is erased.

Whoever merges, parts or erases is alone with all members while it lasts, so each of these stands first in its
transaction. The ids of members and the origins of lots stay. A merge carries all lots to the survivor's accounts; its
undo carries back what remains of those that came under the merged member's name, before the merge or after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.carrying import Netted, carry, forfeit, reinstate
from regulars.loyalty.ledger.contracts import MemberState, TransactionKind
from regulars.loyalty.ledger.desk import Desk, open_desk
from regulars.loyalty.ledger.members import NoSuchMember, new_code, open_missing_accounts
from regulars.loyalty.ledger.models import Account as AccountRow
from regulars.loyalty.ledger.models import Member as MemberRow
from regulars.loyalty.ledger.models import MemberMerge as MergeRow
from regulars.loyalty.ledger.posting import find_taken
from regulars.loyalty.ledger.requests import patiently
from regulars.loyalty.ledger.settling import settle
from regulars.loyalty.ledger.statements import rows_of
from regulars.loyalty.ledger.wallets import Taken
from regulars.stream.contracts import Actor


class NotMerged(DomainError):
    """The member is not merged into another."""

    code = "member_not_merged"


@transaction.atomic
def merge_members(*, survivor_id: UUID, merged_id: UUID, version: ProgramVersion, now: datetime, actor: Actor) -> UUID:
    """Take a member into another with all that its accounts hold; what the one owes the other's points pay.

    Return the id of the merge.

    Raises
    ------
    NoSuchMember
        One of them is none, or is merged already.
    """
    patiently("alone")
    rows = _lock_members([survivor_id, merged_id])
    survivor, merged = rows.get(survivor_id), rows.get(merged_id)
    if not survivor or not merged or survivor_id == merged_id or MemberState.MERGED in {survivor.state, merged.state}:
        raise NoSuchMember(gettext("There are no two such members."))
    # Also in a currency that the programme no longer has.
    theirs_are = AccountRow.objects.filter(member_id=merged_id).values_list("currency", flat=True)
    open_missing_accounts([survivor_id], [*theirs_are, *(each.key for each in version.document.currencies)])
    below = rows_of("merged_below", {"member_id": merged_id})
    desk = open_desk([survivor_id, merged_id], version=version, now=now, actor=actor, is_whole=True)
    merge_id = new_id()
    own = {each.currency: each.id for each in desk.held.values() if each.member_id == survivor_id}
    theirs = {each.currency: each.id for each in desk.held.values() if each.member_id == merged_id}
    _settle(desk, [*own.values(), *theirs.values()])
    way = _Way(froms=theirs, to=own, origins=[account for _, account, _, _ in below])
    netted = _carry(desk, way, TransactionKind.MERGE, merge_id)
    _lead([(account, own[currency]) for _, account, currency, _ in below])
    MemberRow.objects.filter(id__in={member for member, _, _, _ in below} - {merged_id}).update(merged_into=survivor)
    merged.state, merged.merged_into = MemberState.MERGED, survivor
    merged.save(update_fields=["state", "merged_into"])
    MergeRow.objects.create(id=merge_id, survivor=survivor, merged=merged, merged_at=now, netted_by=netted)
    return merge_id


@transaction.atomic
def unmerge_members(*, merged_id: UUID, version: ProgramVersion, now: datetime, actor: Actor) -> None:
    """Let a member be one of its own again, with what remains of its own lots and what was earned since in its name.

    What points of the one paid for the other is owed again.

    Raises
    ------
    NotMerged
        The member is not merged into another.
    """
    patiently("alone")
    merge = MergeRow.objects.select_for_update(no_key=True).filter(merged_id=merged_id, undone_at=None).first()
    if merge is None:
        raise NotMerged(gettext("This member is not merged into another."))
    rows = _lock_members([merged_id])
    merged = rows[merged_id]
    if merged.merged_into_id is None:
        raise NotMerged(gettext("This member is not merged into another."))
    root_id = merged.merged_into_id
    below = rows_of("merged_below", {"member_id": merged_id})
    own = {currency: account for member, account, currency, _ in below if member == merged_id}
    netted = [Netted(payer_id=row[0], debtor_id=row[1], points=int(row[2])) for row in _netted(merge)]
    lots = {each.payer_id for each in netted} | {each.debtor_id for each in netted}
    _lead([(account, None if member == merged_id else own[currency]) for member, account, currency, _ in below])
    desk = open_desk([root_id, merged_id], version=version, now=now, actor=actor, lots=lots, is_whole=True)
    theirs = {each.currency: each.id for each in desk.held.values() if each.member_id == root_id}
    _settle(desk, theirs.values())
    way = _Way(froms=theirs, to=own, origins=[account for _, account, _, _ in below])
    _carry(desk, way, TransactionKind.UNMERGE, merge.id)
    taken = find_taken({each.debtor_id for each in netted})
    owed = still_netted(netted, taken.__getitem__)
    desk.post(reinstate(desk.wallets, owed, now=now, memo={"merge": str(merge.id)}))
    MemberRow.objects.filter(id__in={member for member, _, _, _ in below} - {merged_id}).update(merged_into=merged)
    merged.state, merged.merged_into = _state_before(merged), None
    merged.save(update_fields=["state", "merged_into"])
    merge.undone_at = now
    merge.save(update_fields=["undone_at"])


@transaction.atomic
def erase_member(*, member_id: UUID, version: ProgramVersion, now: datetime, actor: Actor) -> None:
    """Forget whose a membership is: open lots are forfeited, what is owed is written off, and the ledger stays.

    What is reserved is forfeited once it is released, and so is whatever else comes back later (`Desk.post`).

    Raises
    ------
    NoSuchMember
        There is none of this id.
    """
    patiently("alone")
    row = _lock_members([member_id]).get(member_id)
    if row is None:
        raise NoSuchMember(gettext("There is no such member."))
    if row.state == MemberState.ERASED:
        return
    desk = open_desk([member_id], version=version, now=now, actor=actor, is_whole=True)
    accounts = [each.id for each in desk.held.values() if each.at == each.id]
    desk.post([posting for account in accounts for posting in forfeit(desk.wallets, account, now=now)])
    row.state, row.customer, row.code = MemberState.ERASED, None, new_code()
    row.left_at = row.left_at or now
    row.merged_into = None
    row.save(update_fields=["state", "customer", "code", "left_at", "merged_into"])


def still_netted(netted: Sequence[Netted], taken: Callable[[UUID], Iterable[Taken]]) -> list[Netted]:
    """Return what of the debts that a merge had netted is still paid; what was given back meanwhile is not."""
    found: list[Netted] = []
    for each in netted:
        paid = [one for one in taken(each.debtor_id) if one.lot_id == each.payer_id and not one.from_breakage]
        points = min(each.points, sum(one.points for one in paid))
        if points:
            found.append(Netted(payer_id=each.payer_id, debtor_id=each.debtor_id, points=points))
    return found


def _lock_members(member_ids: Iterable[UUID]) -> dict[UUID, MemberRow]:
    rows = MemberRow.objects.select_for_update(no_key=True).filter(id__in=member_ids).order_by("id")
    return {row.id: row for row in rows}


def _settle(desk: Desk, accounts: Iterable[UUID]) -> None:
    desk.post([posting for account in accounts for posting in settle(desk.wallets, account, desk.now)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """From which accounts to which, by currency, the lots of some origins go."""

    froms: Mapping[str, UUID]
    to: Mapping[str, UUID]
    origins: list[UUID]


def _carry(desk: Desk, way: _Way, kind: TransactionKind, merge_id: UUID) -> list[UUID]:
    """Carry lots; return which transactions let what arrived pay what was owed."""
    leaving = [
        lot
        for account_id in way.froms.values()
        for lot in desk.wallets.of(account_id)
        if lot.origin_account_id in way.origins
    ]
    carried = carry(desk.wallets, leaving, way.to, kind=kind, now=desk.now, memo={"merge": str(merge_id)})
    desk.post(carried.leaving)
    desk.post(carried.arriving)
    pairs = [(way.froms[currency], way.to[currency]) for currency in way.froms if currency in way.to]
    told = {"froms": [each for each, _ in pairs], "accounts": [each for _, each in pairs], "origins": way.origins}
    rows_of("carry_closed_lots", told)
    return [posting.id for posting in carried.arriving if posting.kind is TransactionKind.PAY_DEBT]


def _lead(accounts: Iterable[tuple[UUID, UUID | None]]) -> None:
    told = list(accounts)
    rows_of("lead_accounts", {"accounts": [each for each, _ in told], "leads_to": [to for _, to in told]})


def _netted(merge: MergeRow) -> list[tuple[UUID, UUID, int]]:
    if not merge.netted_by:
        return []
    return [(row[0], row[1], row[2]) for row in rows_of("netted", {"transactions": list(merge.netted_by)})]


def _state_before(row: MemberRow) -> MemberState:
    """Return what a merged member was; who had left had a moment of it."""
    return MemberState.LEFT if row.left_at else MemberState.ACTIVE
