"""What differs between two documents, told by the keys of their parts, in the order of the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.nodes import pointer_of
from regulars.loyalty.definitions.writing import to_plain

Steps = tuple[str, ...]


class ChangeKind(StrEnum):
    """What became of a part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    # Of the parts in both documents, some stand in another order, which counts: `before` and `after` are all keys.
    REORDERED = "reordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `pointer` names parts by key, as /rules/coffee/grant/points; what is not there is None.

    Values are plain: mappings, lists, texts, numbers and `Decimal`, with all defaults.
    """

    pointer: str
    kind: ChangeKind
    before: Any
    after: Any


def diff_programs(before: Program, after: Program) -> list[Change]:
    """Return what differs; nothing exactly where both documents have the same digest."""
    return list(_mappings(to_plain(before, defaults=True), to_plain(after, defaults=True), ()))


def look_up(program: Program, pointer: str) -> Any:
    """Return what a pointer of a change leads to in a document, as plain values; None where there is nothing."""
    found: Any = to_plain(program, defaults=True)
    for step in pointer.split("/")[1:]:
        if isinstance(found, list):
            found = _by_key(found)
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return found


def _mappings(before: Mapping[str, Any], after: Mapping[str, Any], steps: Steps) -> Iterator[Change]:
    """Compare entry by entry: in the order of the new one, and what went where it stood in the old one."""
    for key in _merged(list(before), list(after)):
        yield from _values(before.get(key), after.get(key), (*steps, key))


def _values(before: Any, after: Any, steps: Steps) -> Iterator[Change]:
    if before is None or after is None:
        if before is not None or after is not None:
            yield _change(ChangeKind.REMOVED if after is None else ChangeKind.ADDED, before, after, steps)
    elif isinstance(before, Mapping) and isinstance(after, Mapping) and _are_alike(before, after):
        yield from _mappings(before, after, steps)
    elif isinstance(before, list) and isinstance(after, list) and _are_keyed(before) and _are_keyed(after):
        yield from _keyed(_by_key(before), _by_key(after), steps)
    elif before != after or _order(before) != _order(after):
        yield _change(ChangeKind.CHANGED, before, after, steps)


def _keyed(before: Mapping[str, Any], after: Mapping[str, Any], steps: Steps) -> Iterator[Change]:
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield _change(ChangeKind.REORDERED, list(before), list(after), steps)
    yield from _mappings(before, after, steps)


def _are_alike(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether two mappings differ entry by entry: of one kind, or one key; of amounts, in one order too."""
    common = [key for key in before if key in after]
    is_one = "key" in before or before.get("kind") == after.get("kind")
    return is_one and common == [key for key in after if key in before]


def _are_keyed(items: Sequence[Any]) -> bool:
    keys = [item.get("key") if isinstance(item, Mapping) else None for item in items]
    return None not in keys and len(set(keys)) == len(keys)


def _by_key(items: Sequence[Any]) -> dict[str, Any]:
    return {item["key"]: item for item in items if isinstance(item, Mapping) and "key" in item}


def _order(value: Any) -> Any:
    """Return a value so that mappings in another order are not equal."""
    if isinstance(value, Mapping):
        return [(key, _order(each)) for key, each in value.items()]
    return [_order(each) for each in value] if isinstance(value, list) else value


def _merged(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return all keys: those of the new order, each that went behind the one that it stood behind."""
    merged = list(after)
    known = set(after)
    place = 0
    for key in before:
        if key in known:
            place = merged.index(key) + 1
        else:
            merged.insert(place, key)
            place += 1
    return merged


def _change(kind: ChangeKind, before: Any, after: Any, steps: Steps) -> Change:
    return Change(pointer=pointer_of(steps), kind=kind, before=before, after=after)
