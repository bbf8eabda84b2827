"""What the tables of rewards hold of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns
from regulars.loyalty.rewards.models import Redemption, Use, Voucher

COLUMNS: Columns = {
    **columns("loyalty_rewards_batch", none="id program_id series pattern wanted made begun_at begun_by finished_at"),
    **columns(
        "loyalty_rewards_voucher",
        none="id program_id series batch_id made_at good_until source_kind source_id occasion redeemed withdrawn_at"
        " withdrawn_by",
        # Why something was taken back, here and below, is what the staff has written.
        personal="member_id withdrawn_for",
        # Worth money to whoever reads it.
        hidden="code",
    ),
    **columns(
        "loyalty_rewards_use",
        none="id voucher_id reference state version held_until redeemed_at currency discount_minor ended_at",
        # Who acts may be the customer.
        personal="member_id actor ended_by ended_for",
    ),
    # A client may be an address.
    **columns("loyalty_rewards_try", none="time_window wrong", personal="client"),
    **columns("loyalty_rewards_shelf", none="id program_id reward pool added laid_out"),
    **columns("loyalty_rewards_pieces", none="id shelf_id number remaining"),
    **columns("loyalty_rewards_supply", none="id shelf_id pieces reason actor at"),
    **columns(
        "loyalty_rewards_redemption",
        none="id program_id reward kind version state cost refunded_points returned_points again_for_id"
        " ended_with_order pieces reference order_id asked given"
        " reserved_at reserved_until lost_at confirmed_at fulfilled_at ended_at",
        personal="member_id actor ended_by ended_for",
    ),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return the vouchers and rewards of a customer; of codes, which are as good as money, only that there are."""
    vouchers = Voucher.objects.filter(member__customer_id__in=customer_ids).order_by("made_at", "id")
    uses = Use.objects.filter(member__customer_id__in=customer_ids).select_related("voucher").order_by("id")
    redemptions = Redemption.objects.filter(member__customer_id__in=customer_ids).order_by("reserved_at", "id")
    return {
        "vouchers": [
            {
                "series": each.series,
                "given_at": each.made_at.isoformat(),
                "good_until": each.good_until.isoformat() if each.good_until else None,
                "redeemed": each.redeemed,
                "withdrawn_at": each.withdrawn_at.isoformat() if each.withdrawn_at else None,
                "withdrawn_for": each.withdrawn_for,
            }
            for each in vouchers
        ],
        "voucher_uses": [
            {
                "series": each.voucher.series,
                "order": each.reference,
                "state": each.state,
                "redeemed_at": each.redeemed_at.isoformat() if each.redeemed_at else None,
                "discount_minor": each.discount_minor,
                "currency": each.currency,
                "ended_for": each.ended_for,
            }
            for each in uses
        ],
        "rewards": [
            {
                "reward": each.reward,
                "state": each.state,
                "points": each.cost,
                "given": each.given,
                "order": each.reference,
                "reserved_at": each.reserved_at.isoformat(),
                "confirmed_at": each.confirmed_at.isoformat() if each.confirmed_at else None,
                "ended_at": each.ended_at.isoformat() if each.ended_at else None,
                "ended_for": each.ended_for,
            }
            for each in redemptions
        ],
    }
