"""PostgreSQL's text form of arrays, written in one pass; the driver's own way costs several times as much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

_BACKSLASH, _QUOTE = "\\", '"'


def array_literal(values: Sequence[Any]) -> str:
    """Return the literal of an array of one dimension; the statement says of which type it is.

    Raises
    ------
    TypeError
        A value is of a kind that is not written here.
    """
    return "{" + ",".join([_NULL if value is None else _writer(value)(value) for value in values]) + "}"


_NULL = "NULL"


def _text(value: str) -> str:
    if _BACKSLASH in value or _QUOTE in value:
        value = value.replace(_BACKSLASH, _BACKSLASH * 2).replace(_QUOTE, _BACKSLASH + _QUOTE)
    return f'"{value}"'


def _bytes(value: bytes | memoryview) -> str:
    return f'"{_BACKSLASH * 2}x{value.hex()}"'


def _moment(value: date) -> str:
    return f'"{value.isoformat()}"'


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    str: _text,
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    Decimal: str,
    UUID: str,
    datetime: _moment,
    date: _moment,
    bytes: _bytes,
    memoryview: _bytes,
}


def _writer(value: object) -> Callable[[Any], str]:
    found = _WRITERS.get(type(value))
    if found is not None:
        return found
    for kind in type(value).__mro__:
        # As an enum of texts is a text.
        if kind in _WRITERS:
            return _WRITERS[kind]
    raise TypeError(f"no array of {type(value).__name__}")
