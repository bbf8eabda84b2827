"""Open a file whatever it is: look at its content, not at its name, and bring text to clean UTF-8.

A file that is plain UTF-8 is read where it lies; anything else (compressed, another encoding, NUL characters) is staged
once into a temporary folder. The pass over the bytes also makes the digest by which the same file given twice is seen.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _

_CHUNK_BYTES = 4 << 20
_HEAD_BYTES = 64 << 10
_PATTERN_CHARS = "*?["
_TEXT_CONTROLS = frozenset("\t\n\r\f\v\x1a\x1c\x1d\x1e\x1f")
_GZIP, _PARQUET, _ZIP, _OLE = b"\x1f\x8b", b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UNDEFINED_IN_WINDOWS = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Codecs that give text for other uses than files.
_NO_TABLE_IS_IN = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"})


class FileMissing(DomainError):
    """There is no file at the path."""

    code = "file_missing"


class FileIsFolder(DomainError):
    """The path is a folder."""

    code = "file_is_folder"


class FileEmpty(DomainError):
    """The file holds nothing."""

    code = "file_empty"


class FileUnreadable(DomainError):
    """The file cannot be opened or is damaged."""

    code = "file_unreadable"


class FileNotUnderstood(DomainError):
    """The file is none of the formats that we read."""

    code = "file_not_understood"


class UnknownEncoding(DomainError):
    """The encoding that the user named does not exist."""

    code = "unknown_encoding"


class Kind(StrEnum):
    """What a file turned out to be."""

    TEXT = "text"
    SPREADSHEET = "xlsx"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that can be read: `readable` is itself or what was staged of it."""

    path: Path
    readable: Path
    kind: Kind
    compressed: bool
    encoding: str | None
    digest: bytes


def open_source(path: Path, folder: Path, encoding: str | None = None) -> Source:
    """Look into the file and stage into `folder` what cannot be read where it lies.

    Raises
    ------
        FileMissing, FileIsFolder, FileEmpty, FileUnreadable, FileNotUnderstood, UnknownEncoding
    """
    _refuse_what_is_no_file(path)
    try:
        return _open(path, folder, encoding)
    except (OSError, EOFError, UnicodeError, zlib.error) as error:
        raise FileUnreadable(
            _("{path} cannot be read: {why}.").format(path=path, why=str(error) or type(error).__name__)
        ) from error


def _refuse_what_is_no_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise FileIsFolder(_("{path} is a folder; name the files in it.").format(path=path))
        if not path.exists():
            raise FileMissing(_("There is no file {path}.").format(path=path))
        if not path.is_file():
            raise FileUnreadable(_("{path} is no file that can be read twice; save it first.").format(path=path))
    except (OSError, ValueError) as error:
        raise FileMissing(_("There is no file {path}.").format(path=path)) from error


def _open(path: Path, folder: Path, encoding: str | None) -> Source:
    compressed = _starts(path, compressed=False).startswith(_GZIP)
    head = _starts(path, compressed=compressed)
    if not head:
        raise FileEmpty(_("{path} is empty.").format(path=path))
    kind = _kind(head)
    survey = _survey(path, compressed=compressed)
    readable, name = path, None
    if kind is Kind.TEXT:
        readable, name = _text(path, folder, encoding or _encoding(head, survey), survey, compressed=compressed)
    elif compressed:
        readable = _new_file(folder, kind)
        _copy(path, readable)
    if any(char in str(readable) for char in _PATTERN_CHARS):
        # DuckDB would take such a name for a pattern of names.
        readable = _new_file(folder, "link")
        readable.symlink_to(path.absolute())
    return Source(path=path, readable=readable, kind=kind, compressed=compressed, encoding=name, digest=survey.digest)


def _kind(head: bytes) -> Kind:
    if head.startswith(_PARQUET):
        return Kind.PARQUET
    if head.startswith((_ZIP, _OLE)):
        return Kind.SPREADSHEET
    return Kind.TEXT


