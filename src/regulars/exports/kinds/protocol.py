"""What a kind of export must be able to do: settle what it is, read on from a place, tell what it read in columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

Settled = Mapping[str, Any]
Place = Sequence[str | int]
Item = TypeVar("Item")


class ColumnType(StrEnum):
    """What a column holds."""

    TEXT = "text"
    TEXTS = "texts"
    INTEGER = "integer"
    # Of a line: exact, with three decimals as the table of orders has.
    QUANTITY = "quantity"
    # Of double precision.
    NUMBER = "number"
    BOOLEAN = "boolean"
    DAY = "day"
    MOMENT = "moment"
    MONEY = "money"


class Amount(NamedTuple):
    """Money in minor units of a currency."""

    minor: int
    currency: str


# A text is made safe for spreadsheets; None is an empty cell.
Value = str | int | float | Decimal | bool | date | datetime | Amount | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table, and what it holds."""

    name: str
    type: ColumnType = ColumnType.TEXT


def texts(*names: str) -> list[Column]:
    """Return columns of texts."""
    return [Column(name) for name in names]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What may be said of a kind beside source and moment: a condition on customers, and which facts to tell.

    Who asks may see what is sensitive, or may not: then the file neither holds it nor is chosen by it.
    """

    condition: str = ""
    facts: Sequence[str] = ()
    now: datetime
    sees_sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be read: of a source, since a moment, as it was settled when it was asked for."""

    source: str | None
    since: datetime | None
    settled: Settled


class Kind(Protocol[Item]):
    """A kind of export. `takes` are the names of what may be said of it."""

    takes: frozenset[str]

    def settle(self, chosen: Chosen) -> Settled:
        """Return, as JSON, what must be the same in each start: where it ends, and which columns there are."""

    def columns(self, settled: Settled) -> Sequence[Column]:
        """Return the columns of the table."""

    def count(self, wanted: Wanted) -> int:
        """Return how many items there will be, as far as can be told before."""

    def read(self, wanted: Wanted, after: Place | None, *, limit: int) -> Sequence[Item]:
        """Return what comes after a place, or the first, in an order in which nothing comes between."""

    def place_of(self, item: Item) -> Place:
        """Return where reading goes on behind an item."""

    def rows_of(self, items: Sequence[Item], wanted: Wanted) -> Iterable[Sequence[Value]]:
        """Yield the rows of the table that items make, with a value for each column."""

    def objects_of(self, items: Sequence[Item], wanted: Wanted) -> Iterable[Mapping[str, Any]]:
        """Yield items as they are written as JSON."""
