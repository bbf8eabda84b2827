"""Offers that a member wants before they count: from the moment of opting in, until that of opting out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.contracts import Offer
from regulars.loyalty.adjudication.models import OptIn
from regulars.loyalty.adjudication.statements import rows_of
from regulars.loyalty.definitions.document.rules import Rule
from regulars.loyalty.definitions.queries import NoSuchVersion, get_version_in_force
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.ledger.members import NoSuchMember, get_member
from regulars.loyalty.rewards.issuing import MemberSeen, see_member
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append


class NoSuchOffer(DomainError):
    """The programme in force has no rule of this key that is to be opted in to."""

    code = "no_such_offer"


@transaction.atomic
def opt_in(*, member_id: UUID, rule: str, now: datetime, actor: Actor) -> Offer:
    """Keep that a member wants an offer: what happens from now on counts. Who has opted in already stays so.

    Raises
    ------
    NoSuchMember
        There is no such member, or it is none any more.
    NoSuchOffer
        The programme has no such rule that waits for it.
    """
    member, offered = _seen(member_id), _offered(member_id, now)
    if rule not in offered:
        raise NoSuchOffer(gettext("There is no offer {key} to opt in to.").format(key=rule))
    standing = OptIn.objects.filter(member_id__in=member.ids, rule=rule, opted_out_at=None).first()
    if standing is None:
        standing, is_new = OptIn.objects.get_or_create(
            member_id=member_id,
            rule=rule,
            opted_out_at=None,
            defaults={"id": new_id(), "opted_in_at": now, "opted_in_by": str(actor)},
        )
        if is_new:
            _tell("offer.opted_in", member, member_id, rule, now=now, actor=actor)
    return _offer(offered[rule], standing.opted_in_at)


@transaction.atomic
def opt_out(*, member_id: UUID, rule: str, now: datetime, actor: Actor) -> None:
    """Keep that a member wants an offer no longer: what happens from now on does not count, what was earned stays.

    Raises
    ------
    NoSuchMember
        There is no such member, or it is none any more.
    """
    member = _seen(member_id)
    rows = OptIn.objects.select_for_update(no_key=True).filter(member_id__in=member.ids, rule=rule, opted_out_at=None)
    if not rows:
        return
    for row in rows:
        # A clock that went back a little makes no span that ends before it begins.
        row.opted_out_at, row.opted_out_by = max(now, row.opted_in_at), str(actor)
        row.save(update_fields=["opted_out_at", "opted_out_by"])
    _tell("offer.opted_out", member, member_id, rule, now=now, actor=actor)


def list_offers(member_id: UUID, *, now: datetime) -> list[Offer]:
    """Return the offers of the programme in force that are to be opted in to, and since when the member has.

    Raises
    ------
    NoSuchMember
        There is no such member, or it is none any more.
    """
    member = _seen(member_id)
    since = dict(
        OptIn.objects.filter(member_id__in=member.ids, opted_in_at__lte=now)
        .exclude(opted_out_at__lte=now)
        .values_list("rule", "opted_in_at")
    )
    return [_offer(rule, since.get(key)) for key, rule in _offered(member_id, now).items()]


def map_opted(member_ids: Collection[UUID], at: datetime) -> dict[UUID, frozenset[str]]:
    """Return to which offers members had opted in at a moment, under whichever of their ids."""
    found: dict[UUID, set[str]] = {each: set() for each in member_ids}
    for member_id, rule in rows_of("opted_in", {"members": sorted(member_ids), "at": at}):
        found[member_id].add(rule)
    return {member_id: frozenset(rules) for member_id, rules in found.items()}


def _seen(member_id: UUID) -> MemberSeen:
    member = see_member(member_id)
    if member.state != MemberState.ACTIVE:
        raise NoSuchMember(gettext("There is no such member."))
    return member


def _offered(member_id: UUID, now: datetime) -> dict[str, Rule]:
    try:
        version = get_version_in_force(get_member(member_id).program_id, now)
    except NoSuchVersion:
        return {}
    return {rule.key: rule for rule in version.document.rules if rule.opt_in}


def _offer(rule: Rule, opted_in_at: datetime | None) -> Offer:
    return Offer(rule=rule.key, name=rule.name, description=rule.description, opted_in_at=opted_in_at)


def _tell(kind: str, member: MemberSeen, member_id: UUID, rule: str, *, now: datetime, actor: Actor) -> None:
    record(actor, kind, "member", member_id, now=now, details={"rule": rule})
    event = NewEvent(
        type=kind,
        actor=actor,
        source="loyalty",
        occurred_at=now,
        customer_id=member.customer_id,
        payload={"member_id": str(member_id), "rule": rule},
    )
    append([event], now=now)
