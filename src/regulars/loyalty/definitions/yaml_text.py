"""Read YAML 1.2 into a tree with places: its plain part, without anchors, aliases, merges and tags of one's own."""

from __future__ import annotations

import re
from decimal import Decimal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.nodes import Node, Place, Scalar, Tree, Unreadable

_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_TAGS = {
    "str": str,
    "int": int,
    "float": Decimal,
    "bool": bool,
    "null": type(None),
}
_PLAIN = "tag:yaml.org,2002:"
# Python reads no longer ones as a matter of course, and no number of a document is near.
_LONGEST_NUMBER = 400


def read_yaml(text: str) -> Node | None:
    """Return what a text holds; None where it is empty.

    Raises
    ------
    Unreadable
        It is no YAML, or holds what no document may.
    """
    tree = Tree()
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            _take(event, tree)
    except MarkedYAMLError as error:
        place = _place(error.problem_mark or error.context_mark)
        raise _no_yaml(str(error.problem or error.context), place) from error
    except ReaderError as error:
        before = text[: error.position]
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise Unreadable("unkept_character", gettext("A character here cannot be kept."), place) from error
    except YAMLError as error:
        raise _no_yaml(str(error), (1, 1)) from error
    return tree.root


def read_scalar(text: str) -> Scalar:
    """Return what a text means that stands without quotation marks; a day is a text."""
    if text.lower() in _WORDS and text in {text.lower(), text.upper(), text.capitalize()}:
        return _WORDS[text.lower()]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _take(event: Event, tree: Tree) -> None:
    place = _place(event.start_mark)
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
        raise Unreadable("anchor", gettext("Anchors (&) and aliases (*) are not read; write it out."), place)
    match event:
        case DocumentStartEvent():
            if tree.root is not None:
                raise Unreadable("second_document", gettext("A text holds one document."), place)
        case MappingStartEvent() | SequenceStartEvent():
            is_mapping = isinstance(event, MappingStartEvent)
            if event.tag not in {None, "!", _PLAIN + ("map" if is_mapping else "seq")}:
                raise _unknown_tag(str(event.tag), place)
            tree.begin({} if is_mapping else [], place)
        case MappingEndEvent() | SequenceEndEvent():
            tree.end()
        case ScalarEvent():
            if tree.awaits_key:
                tree.name(event.value, place)
            else:
                tree.add(_value(event, place), place)


def _value(event: ScalarEvent, place: Place) -> Scalar:
    text: str = event.value
    if event.tag is None:
        # Without a tag, what stands in quotation marks or as a block is a text.
        return read_scalar(text) if event.implicit[0] else text
    if event.tag == "!":
        return text
    kind = _TAGS.get(event.tag.removeprefix(_PLAIN)) if event.tag.startswith(_PLAIN) else None
    if kind is str:
        return text
    value = read_scalar(text)
    if kind is Decimal and type(value) is int:
        return Decimal(value)
    if kind is None or type(value) is not kind:
        raise _unknown_tag(event.tag, place)
    return value


def _unknown_tag(tag: str, place: Place) -> Unreadable:
    return Unreadable("unknown_tag", gettext("The tag {tag} is not read here.").format(tag=tag), place)


def _no_yaml(problem: str, place: Place) -> Unreadable:
    message = gettext("The text cannot be read as YAML here: {problem}.").format(problem=problem.strip().rstrip("."))
    return Unreadable("no_yaml", message, place)


def _place(mark: StreamMark | None) -> Place:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
