"""What the staff does about a member: enrol and let leave, give points by hand, lock a tier and invite to one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from regulars.customers.queries import get_customer
from regulars.faces.console.acting import Acting, acting
from regulars.faces.console.loyalty.choosing import must_choose
from regulars.faces.console.loyalty.members.adjustments import authority_of
from regulars.faces.console.loyalty.members.forms import AdjustForm, InviteForm, LockForm, end_of_day
from regulars.faces.console.loyalty.members.one import page_of
from regulars.faces.console.permission import needs
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.tiers import TierSet
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.membership import services
from regulars.loyalty.membership.contracts import AdjustmentState
from regulars.loyalty.membership.programs import list_versions_since_evaluated
from regulars.loyalty.membership.queries import list_members_of
from regulars.loyalty.tiers.services import NoSuchTier, invite, lock_tier, unlock_tier


@needs("loyalty.write")
@require_POST
def enrol(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Make a customer a member."""
    customer, chosen, who = get_customer(customer_id), must_choose(request), acting(request)
    try:
        services.enrol(program=chosen.key, customer_id=customer.id, now=who.now, actor=who.actor)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("The customer is a member now."))
    return _back(customer.id, chosen.key)


@needs("loyalty.write")
@require_POST
def leave(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Let a member leave."""
    member, version, who = _asked(request, customer_id)
    services.leave(member_id=member.id, now=who.now, actor=who.actor)
    messages.success(request, gettext("The customer has left the programme. The points stay until they expire."))
    return _back(customer_id, version.program_key)


@needs("loyalty.adjust")
@require_POST
def adjust(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Give points, or take some; sent twice, it is done once."""
    member, version, who = _asked(request, customer_id)
    authority = authority_of(request)
    form = AdjustForm(request.POST, version=version, authority=authority)
    if form.is_valid():
        try:
            done = services.adjust(
                member_id=member.id,
                **form.told(),
                now=who.now,
                actor=who.actor,
                authority=authority,
                idempotency_key=request.POST.get("key", "").replace("\0", "")[:100] or None,
            )
        except DomainError as error:
            form.add_error("points", error.message)
        else:
            waits = done.state is AdjustmentState.AWAITING
            words = gettext("It waits until somebody else approves.") if waits else gettext("The points are posted.")
            messages.success(request, words)
            return _back(customer_id, version.program_key)
    return page_of(request, customer_id, adjust_form=form, asked="adjust")


@needs("loyalty.manage")
@require_POST
def lock(request: HttpRequest, customer_id: UUID, tier_set: str) -> HttpResponse:
    """Let a member's tier not change for a while."""
    member, version, who = _asked(request, customer_id)
    ladder = _ladder(version, tier_set)
    form = LockForm(request.POST, ladder=ladder.key)
    if not form.is_valid():
        messages.error(request, gettext("A lock needs a reason."))
        return _back(customer_id, version.program_key)
    told = {
        "until": end_of_day(form.cleaned_data["until"], version.zone),
        "reason": form.cleaned_data["reason"],
    }
    _try(request, gettext("The tier is locked."), lock_tier, told | _about(member, ladder, version, who))
    return _back(customer_id, version.program_key)


@needs("loyalty.manage")
@require_POST
def unlock(request: HttpRequest, customer_id: UUID, tier_set: str) -> HttpResponse:
    """Let a member's tier change again."""
    member, version, who = _asked(request, customer_id)
    ladder = _ladder(version, tier_set)
    _try(request, gettext("The tier is no longer locked."), unlock_tier, _about(member, ladder, version, who))
    return _back(customer_id, version.program_key)


@needs("loyalty.manage")
@require_POST
def invite_to(request: HttpRequest, customer_id: UUID, tier_set: str) -> HttpResponse:
    """Invite a member to a tier, or withdraw that."""
    member, version, who = _asked(request, customer_id)
    ladder = _ladder(version, tier_set)
    form = InviteForm(request.POST, ladder=ladder)
    if not form.is_valid():
        raise NoSuchTier(gettext("There is no such tier."))
    told: dict[str, Any] = {"tier": form.cleaned_data["tier"] or None}
    done = gettext("The member is invited.") if told["tier"] else gettext("The invitation is withdrawn.")
    _try(request, done, invite, told | _about(member, ladder, version, who))
    return _back(customer_id, version.program_key)


def _asked(request: HttpRequest, customer_id: UUID) -> tuple[Member, ProgramVersion, Acting]:
    """Return the member that a customer is in the programme that was told."""
    customer, version = get_customer(customer_id), must_choose(request).version
    member = next((each for each in list_members_of(customer.id) if each.program_id == version.program_id), None)
    if member is None:
        raise NoSuchMember(gettext("This customer is no member."))
    return member, version, acting(request)


def _ladder(version: ProgramVersion, key: str) -> TierSet:
    found = next((each for each in version.document.tier_sets if each.key == key), None)
    if found is None:
        raise NoSuchTier(gettext("There is no such tier set."))
    return found


def _about(member: Member, ladder: TierSet, version: ProgramVersion, who: Acting) -> dict[str, Any]:
    return {
        "member_id": member.id,
        "tier_set": ladder.key,
        "versions": list_versions_since_evaluated([member.id], version, who.now),
        "now": who.now,
        "actor": who.actor,
    }


def _try(request: HttpRequest, done: str, service: Any, told: dict[str, Any]) -> None:
    try:
        service(**told)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)


def _back(customer_id: UUID, program: str) -> HttpResponse:
    address = reverse("console:customer.loyalty", args=[customer_id])
    return redirect(f"{address}?{urlencode({'program': program})}")
