"""What a text holds, with the place of each part: YAML and JSON are read into the same tree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import Fault

LARGEST_BYTES = 2**20
DEEPEST = 30
# More than any programme has, and few enough that a text without sense is given up in seconds.
MOST_PARTS = 100_000

Scalar = str | int | bool | Decimal | None
Place = tuple[int, int]
# PostgreSQL keeps no NUL, and no encoding keeps half of a pair.
_UNKEPT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a text, and its line and column, from 1; where it has a key, those of the key."""

    value: Scalar | Mapping[str, Node] | Sequence[Node]
    place: Place

    def plain(self) -> Any:
        """Return it without places; a number that is not exact as a float is its text, so that none is changed."""
        match self.value:
            case Mapping() as entries:
                return {key: node.plain() for key, node in entries.items()}
            case str() | int() | None as value:
                return value
            case Decimal() as number:
                nearest = float(number)
                return nearest if Decimal(repr(nearest)) == number else str(number)
            case nodes:
                return [node.plain() for node in nodes]


class Unreadable(Exception):
    """A text cannot be read; `fault` says why and where."""

    def __init__(self, code: str, message: str, place: Place, pointer: str = "") -> None:
        super().__init__(message)
        self.fault = Fault(code=code, message=message, pointer=pointer, line=place[0], column=place[1])


class Tree:
    """A tree that grows as a text is read, and refuses what no document may hold."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._parts = 0

    @property
    def awaits_key(self) -> bool:
        """Whether the next scalar names an entry of a mapping."""
        return bool(self._open) and isinstance(self._open[-1].parts, dict) and self._open[-1].key is None

    def begin(self, parts: dict[str, Node] | list[Node], place: Place) -> None:
        """Begin a mapping or a list."""
        if self.awaits_key:
            raise Unreadable("wrong_key", gettext("A name is a text here, no list and no mapping."), place)
        if len(self._open) == DEEPEST:
            message = gettext("Nothing stands deeper than {levels} levels.").format(levels=DEEPEST)
            raise Unreadable("too_deep", message, place)
        self._open.append(_Open(parts, place))

    def end(self) -> None:
        """End the mapping or list that was begun last."""
        done = self._open.pop()
        self.add(done.parts, done.place)

    def name(self, key: str, place: Place) -> None:
        """Name the entry of a mapping that comes next."""
        _check_text(key, place)
        within = self._open[-1]
        if key in within.parts:
            message = gettext("{key} stands here twice.").format(key=key)
            raise Unreadable("duplicate_name", message, place, self._pointer(key))
        within.key, within.key_place = key, place

    def add(self, value: Scalar | Mapping[str, Node] | Sequence[Node], place: Place) -> None:
        """Add a value that is whole: to what is open, or as the root."""
        if isinstance(value, str):
            _check_text(value, place)
        self._parts += 1
        if self._parts > MOST_PARTS:
            message = gettext("A document has {most} parts at most.").format(most=f"{MOST_PARTS:,}")
            raise Unreadable("too_many_parts", message, place)
        if not self._open:
            self.root = Node(value, place)
            return
        within = self._open[-1]
        if isinstance(within.parts, list):
            within.parts.append(Node(value, place))
        elif within.key is not None:
            within.parts[within.key] = Node(value, within.key_place)
            within.key = None

    def _pointer(self, key: str) -> str:
        steps = [len(each.parts) if isinstance(each.parts, list) else each.key for each in self._open[:-1]]
        return pointer_of([*(step for step in steps if step is not None), key])


@dataclass(slots=True)
class _Open:
    """A mapping or list that has not ended, and the name that its next entry has."""

    parts: dict[str, Node] | list[Node]
    place: Place
    key: str | None = None
    key_place: Place = (0, 0)


def pointer_of(steps: Sequence[str | int]) -> str:
    """Return a JSON pointer."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def place_of(root: Node, pointer: str) -> Place:
    """Return where a pointer leads in a text, or as far as it can be followed."""
    node = root
    for step in pointer.split("/")[1:]:
        match node.value:
            case Mapping() as entries:
                found = entries.get(step.replace("~1", "/").replace("~0", "~"))
            case list() as nodes:
                found = nodes[int(step)] if step.isdecimal() and int(step) < len(nodes) else None
            case _:
                found = None
        if found is None:
            break
        node = found
    return node.place


def _check_text(text: str, place: Place) -> None:
    if _UNKEPT.search(text):
        raise Unreadable("unkept_character", gettext("A character here cannot be kept."), place)
