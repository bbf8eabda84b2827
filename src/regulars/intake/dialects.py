"""How a text table is written: what stands between its cells, and where its rows begin."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from regulars.intake.names import known_names
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _

WHITE_SPACE = " "
_CANDIDATES = (",", ";", "\t", "|")
_NAMED = {"tab": "\t", "\\t": "\t", "space": WHITE_SPACE, "whitespace": WHITE_SPACE, "comma": ",", "semicolon": ";"}
_SAMPLE_LINES = 200
_SAMPLE_CHARS = 256 << 10


class UnknownDelimiter(DomainError):
    """The delimiter that the user named cannot be one."""

    code = "unknown_delimiter"


@dataclass(frozen=True, slots=True)
class Dialect:
    """`delimiter` (a blank: any run of white space), cells per record, and the lines before the first record."""

    delimiter: str
    width: int
    skip: int


def recognise_dialect(path: Path, delimiter: str | None = None) -> Dialect:
    """Return the dialect under which the first lines make the widest regular table.

    Raises
    ------
        UnknownDelimiter: the user named one that is longer than a character, or a quote.
    """
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        text = file.read(_SAMPLE_CHARS)
    lines = list(islice(text.splitlines(), _SAMPLE_LINES))
    if delimiter is not None:
        chosen = _delimiter(delimiter)
        return _measure(lines, chosen)[1]
    measured = [_measure(lines, candidate) for candidate in (*_CANDIDATES, WHITE_SPACE)]
    return max(measured, key=lambda pair: pair[0])[1]


def _delimiter(text: str) -> str:
    delimiter = _NAMED.get(text.lower(), text)
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0' or delimiter.isalnum():
        raise UnknownDelimiter(
            _("{text} cannot be a delimiter: name one character, or tab, or space for white space.").format(
                text=repr(text)
            )
        )
    return delimiter


def cells_of(lines: list[str], delimiter: str) -> list[list[str]]:
    """Return the cells of each line; a line that cannot be parsed is one cell."""
    if delimiter == WHITE_SPACE:
        return [line.split() for line in lines]
    rows: list[list[str]] = []
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return rows
        except csv.Error:
            row = [""]
        rows.append(row)


def _measure(lines: list[str], delimiter: str) -> tuple[tuple[bool, int, bool, float], Dialect]:
    """Return how well `delimiter` explains the lines (to be compared), and the dialect that it makes."""
    rows = [row for row in cells_of(lines, delimiter) if any(cell.strip() for cell in row)]
    widths = Counter(len(row) for row in rows)
    width = max(widths, key=lambda count: (widths[count], count), default=1)
    regular = widths[width] / max(len(rows), 1)
    skip = _lines_before(lines, delimiter, width)
    header = next((row for row in rows if len(row) == width), [])
    known = len(known_names(header))
    # Names that we know say more than regularity; white space is only chosen where no true delimiter does.
    rank = (width > 1 and regular >= 0.5, known if width > 1 else 0, delimiter != WHITE_SPACE, regular * width)
    return rank, Dialect(delimiter, max(width, 1), skip)


def _lines_before(lines: list[str], delimiter: str, width: int) -> int:
    """Return how many lines (a title, a blank line) stand above the line that names the columns, if one does."""
    for number, line in enumerate(lines[:20]):
        cells = next(iter(cells_of([line], delimiter)), [])
        if len(cells) * 2 > width and len(known_names(cells)) >= 2:
            return number
    return 0
