"""What stands of the loyalty programme in the database of a Regulars, read by plain SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.load.told import State

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClubKept:
    """What the checks of the programme look at, at one moment. Persons are named by their e-mail."""

    # Once for each member that the person is.
    members: Sequence[str]
    # How often the stream tells that a person became a member.
    enrolled: Mapping[str, int]
    # By person, the states of the orders that they have placed since, in all the ways in which orders come.
    orders: Mapping[str, Sequence[State]]
    # By person and rule: the points that were issued, less those that were taken back.
    earned: Mapping[tuple[str, str], int]
    # By person: pending, active, reserved, owed; and the least of all parts of lots.
    balances: Mapping[str, Row]
    # Person, reward, id, state, cost, and how many points were taken on its behalf.
    redemptions: Sequence[Row]
    # By reward: how many pieces were laid out, and how many lie there.
    stock: Mapping[str, Row]
    # Reason, person, points, state, and how many points its transaction has moved.
    adjustments: Sequence[Row]
    # By person: the tier, and the sum of what counts for it.
    tiers: Mapping[str, Row]


_WHO = """
    WITH who AS (
        SELECT member.id, person.value AS email, member.customer_id
        FROM loyalty_ledger_member AS member
        LEFT JOIN customers_identifier AS person ON person.customer_id = member.customer_id AND person.kind = 'email'
    )
"""
_ENROLLED = """
    SELECT who.email, count(event.id) FROM who
    LEFT JOIN stream_event AS event ON event.customer_id = who.customer_id AND event.type = 'member.enrolled'
    GROUP BY who.email
"""
_ORDERS = """
    SELECT who.email, who.email, placed.total_minor, placed.returned_minor, placed.payment_state = 'paid',
        placed.cancelled_at IS NOT NULL
    FROM who JOIN orders_order AS placed ON placed.customer_id = who.customer_id
"""
_EARNED = """
    SELECT who.email, lot.rule, -sum(entry.points)::bigint
    FROM loyalty_ledger_entry AS entry
    JOIN loyalty_ledger_lot AS lot ON lot.id = entry.lot_id
    JOIN loyalty_ledger_account AS account ON account.id = lot.account_id
    JOIN who ON who.id = account.member_id
    WHERE entry.book = 'issued'
    GROUP BY who.email, lot.rule
"""
_BALANCES = """
    SELECT who.email, coalesce(sum(lot.pending), 0)::bigint, coalesce(sum(lot.active), 0)::bigint,
        coalesce(sum(lot.reserved), 0)::bigint, coalesce(sum(lot.debt), 0)::bigint,
        coalesce(min(least(lot.pending, lot.active, lot.reserved, lot.debt)), 0)
    FROM who
    JOIN loyalty_ledger_account AS account ON account.member_id = who.id
    LEFT JOIN loyalty_ledger_lot AS lot ON lot.account_id = account.id
    GROUP BY who.email
"""
_REDEMPTIONS = """
    SELECT who.email, redemption.reward, redemption.id::text, redemption.state,
        (redemption.cost ->> 'beans')::bigint,
        (
            SELECT -coalesce(sum(entry.points), 0)::bigint FROM loyalty_ledger_entry AS entry
            WHERE entry.cause = redemption.id AND entry.book = 'member'
        )
    FROM loyalty_rewards_redemption AS redemption JOIN who ON who.id = redemption.member_id
"""
_STOCK = """
    SELECT shelf.reward, shelf.laid_out + shelf.added, sum(pieces.remaining)::bigint
    FROM loyalty_rewards_shelf AS shelf JOIN loyalty_rewards_pieces AS pieces ON pieces.shelf_id = shelf.id
    GROUP BY shelf.id
"""
_ADJUSTMENTS = """
    SELECT asked.reason, who.email, asked.points, asked.state,
        (
            SELECT -coalesce(sum(entry.points), 0)::bigint FROM loyalty_ledger_entry AS entry
            WHERE entry.transaction_id = asked.transaction_id AND entry.book = 'adjusted'
        )
    FROM loyalty_membership_adjustment AS asked JOIN who ON who.id = asked.member_id
"""
_TIERS = """
    SELECT who.email, standing.tier,
        (
            SELECT coalesce(sum(progress.amount), 0)::bigint FROM loyalty_tiers_progress AS progress
            WHERE progress.member_id = who.id
        )
    FROM who LEFT JOIN loyalty_tiers_standing AS standing ON standing.member_id = who.id
"""


def read_club(rows: Callable[[str], Sequence[Row]]) -> ClubKept:
    """Read it all by what asks the database."""

    def found(query: str) -> Sequence[Row]:
        return rows(_WHO + query)

    orders: dict[str, list[State]] = {}
    for person, *state in found(_ORDERS):
        orders.setdefault(person, []).append(State(*state))
    return ClubKept(
        members=[person for (person,) in found("SELECT email FROM who")],
        enrolled=dict(found(_ENROLLED)),
        orders=orders,
        earned={(person, rule): points for person, rule, points in found(_EARNED)},
        balances={person: tuple(parts) for person, *parts in found(_BALANCES)},
        redemptions=found(_REDEMPTIONS),
        stock={reward: tuple(figures) for reward, *figures in rows(_STOCK)},
        adjustments=found(_ADJUSTMENTS),
        tiers={person: tuple(standing) for person, *standing in found(_TIERS)},
    )
