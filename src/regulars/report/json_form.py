"""The report as JSON and back, and the JSON Schema that describes it: all read off the dataclasses in `contracts`.

A `Reason` becomes `{"code", "text", "template", "values"}`: the text in the active language, and the English template
with its values, from which it is said in any other. In counts (`data.refused`, `data.treated`) it is flattened, its
code as `reason`. What is not a finite number is null. Paths lose their folders.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from regulars.intake.contracts import Count
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.report.contracts import Report
from regulars.report.wording import say
from retention.reasons import Reason

_SCALARS: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Path: {"type": "string"},
}
T = TypeVar("T")
# What was said is said again as it stands, braces and all, and is looked up in no catalogue.
_SAID = "{text}"


# What a reason says, and from what: a template of `str.format`, and values, which may be `{"day"}` or a reason too.
_SAID_SCHEMA: dict[str, Any] = {
    "text": {"type": "string"},
    "template": {"type": "string"},
    "values": {"type": "object"},
}


class NotAReport(DomainError):
    """What is given is not the JSON of a report that this version knows."""

    code = "not_a_report"


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as what `json.dumps` takes."""
    form: dict[str, Any] = _form(report, report.meta.currency)
    return form


def form_of(value: Any, currency: str | None = None) -> Any:
    """Return any frozen dataclass of what a report is made of as `json.dumps` takes it."""
    return _form(value, currency)


def _form(value: Any, currency: str | None) -> Any:
    match value:
        case Count():
            return {"reason": value.reason.code, **_said(value.reason, currency), "count": value.count}
        case Reason():
            return {"code": value.code, **_said(value, currency)}
        case float():
            return value if math.isfinite(value) else None
        case date():
            return value.isoformat()
        case Path():
            return value.name
        case Mapping():
            return {str(key): _form(item, currency) for key, item in value.items()}
        case tuple() | list():
            return [_form(item, currency) for item in value]
    if dataclasses.is_dataclass(value):
        return {field.name: _form(getattr(value, field.name), currency) for field in dataclasses.fields(value)}
    return value


def _said(reason: Reason, currency: str | None) -> dict[str, Any]:
    """Return what a reason says in the active language, and what it is said from in any other."""
    values = {name: _form_of_value(value, currency) for name, value in reason.values.items()}
    return {"text": say(reason, currency), "template": reason.template, "values": values}


def _form_of_value(value: Any, currency: str | None) -> Any:
    """Return a value of a reason; what JSON has no form for says what it is."""
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if value is None or isinstance(value, str | int | float | Reason):
        return _form(value, currency)
    return str(value)


def from_json(told: Mapping[str, Any]) -> Report:
    """Return the report that `to_json` told, as `json.loads` reads it.

    Reasons are said in the language of who reads them; those of a version that kept their text alone, in that of then.
    A null where a number belongs is NaN.

    Raises
    ------
    NotAReport
        It is no report, or one of a version that knew less or other things.
    """
    return read_as(told, Report)


def read_as(told: Any, kind: type[T]) -> T:
    """Return what `form_of` told of a frozen dataclass, as `json.loads` reads it.

    Raises
    ------
    NotAReport
        It is no such thing, or one of a version that knew less or other things.
    """
    try:
        found: T = _read(told, kind)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise NotAReport(gettext("This is no report that this version of Regulars can read.")) from error
    return found


def _read(told: Any, hint: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        [hint] = (argument for argument in arguments if argument is not type(None))
        return None if told is None else _read(told, hint)
    if origin is tuple:
        return _read_tuple(told, arguments)
    if origin is not None and issubclass(origin, Mapping):
        key, value = arguments
        return {_read(name, key): _read(item, value) for name, item in told.items()}
    if dataclasses.is_dataclass(hint):
        return _read_dataclass(told, hint)
    return _read_scalar(told, hint)


def _read_tuple(told: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(told, list):
        raise TypeError
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_read(item, arguments[0]) for item in told)
    return tuple(_read(item, argument) for item, argument in zip(told, arguments, strict=True))


def _read_dataclass(told: Any, hint: Any) -> Any:
    if hint is Count:
        return Count(reason=_reason(told["reason"], told), count=_read_scalar(told["count"], int))
    if hint is Reason:
        return _reason(told["code"], told)
    hints = _hints(hint)
    return hint(**{field.name: _read(told[field.name], hints[field.name]) for field in dataclasses.fields(hint)})


@cache
def _hints(hint: Any) -> dict[str, Any]:
    return typing.get_type_hints(hint)


def _reason(code: Any, told: Mapping[str, Any]) -> Reason:
    text = _read_scalar(told["text"], str)
    if "template" not in told:
        return Reason(_read_scalar(code, str), _SAID, {"text": text})
    values = {_read_scalar(name, str): _value(each) for name, each in told["values"].items()}
    return Reason(_read_scalar(code, str), _read_scalar(told["template"], str), values)


def _value(told: Any) -> Any:
    if isinstance(told, dict):
        return date.fromisoformat(told["day"]) if "day" in told else _reason(told["code"], told)
    if told is None or isinstance(told, str | int | float):
        return told
    raise TypeError


def _read_scalar(told: Any, hint: Any) -> Any:
    if hint is float:
        return math.nan if told is None else float(told)
    if hint in (date, datetime):
        return hint.fromisoformat(told)
    if hint is Path or issubclass(hint, Enum):
        return hint(told)
    if type(told) is not hint:
        raise TypeError
    return told


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `to_json(report)`."""
    definitions: dict[str, Any] = {}
    reference = _schema_of(Report, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "regulars report",
        **reference,
        "$defs": definitions,
    }


def _schema_of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_schema_of(argument, definitions) for argument in arguments]}
    if origin is tuple:
        return _schema_of_tuple(arguments, definitions)
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _nullable(arguments[1], definitions)}
    if dataclasses.is_dataclass(hint):
        return _schema_of_dataclass(hint, definitions)
    if isinstance(hint, type) and issubclass(hint, str):
        return _SCALARS[str]
    return dict(_SCALARS[hint])


def _schema_of_tuple(arguments: tuple[Any, ...], definitions: dict[str, Any]) -> dict[str, Any]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return {"type": "array", "items": _schema_of(arguments[0], definitions)}
    items = [_nullable(argument, definitions) for argument in arguments]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}


def _nullable(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Let a float be null, as NaN and infinity have no place in JSON."""
    schema = _schema_of(hint, definitions)
    return {"anyOf": [schema, {"type": "null"}]} if hint is float else schema


def _schema_of_dataclass(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    name = hint.__name__
    if name not in definitions:
        definitions[name] = {}
        hints = typing.get_type_hints(hint)
        if hint is Count:
            properties = {"reason": _SCALARS[str], **_SAID_SCHEMA, "count": _SCALARS[int]}
        elif hint is Reason:
            properties = {"code": _SCALARS[str], **_SAID_SCHEMA}
        else:
            properties = {f.name: _nullable(hints[f.name], definitions) for f in dataclasses.fields(hint)}
        definitions[name] = {
            "type": "object",
            "description": " ".join((hint.__doc__ or "").split()),
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))  # noqa: T201 - printing is what it is for
