"""Write a programme: as YAML for people, and as bytes that its digest is of. Reading either gives the same again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from regulars.loyalty.definitions.document.common import Part
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.yaml_text import read_scalar

# So long is what stands in braces or brackets within a line.
_WIDTH = 80
# Without quotation marks stands only what every reader of YAML takes for a text; a comma, not within braces.
_PLAIN_IN_FLOW = re.compile(r"[^\W\d](?:[\w ./=;()<>!+*%&?-]*[\w.)!?%])?|[1-9][0-9]* [a-z]+|[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN = re.compile(rf"{_PLAIN_IN_FLOW.pattern}|[^\W\d][\w ./=;()<>!+*%&?,'\"-]*[\w.)!?%'\"]")
_OTHERS_WORDS = {"y", "n", "yes", "no", "on", "off"}
# What stands in no text as it is: YAML would not read it, or would take it for the end of a line.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NOT_IN_BLOCKS = re.compile(rf"\A\s|[\0-\x09\x0b-\x1f]| \n|\n\n\Z| \Z|{_ESCAPED.pattern}")


def to_plain(program: Program, *, defaults: bool = False) -> dict[str, Any]:
    """Return a programme as mappings, lists, texts, numbers and `Decimal`, in the order of its fields.

    What has its default is left out unless `defaults`; what is left out either way has no value.
    """
    return _part(program, defaults=defaults)


def to_json(program: Program) -> bytes:
    """Return the one form of a programme: equal bytes mean the same programme. Fractions are texts, and so exact."""
    return json.dumps(to_plain(program), ensure_ascii=False, separators=(",", ":"), default=_number).encode()


def digest_of(program: Program) -> str:
    """Return the SHA-256 of a programme's one form, in hexadecimal digits."""
    return hashlib.sha256(to_json(program)).hexdigest()


def to_yaml(program: Program) -> str:
    """Return a programme as people read it; defaults are left out."""
    entries = ("\n".join(_entry(f"{key}:", value)) for key, value in to_plain(program).items())
    return "".join(f"\n{entry}\n" if "\n" in entry else f"{entry}\n" for entry in entries)


def _part(part: Part, *, defaults: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    fields = type(part).model_fields
    # What has a key is known by it, and by its name.
    names = sorted(fields, key=lambda name: name not in {"key", "name"}) if "key" in fields else fields
    for name in names:
        field, value = fields[name], getattr(part, name)
        is_default = value == field.get_default(call_default_factory=True, validated_data={})
        # Readers tell parts apart by their kind, and documents by their format; a kind that is a choice has a default.
        is_needed = name in {"kind", "format"} and not isinstance(value, Enum)
        if value is not None and (defaults or is_needed or not is_default):
            plain[name] = _plain(value, defaults=defaults)
    return plain


def _plain(value: Any, *, defaults: bool) -> Any:
    match value:
        case Part():
            return _part(value, defaults=defaults)
        case Mapping():
            return {key: _plain(each, defaults=defaults) for key, each in value.items()}
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case str() | int() | Decimal():
            return value
        case _:
            return [_plain(each, defaults=defaults) for each in value]


def _number(value: object) -> str:
    """Return a fraction without an exponent and without zeros at its end."""
    if not isinstance(value, Decimal):
        raise TypeError(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- YAML -------------------------------------------------------------------------------------------------------------


def _block(value: Mapping[str, Any] | Sequence[Any]) -> Iterator[str]:
    """Write a mapping or list that is not empty, line by line."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _entry(f"{key}:", each)
        return
    for each in value:
        if (flow := _flow(each)) is not None:
            yield f"- {flow}"
            continue
        lines = list(_block(each))
        yield f"- {lines[0]}"
        yield from (f"  {line}" if line else "" for line in lines[1:])


def _entry(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value and not _NOT_IN_BLOCKS.search(value):
        yield f"{name} |" if value.endswith("\n") else f"{name} |-"
        yield from (f"  {line}" if line else "" for line in value.removesuffix("\n").split("\n"))
    elif (flow := _flow(value)) is not None:
        yield f"{name} {flow}"
    else:
        yield name
        yield from (f"  {line}" if line else "" for line in _block(value))


def _flow(value: Any) -> str | None:
    """Return a value as it stands within a line; None where it is better read on lines of its own."""
    if isinstance(value, Mapping):
        if any(isinstance(each, Mapping | list) for each in value.values()) or "key" in value:
            return None if value else "{}"
        flow = ", ".join(f"{key}: {_scalar(each, _PLAIN_IN_FLOW)}" for key, each in value.items())
        return f"{{{flow}}}" if len(flow) < _WIDTH else None
    if isinstance(value, list):
        if any(isinstance(each, Mapping | list) for each in value):
            return None
        flow = ", ".join(_scalar(each, _PLAIN_IN_FLOW) for each in value)
        return f"[{flow}]" if len(flow) < _WIDTH else None
    return _scalar(value)


def _scalar(value: Any, plain: re.Pattern[str] = _PLAIN) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return _number(value)
    text = str(value)
    if plain.fullmatch(text) and isinstance(read_scalar(text), str) and text.lower() not in _OTHERS_WORDS:
        return text
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
