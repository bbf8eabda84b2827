"""Lives that state machines live in the database, one after the other in one transaction; nothing stays of them."""

from __future__ import annotations

import itertools

import psycopg
from django.db import connections, transaction

SWEPT_EVERY = 25
_lives = itertools.count(1)


def begin_life() -> str:
    """Return the place to which `end_life` goes back."""
    return transaction.savepoint()


def end_life(begun: str) -> None:
    """Undo all that was written since; what that leaves in the tables is swept out now and then.

    Otherwise each life would be slower than the last: nothing else vacuums them while their transaction goes on.
    """
    transaction.savepoint_rollback(begun)
    if next(_lives) % SWEPT_EVERY == 0:
        with psycopg.connect(**connections["owner"].get_connection_params(), autocommit=True) as owner:
            owner.execute("VACUUM")
