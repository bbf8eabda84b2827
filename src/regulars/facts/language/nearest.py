"""The name that was most likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.6


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like another, whatever their case; an empty text where none is alike."""
    by_folded = {each.casefold(): each for each in known}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=ALIKE)
    return by_folded[found[0]] if found else ""
