"""Change the staff: accounts, roles, invitations, keys."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from email_validator import EmailNotValidError, validate_email

from regulars.kit.errors import DomainError
from regulars.kit.i18n import LANGUAGES, gettext
from regulars.kit.ids import new_id
from regulars.staff.auditing import record, record_of_many
from regulars.staff.contracts import Account, ApiKey, Invitation, NewApiKey, NewInvitation, Role
from regulars.staff.models import Account as AccountRow
from regulars.staff.models import ApiKey as ApiKeyRow
from regulars.staff.models import Invitation as InvitationRow
from regulars.staff.permissions import PERMISSIONS
from regulars.staff.queries import (
    PREFIX_LENGTH,
    account_of,
    api_key_of,
    digest_of,
    find_open_invitation,
    invitation_of,
)
from regulars.stream.contracts import Actor, ActorKind

INVITATION_DAYS = 7
_LONGEST_NAME = 200

__all__ = [
    "accept_invitation",
    "accept_invitation_of_address",
    "change_account",
    "create_account",
    "create_api_key",
    "invite",
    "note_keys_used",
    "record",
    "record_of_many",
    "revoke_api_key",
    "withdraw_invitation",
]


class WrongAccount(DomainError):
    """An account's address, name, language or password cannot be meant. `field` names which."""

    code = "wrong_account"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class EmailTaken(DomainError):
    """Somebody of the staff has this address already."""

    code = "email_taken"


class NoSuchAccount(DomainError):
    """No account has this id."""

    code = "no_such_account"


class LastOwner(DomainError):
    """The business is not left without an owner."""

    code = "last_owner"


class UnknownScope(DomainError):
    """A key was to have a scope that does not exist, or none."""

    code = "unknown_scope"


class NoSuchApiKey(DomainError):
    """No key has this id."""

    code = "no_such_api_key"


class NoSuchInvitation(DomainError):
    """No open invitation has this id or secret."""

    code = "no_such_invitation"


@transaction.atomic
def create_account(
    *, email: str, name: str, role: Role, password: str | None, language: str = "en", now: datetime, actor: Actor
) -> Account:
    """Make an account; without a password it cannot sign in by one.

    Raises
    ------
    WrongAccount
        The address, name, language or password cannot be meant.
    EmailTaken
        Somebody has this address.
    """
    address = _checked_address(email)
    if AccountRow.objects.filter(email=address).exists():
        raise EmailTaken(gettext("Somebody of the staff has this address already."))
    row = AccountRow(
        email=address, name=_checked_name(name), role=role.value, language=_checked_language(language), created_at=now
    )
    if password is not None:
        check_password(password, row)
    row.password = make_password(password)
    row.save(force_insert=True)
    record(actor, "account.created", "account", row.id, now=now, details={"role": role.value})
    return account_of(row)


@transaction.atomic
def change_account(
    *,
    account_id: UUID,
    name: str | None = None,
    role: Role | None = None,
    is_active: bool | None = None,
    language: str | None = None,
    now: datetime,
    actor: Actor,
) -> Account:
    """Change a person's name, role or language, or let the person in no longer; what is left out stays.

    Raises
    ------
    NoSuchAccount
        No account has this id.
    LastOwner
        No active owner would be left.
    WrongAccount
        The name or language cannot be meant.
    """
    # All owners are locked, so that two who demote each other at once do not both succeed.
    owners = set(
        AccountRow.objects.select_for_update(no_key=True).filter(role=Role.OWNER, is_active=True).order_by("id")
    )
    row = AccountRow.objects.select_for_update(no_key=True).filter(id=account_id).first()
    if row is None:
        raise NoSuchAccount(gettext("There is no such account."))
    told = {"name": name, "role": role and role.value, "is_active": is_active, "language": language}
    changed = {field: value for field, value in told.items() if value is not None and value != getattr(row, field)}
    stays_owner = changed.get("role", row.role) == Role.OWNER and changed.get("is_active", row.is_active)
    if owners == {row} and not stays_owner:
        raise LastOwner(gettext("This is the only owner; make somebody else an owner first."))
    if "name" in changed:
        changed["name"] = _checked_name(str(name))
    if "language" in changed:
        _checked_language(str(language))
    for field, value in changed.items():
        setattr(row, field, value)
    if changed:
        # Else a session of before would be good again on the day that the person is let in again.
        row.session_round += changed.get("is_active") is False
        row.save(update_fields=[*changed, "session_round"])
        details: dict[str, object] = {"fields": sorted(changed)}
        details |= {field: value for field, value in changed.items() if field in {"role", "is_active"}}
        record(actor, "account.changed", "account", row.id, now=now, details=details)
    return account_of(row)


