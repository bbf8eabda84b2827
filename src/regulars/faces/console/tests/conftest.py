"""A console with a database of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

if TYPE_CHECKING:
    from django.test import Client

    from regulars.faces.console.tests.serving import Console


@pytest.fixture
def console(fresh_database: str, browser: Browser) -> Iterator[Console]:
    """A served console in which no page may do wrong: at the end there must be no complaint."""
    from regulars.faces.console.tests.serving import Console, Reports, server

    with server() as url:
        opened = Console(url, browser)
        reports = Reports(opened.complaints)
        logging.getLogger("regulars.policy").addHandler(reports)
        yield opened
        for context in opened.contexts:
            context.close()
        logging.getLogger("regulars.policy").removeHandler(reports)
    assert opened.complaints == []


@pytest.fixture
def owner(fresh_database: str) -> Client:
    """A client that is signed in as the owner, without a browser."""
    from regulars.faces.console.tests.serving import client_of
    from regulars.staff.contracts import Role

    return client_of(Role.OWNER)
