"""What a kind of export must be able to do: settle what it is, read on from a place, and write what it read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

Settled = Mapping[str, Any]
Place = Sequence[str | int]
# A text is made safe for spreadsheets; a number is one; None is an empty cell.
Cell = str | int | float | Decimal | None
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be read: of a source, since a moment, as it was settled when it was asked for."""

    source: str | None
    since: datetime | None
    settled: Settled


class Kind(Protocol[Item]):
    """A kind of export."""

    def settle(self) -> Settled:
        """Return, as JSON, what must be the same in each start: where it ends, and which columns there are."""

    def columns(self, settled: Settled) -> Sequence[str]:
        """Return the columns of the table."""

    def count(self, wanted: Wanted) -> int:
        """Return how many items there will be, as far as can be told before."""

    def read(self, wanted: Wanted, after: Place | None, *, limit: int) -> Sequence[Item]:
        """Return what comes after a place, or the first, in an order in which nothing comes between."""

    def place_of(self, item: Item) -> Place:
        """Return where reading goes on behind an item."""

    def rows_of(self, items: Sequence[Item], wanted: Wanted) -> Iterable[Sequence[Cell]]:
        """Yield the rows of the table that items make."""

    def object_of(self, item: Item) -> Mapping[str, Any]:
        """Return an item as it is written as JSON."""
