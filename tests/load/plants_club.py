"""Faults of a loyalty programme that no correct Regulars has, and which check must tell of each."""

from __future__ import annotations

from collections.abc import Mapping

from tests.load.club import LIFTED
from tests.load.planting import one, one_more

_OF_AN_ORDER, _GIVEN = "rule = 'euros' AND active > 0", "state = 'confirmed'"
_PAID = "book = 'member' AND cause IN (SELECT id FROM loyalty_rewards_redemption)"
_ISSUED = "book = 'issued' AND lot_id IN (SELECT id FROM loyalty_ledger_lot WHERE rule = '{rule}')"


def _issue(rule: str, change: str) -> str:
    """Return what changes one entry by which points of a rule were issued."""
    return f"UPDATE loyalty_ledger_entry SET {change} WHERE {one('loyalty_ledger_entry', _ISSUED.format(rule=rule))}"


CLUB_PLANTS: Mapping[str, tuple[str, str]] = {
    "a member is lost": (
        f"UPDATE loyalty_ledger_member SET customer_id = NULL WHERE {one('loyalty_ledger_member')}",
        "members_are_there_once",
    ),
    "that somebody became a member was told twice": (
        one_more("stream_event", "type = 'member.enrolled'"),
        "members_are_there_once",
    ),
    "an order has earned twice": (_issue("euros", "points = points * 2"), "points_are_what_was_earned"),
    "an order has earned a point less": (_issue("euros", "points = points + 1"), "points_are_what_was_earned"),
    "an event has earned nothing": (
        f"DELETE FROM loyalty_ledger_entry WHERE {one('loyalty_ledger_entry', _ISSUED.format(rule='viewed'))}",
        "points_are_what_was_earned",
    ),
    "somebody was welcomed twice": (_issue("welcome", "points = points * 2"), "points_are_what_was_earned"),
    "a balance is a point off": (
        f"UPDATE loyalty_ledger_lot SET active = active - 1 WHERE {one('loyalty_ledger_lot', _OF_AN_ORDER)}",
        "balances_are_what_is_left",
    ),
    "somebody has points and owes some": (
        "UPDATE loyalty_ledger_lot SET active = active + 1, debt = debt + 1"
        f" WHERE {one('loyalty_ledger_lot', _OF_AN_ORDER)}",
        "balances_are_what_is_left",
    ),
    "points wait for nothing": (
        "UPDATE loyalty_ledger_lot SET active = active - 1, pending = pending + 1"
        f" WHERE {one('loyalty_ledger_lot', _OF_AN_ORDER)}",
        "balances_are_what_is_left",
    ),
    "a redemption is lost": (
        f"DELETE FROM loyalty_rewards_redemption WHERE {one('loyalty_rewards_redemption')}",
        "redemptions_are_as_told",
    ),
    "a redemption is there twice": (one_more("loyalty_rewards_redemption", _GIVEN), "redemptions_are_as_told"),
    "a redemption was paid twice": (
        "UPDATE loyalty_ledger_entry SET points = points * 2 WHERE " + one("loyalty_ledger_entry", _PAID),
        "redemptions_are_as_told",
    ),
    "a piece is lost": (
        "UPDATE loyalty_rewards_pieces SET remaining = remaining - 1"
        f" WHERE {one('loyalty_rewards_pieces', 'remaining > 0')}",
        "stock_is_what_was_not_given",
    ),
    "more is laid out than there is": (
        f"UPDATE loyalty_rewards_shelf SET laid_out = laid_out + 1 WHERE {one('loyalty_rewards_shelf')}",
        "stock_is_what_was_not_given",
    ),
    "an adjustment is lost": (
        f"DELETE FROM loyalty_membership_adjustment WHERE {one('loyalty_membership_adjustment')}",
        "adjustments_are_as_told",
    ),
    "an adjustment is there twice": (one_more("loyalty_membership_adjustment"), "adjustments_are_as_told"),
    "an adjustment has moved other points": (
        "UPDATE loyalty_ledger_entry SET points = points + 1 WHERE " + one("loyalty_ledger_entry", "book = 'adjusted'"),
        "adjustments_are_as_told",
    ),
    "an adjustment is for other points": (
        "UPDATE loyalty_membership_adjustment SET points = points + 100"
        f" WHERE {one('loyalty_membership_adjustment', 'points > 0')}",
        "adjustments_are_as_told",
    ),
    "an order counts twice for a tier": (
        one_more("loyalty_tiers_progress", id="-1", occasion="gen_random_uuid()"),
        "tiers_are_what_was_spent",
    ),
    "somebody stands too high": (
        f"UPDATE loyalty_tiers_standing SET tier = 'star' WHERE {one('loyalty_tiers_standing')}",
        "tiers_are_what_was_spent",
    ),
    "somebody stands too low": (
        f"UPDATE loyalty_tiers_standing SET tier = 'guest' WHERE {one('loyalty_tiers_standing', LIFTED)}",
        "tiers_are_what_was_spent",
    ),
}
