"""Keep accounts their people's: passwords, second factors, and sessions that end when they should."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.db import transaction

from regulars.kit.i18n import gettext
from regulars.staff.auditing import record
from regulars.staff.models import Account as AccountRow
from regulars.staff.models import Policy
from regulars.staff.services import NoSuchAccount, check_password
from regulars.stream.contracts import Actor

# Recovery codes only stand in for another one.
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@transaction.atomic
def change_password(*, account_id: UUID, password: str, now: datetime, actor: Actor) -> None:
    """Give an account another password. All of its sessions end; whoever changes it in one takes that one along.

    Raises
    ------
    NoSuchAccount
        No account has this id.
    WrongAccount
        The password is easily guessed.
    """
    row = _locked(account_id)
    check_password(password, row)
    row.password = make_password(password)
    row.save(update_fields=["password"])
    record(actor, "account.password_changed", "account", row.id, now=now)


@transaction.atomic
def end_sessions(*, account_id: UUID, now: datetime, actor: Actor) -> None:
    """End all sessions of an account.

    Raises
    ------
    NoSuchAccount
        No account has this id.
    """
    row = _locked(account_id)
    row.session_round += 1
    row.save(update_fields=["session_round"])
    record(actor, "account.sessions_ended", "account", row.id, now=now)


@transaction.atomic
def reset_second_factor(*, account_id: UUID, now: datetime, actor: Actor) -> int:
    """Take away all second factors of somebody who lost them, passkeys too, and end the sessions; return how many.

    Raises
    ------
    NoSuchAccount
        No account has this id.
    """
    row = _locked(account_id)
    row.session_round += 1
    row.save(update_fields=["session_round"])
    removed: int = Authenticator.objects.filter(user_id=account_id).delete()[0]
    record(actor, "account.second_factor_reset", "account", row.id, now=now, details={"removed": removed})
    return removed


@transaction.atomic
def require_second_factor(*, required: bool, now: datetime, actor: Actor) -> None:
    """Ask a second factor of everybody, or leave it to each."""
    Policy.objects.update_or_create(id=1, defaults={"second_factor_required": required})
    record(actor, "staff.policy_changed", "staff", "policy", now=now, details={"second_factor_required": required})


def is_second_factor_required() -> bool:
    """Tell whether everybody must have a second factor."""
    return Policy.objects.filter(id=1, second_factor_required=True).exists()


def ids_with_second_factor(account_ids: Sequence[UUID] | None = None) -> frozenset[UUID]:
    """Return who has a second factor, of some or of all."""
    rows = Authenticator.objects.filter(type__in=SECOND_FACTORS)
    if account_ids is not None:
        rows = rows.filter(user_id__in=account_ids)
    return frozenset(rows.values_list("user_id", flat=True))


def export_account(account_id: UUID) -> dict[str, Any]:
    """Return what is held of somebody of the staff, for that person (GDPR, article 15); no secrets.

    Raises
    ------
    NoSuchAccount
        No account has this id.
    """
    row = AccountRow.objects.filter(id=account_id).first()
    if row is None:
        raise _nobody()
    return {
        "email": row.email,
        "name": row.name,
        "role": row.role,
        "language": row.language,
        "created_at": row.created_at.isoformat(),
        "last_login": row.last_login.isoformat() if row.last_login else None,
        "second_factors": [
            {
                "kind": each.type,
                "name": each.data.get("name", ""),
                "created_at": each.created_at.isoformat(),
                "last_used_at": each.last_used_at.isoformat() if each.last_used_at else None,
            }
            for each in Authenticator.objects.filter(user_id=account_id).order_by("id")
        ],
        "vouched_for_by": [
            {"provider": each.provider, "subject": each.uid, "told": each.extra_data}
            for each in SocialAccount.objects.filter(user_id=account_id).order_by("id")
        ],
    }


def _locked(account_id: UUID) -> AccountRow:
    row = AccountRow.objects.select_for_update(no_key=True).filter(id=account_id).first()
    if row is None:
        raise _nobody()
    return row


def _nobody() -> NoSuchAccount:
    return NoSuchAccount(gettext("There is no such account."))
