"""What exports hold of a person: nothing in the database. The files are kept for some days, and then removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns

COLUMNS: Columns = columns(
    "exports_export",
    none="id kind format state source since place size_bytes items_total items_done rows starts error_code"
    " error_message asked_by asked_at ended_at file_removed_at",
    # A condition may name a person, as one on a name does.
    personal="settled",
)


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:  # noqa: ARG001  # The same for each feature.
    """Return nothing: a file holds what other tables hold."""
    return {}
