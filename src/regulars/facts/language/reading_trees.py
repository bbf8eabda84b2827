"""Read a tree from JSON, and write it there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.tree import DEEPEST, LARGEST, Condition
from regulars.kit.i18n import gettext

_ADAPTER: TypeAdapter[Condition] = TypeAdapter(Condition)
# Each level of a text is up to four of the JSON, as of any in all: two nodes, and the list in each. What stands within
# them, down to an amount of time in a condition on properties, is some more.
_DEEPEST_JSON = 4 * DEEPEST + 24


def read_tree(data: object) -> Condition:
    """Return the condition that JSON data are; all or any of one part is that part.

    Raises
    ------
    WrongCondition
        They are none; the error tells the place.
    """
    _check_size(data)
    whole = _without_lone_parts(data)
    try:
        return _ADAPTER.validate_python(whole)
    except ValidationError as error:
        raise _wrong(error, whole) from None


def write_tree(condition: Condition) -> dict[str, Any]:
    """Return a condition as JSON data."""
    data: dict[str, Any] = _ADAPTER.dump_python(condition, mode="json", exclude_none=True)
    return data


def schema_of_trees() -> dict[str, Any]:
    """Return the JSON Schema of conditions."""
    schema: dict[str, Any] = _any_of(_ADAPTER.json_schema(ref_template="#/$defs/{model}"))
    return schema


def _any_of(part: Any) -> Any:
    """Return a schema whose choices are not exclusive: a whole number is a number too."""
    if isinstance(part, dict):
        return {"anyOf" if name == "oneOf" else name: _any_of(each) for name, each in part.items()}
    return [_any_of(each) for each in part] if isinstance(part, list) else part


def _check_size(data: object) -> None:
    level, depth = [("", data)], 0
    while level:
        depth += 1
        if depth > _DEEPEST_JSON:
            raise WrongCondition(
                gettext("A condition is at most {most} levels deep.").format(most=DEEPEST), code="too_deep"
            )
        for pointer, each in level:
            # Python refuses to write numbers that are very long, and so does a message that holds one.
            if isinstance(each, int) and abs(each) > LARGEST:
                message = gettext("This number is too large or too small.")
                raise WrongCondition(message, code="out_of_bounds", pointer=pointer)
        level = [(f"{pointer}/{step}", inner) for pointer, each in level for step, inner in _within(each)]


def _within(data: object) -> Iterable[tuple[object, object]]:
    if isinstance(data, dict):
        return data.items()
    return enumerate(data) if isinstance(data, list | tuple) else ()


def _without_lone_parts(data: object) -> object:
    if isinstance(data, dict):
        parts = data.get("of")
        if data.get("kind") in ("all", "any") and isinstance(parts, list | tuple) and len(parts) == 1:
            return _without_lone_parts(parts[0])
        return {name: _without_lone_parts(each) for name, each in data.items()}
    return [_without_lone_parts(each) for each in data] if isinstance(data, list | tuple) else data


def _wrong(error: ValidationError, data: object) -> WrongCondition:
    """Return the fault that lies deepest."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    problem = max(problems, key=lambda each: len(each["loc"]))
    pointer = _pointer(list(problem["loc"]), data, keeps_last=problem["type"] == "missing")
    return WrongCondition(problem["msg"], code="wrong_tree", pointer=pointer)


def _pointer(steps: list[int | str], data: object, *, keeps_last: bool) -> str:
    """Return the JSON pointer of a fault: its steps without those that name a kind instead of leading on."""
    pointer = ""
    for number, step in enumerate(steps):
        is_last = number == len(steps) - 1
        if isinstance(data, list | tuple) and isinstance(step, int) and step < len(data):
            data, pointer = data[step], f"{pointer}/{step}"
        elif isinstance(data, dict) and step in data and (is_last or _leads_on(steps[number:], data)):
            data, pointer = data[str(step)], f"{pointer}/{step}"
        elif is_last and keeps_last:
            pointer = f"{pointer}/{step}"
    return pointer


def _leads_on(steps: list[int | str], data: dict[Any, Any]) -> bool:
    """Tell whether a step leads into the data, and does not name a kind: to more data, or to a value of a type."""
    step, *rest = steps
    return isinstance(data[step], dict | list | tuple) or (len(rest) == 1 and rest[0] not in data)
