"""What hangs on an order that comes back as a whole: vouchers that it gave, and rewards that were redeemed for it.

What can be undone is, once; what cannot, as a gift that was shipped, is told in the answer. An order that is kept after
all gets its vouchers and rewards back. Points and tiers are no matter of this: they follow from what it comes to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.loyalty.adjudication.contracts import Effect, EffectKind
from regulars.loyalty.ledger.desk import Desk
from regulars.loyalty.rewards.contracts import Redemption, RedemptionState, TakenBack, Undoing
from regulars.loyalty.rewards.issuing import give_back_vouchers, take_back_vouchers
from regulars.loyalty.rewards.restoring import due_again, redeem_again_on
from regulars.loyalty.rewards.undoing import WhenKept, refund_on
from regulars.loyalty.rules.contracts import Cart

RETURNED = "order_returned"
# The kind of source under which vouchers are given for an order.
OF_ORDER = "order"
_PAID_WITH = "pay_with_points"


def comes_back(cart: Cart) -> bool:
    """Tell whether anything of an order has come back."""
    return cart.is_void or any(line.returned_minor or line.returned_quantity for line in cart.lines)


def is_gone(cart: Cart) -> bool:
    """Tell whether nothing of an order is left."""
    goods = [line for line in cart.lines if line.is_goods]
    return cart.is_void or all(line.returned_quantity >= line.quantity for line in goods)


def undo_what_hung(
    desk: Desk, order_id: UUID, cart: Cart, redemptions: Sequence[Redemption], *, is_new: bool
) -> list[Effect]:
    """Take back what an order brought of which nothing is left, or give it again if something is after all.

    The desk is open for the redemptions as causes.
    """
    if not is_gone(cart):
        return [] if is_new else [*_given_back(desk, order_id), *_redeemed_again(desk, redemptions)]
    taken = take_back_vouchers(source_kind=OF_ORDER, source_id=order_id, now=desk.now, actor=desk.actor)
    effects = [_of_voucher(desk, each) for each in taken]
    given = [each for each in redemptions if each.state is RedemptionState.CONFIRMED and each.kind != _PAID_WITH]
    return effects + [_undone(desk, redemption) for redemption in given]


def _of_voucher(desk: Desk, taken: TakenBack) -> Effect:
    told: dict[str, Any] = {"voucher_id": str(taken.voucher_id)}
    if taken.is_taken_back:
        return _effect(desk, EffectKind.TAKEN_BACK, **told)
    return _effect(desk, EffectKind.CANNOT_BE_UNDONE, **told, reason="voucher_used")


def _given_back(desk: Desk, order_id: UUID) -> list[Effect]:
    found = give_back_vouchers(source_kind=OF_ORDER, source_id=order_id, now=desk.now, actor=desk.actor)
    return [_effect(desk, EffectKind.GIVEN_BACK, voucher_id=str(each.id), series=each.series) for each in found]


def _redeemed_again(desk: Desk, redemptions: Sequence[Redemption]) -> list[Effect]:
    effects = []
    refunded = {each.id: each for each in redemptions if each.state is RedemptionState.REFUNDED}
    for before in [refunded[each] for each in due_again(refunded)] if refunded else ():
        again = redeem_again_on(desk, before.id)
        if again is None:
            told = {"redemption_id": str(before.id), "kind": before.kind, "reason": "points_or_pieces_gone"}
            effects.append(_effect(desk, EffectKind.CANNOT_BE_UNDONE, redemption=before, **told))
        else:
            given: dict[str, Any] = {"redemption_id": str(again.id), "kind": again.kind}
            points = sum(again.cost.values())
            effects.append(_effect(desk, EffectKind.GIVEN_BACK, redemption=again, **given, points=points))
    return effects


def _undone(desk: Desk, redemption: Redemption) -> Effect:
    undone = refund_on(desk, redemption.id, reason=RETURNED, when_kept=WhenKept.LEAVE, with_order=True)
    told: dict[str, Any] = {"redemption_id": str(redemption.id), "kind": redemption.kind}
    if undone.reversal.undoing is Undoing.KEPT:
        return _effect(
            desk,
            EffectKind.CANNOT_BE_UNDONE,
            redemption=redemption,
            **told,
            reason=undone.reversal.reason or "stays_given",
        )
    points = undone.redemption.refunded_points - redemption.refunded_points
    return _effect(
        desk, EffectKind.TAKEN_BACK, redemption=redemption, **told, undoing=undone.reversal.undoing.value, points=points
    )


def _effect(desk: Desk, what: EffectKind, *, redemption: Redemption | None = None, **values: object) -> Effect:
    return Effect(
        kind=what,
        program=desk.version.program_key,
        version=desk.version.number,
        rule=redemption.reward if redemption else "",
        member_id=redemption.member_id if redemption else None,
        values=values,
    )
