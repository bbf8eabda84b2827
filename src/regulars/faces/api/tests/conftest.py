"""A client that talks with the application in this process.

pytest reads this file before Django is set up, so what needs Django is imported by the fixtures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from regulars.client import Client


@pytest.fixture(autouse=True)
def no_guesses() -> None:
    from regulars.faces.api.limits import guesses

    guesses.forget()


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Leave the test's connection open: at a request's end Django closes one that is within a transaction."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def client(db: None) -> Client:
    from regulars.faces.api.tests.way_in import URL, make_key, transport

    return Client(URL, make_key(), transport=transport(), attempts=1)


@pytest.fixture
def http(db: None) -> httpx.Client:
    """Bare HTTP with a key of all scopes, for what the client never sends."""
    from regulars.faces.api.tests.way_in import URL, make_key, transport

    headers = {"Authorization": f"Bearer {make_key()}"}
    return httpx.Client(base_url=f"{URL}/v1", headers=headers, transport=transport())


@pytest.fixture
def calls_per_minute() -> Iterator[Callable[[int], None]]:
    from django.conf import settings

    before = settings.API_CALLS_PER_MINUTE

    def limit(calls: int) -> None:
        settings.API_CALLS_PER_MINUTE = calls

    yield limit
    settings.API_CALLS_PER_MINUTE = before
