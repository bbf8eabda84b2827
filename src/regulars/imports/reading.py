"""Read an import's file by its kind, and say in the user's words what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from regulars.imports.contracts import ImportKind
from regulars.imports.files import FileGone, path_of
from regulars.imports.kept import wanted_of
from regulars.imports.kinds import kind_of
from regulars.imports.kinds.protocol import Reading
from regulars.imports.models import Import as ImportRow
from regulars.imports.workspace import workspace
from regulars.kit.errors import DomainError


class FileNotImportable(DomainError):
    """A file cannot be read as what it is said to be; `code` is the reason's own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def opened(row: ImportRow, settled: dict[str, str], *, first_rows: int | None = None) -> Iterator[Reading]:
    """Yield the file, read.

    Raises
    ------
    FileNotImportable
        It cannot be read.
    """
    with explained(row.id, row.file_name), workspace() as connection:
        yield kind_of(ImportKind(row.kind)).read(wanted_of(row, settled), first_rows=first_rows, connection=connection)


@contextmanager
def explained(import_id: UUID, file_name: str) -> Iterator[None]:
    """Let errors of reading name the file as the user knows it, not as it is kept."""
    try:
        yield
    except FileNotImportable:
        raise
    except FileGone as error:
        raise FileNotImportable(error.code, error.message) from None
    except DomainError as error:
        path = path_of(import_id)
        message = error.message.replace(str(path), file_name).replace(Path(path).name, file_name)
        raise FileNotImportable(error.code, message) from error
