"""Which events a program may append: those whose noun is not one of ours."""

from __future__ import annotations

from datetime import datetime, timedelta

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

# What features append themselves, now or in a later release. A handler trusts that such an event is true.
RESERVED = frozenset(
    {
        "account",
        "api_key",
        "business",
        "campaign",
        "card",
        "challenge",
        "consent",
        "conversation",
        "customer",
        "email",
        "experiment",
        "export",
        "import",
        "insights",
        "journey",
        "member",
        "message",
        "note",
        "offer",
        "order",
        "points",
        "privacy",
        "product",
        "rates",
        "referral",
        "reward",
        "segment",
        "shop",
        "staff",
        "stream",
        "survey",
        "ticket",
        "tier",
        "trait",
        "webhook",
    }
)
_AHEAD = timedelta(days=1)
_FIRST_YEAR = 1980


class WrongEvent(DomainError):
    """An event is not one that a program may append. `pointer` is the place in it."""

    code = "wrong_event"

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


def check_custom_event(kind: str, occurred_at: datetime, *, now: datetime) -> None:
    """Let pass an event of a noun that is not ours, at a time that can be meant.

    Raises
    ------
    WrongEvent
        It is neither.
    """
    noun = kind.partition(".")[0]
    if noun in RESERVED:
        raise WrongEvent("/type", gettext("Events of {noun} are appended by Regulars itself.").format(noun=noun))
    if occurred_at > now + _AHEAD:
        raise WrongEvent("/occurred_at", gettext("This time is yet to come."))
    if occurred_at.year < _FIRST_YEAR:
        raise WrongEvent("/occurred_at", gettext("This time is too long ago to be meant."))
