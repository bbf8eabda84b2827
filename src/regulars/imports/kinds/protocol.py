"""What a kind of file must be able to do: read a file as items, and put them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from regulars.imports.contracts import FileMapping, Item, Recognised, Refusal
from regulars.intake.contracts import Settings
from regulars.stream.contracts import Actor

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to read, and how: the file, what the user says of it, and what holds where it says nothing."""

    path: Path
    mapping: FileMapping
    source: str
    zone: str
    currency: str
    today: date

    def settings(self) -> Settings:
        """Return what intake is told of the file's form."""
        told = self.mapping
        return Settings(
            delimiter=told.delimiter,
            encoding=told.encoding,
            decimal=told.decimal,
            date_order=told.date_order,
            header=told.header,
            currency=told.currency or self.currency,
            zone=self.zone,
            today=self.today,
        )


class Became(StrEnum):
    """What became of an item."""

    IMPORTED = "imported"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an item; where it was refused, why."""

    became: Became
    code: str = ""
    message: str = ""


class Reading(Protocol):
    """A file that has been read; it lasts as long as the connection that it was read into."""

    @property
    def recognised(self) -> Recognised:
        """How the file was understood."""

    @property
    def rows(self) -> int:
        """How many rows it has."""

    def iter_refused(self) -> Iterator[Refusal]:
        """Yield the rows that say nothing that can be meant."""

    def iter_items(self, *, after: int) -> Iterator[Item]:
        """Yield what the other rows say, in a stable order; what comes after a place."""

    def moments(self) -> Sequence[datetime]:
        """Return moments around which something happens, in each month in which something does."""


class Kind(Protocol):
    """A kind of file."""

    def read(self, wanted: Wanted, *, first_rows: int | None = None, connection: Backend) -> Reading:
        """Read a file, or its first rows, having recognised it by all of them."""

    def put(self, items: Sequence[Item], *, source: str, now: datetime, actor: Actor) -> list[Outcome]:
        """Keep what the items say; return what became of each."""
