"""Read JSON (RFC 8259) into a tree with places."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn

from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.nodes import Node, Place, Scalar, Tree, Unreadable

_SPACE = re.compile(r"[ \t\r\n]*")
_TEXT = r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"'
# No number of a document is longer by far, and Python reads no longer ones as a matter of course.
_NUMBER = r"-?(?:0|[1-9][0-9]{0,399})(?:\.[0-9]{1,400})?(?:[eE][-+]?[0-9]{1,3})?(?![0-9.eE])"
_SYMBOL = re.compile(rf"[{{}}\[\],:]|{_TEXT}|{_NUMBER}|(?:true|false|null)\b")
_WORDS = {"true": True, "false": False, "null": None}


def read_json(text: str) -> Node | None:
    """Return what a text holds.

    Raises
    ------
    Unreadable
        It is no JSON, or holds what no document may.
    """
    return _Reader(text).read()


class _Reader:
    """Reads a text symbol by symbol; the tree bounds how deep it calls itself."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._tree = Tree()
        self._next = 0
        self._symbol = ""
        self._place: Place = (1, 1)

    def read(self) -> Node | None:
        self._advance()
        self._value()
        if self._symbol:
            self._refuse()
        return self._tree.root

    def _advance(self) -> None:
        """Go to the next symbol; it is empty at the end of the text."""
        space = _SPACE.match(self._text, self._next)
        start = space.end() if space else self._next
        line = bisect_right(self._lines, start)
        self._place = line, start - self._lines[line - 1] + 1
        found = _SYMBOL.match(self._text, start)
        if found is None and start < len(self._text):
            self._refuse()
        self._symbol = found[0] if found else ""
        self._next = found.end() if found else start

    def _value(self) -> None:
        place = self._place
        match self._symbol[:1]:
            case "{":
                self._tree.begin({}, place)
                self._items("}", self._entry)
            case "[":
                self._tree.begin([], place)
                self._items("]", self._value)
            case "" | "}" | "]" | "," | ":":
                self._refuse()
            case _:
                self._tree.add(_scalar(self._symbol), place)
                self._advance()

    def _items(self, closing: str, item: Callable[[], None]) -> None:
        self._advance()
        while self._symbol != closing:
            item()
            if self._symbol == ",":
                self._advance()
                if self._symbol == closing:
                    self._refuse()
            elif self._symbol != closing:
                self._refuse()
        self._tree.end()
        self._advance()

    def _entry(self) -> None:
        if not self._symbol.startswith('"'):
            self._refuse()
        self._tree.name(json.loads(self._symbol), self._place)
        self._advance()
        if self._symbol != ":":
            self._refuse()
        self._advance()
        self._value()

    def _refuse(self) -> NoReturn:
        raise Unreadable("no_json", gettext("The text cannot be read as JSON here."), self._place)


def _scalar(symbol: str) -> Scalar:
    if symbol in _WORDS:
        return _WORDS[symbol]
    if symbol.startswith('"'):
        text: str = json.loads(symbol)
        return text
    return int(symbol) if re.fullmatch("-?[0-9]+", symbol) else Decimal(symbol)