@transaction.atomic
def invite(*, email: str, role: Role, now: datetime, actor: Actor) -> NewInvitation:
    """Ask somebody to join; an earlier open invitation of the same address ends. The secret goes into the link.

    Raises
    ------
    WrongAccount
        The address cannot be meant.
    EmailTaken
        Somebody has this address.
    """
    address = _checked_address(email)
    if AccountRow.objects.filter(email=address).exists():
        raise EmailTaken(gettext("Somebody of the staff has this address already."))
    InvitationRow.objects.filter(email=address, accepted_at=None, withdrawn_at=None).update(withdrawn_at=now)
    secret = secrets.token_urlsafe(32)
    row = InvitationRow.objects.create(
        id=new_id(),
        email=address,
        role=role.value,
        digest=digest_of(secret),
        invited_by=str(actor),
        created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    record(actor, "invitation.created", "invitation", row.id, now=now, details={"role": role.value})
    return NewInvitation(invitation=invitation_of(row), secret=secret)


@transaction.atomic
def accept_invitation(*, secret: str, name: str, password: str, language: str = "en", now: datetime) -> Account:
    """Let somebody who was asked join, with the role that the invitation names.

    Raises
    ------
    NoSuchInvitation
        The secret is none of an open invitation.
    WrongAccount
        The name or password cannot be meant.
    EmailTaken
        Somebody has got the address meanwhile.
    """
    found = find_open_invitation(secret, now=now)
    return _accept(found, name=name, password=password, language=language, now=now)


@transaction.atomic
def accept_invitation_of_address(*, email: str, name: str, language: str = "en", now: datetime) -> Account:
    """Let somebody join who was asked, and whose address somebody trusted vouches for; without a password.

    Raises
    ------
    NoSuchInvitation
        Nobody of this address is asked.
    WrongAccount
        The name cannot be meant.
    """
    open_ones = InvitationRow.objects.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now)
    row = open_ones.filter(email=email.strip().lower()).first()
    found = invitation_of(row) if row else None
    return _accept(found, name=name, password=None, language=language, now=now)


def _accept(found: Invitation | None, *, name: str, password: str | None, language: str, now: datetime) -> Account:
    """Let the person of an open invitation join, once."""
    row = (
        InvitationRow.objects.select_for_update(no_key=True).filter(id=found.id, accepted_at=None).first()
        if found
        else None
    )
    if row is None:
        raise NoSuchInvitation(gettext("This invitation has ended; ask for another one."))
    account = create_account(
        email=row.email,
        name=name,
        role=Role(row.role),
        password=password,
        language=language,
        now=now,
        actor=Actor.parse(row.invited_by),
    )
    row.accepted_at = now
    row.save(update_fields=["accepted_at"])
    record(Actor(ActorKind.STAFF, str(account.id)), "invitation.accepted", "invitation", row.id, now=now)
    return account


