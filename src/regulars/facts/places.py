"""Places in sorted lists of customers, as an address or a cursor carries them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from regulars.facts.asking import Place
from regulars.facts.contracts import Fact, FactType
from regulars.kit.pagination import WrongCursor


def write_place(place: Place) -> list[str | int]:
    """Return a place in parts that JSON can hold: its value, whether there is one, and the customer."""
    if place.value is None:
        return ["", 0, str(place.id)]
    value = place.value.isoformat() if isinstance(place.value, date) else place.value
    return [value, 1, str(place.id)]


def read_place(parts: Sequence[Any], fact: Fact) -> Place:
    """Return the place that `write_place` wrote, in a list that is sorted by a fact.

    Raises
    ------
    WrongCursor
        It wrote nothing like that.
    """
    try:
        value, is_known, identity = parts
        if is_known and fact.type is FactType.MOMENT:
            value = datetime.fromisoformat(value)
        elif is_known and fact.type is FactType.DAY:
            value = date.fromisoformat(value)
        return Place(value if is_known else None, UUID(identity))
    except (ValueError, TypeError, AttributeError):
        raise WrongCursor from None
