"""The files themselves: kept under the home by the import's id, bounded in size, packed and unpacked."""

from __future__ import annotations

import gzip
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

MOST_BYTES = 500 * 2**20
# What a file may come to unpacked; a spreadsheet is read in memory, so less.
MOST_UNPACKED_BYTES = 4 * 2**30
MOST_UNPACKED_SHEET_BYTES = 512 * 2**20
MOST_ROWS = 20_000_000
_CHUNK_BYTES = 1 << 20
_GZIP, _ZIP, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"


# What unpacking raises for a file that is cut short or is not what it begins as; for zip members the standard library
# says NotImplementedError where they are packed in a way it does not know, and RuntimeError where they are encrypted.
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError, RuntimeError)


class FileTooLarge(DomainError):
    """A file is larger than may be imported, as it is or unpacked."""

    code = "file_too_large"


class FileDamaged(DomainError):
    """A packed file cannot be unpacked."""

    code = "file_damaged"


class FileGone(DomainError):
    """The file of an import is no longer there."""

    code = "file_gone"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a file once it is kept."""

    size_bytes: int
    sha256: str


def path_of(import_id: UUID) -> Path:
    """Return where an import's file is kept; its name is never the user's."""
    return Path(settings.INSTALLATION.home) / "imports" / str(import_id)


def find_file(import_id: UUID) -> Path:
    """Return where an import's file is.

    Raises
    ------
    FileGone
        It is no longer kept.
    """
    path = path_of(import_id)
    if not path.is_file():
        raise FileGone(gettext("The file is no longer kept; send it again."))
    return path


def keep_file(import_id: UUID, chunks: Iterable[bytes]) -> Kept:
    """Keep a file for an import, readable by this user only; nothing is left of one that is refused.

    Raises
    ------
    FileTooLarge
        It is larger than `MOST_BYTES`, or unpacks to more than may be read.
    FileDamaged
        It cannot be unpacked.
    """
    path = path_of(import_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        kept = _write(path, chunks)
        _check_unpacked(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return kept


def remove_file(import_id: UUID) -> None:
    """Remove an import's file, if it is there."""
    path_of(import_id).unlink(missing_ok=True)


def list_kept() -> list[UUID]:
    """Return the ids under which files are kept."""
    found = []
    for path in path_of(UUID(int=0)).parent.glob("*"):
        with suppress(ValueError):
            found.append(UUID(path.name))
    return found


def _write(path: Path, chunks: Iterable[bytes]) -> Kept:
    digest, size = hashlib.sha256(), 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise _too_large(MOST_BYTES)
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Kept(size, digest.hexdigest())


def _too_large(most: int) -> FileTooLarge:
    return FileTooLarge(gettext("The file is larger than {most} MB; split it into several.").format(most=most // 2**20))


def _check_unpacked(path: Path) -> None:
    """Refuse a small file that becomes a huge one, before anything reads it as a whole."""
    with path.open("rb") as file:
        head = file.read(4)
    try:
        if head.startswith(_GZIP):
            with gzip.open(path) as unpacked:
                inner = _measure(unpacked, MOST_UNPACKED_BYTES)
            if inner.startswith((_GZIP, _ZIP)):
                raise FileDamaged(gettext("The file is packed twice; unpack it once and send it again."))
        elif head.startswith(_ZIP):
            _check_members(path)
        elif head.startswith(_PARQUET):
            _check_parquet(path)
    except DAMAGED as error:
        raise FileDamaged(gettext("The file cannot be unpacked; it may be damaged.")) from error


def _measure(unpacked: IO[bytes] | gzip.GzipFile, most: int) -> bytes:
    """Read to the end without keeping it, but no further than `most`; return how it begins."""
    head, left = b"", most
    while chunk := unpacked.read(_CHUNK_BYTES):
        head = head or chunk[:4]
        left -= len(chunk)
        if left < 0:
            raise _too_large(most)
    return head


def _check_members(path: Path) -> None:
    # What an archive says of its sizes may be a lie; the reading is bounded, and a lie ends it.
    with zipfile.ZipFile(path) as archive:
        left = MOST_UNPACKED_SHEET_BYTES
        for member in archive.infolist():
            left -= member.file_size
            if left < 0:
                raise _too_large(MOST_UNPACKED_SHEET_BYTES)
            with archive.open(member) as unpacked:
                _measure(unpacked, member.file_size)


def _check_parquet(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise FileDamaged(gettext("The file cannot be unpacked; it may be damaged.")) from error
    size = sum(told.row_group(group).total_byte_size for group in range(told.num_row_groups))
    if size > MOST_UNPACKED_BYTES or told.num_rows > MOST_ROWS:
        raise _too_large(MOST_UNPACKED_BYTES)