@contextmanager
def _bytes_of(path: Path, *, compressed: bool) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        if compressed:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield unpacked  # type: ignore[misc]  # GzipFile is a readable binary file
        else:
            yield raw


def _starts(path: Path, *, compressed: bool) -> bytes:
    with _bytes_of(path, compressed=compressed) as file:
        return file.read(_HEAD_BYTES)


def _copy(path: Path, target: Path) -> None:
    with _bytes_of(path, compressed=True) as file, target.open("wb") as out:
        while chunk := file.read(_CHUNK_BYTES):
            out.write(chunk)


def _new_file(folder: Path, suffix: str) -> Path:
    return folder / f"{len(list(folder.iterdir()))}.{suffix}"


@dataclass(frozen=True, slots=True)
class _Survey:
    """What one pass over the bytes tells of them."""

    digest: bytes
    utf8: bool
    zeros: bool
    undefined_in_windows: bool


def _survey(path: Path, *, compressed: bool) -> _Survey:
    digest = hashlib.blake2b()
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8, zeros, undefined = True, False, False
    with _bytes_of(path, compressed=compressed) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            zeros = zeros or b"\0" in chunk
            utf8 = utf8 and _decodes(decoder, chunk)
            if not utf8:
                undefined = undefined or any(byte in chunk for byte in _UNDEFINED_IN_WINDOWS)
    return _Survey(digest.digest(), utf8 and _decodes(decoder, b"", final=True), zeros, undefined)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _encoding(head: bytes, survey: _Survey) -> str:
    """Return the encoding by its mark, by its zeros, as UTF-8 if the whole file is, else a western one-byte one."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    zeros_even, zeros_odd = head[::2].count(0), head[1::2].count(0)
    if max(zeros_even, zeros_odd) > len(head) // 5:
        return "utf-16-le" if zeros_odd > zeros_even else "utf-16-be"
    if survey.utf8:
        return "utf-8"
    return "latin-1" if survey.undefined_in_windows else "cp1252"


def _text(path: Path, folder: Path, encoding: str, survey: _Survey, *, compressed: bool) -> tuple[Path, str]:
    """Return where the file lies as clean UTF-8, and the name of the encoding that it was in."""
    decoder = _decoder(encoding)
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    with _bytes_of(path, compressed=compressed) as file:
        text = decoder.decode(file.read(_HEAD_BYTES))
    if not text.strip("\0\ufeff \t\r\n"):
        raise FileEmpty(_("{path} is empty.").format(path=path))
    _refuse_binary(path, text)
    if encoding == "utf-8" and survey.utf8 and not compressed and not survey.zeros:
        return path, name
    staged = _new_file(folder, "txt")
    decoder = _decoder(encoding)
    with _bytes_of(path, compressed=compressed) as file, staged.open("wb") as out:
        while chunk := file.read(_CHUNK_BYTES):
            out.write(decoder.decode(chunk).replace("\0", "").encode("utf-8", "replace"))
        out.write(decoder.decode(b"", final=True).replace("\0", "").encode("utf-8", "replace"))
    return staged, name


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    unknown = UnknownEncoding(_("There is no text encoding {name}.").format(name=repr(encoding)))
    try:
        name = codecs.lookup(encoding).name
        "a".encode(encoding)  # A codec of bytes to bytes, such as "hex", fails here.
    except (LookupError, UnicodeError, ValueError) as error:
        raise unknown from error
    if name in _NO_TABLE_IS_IN:
        raise unknown
    return codecs.getincrementaldecoder(encoding)(errors="replace")


def _refuse_binary(path: Path, text: str) -> None:
    """Refuse what no encoding turns into text: more than one character in fifty is a control character."""
    odd = sum(1 for char in text if (char < " " and char not in _TEXT_CONTROLS) or char in "\x7f\ufffd")
    if odd * 50 > len(text):
        raise FileNotUnderstood(
            _("{path} is neither a text table (CSV, TSV), a spreadsheet (XLSX) nor Parquet.").format(path=path)
        )
