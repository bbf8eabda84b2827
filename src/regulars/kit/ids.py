"""Identifiers: UUIDv7, made here rather than in the database, so that any PostgreSQL will do."""

from __future__ import annotations

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """Return a new identifier. Those of one process sort by when they were made."""
    return uuid_utils.compat.uuid7()
