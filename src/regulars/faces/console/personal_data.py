"""What the console's own table holds of a person: nothing, for keys are hashed, and values are counts and times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns

COLUMNS: Columns = columns("console_remembered", none="digest value until")


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:  # noqa: ARG001  # The same for each feature.
    """Return nothing."""
    return {}
