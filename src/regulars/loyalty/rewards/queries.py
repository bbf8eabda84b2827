"""Read vouchers, rewards and redemptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.rewards.codes import fold
from regulars.loyalty.rewards.contracts import Bought, ForOrder, Judged, Redemption, RewardSight, Use, Voucher
from regulars.loyalty.rewards.generating import get_batch, iter_codes
from regulars.loyalty.rewards.issuing import NoSuchVoucher, see_member, voucher_of
from regulars.loyalty.rewards.looking import never
from regulars.loyalty.rewards.models import FOLDED
from regulars.loyalty.rewards.models import Redemption as RedemptionRow
from regulars.loyalty.rewards.models import Use as UseRow
from regulars.loyalty.rewards.models import Voucher as VoucherRow
from regulars.loyalty.rewards.redemptions import find_row, redemption_of
from regulars.loyalty.rewards.statements import voucher_rows
from regulars.loyalty.rewards.using import use_of
from regulars.loyalty.rewards.wishing import Wisher, see_rewards

__all__ = [
    "find_voucher",
    "get_batch",
    "get_redemption",
    "get_voucher",
    "iter_codes",
    "list_redeemed_for",
    "list_redemptions",
    "list_rewards",
    "list_uses_with",
    "list_vouchers_of",
]


def list_rewards(
    *,
    version: ProgramVersion,
    member_id: UUID,
    judged: Judged = never,
    order: ForOrder | None = None,
    now: datetime,
) -> list[RewardSight]:
    """Return all rewards of a programme as a member sees them: available, or every reason why not, with figures.

    What the member can spend is judged by the clock. `judged` is asked for the condition of a reward. One that pays
    with points is judged by the order, where one is told.

    Raises
    ------
    NoSuchMember
        There is no such member.
    """
    available = {key: standing.balance.available for key, standing in get_standing(member_id, at=now).items()}
    wisher = Wisher(member=see_member(member_id), available=available, judged=judged, order=order)
    return see_rewards(version.document.rewards, wisher, version, now=now)


def get_redemption(redemption_id: UUID) -> Redemption:
    """Return a redemption.

    Raises
    ------
    NoSuchRedemption
        There is none of this id.
    """
    return redemption_of(find_row(redemption_id))


def list_redemptions(member_id: UUID, *, limit: int, before: tuple[datetime, UUID] | None = None) -> list[Redemption]:
    """Return what a member has redeemed or reserved, under all of its ids, the latest first; of a page, before one.

    Raises
    ------
    NoSuchMember
        There is no such member.
    """
    rows = RedemptionRow.objects.filter(member_id__in=see_member(member_id).ids).order_by("-reserved_at", "-id")
    if before is not None:
        at, identity = before
        rows = rows.filter(Q(reserved_at__lt=at) | Q(reserved_at=at, id__lt=identity))
    return [redemption_of(row) for row in rows[:limit]]


def list_redeemed_for(program_id: UUID, orders: Sequence[Bought]) -> list[list[Redemption]]:
    """Return what was redeemed or reserved in a programme for each of some orders, by its id or its name."""
    places = voucher_rows(
        "redeemed_for",
        {
            "program_id": program_id,
            "order_ids": [each.order_id for each in orders],
            "references": [each.reference for each in orders],
            "buyers": [each.buyer_id for each in orders],
        },
    )
    rows = RedemptionRow.objects.in_bulk([identity for _, identity in places])
    found: list[list[Redemption]] = [[] for _ in orders]
    for number, identity in places:
        found[number - 1].append(redemption_of(rows[identity]))
    return found


def list_vouchers_of(member_id: UUID, *, limit: int, before: UUID | None = None) -> list[Voucher]:
    """Return a member's vouchers with their codes, under all of its ids, the latest first; for the member's own eyes.

    Raises
    ------
    NoSuchMember
        There is no such member.
    """
    rows = VoucherRow.objects.filter(member_id__in=see_member(member_id).ids).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [voucher_of(row) for row in rows[:limit]]


def get_voucher(voucher_id: UUID) -> Voucher:
    """Return a voucher.

    Raises
    ------
    NoSuchVoucher
        There is none of this id.
    """
    row = VoucherRow.objects.filter(id=voucher_id).first()
    if row is None:
        raise NoSuchVoucher(gettext("There is no such voucher."))
    return voucher_of(row)


def find_voucher(code: str) -> Voucher | None:
    """Return the voucher of a code, however it is typed; for who may know codes, as the staff."""
    row = VoucherRow.objects.annotate(folded=FOLDED).filter(folded=fold(code)).first()
    return voucher_of(row) if row else None


def list_uses_with(program_id: UUID, reference: str) -> Sequence[Use]:
    """Return the uses of a programme's vouchers with an order, those that have ended too."""
    rows = UseRow.objects.select_related("voucher").filter(reference=reference, voucher__program_id=program_id)
    return [use_of(row, row.voucher.series) for row in rows.order_by("id")]
