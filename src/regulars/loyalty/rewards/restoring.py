"""What came back with an order is redeemed and paid for again where the order is kept after all.

Of what came back, that is: points that somebody gave back for another reason stay the member's. Nobody comes to owe
anything by it: points that were spent meanwhile are not there, and the answer says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.queries import get_version_of
from regulars.loyalty.ledger.desk import Desk
from regulars.loyalty.ledger.services import Price, spend_points
from regulars.loyalty.ledger.settling import settle
from regulars.loyalty.rewards.contracts import Redemption, RedemptionState
from regulars.loyalty.rewards.generating import NoRoom
from regulars.loyalty.rewards.models import Redemption as RedemptionRow
from regulars.loyalty.rewards.redeeming import give, spent_by
from regulars.loyalty.rewards.redemptions import find_row, memo_of, redemption_of, reward_of, tell
from regulars.loyalty.rewards.stock import OutOfPieces, take_pieces

KEPT_AFTER_ALL = "order_kept"


def spend_again_on(desk: Desk, redemption_id: UUID, points: int) -> int:
    """Spend points again that had come back with an order; return how many, at most those that are there.

    The desk is open for the member and for the redemption as a cause.
    """
    row = find_row(redemption_id, is_locked=True)
    if row.state != RedemptionState.CONFIRMED:
        return 0
    spent = min(points, row.returned_points, _available(desk, row))
    if spent > 0:
        _spend(desk, row, row.cost, spent)
        row.refunded_points -= spent
        row.returned_points -= spent
        row.save(update_fields=["refunded_points", "returned_points"])
        tell("reward.points_spent_again", [row], now=desk.now, actor=desk.actor, points=spent, reason=KEPT_AFTER_ALL)
    return spent


def due_again(redemption_ids: Collection[UUID]) -> list[UUID]:
    """Return which were refunded with their order, and have no other redemption in their place yet."""
    rows = RedemptionRow.objects.filter(id__in=redemption_ids, ended_with_order=True, again=None)
    return list(rows.order_by("id").values_list("id", flat=True))


def redeem_again_on(desk: Desk, redemption_id: UUID) -> Redemption | None:
    """Redeem once more what was refunded with an order, for this order, by the same version of the programme.

    What was refunded stays so; another redemption takes its place. Return it, or None where points or pieces are gone
    meanwhile. The desk is open for the member and for the redemption as a cause.
    """
    before = find_row(redemption_id, is_locked=True)
    version = get_version_of(before.program_id, before.version)
    reward = reward_of(version, before.reward)
    if _available(desk, before) < before.returned_points:
        return None
    row = _in_place_of(before, desk)
    with contextlib.suppress(OutOfPieces, NoRoom), transaction.atomic():
        row.pieces = take_pieces(reward, version, now=desk.now)
        give(row, version, now=desk.now, actor=desk.actor)
        # Last, since what is drafted of points is not taken back.
        if before.returned_points:
            row.cost = _spend(desk, row, before.cost, before.returned_points)
        row.save(force_insert=True)
        tell("reward.redeemed", [row], now=desk.now, actor=desk.actor, reason=KEPT_AFTER_ALL)
        return redemption_of(row)
    return None


def _in_place_of(before: RedemptionRow, desk: Desk) -> RedemptionRow:
    same = ("program_id", "member_id", "reward", "kind", "version", "asked", "reference", "order_id")
    return RedemptionRow(
        **{name: getattr(before, name) for name in same},
        id=new_id(),
        state=RedemptionState.RESERVED,
        cost={},
        reserved_at=desk.now,
        reserved_until=desk.now,
        actor=str(desk.actor),
        again_for=before,
    )


def _available(desk: Desk, row: RedemptionRow) -> int:
    """Return how many points the member has in the currencies in which the reward was paid."""
    points = 0
    for currency in row.cost:
        if held := desk.account(row.member_id, currency):
            desk.post(settle(desk.wallets, held.at, desk.now))
            points += sum(lot.active for lot in desk.wallets.of(held.at))
    return points


def _spend(desk: Desk, row: RedemptionRow, cost: Mapping[str, int], points: int) -> dict[str, int]:
    """Spend points for a redemption in the currencies of what it cost; return how many of which."""
    price = Price(points=points, currencies=[each for each in cost if desk.account(row.member_id, each)])
    memo = memo_of(row, KEPT_AFTER_ALL)
    return spent_by(spend_points(desk, row.member_id, price, cause=row.id, reserve=False, memo=memo))
