"""Conditions are asked so that nothing can be written, whatever the login may do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import InternalError, connections
from pytest_django import DjangoDbBlocker

from regulars.facts import reading

WRITE = "UPDATE customers_customer SET city = 'Wien' RETURNING id"


@pytest.fixture
def one_login_for_all(fresh_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let conditions be asked by the login of the application, as where no address of another login is told."""
    assert fresh_database
    connection, default = connections["readonly"], connections["default"].settings_dict
    own = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict |= {name: default[name] for name in own}
        yield
        connection.close()
        connection.settings_dict |= own


def setting(name: str) -> str:
    [(value,)] = reading.rows("SELECT current_setting(%(name)s)", {"name": name})
    return str(value)


@pytest.mark.usefixtures("one_login_for_all")
def test_a_login_that_may_write_does_not_while_conditions_are_asked():
    assert reading.rows(WRITE, {}) == []
    with pytest.raises(InternalError, match="read-only transaction"), reading.bounded(1_000):
        reading.rows(WRITE, {})
    assert reading.rows(WRITE, {}) == []


@pytest.mark.django_db
def test_the_transaction_around_it_writes_again_afterwards():
    with reading.bounded(1_000):
        assert setting("transaction_read_only") == "on"
    assert setting("transaction_read_only") == "off"
    assert reading.rows(WRITE, {}) == []


@pytest.mark.django_db
def test_the_transaction_around_it_writes_again_after_a_write_was_refused():
    with pytest.raises(InternalError, match="read-only transaction"), reading.bounded(1_000):
        reading.rows(WRITE, {})
    assert reading.rows(WRITE, {}) == []
    assert setting("statement_timeout") == "0"
