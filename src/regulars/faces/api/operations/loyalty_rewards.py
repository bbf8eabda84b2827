"""Rewards: what a member can have, redemptions, stock."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path

from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import CursorText, KeyPart, Limit, time_and_id
from regulars.faces.api.schemas.loyalty_rewards import (
    CancelIn,
    FulfilIn,
    RedemptionIn,
    RedemptionOut,
    RedemptionsOut,
    RefundIn,
    RefundOut,
    RewardOut,
    RewardsOut,
    StockIn,
    StockOut,
)
from regulars.kit.pagination import page_of
from regulars.loyalty.adjudication.conditions import judge_rewards
from regulars.loyalty.definitions.queries import get_program_id, get_version_in_force
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.rewards import queries, services
from regulars.loyalty.rewards.redemptions import reward_of
from regulars.loyalty.rewards.wishing import Wish

loyalty_rewards = Resource("Loyalty: rewards")
_LIST = "redemptions"


@loyalty_rewards.get("/loyalty/members/{member_id}/rewards", scope="loyalty.read", answer=RewardsOut)
def list_rewards(request: HttpRequest, member_id: UUID) -> Any:
    """List all rewards of the member's programme: available, or with every reason why not.

    What the member can spend is judged by the clock. That one which pays with points needs an order is no reason here.
    """
    now = timezone.now()
    version = get_version_in_force(get_member(member_id).program_id, now)
    judged = judge_rewards(version, member_id, at=now)
    found = queries.list_rewards(version=version, member_id=member_id, judged=judged, now=now)
    return RewardsOut(items=[RewardOut.of(each) for each in found])


@loyalty_rewards.post("/loyalty/members/{member_id}/redemptions", scope="loyalty.write", answer=RedemptionOut)
def redeem_reward(request: HttpRequest, member_id: UUID, body: Annotated[RedemptionIn, JsonBody(...)]) -> Any:
    """Give a member a reward for points, at once or reserved until it is confirmed.

    A reservation that is not confirmed in time ends by itself, and its points come back. Where the member cannot have
    it, the first reason is the problem's `code`, and `errors` lists all of them, each with its figures.
    """
    now = timezone.now()
    version = get_version_in_force(get_member(member_id).program_id, now)
    wish = Wish(
        program=version.program_key,
        reward=body.reward,
        member_id=member_id,
        order=body.order.contract() if body.order else None,
        judged=judge_rewards(version, member_id, at=now),
    )
    # The call's own key makes it happen once; the ledger is given no second one.
    take = services.reserve_reward if body.reserve else services.redeem_reward
    return RedemptionOut.of(take(wish=wish, now=now, actor=actor_of(request)))


@loyalty_rewards.get("/loyalty/members/{member_id}/redemptions", scope="loyalty.read", answer=RedemptionsOut)
def list_redemptions(request: HttpRequest, member_id: UUID, limit: Limit, cursor: CursorText) -> Any:
    """List what a member has redeemed or reserved, the latest first."""
    found = queries.list_redemptions(member_id, limit=limit + 1, before=time_and_id(_LIST, cursor))
    return page_of(found, limit=limit, name=_LIST, place=lambda each: (each.reserved_at.isoformat(), str(each.id)))


@loyalty_rewards.get("/loyalty/redemptions/{redemption_id}", scope="loyalty.read", answer=RedemptionOut)
def get_redemption(request: HttpRequest, redemption_id: UUID) -> Any:
    """Return a redemption."""
    return RedemptionOut.of(queries.get_redemption(redemption_id))


@loyalty_rewards.post("/loyalty/redemptions/{redemption_id}/confirm", scope="loyalty.write", answer=RedemptionOut)
def confirm_redemption(request: HttpRequest, redemption_id: UUID) -> Any:
    """Give what was reserved; again, it stays given."""
    done = services.confirm_redemption(redemption_id=redemption_id, now=timezone.now(), actor=actor_of(request))
    return RedemptionOut.of(done)


@loyalty_rewards.post("/loyalty/redemptions/{redemption_id}/cancel", scope="loyalty.write", answer=RedemptionOut)
def cancel_redemption(request: HttpRequest, redemption_id: UUID, body: Annotated[CancelIn, JsonBody(...)]) -> Any:
    """Let go of what was reserved; its points are the member's again. What was cancelled or has expired stays so."""
    done = services.cancel_redemption(
        redemption_id=redemption_id, reason=body.reason, now=timezone.now(), actor=actor_of(request)
    )
    return RedemptionOut.of(done)


@loyalty_rewards.post("/loyalty/redemptions/{redemption_id}/refund", scope="loyalty.write", answer=RefundOut)
def refund_redemption(request: HttpRequest, redemption_id: UUID, body: Annotated[RefundIn, JsonBody(...)]) -> Any:
    """Take back what was given; its points go back to the lots that they came from.

    What stays given, as a gift that was shipped, is refused (`cannot_be_undone`), or by `when_kept` left as it is, or
    refunded all the same.
    """
    undone = services.refund_redemption(
        redemption_id=redemption_id,
        reason=body.reason,
        when_kept=body.when_kept,
        now=timezone.now(),
        actor=actor_of(request),
    )
    return RefundOut.of_undone(undone)


@loyalty_rewards.post("/loyalty/redemptions/{redemption_id}/fulfil", scope="loyalty.write", answer=RedemptionOut)
def fulfil_redemption(request: HttpRequest, redemption_id: UUID, body: Annotated[FulfilIn, JsonBody(...)]) -> Any:
    """Keep that a reward is in the member's hands: shipped, lived through, or given by another system; once."""
    done = services.fulfil_redemption(
        redemption_id=redemption_id, details=body.details, now=timezone.now(), actor=actor_of(request)
    )
    return RedemptionOut.of(done)


@loyalty_rewards.post("/loyalty/programs/{program}/rewards/{reward}/stock", scope="loyalty.manage", answer=StockOut)
def add_stock(
    request: HttpRequest,
    program: Annotated[KeyPart, Path(...)],
    reward: Annotated[KeyPart, Path(...)],
    body: Annotated[StockIn, JsonBody(...)],
) -> Any:
    """Add pieces to the stock of a reward beside its document, or take some away; what members have stays theirs."""
    now = timezone.now()
    version = get_version_in_force(get_program_id(program), now)
    left = services.add_stock(
        version=version,
        reward=reward_of(version, reward),
        pieces=body.pieces,
        reason=body.reason,
        now=now,
        actor=actor_of(request),
    )
    return StockOut(program=program, reward=reward, left=left)
