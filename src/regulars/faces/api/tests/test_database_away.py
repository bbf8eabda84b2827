"""Where the database is lost, a call is answered that it may be sent again, and then has one effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.db import connection

from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.orders import services
from regulars.orders.putting import put_batch

KEYED = {"Idempotency-Key": "once"}


@pytest.fixture
def lost_http(fresh_database: str) -> Iterator[httpx.Client]:
    """Bare HTTP on a database of its own, whose connection may be lost."""
    headers = {"Authorization": f"Bearer {make_key()}"}
    with httpx.Client(base_url=f"{URL}/v1", headers=headers, transport=transport()) as http:
        yield http


def lose_the_connection() -> None:
    """Have the server end the connection of this thread, as it does when it is killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("work_is_done", [False, True])
@pytest.mark.parametrize("headers", [{}, KEYED])
def test_a_write_whose_database_is_lost_may_be_sent_again_and_has_one_effect(
    lost_http: httpx.Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], work_is_done: bool
):

    def put_and_lose(*arguments: Any, **named: Any) -> object:
        if work_is_done:
            put_batch(*arguments, **named)
        lose_the_connection()
        raise AssertionError("the connection was not lost")

    with monkeypatch.context() as patched:
        patched.setattr(services, "put_batch", put_and_lose)
        answer = lost_http.put("/orders/shop/1", json=an_order(), headers=headers)
    assert told(answer) == (503, "database_away")
    assert answer.headers["retry-after"] == "1"
    connection.close()
    again = lost_http.put("/orders/shop/1", json=an_order(), headers=headers)
    assert again.json()["outcome"] == "created"


def test_a_read_whose_database_is_lost_may_be_sent_again(lost_http: httpx.Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("regulars.orders.queries.list_products", lambda *_, **__: lose_the_connection())
    assert told(lost_http.get("/products")) == (503, "database_away")


def test_a_call_that_finds_no_database_at_all_may_be_sent_again(
    lost_http: httpx.Client, monkeypatch: pytest.MonkeyPatch
):
    connection.close()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "/nowhere")
        assert told(lost_http.get("/products")) == (503, "database_away")
    assert lost_http.get("/products").status_code == 200
