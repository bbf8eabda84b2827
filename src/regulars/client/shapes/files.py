"""Imports and exports."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

ImportKind = Literal["orders", "customers", "products"]


ImportState = Literal["uploaded", "mapped", "checking", "running", "done", "failed", "cancelled"]


class Mapping(TypedDict, total=False):
    """What is said of a file; what is left out is recognised."""

    columns: dict[str, str]
    delimiter: str | None
    encoding: str | None
    decimal: Literal[".", ","] | None
    date_order: Literal["ymd", "dmy", "mdy"] | None
    header: bool | None
    currency: str | None


class Counts(TypedDict):
    """What became of a file: items that are new, changed or as they were; and rows refused."""

    imported: int
    updated: int
    unchanged: int
    refused: int


class ImportPut(TypedDict):
    """Which import it is, and how far it has come."""

    import_id: str
    state: ImportState


class Import(TypedDict):
    """A file on its way in."""

    id: str
    kind: ImportKind
    state: ImportState
    file_name: str
    size_bytes: int
    sha256: str
    source: str
    mapping: Mapping
    recognised: dict[str, Any] | None
    counts: Counts
    rows_total: int | None
    rows_done: int
    share_done: float
    dry_run: Counts | None
    error_code: str
    error_message: str
    created_by: str
    created_at: str
    started_at: str | None
    ended_at: str | None
    file_removed_at: str | None
    same_as: str | None


class RefusedRow(TypedDict):
    """A row that was refused, by its number from 1 (the header not counted), with why."""

    row: int
    code: str
    message: str


ExportKind = Literal["customers", "orders", "products", "events", "facts", "scores"]


ExportFormat = Literal["csv", "jsonl", "parquet"]


class Export(TypedDict):
    """A file on its way out; `is_ready` tells whether it can be downloaded.

    One that `is_withheld` tells of what is sensitive, which takes `customers.write`.
    """

    id: str
    kind: ExportKind
    format: ExportFormat
    state: Literal["running", "done", "failed", "cancelled"]
    source: str | None
    since: str | None
    condition: str
    facts: list[str]
    items_total: int | None
    items_done: int
    share_done: float
    rows: int | None
    size_bytes: int | None
    is_withheld: bool
    is_ready: bool
    error_code: str
    error_message: str
    asked_by: str
    asked_at: str
    ended_at: str | None
    file_removed_at: str | None
