"""The OpenAPI document: what ninja knows of the operations, and what the gate adds to each of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from regulars.faces.api.app import api
from regulars.faces.api.declaring import BINARY
from regulars.faces.api.errors import MEDIA_TYPE, Problem
from regulars.faces.api.idempotency import HEADER, LONGEST, REPLAYED
from regulars.faces.api.uploads import MEDIA_TYPE as UPLOAD

Json = dict[str, Any]
PREFIX = "/v1/"
# A file that is JSON: what it holds has a schema of its own, elsewhere.
_ANY_OBJECT = {"schema": {"type": "object"}}
ALWAYS = {
    400: "The request cannot be understood: malformed JSON, or a cursor of another list.",
    401: "There is no key, or it is none of ours.",
    403: "The key lacks the scope.",
    422: "It was understood, but cannot be meant; `code` and `pointer` say what and where.",
    429: "Too many calls; `Retry-After` says when to go on.",
    500: "Something went wrong on our side.",
    503: "The database does not answer at the moment, or two calls stood in each other's way; try again.",
}
WHERE_FOUND = {404: "There is no such thing."}
FOR_WRITES = {
    409: "It does not go with what is kept; or another call under the same idempotency key has not ended in time.",
}
FOR_BODIES = {413: "The body is too large.", 415: "The body is no JSON."}
FOR_DOWNLOADS = {409: "The file is not there yet, or no longer."}
FOR_FILES = {
    411: "The length of the file is not told.",
    413: "The file is too large, as it is or unpacked.",
    415: "The body is not sent as a file.",
}
DESCRIPTION = """How programs talk with Regulars.

Send a key as `Authorization: Bearer rk_…`. Amounts are integers in minor units, times are ISO 8601 with a zone,
decimals go out as texts. A field or parameter that is not known is refused. What goes wrong is told as problem details
(RFC 9457) with a stable `code`, and a `pointer` to the place in the body."""


@cache
def document() -> Json:
    """Return the document of this version; it depends on nothing but the code."""
    made: Json = dict(api.get_openapi_schema(path_prefix=PREFIX))
    made["info"]["description"] = DESCRIPTION
    made["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    made["servers"] = [{"url": "/"}]
    made["security"] = [{"ApiKey": []}]
    components = made["components"]
    components["securitySchemes"] = {"ApiKey": {"type": "http", "scheme": "bearer"}}
    components["schemas"] |= _problem_schemas()
    components["parameters"] = {"IdempotencyKey": _idempotency_parameter()}
    components["headers"] = _headers()
    for methods in made["paths"].values():
        for operation in methods.values():
            _complete(operation)
    return made


def _complete(operation: Json) -> None:
    """Add to an operation what the gate asks and answers."""
    scope = operation["x-scope"]
    operation["security"] = [{"ApiKey": []}]
    # Where nothing is said beyond the summary, ninja says the summary again.
    said = operation.get("description", "")
    said = "" if said.rstrip(".") == operation["summary"] else said
    operation["description"] = f"{said}\n\nScope: `{scope}`.".strip()
    problems = dict(ALWAYS)
    if operation.pop("x-finds"):
        problems |= WHERE_FOUND
    operation["parameters"] = [_as_text(each) for each in operation["parameters"]]
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS}
    if operation.pop("x-writes"):
        problems |= FOR_WRITES
        operation["parameters"] = [*operation["parameters"], {"$ref": "#/components/parameters/IdempotencyKey"}]
        headers[REPLAYED] = {"$ref": f"#/components/headers/{REPLAYED}"}
    if "requestBody" in operation:
        problems |= FOR_FILES if UPLOAD in operation["requestBody"]["content"] else FOR_BODIES
    [answer] = operation["responses"].values()
    if media := operation.pop("x-media"):
        answer["content"] = {kind: _ANY_OBJECT if kind == "application/json" else BINARY for kind in media}
        problems |= FOR_DOWNLOADS
    answer["headers"] = headers
    responses = {"200": answer} | {str(status): _problem(text) for status, text in sorted(problems.items())}
    operation["responses"] = responses


def _as_text(parameter: Json) -> Json:
    """Return a parameter of an address as it is: it may be left out, but is never null."""
    told = {name: value for name, value in parameter["schema"].items() if value is not None}
    kinds = [each for each in told.pop("anyOf", []) if each.get("type") != "null"]
    return {**parameter, "schema": {**told, **(kinds[0] if kinds else {})}}


def _problem(description: str) -> Json:
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _problem_schemas() -> Json:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas: Json = schema.pop("$defs")
    return {**schemas, "Problem": schema}


def _idempotency_parameter() -> Json:
    return {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": "The same key with the same request has one effect, and the same answer, for seven days.",
        "schema": {"type": "string", "pattern": "^[ -~]+$", "minLength": 1, "maxLength": LONGEST},
    }


RATE_HEADERS = {
    "RateLimit-Limit": "How many calls this key may make a minute.",
    "RateLimit-Remaining": "How many are left.",
    "RateLimit-Reset": "In how many seconds they are as many again.",
}


def _headers() -> Json:
    counts = {name: {"description": text, "schema": {"type": "integer"}} for name, text in RATE_HEADERS.items()}
    replayed = {"description": "The answer is that of an earlier call.", "schema": {"type": "string", "enum": ["true"]}}
    return {**counts, REPLAYED: replayed}
