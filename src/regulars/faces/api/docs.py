"""The page of the API, and its document. Both are for everybody: they tell nothing of this installation."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from regulars.faces.api.openapi import document
from regulars.faces.api.snippets import SNIPPETS

Json = dict[str, Any]
JSON = "application/json"
_REFERENCE = re.compile(r'"#/components/schemas/(\w+)"')


@cache
def document_text() -> str:
    """Return the document as it is served, and kept in `docs/openapi.json`."""
    return json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


@require_safe
def openapi_json(_request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document."""
    return HttpResponse(document_text(), content_type="application/json")


@require_safe
def show_docs(_request: HttpRequest) -> HttpResponse:
    """Show what can be asked."""
    told = document()
    context = {
        "description": _paragraphs(told["info"]["description"]),
        "groups": [(name, slugify(name), shown) for name, shown in _groups(told).items()],
    }
    # Without the request: the page is the same for everybody, and knows nothing of who looks at it.
    return HttpResponse(render_to_string("api/docs.html", context))


@require_safe
def show_group(_request: HttpRequest, group: str) -> HttpResponse:
    """Show the operations of a group, and the schemas of what they take and answer."""
    told = document()
    for name, shown in _groups(told).items():
        if slugify(name) == group:
            schemas = told["components"]["schemas"]
            asked = {each[part] for each in shown for part in ("body", "answer") if each[part]}
            context = {
                "name": name,
                "operations": shown,
                "schemas": [_schema(each, schemas[each]) for each in sorted(_with_parts(asked, schemas))],
            }
            return HttpResponse(render_to_string("api/docs_group.html", context))
    raise Http404


def _groups(told: Json) -> dict[str, list[Json]]:
    """Return what the pages show of all operations, by group."""
    groups: dict[str, list[Json]] = {}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_shown(method.upper(), path, operation, told))
    return groups


def _with_parts(names: set[str], schemas: Json) -> set[str]:
    """Return schemas with all those that they are made of."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= set(_REFERENCE.findall(json.dumps(schemas[name]))) - found
    return found


def _shown(method: str, path: str, operation: Json, told: Json) -> Json:
    """Return what the page shows of one operation."""
    bodies = operation.get("requestBody", {}).get("content", {})
    body = bodies.get(JSON, {}).get("schema")
    answers = operation["responses"]["200"]["content"]
    answer = _name_of(answers.get(JSON, {}).get("schema"))
    return {
        "id": operation["operationId"],
        "method": method,
        "path": path,
        "summary": operation["summary"],
        "description": _paragraphs(operation["description"]),
        "scope": operation["x-scope"],
        "parameters": [_parameter(each, told) for each in operation["parameters"]],
        "body": _name_of(body),
        "answer": answer,
        "file": "" if answer else ", ".join(answers),
        "problems": [(status, each["description"]) for status, each in operation["responses"].items()],
        "client": SNIPPETS[operation["operationId"]],
        "curl": _curl(method, _example_address(path, operation, told), _curl_body(body, bodies, told)),
    }


def _parameter(told: Json, whole: Json) -> Json:
    if "$ref" in told:
        told = whole["components"]["parameters"][told["$ref"].rsplit("/", 1)[-1]]
    return {
        "name": told["name"],
        "where": told["in"],
        "required": told["required"],
        "text": told.get("description", ""),
    }


def _schema(name: str, schema: Json) -> Json:
    required = schema.get("required", [])
    fields = [
        {"name": field, "kind": _kind(told), "required": field in required}
        for field, told in schema.get("properties", {}).items()
    ]
    return {
        "name": name,
        "description": schema.get("description", ""),
        "fields": fields,
        "choices": schema.get("enum", []),
    }


def _kind(schema: Json) -> str:
    """Return in a few words what a field holds."""
    if "$ref" in schema:
        return _name_of(schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each) for each in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    bounds = {"minLength": "from", "maxLength": "to", "minimum": "from", "maximum": "to", "maxItems": "to"}
    told = [f"{word} {schema[name]}" for name, word in bounds.items() if name in schema]
    return " ".join([schema.get("format") or schema.get("type", "anything"), *told])


def _name_of(schema: Json | None) -> str:
    return schema["$ref"].rsplit("/", 1)[-1] if schema and "$ref" in schema else ""


def _example_address(path: str, operation: Json, told: Json) -> str:
    """Return a path with the parameters that it cannot do without."""
    query = [
        f"{each['name']}={example(each['schema'], told['components']['schemas'])}"
        for each in operation["parameters"]
        if each.get("in") == "query" and each["required"]
    ]
    return f"{path}?{'&'.join(query)}" if query else path


def _curl_body(body: Json | None, bodies: Json, told: Json) -> list[str]:
    """Return the lines that send a body: JSON, or a file."""
    if body:
        text = json.dumps(example(body, told["components"]["schemas"]), indent=2, ensure_ascii=False)
        quoted = text.replace("'", "'\\''")
        return [f"  -H 'Content-Type: {JSON}'", f"  -d '{quoted}'"]
    return [line for media in bodies for line in (f"  -H 'Content-Type: {media}'", "  --data-binary @file.csv")]


def _curl(method: str, path: str, body: list[str]) -> str:
    lines = [f"curl -X {method} 'https://regulars.example{path}'", "  -H 'Authorization: Bearer rk_…'", *body]
    return " \\\n".join(lines)


def example(schema: Json, schemas: Json) -> Any:
    """Return something that a schema allows: its required fields, filled with its own examples where it has any."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        # A decimal may be a number or a text; the text is exact.
        decimal = any(each.get("type") == "number" for each in schema["anyOf"])
        return "2" if decimal else example(schema["anyOf"][0], schemas)
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", [])
            return {name: example(schema["properties"][name], schemas) for name in wanted}
        case "array":
            return [example(schema["items"], schemas)]
        case "integer":
            return max(schema.get("minimum", 0), 0) or 1
        case "boolean":
            return True
    return _text(schema)


def _text(schema: Json) -> str:
    pattern = str(schema.get("pattern", ""))
    if schema.get("format") == "date":
        return "2026-11-20"
    if schema.get("format") == "uuid":
        return "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"
    if pattern.startswith("^[A-Z]{3}"):
        return "EUR"
    return "text"


def _paragraphs(text: str) -> str:
    """Return a docstring's text with each paragraph on one line: where the source breaks its lines means nothing."""
    paragraphs = text.replace("`", "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
