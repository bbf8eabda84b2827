from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from regulars.client import ApiError, Client
from regulars.faces.api.app import api
from regulars.faces.api.keys import ANY_KEY
from regulars.faces.api.limits import WRONG_KEYS_PER_WINDOW, guesses
from regulars.faces.api.openapi import document
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.staff.permissions import PERMISSIONS


def operations() -> list[tuple[str, str, str]]:
    return [
        (method.upper(), path, operation["x-scope"])
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


def filled(path: str) -> str:
    identity = "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"
    return re.sub(r"{(\w+_id)}", identity, path.replace("{external_id}", "1")).replace("{", "").replace("}", "")


def test_each_operation_has_a_scope_that_exists():
    declared = [
        op for router in api._get_bound_routers() for view in router.path_operations.values() for op in view.operations
    ]
    assert len(declared) == len(operations())
    assert {scope for _, _, scope in operations()} <= {*PERMISSIONS, ANY_KEY}
    assert [path for _, path, scope in operations() if scope == ANY_KEY] == ["/v1/me"]


@pytest.mark.django_db
def test_no_operation_is_open_without_a_key():
    with httpx.Client(base_url=URL, transport=transport()) as bare:
        for method, path, _ in operations():
            # There are more operations than wrong keys are looked up in a minute.
            guesses.forget()
            answer = bare.request(method, filled(path), json={})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.django_db
def test_no_operation_is_open_to_a_key_that_lacks_its_scope():
    for method, path, scope in operations():
        if scope == ANY_KEY:
            continue
        key = make_key(*(set(PERMISSIONS) - {scope}))
        with httpx.Client(base_url=URL, transport=transport()) as http:
            answer = http.request(method, filled(path), json={}, headers={"Authorization": f"Bearer {key}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, path)


def test_a_key_may_call_so_often_a_minute(client: Client, calls_per_minute: Callable[[int], None]):
    calls_per_minute(3)
    for _ in range(3):
        client.me()
    with pytest.raises(ApiError) as refused:
        client.me()
    assert (refused.value.status, refused.value.code) == (429, "too_many_requests")


def test_each_answer_tells_what_is_left(http: httpx.Client, calls_per_minute: Callable[[int], None]):
    calls_per_minute(2)
    first, second, third = (http.get("/me") for _ in range(3))
    assert [each.headers["ratelimit-remaining"] for each in (first, second, third)] == ["1", "0", "0"]
    assert 1 <= int(third.headers["retry-after"]) <= 60


@pytest.mark.django_db
def test_guessing_keys_is_stopped_and_locks_nobody_out():
    good = Client(URL, make_key(), transport=transport(), attempts=1)
    good.me()
    with httpx.Client(base_url=URL, transport=transport(), headers={"Authorization": "Bearer rk_guess"}) as guesser:
        codes = [guesser.get("/v1/me").status_code for _ in range(WRONG_KEYS_PER_WINDOW + 1)]
    assert codes[:-1] == [401] * WRONG_KEYS_PER_WINDOW
    assert codes[-1] == 429
    assert good.me()["name"] == "test"
