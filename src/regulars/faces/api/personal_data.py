"""What the API's own tables hold of a person: nothing, but for the answers that it may have to give again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns

COLUMNS: Columns = {
    **columns(
        "api_idempotency_key", none="api_key_id key request_digest status content_type created_at", personal="body"
    ),
    **columns("api_allowance", none="api_key_id time_window used"),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:  # noqa: ARG001  # The same for each feature.
    """Return nothing: answers hold what other tables hold, and are forgotten within days."""
    return {}
