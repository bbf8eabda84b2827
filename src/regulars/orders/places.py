"""Find the channels and locations that orders name, and add those that are new."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from django.db import transaction

from regulars.orders.statements import rows_of

Table = Literal["channels", "locations"]

# Few, and never removed. Only what has been committed is remembered.
_known: dict[Table, dict[str, int]] = {"channels": {}, "locations": {}}


def find_places(table: Table, codes: Iterable[str]) -> dict[str, int]:
    """Return the ids of channels or locations by code; an empty code names none."""
    wanted = {code for code in codes if code}
    known = _known[table]
    if wanted <= known.keys():
        return {code: known[code] for code in wanted}
    found: dict[str, int] = dict(rows_of(f"find_{table}", {"codes": sorted(wanted)}))
    if missing := wanted - found.keys():
        rows_of(f"put_{table}", {"codes": sorted(missing)})
        found = dict(rows_of(f"find_{table}", {"codes": sorted(wanted)}))
    transaction.on_commit(lambda: known.update(found))
    return found


def forget_places() -> None:
    """Forget what is remembered, as a test does whose database is emptied."""
    for known in _known.values():
        known.clear()
