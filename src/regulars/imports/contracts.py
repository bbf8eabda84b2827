"""What others see of imports: a file on its way in, how it was understood, what became of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from regulars.customers.contracts import Person
from regulars.orders.contracts import OrderState, ProductState
from retention.reasons import Reason


class ImportKind(StrEnum):
    """What a file holds."""

    ORDERS = "orders"
    CUSTOMERS = "customers"
    PRODUCTS = "products"


class ImportState(StrEnum):
    """How far an import has come. `checking` is a dry run, after which it is `mapped` again."""

    UPLOADED = "uploaded"
    MAPPED = "mapped"
    CHECKING = "checking"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNDER_WAY = (ImportState.CHECKING, ImportState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMapping:
    """What the user says of a file; all else is recognised.

    `columns` maps what is looked for (`customer`, `date`, `email`, `category` …) to a column's name, or its number
    from 1; to an empty text where the file has no such column, whatever its columns are called.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    date_order: str | None = None
    header: bool | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """How a file was understood; `columns` maps what was found to the columns' names, `notes` say what was guessed."""

    format: str
    encoding: str | None
    delimiter: str | None
    header: bool
    decimal: str | None
    date_order: str | None
    currency: str | None
    columns: Mapping[str, str]
    all_columns: Sequence[str]
    notes: Sequence[Reason] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of a file: orders, customers or products that are new, changed, or as they were; and rows refused."""

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that is kept under the id of the import that is to be made of it."""

    import_id: UUID
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A file on its way in. `rows_total` is known once the file has been read; `same_as` is an earlier import of it."""

    id: UUID
    kind: ImportKind
    state: ImportState
    file_name: str
    size_bytes: int
    sha256: str
    source: str
    mapping: FileMapping
    recognised: Recognised | None
    counts: Counts
    rows_total: int | None
    rows_done: int
    dry_run: Counts | None
    error_code: str
    error_message: str
    created_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    file_removed_at: datetime | None
    same_as: UUID | None = None

    @property
    def share_done(self) -> float:
        """How much of the file is behind, from 0 to 1."""
        return min(1.0, self.rows_done / self.rows_total) if self.rows_total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that was refused, by its number from 1 (the header not counted), with a stable code and a sentence."""

    row: int
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What one or more rows say together: an order, a person or a product; None where all of them are refused.

    `place` grows through the file: all that comes before it has been dealt with.
    """

    place: int
    rows: Sequence[int]
    state: OrderState | Person | ProductState | None
    refused: Sequence[Refusal] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The beginning of a file as it would be kept, and what is wrong with its rows."""

    recognised: Recognised
    items: Sequence[Item]
    refused: Sequence[Refusal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Originals:
    """Rows as they stand in a file, by their number from 1, under the names of its columns."""

    columns: Sequence[str]
    rows: Mapping[int, Sequence[str | None]]
