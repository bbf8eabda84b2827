"""Exports on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from regulars.customers.questions import read_condition
from regulars.exports.contracts import ExportFormat, ExportKind, ExportState
from regulars.faces.api.schemas.facts import FactName, Told
from regulars.faces.api.schemas.wire import In, Moment, Number, Out
from regulars.facts.language.printer import write


class ExportIn(In):
    """What is to be exported: of a source, or all; `since` leaves out what is older, or has not changed since.

    Of facts: the customers of whom a `condition` is true, all where there is none, with the `facts` that are named;
    where none is, with all that are not sensitive.
    """

    kind: ExportKind
    format: ExportFormat = ExportFormat.CSV
    source: Number | None = None
    since: Moment | None = None
    condition: Told | None = None
    facts: Annotated[tuple[FactName, ...], Field(max_length=300)] = ()

    def written(self) -> str:
        """Return the condition as a text, one that was sent as it is; nothing where there is none.

        Raises
        ------
        WrongCondition
            It is none.
        """
        if isinstance(self.condition, dict):
            return write(read_condition(self.condition).tree)
        return self.condition or ""


class ExportOut(Out):
    """A file on its way out. `items_done` counts what was asked for, `rows` the file's; `is_ready`: it can be had.

    One that `is_withheld` tells of what is sensitive, and the key lacks the scope `customers.write`: its condition,
    such facts, its rows and its size are left out, and it cannot be had.
    """

    id: UUID
    kind: ExportKind
    format: ExportFormat
    state: ExportState
    source: str | None
    since: datetime | None
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
    asked_at: datetime
    ended_at: datetime | None
    file_removed_at: datetime | None


class ExportsOut(Out):
    """A page of exports, the newest first."""

    items: list[ExportOut]
    next: str | None
