"""Members: enrolled, found, with their accounts and tiers, explained, adjusted by hand, and what offers they want."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query

from regulars.customers.queries import get_customer
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import CursorText, KeyPart, Limit, Since, known_place
from regulars.faces.api.schemas.loyalty_effects import AdjudicatedOut
from regulars.faces.api.schemas.loyalty_members import (
    AdjustIn,
    AdjustmentOut,
    AdjustmentsOut,
    BalancesOut,
    EnrolIn,
    EventPreviewIn,
    EventPreviewOut,
    ExplanationOut,
    FindIn,
    FoundAllOut,
    FoundOut,
    InviteIn,
    LockIn,
    MemberInFullOut,
    MemberLineOut,
    MemberOut,
    MembershipsOut,
    MembersOut,
    OfferOut,
    OffersOut,
    PointsAccountOut,
    StandingOut,
    TransactionOut,
    TransactionsOut,
)
from regulars.kit.pagination import page_of
from regulars.loyalty.adjudication import occasions, opting
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import get_version_in_force
from regulars.loyalty.ledger import queries as ledger
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.ledger.explaining import explain
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.membership import queries, services
from regulars.loyalty.membership.contracts import AdjustmentState, Authority
from regulars.loyalty.membership.programs import list_versions_since_evaluated
from regulars.loyalty.tiers import services as tiers

loyalty_members = Resource("Loyalty: members")
_PROGRAM = Authority(role="key")
_MEMBERS, _TRANSACTIONS, _ADJUSTMENTS = "members", "transactions", "adjustments"
Program = Annotated[KeyPart, Path(...)]


@loyalty_members.post("/loyalty/programs/{program}/members", scope="loyalty.write", answer=MemberOut)
def enrol_member(request: HttpRequest, program: Program, body: Annotated[EnrolIn, JsonBody(...)]) -> Any:
    """Make a customer a member; who is one stays one, and who left is one again.

    The first tiers stand from then on, and what enrolling earns is granted, once ever.
    """
    member = services.enrol(program=program, customer_id=body.customer_id, now=timezone.now(), actor=actor_of(request))
    return MemberOut.of(member)


@loyalty_members.get("/loyalty/programs/{program}/members", scope="loyalty.read", answer=MembersOut)
def list_members(  # noqa: PLR0917  # Each is a parameter of the address.
    request: HttpRequest,
    program: Program,
    limit: Limit,
    cursor: CursorText,
    state: Annotated[MemberState, Query(MemberState.ACTIVE, description="In which state they are.")],
    tier_set: Annotated[str | None, Query(None, max_length=40, description="With a tier set, those on its `tier`.")],
    tier: Annotated[str | None, Query(None, max_length=40, description="Left out, those on none of its tiers.")],
) -> Any:
    """List members, those who came last first."""
    place = known_place(_MEMBERS, cursor, 1)
    found = queries.list_members(
        program=program,
        limit=limit + 1,
        before=UUID(place[0]) if place else None,
        state=state,
        tier_set=tier_set,
        tier=tier,
        now=timezone.now(),
    )
    page = page_of(found, limit=limit, name=_MEMBERS, place=lambda each: (str(each.member.id),))
    return MembersOut(items=[MemberLineOut.of_line(each) for each in page.items], next=page.next)


@loyalty_members.ask("/loyalty/programs/{program}/members/find", scope="loyalty.read", answer=FoundAllOut)
def find_member(request: HttpRequest, program: Program, body: Annotated[FindIn, JsonBody(...)]) -> Any:
    """Find members by what a till is shown: the QR code or number, a card, an e-mail address, a phone number.

    A QR code may be an address that ends in the number. It is asked in a body, so that no address of this API names
    anybody.
    """
    found = queries.find_member_by(
        program=program, what=body.what, also_customers=body.also_customers, now=timezone.now()
    )
    return FoundAllOut(items=[FoundOut.of(each) for each in found])


@loyalty_members.get("/customers/{customer_id}/memberships", scope="loyalty.read", answer=MembershipsOut)
def list_memberships(request: HttpRequest, customer_id: UUID) -> Any:
    """List the members that a customer is, one in each programme, under whichever of its ids it enrolled."""
    found = queries.list_members_of(get_customer(customer_id).id)
    return MembershipsOut(items=[MemberOut.of(each) for each in found])


@loyalty_members.get("/loyalty/members/{member_id}", scope="loyalty.read", answer=MemberInFullOut)
def get_member_in_full(request: HttpRequest, member_id: UUID) -> Any:
    """Return a member with its accounts and tiers; one that was merged is the one that it leads to."""
    return MemberInFullOut.of_full(queries.get_member_in_full(member_id, now=timezone.now()))


@loyalty_members.delete("/loyalty/members/{member_id}", scope="loyalty.write", answer=MemberOut)
def leave_program(request: HttpRequest, member_id: UUID) -> Any:
    """Let a member leave. Its points stay, and expire as they would have; it may come again."""
    return MemberOut.of(services.leave(member_id=member_id, now=timezone.now(), actor=actor_of(request)))


@loyalty_members.get("/loyalty/members/{member_id}/balances", scope="loyalty.read", answer=BalancesOut)
def list_balances(
    request: HttpRequest,
    member_id: UUID,
    at: Annotated[Since, Query(None, description="At which moment; now where it is left out.")],
) -> Any:
    """Return what stands on a member's accounts by the clock, when it expires, and what pending points wait for.

    A moment to come tells what will stand if nothing more is earned or spent. How it stood at a moment that has
    passed is told by `explain_balance`.
    """
    now = timezone.now()
    moment = max(at or now, now)
    found = ledger.get_standing(_root(member_id).id, at=moment)
    return BalancesOut(at=moment, items=[PointsAccountOut.of(currency, each) for currency, each in found.items()])


@loyalty_members.get("/loyalty/members/{member_id}/transactions", scope="loyalty.read", answer=TransactionsOut)
def list_transactions(
    request: HttpRequest,
    member_id: UUID,
    limit: Limit,
    cursor: CursorText,
    currency: Annotated[str | None, Query(None, max_length=40, description="Of which currency alone.")],
) -> Any:
    """List what was posted on a member's accounts, the newest first."""
    place = known_place(_TRANSACTIONS, cursor, 1)
    found = ledger.list_transactions(
        _root(member_id).id, limit=limit + 1, currency=currency, before=UUID(place[0]) if place else None
    )
    page = page_of(found, limit=limit, name=_TRANSACTIONS, place=lambda each: (str(each.id),))
    return TransactionsOut(items=[TransactionOut.of(each) for each in page.items], next=page.next)


