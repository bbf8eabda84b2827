"""Imports on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, TypeAdapter

from regulars.customers.contracts import Person
from regulars.faces.api.schemas.wire import Currency, In, Out
from regulars.imports.contracts import FileMapping, Import, ImportKind, ImportState, Preview
from regulars.orders.contracts import OrderState, ProductState
from regulars.report.wording import say
from retention.reasons import Reason

Column = Annotated[str, Field(min_length=1, max_length=500)]
_STATES: TypeAdapter[OrderState | Person | ProductState] = TypeAdapter(OrderState | Person | ProductState)


class MappingIn(In):
    """What you say of a file; what is left out is recognised from it.

    `columns` maps what is looked for (`customer`, `date`, `email` …) to a column's name, or its number from 1.
    """

    columns: Annotated[dict[Column, Column], Field(default_factory=dict, max_length=200)]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    decimal: Literal[".", ","] | None = None
    date_order: Literal["ymd", "dmy", "mdy"] | None = None
    header: bool | None = None
    currency: Currency | None = None

    def contract(self) -> FileMapping:
        """Return what services take."""
        return FileMapping(**self.model_dump())


class MappingOut(Out):
    """What was said of a file."""

    columns: dict[str, str]
    delimiter: str | None
    encoding: str | None
    decimal: str | None
    date_order: str | None
    header: bool | None
    currency: str | None


class GuessOut(Out):
    """Something that was guessed of a file: a stable code, and a sentence."""

    code: str
    message: str


def _guesses(notes: Sequence[Reason | GuessOut]) -> list[GuessOut]:
    return [note if isinstance(note, GuessOut) else GuessOut(code=note.code, message=say(note)) for note in notes]


class RecognisedOut(Out):
    """How a file was understood; `columns` maps what was found to the columns' names, `notes` say what was guessed."""

    format: str
    encoding: str | None
    delimiter: str | None
    header: bool
    decimal: str | None
    date_order: str | None
    currency: str | None
    columns: dict[str, str]
    all_columns: list[str]
    notes: Annotated[list[GuessOut], BeforeValidator(_guesses)]


class CountsOut(Out):
    """What became of a file: orders, customers or products that are new, changed or as they were; and rows refused."""

    imported: int
    updated: int
    unchanged: int
    refused: int


class ImportPutOut(Out):
    """Which import it is, and how far it has come."""

    import_id: UUID
    state: ImportState

    @classmethod
    def of(cls, made: Import) -> ImportPutOut:
        """Return the wire's form of a write's answer."""
        return cls(import_id=made.id, state=made.state)


class ImportOut(Out):
    """A file on its way in. `rows_total` is known once it has been read; `same_as` is an earlier import of it.

    After a dry run `dry_run` holds what would become of it.
    """

    id: UUID
    kind: ImportKind
    state: ImportState
    file_name: str
    size_bytes: int
    sha256: str
    source: str
    mapping: MappingOut
    recognised: RecognisedOut | None
    counts: CountsOut
    rows_total: int | None
    rows_done: int
    share_done: float
    dry_run: CountsOut | None
    error_code: str
    error_message: str
    created_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    file_removed_at: datetime | None
    same_as: UUID | None


class ImportsOut(Out):
    """A page of imports, the newest first."""

    items: list[ImportOut]
    next: str | None


class RefusedRowOut(Out):
    """A row that was refused, by its number from 1 (the header not counted), with a stable code and a sentence."""

    row: int
    code: str
    message: str


class RefusedRowsOut(Out):
    """A page of the refused rows, by number."""

    items: list[RefusedRowOut]
    next: str | None


class PreviewItemOut(Out):
    """What some rows say together, in the form in which it would be kept: an order, a customer or a product."""

    rows: list[int]
    kept_as: dict[str, Any]


class PreviewOut(Out):
    """The beginning of a file as it would be kept, and which of its rows would be refused."""

    recognised: RecognisedOut
    items: list[PreviewItemOut]
    refused: list[RefusedRowOut]

    @classmethod
    def of(cls, preview: Preview) -> PreviewOut:
        """Return the wire's form of a preview."""
        items = [
            PreviewItemOut(rows=list(item.rows), kept_as=_STATES.dump_python(item.state, mode="json"))
            for item in preview.items
            if item.state is not None
        ]
        refused = [RefusedRowOut.model_validate(each) for each in preview.refused]
        return cls(recognised=RecognisedOut.model_validate(preview.recognised), items=items, refused=refused)
