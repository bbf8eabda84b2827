"""What orders and points count for in tiers: recorded with what causes it, once for each occasion."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.contracts import Effect, EffectKind
from regulars.loyalty.adjudication.models import Order
from regulars.loyalty.adjudication.statements import rows_of
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.tiers import Orders, PointsEarned, Spend
from regulars.loyalty.ledger.wallets import Posting
from regulars.loyalty.rules.contracts import Cart
from regulars.loyalty.rules.worth import Remains
from regulars.loyalty.tiers.contracts import MemberChange, NewProgress, Reason
from regulars.loyalty.tiers.services import evaluate_members, record_progress
from regulars.stream.contracts import Actor


def points_progress(version: ProgramVersion, transactions: Collection[UUID]) -> list[NewProgress]:
    """Return what transactions count for in the tiers that are reached by points."""
    sets = {
        tier_set.basis.currency: tier_set.key
        for tier_set in version.document.tier_sets
        if isinstance(tier_set.basis, PointsEarned)
    }
    if not sets or not transactions:
        return []
    return [
        NewProgress(
            member_id=member_id,
            tier_set=sets[currency],
            occurred_at=activates_at,
            amount=int(points),
            source_kind="lot",
            source_id=lot_id,
            occasion=uuid5(transaction_id, f"{lot_id} {sets[currency]}"),
        )
        for transaction_id, lot_id, activates_at, member_id, currency, points in rows_of(
            "progress_of_transactions", {"transactions": sorted(transactions)}
        )
        if currency in sets
    ]


def order_progress(version: ProgramVersion, cart: Cart, remains: Remains) -> dict[str, int]:
    """Return what an order counts for, after what came back, in tier sets that are reached by spending or ordering."""
    found: dict[str, int] = {}
    for tier_set in version.document.tier_sets:
        basis = tier_set.basis
        if isinstance(basis, Orders):
            found[tier_set.key] = 0 if cart.is_void or not remains.goods else 1
        elif isinstance(basis, Spend) and basis.currency == cart.currency:
            parts = [part.after.gross if basis.tax else part.after.net for part in remains.goods]
            found[tier_set.key] = 0 if cart.is_void else max(0, sum(parts))
    return found


def count_order(row: Order, wanted: dict[str, int]) -> list[NewProgress]:
    """Note what an order counts for now, and return what that is more or less than before, at its business time."""
    changes = {key: amount - row.counted.get(key, 0) for key, amount in wanted.items()}
    if row.member_id is None:
        return []
    row.counted = wanted
    return [
        NewProgress(
            member_id=row.member_id,
            tier_set=key,
            occurred_at=row.placed_at,
            amount=change,
            source_kind="order",
            source_id=row.id,
            # Counted once by what was counted before, which stands in the row: an order may come to a state again.
            occasion=new_id(),
        )
        for key, change in changes.items()
        if change
    ]


def reach_tiers(
    version: ProgramVersion,
    postings: Sequence[Posting],
    member_ids: Collection[UUID],
    *,
    orders: Sequence[NewProgress] = (),
    now: datetime,
    actor: Actor,
) -> list[MemberChange]:
    """Count what was posted, and what `orders` come to, and evaluate the members whom it concerns."""
    record_progress(rows=[*orders, *points_progress(version, [posting.id for posting in postings])], now=now)
    if not version.document.tier_sets or not member_ids:
        return []
    return evaluate_members(member_ids=sorted(member_ids), versions=[version], now=now, actor=actor)


def unlocked(version: ProgramVersion, reached: Sequence[MemberChange]) -> list[Effect]:
    """Return the tiers that were reached, where not by the enrolment itself."""
    return [
        Effect(
            kind=EffectKind.UNLOCKED,
            program=version.program_key,
            version=version.number,
            member_id=change.member_id,
            values={"tier_set": change.tier_set, "tier": change.change.to_tier},
        )
        for change in reached
        if change.change.is_up and change.change.reason is not Reason.ENROLLED
    ]
