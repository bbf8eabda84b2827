"""The files themselves: kept under the home by the export's id, readable by this user only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

_CHUNK_BYTES = 1 << 20


class FileNotThere(DomainError):
    """The file of an export is not there yet, or no longer."""

    code = "file_not_there"


class FileCutShort(Exception):
    """A file is shorter than was written to it: it was lost, or lies on another machine."""


def path_of(export_id: UUID) -> Path:
    """Return where an export's file is kept."""
    return Path(settings.INSTALLATION.home) / "exports" / str(export_id)


def parts_of(export_id: UUID) -> Path:
    """Return where the parts are kept of a file that is put together at the end."""
    return path_of(export_id).with_suffix(".parts")


@contextmanager
def opened_at(path: Path, size_bytes: int) -> Iterator[IO[bytes]]:
    """Yield a file, cut to what is known to be written, to write on from there.

    Raises
    ------
    FileCutShort
        It holds less.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        if file.seek(0, os.SEEK_END) < size_bytes:
            raise FileCutShort
        file.truncate(size_bytes)
        file.seek(size_bytes)
        yield file


def write_down(file: IO[bytes], content: bytes) -> int:
    """Write so that it stays whatever happens to the machine; return how long the file then is."""
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
    return file.tell()


def open_file(export_id: UUID) -> IO[bytes]:
    """Return an export's file, to be read.

    Raises
    ------
    FileNotThere
        It is no longer kept.
    """
    try:
        return path_of(export_id).open("rb")
    except FileNotFoundError:
        raise FileNotThere(gettext("The file is no longer kept; ask for another export.")) from None


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file's content and close it."""
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def remove_file(export_id: UUID) -> None:
    """Remove an export's file and its parts, if they are there."""
    path_of(export_id).unlink(missing_ok=True)
    parts_of(export_id).unlink(missing_ok=True)


def list_kept() -> list[UUID]:
    """Return the ids under which files are kept."""
    found = []
    for path in path_of(UUID(int=0)).parent.glob("*"):
        with suppress(ValueError):
            found.append(UUID(path.stem))
    return found
