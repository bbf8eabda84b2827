"""What the definitions hold of a person: nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns

COLUMNS: Columns = {
    **columns("loyalty_definitions_program", none="id key created_at"),
    **columns(
        "loyalty_definitions_version",
        none="id program_id state number document digest made_by made_at note zone effective_at published_by"
        " published_at from_version",
    ),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:  # noqa: ARG001  # The same for each feature.
    """Return nothing: no customer is in it."""
    return {}
