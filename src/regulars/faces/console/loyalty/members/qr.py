"""A member's number as a QR code, drawn as one path so that it needs no style of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

# Scanners want a rim of four modules around the code; the white around the picture is a part of it.
_RIM = 2


@dataclass(frozen=True, slots=True)
class Drawn:
    """A code as a path of its dark modules, in a square of so many."""

    path: str
    size: int


@lru_cache(256)
def drawn(text: str) -> Drawn:
    """Return the QR code of a text."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=_RIM)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(
        f"M{column} {row}h1v1h-1z" for row, modules in enumerate(rows) for column, dark in enumerate(modules) if dark
    )
    return Drawn(path, len(rows))
