"""The reference of a programme's document, as a page and a JSON Schema: made from the models."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.example import EXAMPLE

Schema = Mapping[str, Any]

_INTRODUCTION = """\
# A loyalty programme as a document

<!-- Made by `python -m regulars.loyalty.definitions.reference docs` from the models; a test holds it to that. -->

A programme is one document, in YAML or JSON ([its schema](program.schema.json)). What is not known is refused, with its
line; what is left out has its default. Anchors, aliases and tags of YAML are not read, a name stands once in a mapping,
and a text has 1 MB and 30 levels at most. A document is drafted, checked, and published as a version that never
changes; it can be brought back as a later one.
"""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a document."""
    made = Program.model_json_schema()
    _close(made)
    for part in made["$defs"].values():
        kind = part.get("properties", {}).get("kind", {})
        # Never and Now are defaults, and then need no kind; where they are written, it tells what they are.
        if "const" in kind and kind.pop("default", None) is not None:
            part["required"] = ["kind", *part.get("required", ())]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Loyalty programme"} | {
        key: value for key, value in made.items() if key != "title"
    }


def _close(part: Any) -> None:
    """Let no mapping have names of another form than it says."""
    if isinstance(part, dict):
        if "patternProperties" in part:
            part.setdefault("additionalProperties", False)
        for each in part.values():
            _close(each)
    elif isinstance(part, list):
        for each in part:
            _close(each)


def schema_text() -> str:
    """Return the JSON Schema as it is published."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def program_page() -> str:
    """Return the reference of the document."""
    return "\n".join(_lines()) + "\n"


def write_pages(folder: Path) -> None:
    """Write the page and the schema into a folder."""
    (folder / "program.md").write_text(program_page(), encoding="utf-8")
    (folder / "program.schema.json").write_text(schema_text(), encoding="utf-8")


def _lines() -> Iterator[str]:
    made = schema()
    yield _INTRODUCTION
    yield "## An example\n\n```yaml\n" + EXAMPLE + "```\n"
    yield "## The parts\n"
    for name, part in _parts(made):
        yield f"### {name}\n\n{part.get('description', '')}\n"
        if "enum" in part:
            yield "One of " + ", ".join(f"`{choice}`" for choice in part["enum"]) + ".\n"
        elif part.get("properties"):
            yield "| field | what it is | type | default |\n|---|---|---|---|"
            yield from (_row(key, field, part, made) for key, field in part["properties"].items())
            yield ""


def _parts(made: Schema) -> Iterator[tuple[str, Schema]]:
    """Go through the parts as they are met from the whole document on."""
    definitions = made["$defs"]
    yield "Program", {"properties": made["properties"], "required": made["required"], **_described(made)}
    seen: list[str] = []
    waiting = _references(made["properties"])
    while waiting:
        name = waiting.pop(0)
        if name not in seen:
            seen.append(name)
            yield name, definitions[name]
            waiting = [*_references(definitions[name].get("properties", {})), *waiting]


def _described(part: Schema) -> Schema:
    return {"description": part["description"]} if "description" in part else {}


def _references(value: Any) -> list[str]:
    """Return the names of the parts that a schema leads to, each once."""
    found: list[str] = []
    if isinstance(value, Mapping):
        if "$ref" in value:
            found.append(value["$ref"].rpartition("/")[2])
        # The kinds of a union are named twice: where they are, and by the mapping that tells them apart.
        found += [name for key, each in value.items() if key != "discriminator" for name in _references(each)]
    elif isinstance(value, list):
        found += [name for each in value for name in _references(each)]
    return list(dict.fromkeys(found))


def _row(key: str, field: Schema, part: Schema, made: Schema) -> str:
    target = made["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
    described = field.get("description") or target.get("description") or _what_a_kind_is(key, field)
    default = "needed" if key in part.get("required", ()) else _default(field.get("default"))
    return f"| `{key}` | {_cell(described)} | {_cell(_type(field))} | {default} |"


def _what_a_kind_is(key: str, field: Schema) -> str:
    return f"Always `{field['const']}`: it tells this part from the others." if key == "kind" else ""


def _default(value: Any) -> str:
    match value:
        case _ if not value and value is not False and value != 0:
            return "–"
        case {"kind": kind}:
            return f"`{kind}`"
        case bool() | int() | str():
            return f"`{str(value).lower() if isinstance(value, bool) else value}`"
        case _:
            return ", ".join(f"{key}: `{each}`" for key, each in value.items() if each is not None) or "–"


def _type(field: Schema) -> str:
    """Return what stands in a field, in words."""
    if "$ref" in field:
        return _link(field["$ref"])
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return "one of " + ", ".join(f"`{choice}`" for choice in field["enum"])
    kinds: Sequence[Schema] = field.get("anyOf") or field.get("oneOf") or ()
    if kinds:
        words = [_type(kind) for kind in kinds if kind.get("type") != "null"]
        # A number may be written as a text, so that none of its digits is lost.
        words = [word for word in words if not (word.startswith("text") and any(w.startswith("number") for w in words))]
        return " or ".join(dict.fromkeys(words))
    match field.get("type"):
        case "array":
            return f"list of {_type(field['items'])}{_range(field, 'minItems', 'maxItems')}"
        case "object":
            values: Schema = field.get("additionalProperties") or next(
                iter(field.get("patternProperties", {}).values()), {}
            )
            return f"mapping to {_type(values)}"
        case "string" if field.get("format") == "date":
            return "day"
        case "string":
            pattern = f" like `{field['pattern']}`" if "pattern" in field else ""
            return f"text{pattern}{_range(field, 'minLength', 'maxLength')}"
        case "integer":
            return f"whole number{_range(field, 'minimum', 'maximum')}"
        case "number":
            above = f", more than {field['exclusiveMinimum']:g}" if "exclusiveMinimum" in field else ""
            return f"number{above}{_range(field, 'minimum', 'maximum')}"
        case "boolean":
            return "`true` or `false`"
    raise ValueError(field)


def _link(reference: str) -> str:
    name = reference.rpartition("/")[2]
    return f"[{name}](#{name.lower()})"


def _range(field: Schema, least: str, most: str) -> str:
    low, high = field.get(least), field.get(most)
    if low is not None and high is not None:
        return f", {low:,.0f} to {high:,.0f}"
    if high is not None:
        return f", up to {high:,.0f}"
    return f", {low:,.0f} or more" if low is not None else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
