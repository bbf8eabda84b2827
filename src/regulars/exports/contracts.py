"""What others see of exports: a file on its way out, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ExportKind(StrEnum):
    """What is exported."""

    CUSTOMERS = "customers"
    ORDERS = "orders"
    PRODUCTS = "products"
    EVENTS = "events"
    FACTS = "facts"
    SCORES = "scores"


# What a kind asks for, where that is not `<kind>.export`: both say of customers what a list of them says.
_PERMISSIONS = {ExportKind.FACTS: "customers.export", ExportKind.SCORES: "customers.export"}


def permission_of(kind: ExportKind) -> str:
    """Return what one must be permitted to take a kind out."""
    return _PERMISSIONS.get(kind, f"{kind}.export")


class ExportFormat(StrEnum):
    """What the file is: a table that can be opened and imported again, a JSON object on each line, or typed columns."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class ExportState(StrEnum):
    """How far an export has come."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file on its way out.

    `items_done` of `items_total` counts customers, orders, products or events, `rows` the file's lines. What there will
    be is counted when the work begins. Of customers by a `condition` all are looked at, and those that fit are rows;
    `facts` are the columns that were asked for.

    One that `is_withheld` tells of what is sensitive, and who looks may not see that: its condition, those facts, and
    the size of the file, which would tell how many there are, are left out, and the file is not to be had.
    """

    id: UUID
    kind: ExportKind
    format: ExportFormat
    state: ExportState
    source: str | None
    since: datetime | None
    condition: str
    facts: Sequence[str]
    items_total: int | None
    items_done: int
    rows: int | None
    size_bytes: int | None
    is_withheld: bool
    error_code: str
    error_message: str
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    file_removed_at: datetime | None

    @property
    def file_name(self) -> str:
        """What to call the file where it is kept by who asked."""
        return f"{self.kind}-{self.asked_at:%Y-%m-%d}.{self.format}"

    @property
    def share_done(self) -> float:
        """How much is behind, from 0 to 1."""
        if self.state is ExportState.DONE:
            return 1.0
        return min(1.0, self.items_done / self.items_total) if self.items_total else 0.0

    @property
    def is_ready(self) -> bool:
        """Whether the file can be had."""
        return self.state is ExportState.DONE and self.file_removed_at is None and not self.is_withheld
