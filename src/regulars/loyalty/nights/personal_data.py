"""What the nights hold of a person: nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns

COLUMNS: Columns = {
    **columns(
        "loyalty_nights_night",
        none="id program_id at day first_day zone version done counted_to begun_at finished_at",
    ),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:  # noqa: ARG001  # The same for each feature.
    """Return nothing: no customer is in it."""
    return {}
