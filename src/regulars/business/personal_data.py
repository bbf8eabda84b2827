"""What the business holds of a person: nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns

COLUMNS: Columns = {
    **columns("business_business", none="id name zone reporting_currency language country brand_colour updated_at"),
    **columns("business_rate", none="currency valid_on rate source"),
    **columns("business_shop", none="id code name zone closed_on"),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:  # noqa: ARG001  # The same for each feature.
    """Return nothing: no customer is in it."""
    return {}
