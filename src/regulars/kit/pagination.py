"""Pages by cursor: where a list goes on, as an opaque text that is checked when it comes back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

Item = TypeVar("Item")
Place = Sequence[str | int]
_CHECK_BYTES = 6


class WrongCursor(DomainError):
    """A cursor is none of ours, or another list's."""

    code = "wrong_cursor"

    def __init__(self) -> None:
        super().__init__(gettext("This cursor is not one that this list gave out."))


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a list; `next` leads to the part after it, and is None at the end."""

    items: Sequence[Item]
    next: str | None


def encode_cursor(name: str, place: Place) -> str:
    """Return the cursor for a place in the list `name`."""
    told = json.dumps(list(place), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(name, told) + told).rstrip(b"=").decode()


def decode_cursor(name: str, cursor: str) -> list[str | int]:
    """Return the place that a cursor of the list `name` stands for.

    Raises
    ------
    WrongCursor
        It is none of this list's.
    """
    try:
        kept = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise WrongCursor from None
    check, told = kept[:_CHECK_BYTES], kept[_CHECK_BYTES:]
    if check != _check(name, told):
        raise WrongCursor
    place: list[str | int] = json.loads(told)
    return place


def page_of(found: Sequence[Item], *, limit: int, name: str, place: Callable[[Item], Place]) -> Page[Item]:
    """Return the first `limit` of what was found, which is one more where the list goes on."""
    items = found[:limit]
    return Page(items, encode_cursor(name, place(items[-1])) if len(found) > limit else None)


def _check(name: str, told: bytes) -> bytes:
    """Return what tells a cursor of ours from any other text. It guards against mistakes; a place is no secret."""
    return hashlib.blake2b(told, digest_size=_CHECK_BYTES, key=name.encode()[:64]).digest()
