"""Keep the words under which customers are found, and the kinds of their identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from regulars.customers.contracts import Identifier
from regulars.customers.identifiers import search_words
from regulars.customers.locking import lock_customers
from regulars.customers.models import Alias
from regulars.customers.queries import identifiers_of
from regulars.customers.statements import rows_of
from regulars.kit.text import words


def words_of(names: str, identifiers: Iterable[Identifier]) -> list[str]:
    """Return the words under which a customer is found."""
    found = [*words(names), *(word for identifier in identifiers for word in search_words(identifier))]
    return sorted(set(found))


def kinds_of(identifiers: Iterable[Identifier]) -> str:
    """Return the kinds of identifiers, in order and in one text."""
    return " ".join(sorted({identifier.kind.value for identifier in identifiers}))


def keep_words(words_by_customer: Mapping[UUID, Sequence[str]]) -> None:
    """Keep the words of customers that have none yet."""
    told = [(each, " ".join(found)) for each, found in words_by_customer.items() if found]
    if told:
        rows_of("insert_words", {"ids": [each for each, _ in told], "words": [text for _, text in told]})


def refresh_words(customer_ids: Iterable[UUID]) -> None:
    """Keep anew the words of some customers; one that was merged has none, and is found as its survivor.

    The kinds of their identifiers are kept with them.
    """
    ids = sorted(set(customer_ids))
    if not ids:
        return
    rows = lock_customers(ids)
    merged = set(Alias.objects.filter(customer_id__in=ids).values_list("customer_id", flat=True))
    identifiers = identifiers_of(rows)
    kinds = ["" if each in merged else kinds_of(identifiers[each]) for each in rows]
    rows_of("set_identifier_kinds", {"ids": list(rows), "kinds": kinds})
    rows_of("clear_words", {"ids": list(rows)})
    keep_words(
        {
            each: words_of(f"{row.name} {row.given_name} {row.family_name}", identifiers[each])
            for each, row in rows.items()
            if each not in merged
        }
    )
