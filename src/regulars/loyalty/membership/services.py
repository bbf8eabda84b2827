"""Write memberships: enrol and leave; what is adjusted by hand, and erased, stands in modules of its own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.customers.queries import get_customer
from regulars.loyalty.adjudication import occasions
from regulars.loyalty.definitions.queries import get_version_in_force
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.ledger.members import end_membership, enrol_member, find_member, get_member
from regulars.loyalty.ledger.requests import patiently
from regulars.loyalty.membership.adjusting import adjust, approve_adjustment, refuse_adjustment
from regulars.loyalty.membership.erasing import erase_memberships
from regulars.loyalty.membership.following import follow_customers
from regulars.loyalty.membership.programs import get_version_now, list_versions_since_evaluated
from regulars.loyalty.tiers.services import evaluate_members
from regulars.stream.contracts import Actor

__all__ = [
    "adjust",
    "approve_adjustment",
    "enrol",
    "erase_memberships",
    "follow_customers",
    "leave",
    "refuse_adjustment",
]


@transaction.atomic
def enrol(*, program: str, customer_id: UUID, now: datetime, actor: Actor) -> Member:
    """Make a customer a member of a programme, with its first tiers and what enrolling earns; who is one stays one.

    Who left is a member again, with the points that are left; enrolling earns nothing a second time.

    Raises
    ------
    NoSuchProgram
        There is no such programme.
    NotBegun
        It has no version that is in force.
    NoSuchCustomer
        There is no such customer.
    NoSuchMember
        The membership was erased; it does not come again.
    """
    version = get_version_now(program, now)
    # Before the customer's other ids are looked at: who is merged from here on is heard of when this is done.
    patiently("stay")
    survivor_id = get_customer(customer_id).id
    before = find_member(version.program_id, survivor_id)
    member = enrol_member(customer_id=survivor_id, version=version, now=now, actor=actor)
    if before is not None and before.state is MemberState.ACTIVE:
        return member
    versions = list_versions_since_evaluated([member.id], version, now)
    evaluate_members(member_ids=[member.id], versions=versions, now=now, actor=actor)
    if before is None:
        occasions.enrolled([member], version, now=now, actor=actor)
    return member


@transaction.atomic
def leave(*, member_id: UUID, now: datetime, actor: Actor) -> Member:
    """Let a member leave; one that was merged is the one that it leads to. Points stay, and expire as they would have.

    Raises
    ------
    NoSuchMember
        There is no such member, or it was erased.
    """
    patiently("stay")
    member = get_member(member_id)
    version = get_version_in_force(member.program_id, now)
    return end_membership(member_id=member.merged_into or member.id, version=version, now=now, actor=actor)
