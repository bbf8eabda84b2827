"""Write down what was done with an account, and tell its person of it by mail."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from regulars.faces.console import jobs
from regulars.faces.console.security import mails
from regulars.faces.console.security.words import NOTICES
from regulars.staff.services import record
from regulars.stream.contracts import Actor, ActorKind


def person(account_id: object) -> Actor:
    """Return somebody of the staff as the one who acts."""
    return Actor(ActorKind.STAFF, str(account_id))


def tell(account_id: UUID, action: str, **details: object) -> None:
    """Write on the audit trail what somebody did with the own account, and send the notice."""
    record(person(account_id), action, "account", account_id, now=timezone.now(), details=details)
    notify(account_id, action)


def notify(account_id: UUID, action: str) -> None:
    """Send the notice of what was done, where there is one and mails go out; it goes with this transaction."""
    if action in NOTICES and mails.is_set_up():
        jobs.send_notice.defer(account_id=str(account_id), action=action, at=timezone.now().isoformat())