@loyalty_members.get("/loyalty/members/{member_id}/explain", scope="loyalty.read", answer=ExplanationOut)
def explain_balance(
    request: HttpRequest,
    member_id: UUID,
    currency: Annotated[str, Query(..., max_length=40, description="The currency of the account.")],
    valid_at: Annotated[Since, Query(None, description="At which moment it was so; now where it is left out.")],
    known_at: Annotated[Since, Query(None, description="By what was known when; now where it is left out.")],
) -> Any:
    """Explain a balance at two times: as it was valid at one moment, by what was known at another.

    Each lot says where its points came from, by which rule of which version, and where they went.
    """
    now = timezone.now()
    found = explain(
        member_id=_root(member_id).id, currency=currency, valid_at=valid_at or now, known_at=known_at or now
    )
    return ExplanationOut.of(found)


@loyalty_members.post("/loyalty/members/{member_id}/adjustments", scope="loyalty.adjust", answer=AdjustmentOut)
def adjust_points(request: HttpRequest, member_id: UUID, body: Annotated[AdjustIn, JsonBody(...)]) -> Any:
    """Give a member points, or take some, with a reason, and within what the programme lets a program do.

    Above the programme's bound it is `awaiting` until a person approves it in the console.
    """
    # The call's own key makes it happen once; the ledger is given no second one.
    done = services.adjust(
        member_id=member_id,
        currency=body.currency,
        points=body.points,
        reason=body.reason,
        expires_at=body.expires_at,
        now=timezone.now(),
        actor=actor_of(request),
        authority=_PROGRAM,
    )
    return AdjustmentOut.of(done)


@loyalty_members.get("/loyalty/adjustments", scope="loyalty.read", answer=AdjustmentsOut, finds=True)
def list_adjustments(  # noqa: PLR0917  # Each is a parameter of the address.
    request: HttpRequest,
    limit: Limit,
    cursor: CursorText,
    state: Annotated[AdjustmentState | None, Query(None, description="What became of them.")],
    member_id: Annotated[UUID | None, Query(None, description="Whose.")],
    program: Annotated[str | None, Query(None, max_length=40, description="Of which programme.")],
) -> Any:
    """List what was given or taken by hand, or waits for a second person, the latest first."""
    place = known_place(_ADJUSTMENTS, cursor, 1)
    found = queries.list_adjustments(
        state=state,
        member_id=member_id,
        program=program,
        limit=limit + 1,
        before=UUID(place[0]) if place else None,
    )
    page = page_of(found, limit=limit, name=_ADJUSTMENTS, place=lambda each: (str(each.id),))
    return AdjustmentsOut(items=[AdjustmentOut.of(each) for each in page.items], next=page.next)


@loyalty_members.get("/loyalty/adjustments/{adjustment_id}", scope="loyalty.read", answer=AdjustmentOut)
def get_adjustment(request: HttpRequest, adjustment_id: UUID) -> Any:
    """Return an adjustment, as one that was awaiting."""
    return AdjustmentOut.of(queries.get_adjustment(adjustment_id))