@transaction.atomic
def withdraw_invitation(*, invitation_id: UUID, now: datetime, actor: Actor) -> Invitation:
    """Let an invitation be good no longer.

    Raises
    ------
    NoSuchInvitation
        No open invitation has this id.
    """
    row = (
        InvitationRow.objects.select_for_update(no_key=True)
        .filter(id=invitation_id, accepted_at=None, withdrawn_at=None)
        .first()
    )
    if row is None:
        raise NoSuchInvitation(gettext("This invitation has ended already."))
    row.withdrawn_at = now
    row.save(update_fields=["withdrawn_at"])
    record(actor, "invitation.withdrawn", "invitation", row.id, now=now)
    return invitation_of(row)


@transaction.atomic
def create_api_key(
    *, name: str, scopes: Collection[str], expires_at: datetime | None = None, now: datetime, actor: Actor
) -> NewApiKey:
    """Make a key for a program; its secret is in the answer and nowhere else.

    Raises
    ------
    UnknownScope
        A scope is none of `PERMISSIONS`, or there is none.
    WrongAccount
        The name is empty or too long, or the key would have ended already.
    """
    unknown = sorted(set(scopes) - PERMISSIONS.keys())
    if unknown or not scopes:
        raise UnknownScope(
            gettext("There is no scope {scope}.").format(scope=unknown[0])
            if unknown
            else gettext("A key needs at least one scope.")
        )
    if expires_at is not None and expires_at <= now:
        raise WrongAccount("expires_at", gettext("A key ends in the future."))
    secret = f"rk_{secrets.token_hex(4)}{secrets.token_urlsafe(32)}"
    row = ApiKeyRow.objects.create(
        id=new_id(),
        name=_checked_name(name),
        prefix=secret[:PREFIX_LENGTH],
        digest=digest_of(secret),
        scopes=sorted(set(scopes)),
        created_at=now,
        created_by=str(actor),
        expires_at=expires_at,
    )
    record(actor, "api_key.created", "api_key", row.id, now=now, details={"scopes": sorted(set(scopes))})
    return NewApiKey(key=api_key_of(row), secret=secret)


@transaction.atomic
def revoke_api_key(*, api_key_id: UUID, now: datetime, actor: Actor) -> ApiKey:
    """Let a key be good no longer, from now on; revoking it again changes nothing.

    Raises
    ------
    NoSuchApiKey
        No key has this id.
    """
    row = ApiKeyRow.objects.select_for_update(no_key=True).filter(id=api_key_id).first()
    if row is None:
        raise NoSuchApiKey(gettext("There is no such key."))
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        record(actor, "api_key.revoked", "api_key", row.id, now=now)
    return api_key_of(row)


def note_keys_used(*, used: Mapping[UUID, datetime]) -> int:
    """Keep when keys were last used, where it was on a later day than is kept; return of how many.

    It is no change that anybody made, and leaves no entry on the audit trail.
    """
    rows = ApiKeyRow.objects.filter(id__in=used)
    later = [row for row in rows if row.last_used_on is None or row.last_used_on.date() < used[row.id].date()]
    for row in later:
        ApiKeyRow.objects.filter(id=row.id).update(last_used_on=used[row.id])
    return len(later)


def _checked_address(email: str) -> str:
    try:
        return validate_email(email.strip(), check_deliverability=False, globally_deliverable=False).normalized.lower()
    except EmailNotValidError:
        raise WrongAccount("email", gettext("This is no e-mail address; one is mira@example.com.")) from None


def _checked_name(name: str) -> str:
    kept = " ".join(name.split())
    if not 1 <= len(kept) <= _LONGEST_NAME:
        raise WrongAccount("name", gettext("A name has 1 to {most} characters.").format(most=_LONGEST_NAME))
    return kept


def _checked_language(language: str) -> str:
    if language not in LANGUAGES:
        raise WrongAccount("language", gettext("Regulars does not speak {language}.").format(language=language))
    return language


def check_password(password: str, row: AccountRow) -> None:
    """Hold a password to the rules.

    Raises
    ------
    WrongAccount
        It is easily guessed.
    """
    try:
        validate_password(password, row)
    except ValidationError as error:
        raise WrongAccount("password", " ".join(error.messages)) from None
