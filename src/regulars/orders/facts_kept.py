"""Keep the narrow row of what a customer's orders come to: with each change, or all of them anew."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from regulars.customers.queries import count_customers, map_survivors
from regulars.kit.progress import Progress, silent
from regulars.orders.statements import rows_of
from regulars.stream.dispatch import hold

# The subscription that keeps them; whoever counts anew holds it, so that neither writes what the other has overtaken.
SUBSCRIPTION = "orders.facts"
AT_ONCE = 5_000
_FIRST = UUID(int=0)


def keep_facts_of(customer_ids: Collection[UUID]) -> None:
    """Count anew what the orders of some customers come to, each for the one that it leads to."""
    if not customer_ids:
        return
    survivors = map_survivors(customer_ids)
    merged = sorted(each for each, survivor in survivors.items() if each != survivor)
    if merged:
        rows_of("drop_facts", {"customer_ids": merged})
    rows_of("keep_facts", {"customer_ids": sorted(set(survivors.values()))})


def rebuild_facts(progress: Progress = silent) -> int:
    """Count anew what everybody's orders come to, a part of the customers at a time; return how many there are."""
    total = count_customers().value
    done, after = 0, _FIRST
    while True:
        with transaction.atomic():
            hold(SUBSCRIPTION)
            ids = [identity for (identity,) in rows_of("next_customers", {"after": after, "limit": AT_ONCE})]
            keep_facts_of(ids)
        if not ids:
            return done
        done, after = done + len(ids), ids[-1]
        progress("", min(done / max(total, 1), 1.0))
