"""What pydantic says of a document, in our words: stable codes, translated sentences, and JSON pointers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from regulars.kit.i18n import gettext, mark
from regulars.loyalty.definitions.contracts import Fault
from regulars.loyalty.definitions.nodes import Node, place_of, pointer_of

MOST_FAULTS = 200

_MISSING = "missing", mark("It needs {name}.")
_TEXT = "not_text", mark("A text stands here.")
_WHOLE = "not_whole_number", mark("A whole number stands here.")
_NUMBER = "not_number", mark("A number stands here.")
_DAY = "not_a_day", mark("A day stands here, as 2026-12-31.")
_LIST = "not_a_list", mark("A list stands here.")
_MAPPING = "not_a_mapping", mark("A mapping stands here: names, each with a value.")
_LESS = "too_large", mark("It is {bound} at most.")
_BELOW = "too_large", mark("It is less than {bound}.")
_MORE = "too_small", mark("It is {bound} at least.")
_ABOVE = "too_small", mark("It is more than {bound}.")
_DIGITS = "too_many_digits", mark("It has too many digits.")
_CHOICE = "not_one_of", mark("It is one of: {choices}.")

# By pydantic's types of errors, and by those that our own validators raise.
_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": _MISSING,
    "union_tag_not_found": _MISSING,
    "extra_forbidden": ("unknown_field", mark("There is no field {name} here.")),
    "union_tag_invalid": ("unknown_kind", mark("The kind is one of: {choices}.")),
    "literal_error": _CHOICE,
    "enum": _CHOICE,
    "string_type": _TEXT,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": ("too_large", mark("It is too large.")),
    "bool_type": ("not_yes_or_no", mark("true or false stands here.")),
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "string_pattern_mismatch": ("wrong_form", mark("It has another form: {pattern}")),
    "string_too_long": ("too_long", mark("It has {most} characters at most.")),
    "string_too_short": ("too_short", mark("It has {least} characters at least.")),
    "too_long": ("too_many", mark("There are {most} of them at most.")),
    "too_short": ("too_few", mark("There are {least} of them at least.")),
    "less_than_equal": _LESS,
    "less_than": _BELOW,
    "greater_than_equal": _MORE,
    "greater_than": _ABOVE,
    "decimal_max_places": ("too_many_digits", mark("It has {places} digits behind the point at most.")),
    "decimal_max_digits": _DIGITS,
    "decimal_whole_digits": _DIGITS,
    "unknown_currency": ("unknown_currency", mark("{code} is no currency of ISO 4217.")),
    "one_measure": ("one_measure", mark("It is in points or in money, one of them.")),
    "priced": ("priced", mark("A reward has a cost, and only one that pays with points has none.")),
}
_BOUNDS = ("le", "lt", "ge", "gt")
_QUOTED = re.compile(r"'([^']*)'")


def faults_of(error: ValidationError, root: Node) -> list[Fault]:
    """Return what is wrong with a document that pydantic refused, in the order of the text."""
    errors = error.errors(include_url=False, include_input=False)[:MOST_FAULTS]
    return sorted((_fault(each, root) for each in errors), key=lambda fault: (fault.line, fault.column))


def _fault(error: ErrorDetails, root: Node) -> Fault:
    steps = _steps(error["loc"], root)
    kind = error["type"]
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        steps.append("kind")
    code, words = _WORDS.get(kind, ("wrong_value", mark("This cannot be meant here.")))
    pointer = pointer_of(steps)
    line, column = place_of(root, pointer)
    message = gettext(words).format(**_named(error.get("ctx") or {}, steps))
    return Fault(code=code, message=message, pointer=pointer, line=line, column=column)


def _named(context: Mapping[str, Any], steps: Sequence[str | int]) -> dict[str, object]:
    """Return what the sentences name."""
    choices = _QUOTED.findall(str(context.get("expected_tags") or context.get("expected") or ""))
    return {
        "name": steps[-1] if steps else "",
        "choices": ", ".join(choices),
        "bound": next((f"{context[name]:,}" for name in _BOUNDS if name in context), ""),
        "pattern": context.get("pattern", ""),
        "most": context.get("max_length", ""),
        "least": context.get("min_length", ""),
        "places": context.get("decimal_places", ""),
        "code": context.get("code", ""),
    }


def _steps(location: Sequence[str | int], root: Node) -> list[str | int]:
    """Return the steps that lead to a place; pydantic's own, the kinds within unions and `[key]`, are left out."""
    steps: list[str | int] = []
    node: Node | None = root
    kind_passed = False
    for number, step in enumerate(location, start=1):
        is_last = number == len(location)
        match node.value if node else None:
            case Mapping() as entries:
                kind = entries.get("kind")
                is_kind = kind is not None and kind.value == step and not kind_passed
                if is_kind and (step not in entries or not is_last):
                    kind_passed = True
                    continue
                kind_passed = False
                node = entries.get(str(step))
                if node is not None or is_last:
                    steps.append(step)
            case list() as nodes if isinstance(step, int) and step < len(nodes):
                node = nodes[step]
                steps.append(step)
            case _:
                # `[key]` behind the name that is wrong.
                continue
    return steps
