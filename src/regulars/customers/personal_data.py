"""What the customers' tables hold of a person. A merge moves nothing: an alias leads on, and goes again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.customers.models import Customer, Identifier, Note
from regulars.customers.resolving import FIELDS
from regulars.kit.classification import Columns, columns

COLUMNS: Columns = {
    **columns(
        "customers_customer",
        none="id identifier_kinds created_at updated_at",
        personal="name given_name family_name birthday language country city postcode tags",
        # What a business keeps there may be as sensitive as it likes; each trait says so of itself.
        sensitive="traits",
    ),
    **columns("customers_identifier", none="id kind source added_at", personal="customer_id value"),
    **columns("customers_word", personal="customer_id word"),
    **columns("customers_trait", none="key kind label description classification choices"),
    **columns("customers_note", none="id author created_at changed_at", personal="customer_id text"),
    **columns(
        "customers_merge",
        none="id merged_at merged_by taken_over undone_at undone_by",
        personal="survivor_id merged_id",
    ),
    **columns("customers_alias", personal="customer_id survivor_id"),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return all that the customers' tables hold of a customer, under all of its ids."""
    return {
        "profiles": [
            {name: getattr(row, name) and str(getattr(row, name)) for name in FIELDS}
            | {"id": str(row.id), "traits": row.traits, "tags": row.tags}
            for row in Customer.objects.filter(id__in=customer_ids).order_by("id")
        ],
        "identifiers": [
            {"kind": row.kind, "value": row.value, "source": row.source, "added_at": row.added_at.isoformat()}
            for row in Identifier.objects.filter(customer_id__in=customer_ids).order_by("id")
        ],
        "notes": [
            {"text": row.text, "created_at": row.created_at.isoformat()}
            for row in Note.objects.filter(customer_id__in=customer_ids).order_by("created_at")
        ],
    }
