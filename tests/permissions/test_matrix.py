"""Each operation of the API × each scope, made from the routes; and no address that nobody guards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from regulars.faces.api.app import api
from regulars.faces.api.keys import ANY_KEY
from regulars.faces.api.limits import guesses
from regulars.faces.console.permission import needed_by
from regulars.staff import services
from regulars.staff.permissions import PERMISSIONS
from regulars.stream.contracts import system

NOW = datetime.now(UTC)
ACTOR = system("test")
# What answers without knowing who asks, and says nothing of anybody: probes, and the description of the API.
OPEN = {"healthz", "readyz", "metrics", "docs", "openapi", "api-root"}


def routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield each address with its pattern."""
    for pattern in patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        else:
            yield path, pattern


def unguarded(addresses: list[tuple[str, URLPattern]]) -> list[str]:
    """Return the addresses that neither the console nor the API guards, and that are not meant to be open."""
    return [
        path
        for path, pattern in addresses
        if needed_by(pattern.callback) is None
        and not path.startswith("v1/")
        and path != "v1"
        and str(pattern.name).removeprefix("api:") not in OPEN
    ]


def test_no_address_is_unguarded() -> None:
    addresses = list(routes(get_resolver().url_patterns))
    assert len(addresses) > 40
    assert unguarded(addresses) == []


def test_an_address_that_nobody_guards_would_be_seen() -> None:
    from django.urls import path

    assert unguarded([("members", path("members", lambda request: HttpResponse(), name="members"))]) == ["members"]


OPERATIONS = [
    (method.upper(), f"/v1{path}", operation["x-scope"])
    for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items()
    for method, operation in methods.items()
]


def test_each_operation_of_the_api_has_a_scope() -> None:
    assert len(OPERATIONS) > 20
    assert [each for each in OPERATIONS if each[2] != ANY_KEY and each[2] not in PERMISSIONS] == []


def address(path: str) -> str:
    """Return an address of the operation that leads to an object that is not there, or is another's."""
    filled = path
    while "{" in filled:
        start, end = filled.index("{"), filled.index("}")
        filled = filled[:start] + (str(uuid4()) if filled[start:end].endswith("_id") else "x") + filled[end + 1 :]
    return filled


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS])
def test_an_operation_asks_for_a_key_with_its_scope_and_no_other(method: str, path: str, scope: str) -> None:
    client = Client(raise_request_exception=False)
    # The wrong keys of so many operations would be taken for guessing.
    guesses.forget()

    def call(key: str | None) -> int:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = client.generic(method, address(path), b"{}", "application/json", headers=headers)
        return int(answer.status_code)

    def key_with(*scopes: str) -> str:
        return services.create_api_key(name="test", scopes=scopes, now=NOW, actor=ACTOR).secret

    assert call(None) == 401
    assert call("rk_00000000wrong") == 401
    if scope == ANY_KEY:
        assert call(key_with("orders.read")) == 200
        return
    assert call(key_with(*sorted(set(PERMISSIONS) - {scope}))) == 403
    assert call(key_with(scope)) not in {401, 403, 500}
