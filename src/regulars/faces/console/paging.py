"""Places in a list, as an address carries them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"(-?\d{1,17})\.([0-9a-f-]{1,40})")


class WrongPlace(DomainError):
    """An address names no place in a list."""

    code = "wrong_place"


def write_place(moment: datetime, key: object) -> str:
    """Return a place in a list that is sorted by a moment and a key."""
    return f"{(moment - _EPOCH) // timedelta(microseconds=1)}.{key}"


def read_place(text: str) -> tuple[datetime, str]:
    """Return the moment and the key that `write_place` wrote.

    Raises
    ------
    WrongPlace
        It wrote no such text.
    """
    found = _PLACE.fullmatch(text)
    if found is None:
        raise WrongPlace(gettext("The address names no place in this list."))
    return _EPOCH + timedelta(microseconds=int(found[1])), found[2]


def read_id(text: str) -> UUID | None:
    """Return the id after which a list goes on that is sorted by ids; None at its beginning.

    Raises
    ------
    WrongPlace
        It is none.
    """
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise WrongPlace(gettext("The address names no place in this list.")) from None


def read_id_place(text: str) -> tuple[datetime, UUID]:
    """Return the moment and the id that `write_place` wrote.

    Raises
    ------
    WrongPlace
        It wrote no such text.
    """
    moment, key = read_place(text)
    try:
        return moment, UUID(key)
    except ValueError:
        raise WrongPlace(gettext("The address names no place in this list.")) from None
