"""The parameters of lists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Query
from pydantic import BeforeValidator, Field

from regulars.faces.api.schemas.wire import Moment
from regulars.kit.pagination import WrongCursor, decode_cursor

Limit = Annotated[int, Query(50, ge=1, le=200, description="How many items to return at most.")]
CursorText = Annotated[
    str | None, Query(None, max_length=500, description="Where to go on: `next` of the page before.")
]


def _written_out(told: object) -> object:
    """Refuse a number, which would be taken for seconds since 1970."""
    if isinstance(told, str) and told.replace(".", "", 1).lstrip("+-").isdigit():
        raise ValueError("a time is written as 2026-11-20T10:15:00+01:00")
    return told


Since = Annotated[Moment | None, BeforeValidator(_written_out)]
KeyPart = Annotated[str, Field(min_length=1, max_length=200)]


def time_and_id(name: str, cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return the place of a cursor in a list that goes by time and id, or None at the beginning.

    Raises
    ------
    WrongCursor
        It is none of this list's.
    """
    if cursor is None:
        return None
    at, identity = decode_cursor(name, cursor)
    return datetime.fromisoformat(str(at)), UUID(str(identity))


def known_place(name: str, cursor: str | None, length: int) -> list[Any] | None:
    """Return the place of a cursor, of so many parts, or None at the beginning.

    Raises
    ------
    WrongCursor
        It is none of this list's.
    """
    if cursor is None:
        return None
    place = decode_cursor(name, cursor)
    if len(place) != length:
        raise WrongCursor
    return place