@loyalty_members.get("/loyalty/members/{member_id}/offers", scope="loyalty.read", answer=OffersOut)
def list_offers(request: HttpRequest, member_id: UUID) -> Any:
    """List the offers that count for who has opted in to them, and since when the member has."""
    found = opting.list_offers(_root(member_id).id, now=timezone.now())
    return OffersOut(items=[OfferOut.model_validate(each) for each in found])


@loyalty_members.put("/loyalty/members/{member_id}/offers/{rule}", scope="loyalty.write", answer=OfferOut)
def opt_in(request: HttpRequest, member_id: UUID, rule: Annotated[KeyPart, Path(...)]) -> Any:
    """Keep that a member wants an offer; what happens from now on counts."""
    offer = opting.opt_in(member_id=_root(member_id).id, rule=rule, now=timezone.now(), actor=actor_of(request))
    return OfferOut.model_validate(offer)


@loyalty_members.delete("/loyalty/members/{member_id}/offers/{rule}", scope="loyalty.write", answer=OffersOut)
def opt_out(request: HttpRequest, member_id: UUID, rule: Annotated[KeyPart, Path(...)]) -> Any:
    """Keep that a member wants an offer no longer; what was earned stays. Answers with the offers that there are."""
    now, member = timezone.now(), _root(member_id)
    opting.opt_out(member_id=member.id, rule=rule, now=now, actor=actor_of(request))
    return OffersOut(items=[OfferOut.model_validate(each) for each in opting.list_offers(member.id, now=now)])


@loyalty_members.put("/loyalty/members/{member_id}/tiers/{tier_set}/lock", scope="loyalty.manage", answer=StandingOut)
def lock_tier(
    request: HttpRequest,
    member_id: UUID,
    tier_set: Annotated[KeyPart, Path(...)],
    body: Annotated[LockIn, JsonBody(...)],
) -> Any:
    """Let a member's tier not change until a moment, or until it is unlocked."""
    now, member = timezone.now(), _root(member_id)
    standing = tiers.lock_tier(
        member_id=member.id,
        tier_set=tier_set,
        until=body.until,
        reason=body.reason,
        versions=_versions(member, now),
        now=now,
        actor=actor_of(request),
    )
    return StandingOut.of(tier_set, standing)


@loyalty_members.delete(
    "/loyalty/members/{member_id}/tiers/{tier_set}/lock", scope="loyalty.manage", answer=StandingOut
)
def unlock_tier(request: HttpRequest, member_id: UUID, tier_set: Annotated[KeyPart, Path(...)]) -> Any:
    """Let a member's tier change again."""
    now, member = timezone.now(), _root(member_id)
    standing = tiers.unlock_tier(
        member_id=member.id,
        tier_set=tier_set,
        versions=_versions(member, now),
        now=now,
        actor=actor_of(request),
    )
    return StandingOut.of(tier_set, standing)


@loyalty_members.put(
    "/loyalty/members/{member_id}/tiers/{tier_set}/invitation", scope="loyalty.manage", answer=StandingOut
)
def invite_to_tier(
    request: HttpRequest,
    member_id: UUID,
    tier_set: Annotated[KeyPart, Path(...)],
    body: Annotated[InviteIn, JsonBody(...)],
) -> Any:
    """Invite a member to a tier of a set that one is invited to; without a tier the invitation is withdrawn."""
    now, member = timezone.now(), _root(member_id)
    standing = tiers.invite(
        member_id=member.id,
        tier_set=tier_set,
        tier=body.tier,
        versions=_versions(member, now),
        now=now,
        actor=actor_of(request),
    )
    return StandingOut.of(tier_set, standing)


@loyalty_members.ask("/loyalty/preview-event", scope="loyalty.read", answer=EventPreviewOut)
def preview_event(request: HttpRequest, body: Annotated[EventPreviewIn, JsonBody(...)]) -> Any:
    """Return what an event would earn a customer if it were told; nothing is kept or posted."""
    moment: datetime = body.occurred_at or timezone.now()
    found = occasions.preview_event(
        event_type=body.type, customer_id=body.customer_id, occurred_at=moment, payload=body.payload
    )
    return EventPreviewOut(loyalty=[AdjudicatedOut.of(each) for each in found])


def _root(member_id: UUID) -> Member:
    """Return a member, or the one that it was merged into."""
    member = get_member(member_id)
    return get_member(member.merged_into) if member.merged_into else member


def _versions(member: Member, now: datetime) -> list[ProgramVersion]:
    """Return the versions by which a member's tiers are evaluated up to now."""
    return list_versions_since_evaluated([member.id], get_version_in_force(member.program_id, now), now)
