"""Read a programme from the text of its document, YAML or JSON, and say of each fault where it stands."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import Fault
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.faults import faults_of
from regulars.loyalty.definitions.json_text import read_json
from regulars.loyalty.definitions.nodes import LARGEST_BYTES, Node, Unreadable, place_of
from regulars.loyalty.definitions.yaml_text import read_yaml


@dataclass(frozen=True, slots=True)
class Reading:
    """A programme, or why there is none; and the places of its parts, for what is found wrong with it later."""

    program: Program | None
    faults: Sequence[Fault]
    _root: Node | None = None

    def placed(self, faults: Iterable[Fault]) -> list[Fault]:
        """Return faults with the line and column where their pointers lead, in the order of the text."""
        if self._root is None:
            return list(faults)
        places = [(fault, place_of(self._root, fault.pointer)) for fault in faults]
        places.sort(key=lambda each: each[1])
        return [dataclasses.replace(fault, line=line, column=column) for fault, (line, column) in places]


def read_program(text: str | bytes) -> Reading:
    """Return the programme of a document. A text that begins with a brace is JSON, any other YAML."""
    try:
        root = _read_tree(text)
    except Unreadable as error:
        return Reading(None, [error.fault])
    try:
        # Read as strictly as JSON can be: "5" is no number, and `yes` is a text.
        program = Program.model_validate_json(json.dumps(root.plain()), strict=True)
    except ValidationError as error:
        return Reading(None, faults_of(error, root), root)
    return Reading(program, [], root)


def _read_tree(given: str | bytes) -> Node:
    data = given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass")
    if len(data) > LARGEST_BYTES:
        raise Unreadable("too_large", gettext("A document has 1 MB at most."), (1, 1))
    text = (_decoded(given) if isinstance(given, bytes) else given).removeprefix("\ufeff")
    root = read_json(text) if text.lstrip().startswith("{") else read_yaml(text)
    if root is None:
        raise Unreadable("empty", gettext("There is no document in the text."), (1, 1))
    return root


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = data[: error.start].count(b"\n") + 1, 1
        raise Unreadable("not_utf8", gettext("The text is not UTF-8 here."), place) from error
