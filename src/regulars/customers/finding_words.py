"""Keep the words under which customers are found."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from regulars.customers.contracts import Identifier
from regulars.customers.identifiers import search_words
from regulars.customers.models import Alias
from regulars.customers.models import Customer as CustomerRow
from regulars.customers.queries import identifiers_of
from regulars.customers.statements import rows_of
from regulars.kit.text import words


def words_of(names: str, identifiers: Iterable[Identifier]) -> list[str]:
    """Return the words under which a customer is found."""
    found = [*words(names), *(word for identifier in identifiers for word in search_words(identifier))]
    return sorted(set(found))


def refresh_words(customer_ids: Iterable[UUID]) -> None:
    """Keep anew the words of some customers; one that was merged has none, and is found as its survivor."""
    ids = sorted(set(customer_ids))
    if not ids:
        return
    rows = CustomerRow.objects.in_bulk(ids)
    merged = set(Alias.objects.filter(customer_id__in=ids).values_list("customer_id", flat=True))
    identifiers = identifiers_of(rows)
    kept = {
        each: words_of(f"{row.name} {row.given_name} {row.family_name}", identifiers[each])
        for each, row in rows.items()
        if each not in merged
    }
    rows_of(
        "set_words", {"ids": list(rows), "words": [" ".join(kept[each]) if each in kept else None for each in rows]}
    )
