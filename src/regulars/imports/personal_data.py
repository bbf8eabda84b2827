"""What imports hold of a person: what a file tells is kept as customers and orders; here stands what was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns

COLUMNS: Columns = {
    **columns(
        "imports_import",
        none="id kind state size_bytes sha256 source language mapping settled recognised imported updated unchanged"
        " refused rows_total rows_done through_row starts dry_run error_code error_message created_by created_at"
        " started_by started_at ended_at file_removed_at",
        # A file may be called by the name of whom it is about.
        personal="file_name",
    ),
    **columns("imports_refusal", none="import_id row code message"),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:  # noqa: ARG001  # The same for each feature.
    """Return nothing: what a file told of a customer stands with the customer and the orders."""
    return {}
