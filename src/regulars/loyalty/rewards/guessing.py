"""How many wrong codes a client may try in a minute.

A client is whoever types codes: the face names it, as by a member, a session or an address behind a shop's key.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.rewards.statements import voucher_rows

WINDOW_SECONDS = 60
WRONG_TRIES_PER_WINDOW = 10


class TooManyTries(DomainError):
    """A client has tried too many wrong codes; it is told nothing more, not even of a good one, for a while."""

    code = "too_many_tries"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(gettext("Too many codes were wrong. Try again in a minute."))
        self.retry_after_seconds = retry_after_seconds


def refuse_guessing(client: str | None, *, now: datetime) -> None:
    """Refuse a client that has tried too many wrong codes in this minute; None is somebody who may know codes.

    Raises
    ------
    TooManyTries
        It has.
    """
    window, into = divmod(int(now.timestamp()), WINDOW_SECONDS)
    if client is None:
        return
    # In a transaction of the caller a count would go with what is refused; that it is none is seen at the first code.
    with transaction.atomic(durable=True):
        found = voucher_rows("wrong_tries", {"client": client, "window": window})
    if found and found[0][0] >= WRONG_TRIES_PER_WINDOW:
        raise TooManyTries(WINDOW_SECONDS - into)


def count_wrong_tries(client: str | None, wrong: int, *, now: datetime) -> None:
    """Count wrong codes of a client, in a transaction of its own: what refuses them must not undo the count.

    Raises
    ------
    TooManyTries
        With these they are too many.
    """
    if client is None or not wrong:
        return
    window, into = divmod(int(now.timestamp()), WINDOW_SECONDS)
    with transaction.atomic(durable=True):
        [(tried,)] = voucher_rows("count_wrong_tries", {"client": client, "window": window, "wrong": wrong})
    if tried > WRONG_TRIES_PER_WINDOW:
        raise TooManyTries(WINDOW_SECONDS - into)


@transaction.atomic
def forget_tries(*, now: datetime) -> int:
    """Forget the tries of minutes that are over; return of how many clients."""
    return len(voucher_rows("forget_tries", {"window": int(now.timestamp()) // WINDOW_SECONDS}))
