"""The rows of redemptions: found, locked, told of, and as others see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import Reward
from regulars.loyalty.rewards.contracts import ForOrder, Redemption, RedemptionState
from regulars.loyalty.rewards.issuing import see_member
from regulars.loyalty.rewards.models import Redemption as RedemptionRow
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append


class NoSuchReward(DomainError):
    """The programme has no reward of this key."""

    code = "no_such_reward"


class NoSuchRedemption(DomainError):
    """No redemption has this id."""

    code = "no_such_redemption"


def reward_of(version: ProgramVersion, key: str) -> Reward:
    """Return a reward of a programme.

    Raises
    ------
    NoSuchReward
        There is none of this key.
    """
    for reward in version.document.rewards:
        if reward.key == key:
            return reward
    raise NoSuchReward(gettext("There is no reward {key}.").format(key=key))


def find_row(redemption_id: UUID, *, is_locked: bool = False) -> RedemptionRow:
    """Return the row of a redemption; who locks it has opened the accounts before.

    Raises
    ------
    NoSuchRedemption
        There is none of this id.
    """
    rows = RedemptionRow.objects.select_for_update(no_key=True) if is_locked else RedemptionRow.objects
    row = rows.filter(id=redemption_id).first()
    if row is None:
        raise NoSuchRedemption(gettext("There is no such redemption."))
    return row


def order_of(row: RedemptionRow) -> ForOrder | None:
    """Return the order that was told when a redemption was asked for."""
    asked: dict[str, Any] = row.asked
    return ForOrder(**asked | {"order_id": row.order_id}) if asked else None


def tell(kind: str, rows: Iterable[RedemptionRow], *, now: datetime, actor: Actor, **also: object) -> None:
    """Append an event for each redemption: ids, keys and amounts."""
    append(
        [
            NewEvent(
                type=kind,
                actor=actor,
                source="regulars",
                occurred_at=now,
                customer_id=see_member(row.member_id).customer_id,
                payload={
                    "redemption_id": str(row.id),
                    "program_id": str(row.program_id),
                    "member_id": str(row.member_id),
                    "reward": row.reward,
                    "kind": row.kind,
                    "version": row.version,
                    "cost": row.cost,
                    "given": row.given,
                    "reference": row.reference,
                    "order_id": str(row.order_id) if row.order_id else None,
                    **also,
                },
            )
            for row in rows
        ],
        now=now,
    )


def memo_of(row: RedemptionRow, reason: str) -> dict[str, str]:
    """Return what the ledger is told of a redemption that is undone, or done again."""
    return {"redemption_id": str(row.id), "reward": row.reward, "reason": reason}


def redemption_of(row: RedemptionRow) -> Redemption:
    """Return the contract of a redemption's row."""
    return Redemption(
        id=row.id,
        program_id=row.program_id,
        member_id=row.member_id,
        reward=row.reward,
        kind=row.kind,
        version=row.version,
        state=RedemptionState(row.state),
        cost=row.cost,
        refunded_points=row.refunded_points,
        given=row.given,
        reference=row.reference,
        order_id=row.order_id,
        reserved_at=row.reserved_at,
        reserved_until=row.reserved_until,
        confirmed_at=row.confirmed_at,
        fulfilled_at=row.fulfilled_at,
        ended_at=row.ended_at,
        ended_for=row.ended_for,
    )
