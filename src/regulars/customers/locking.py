"""Lock customers, so that of two who change one the second sees what the first has kept."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from regulars.customers.models import Customer as CustomerRow


def lock_customers(ids: Iterable[UUID]) -> dict[UUID, CustomerRow]:
    """Return the rows of those customers that are there, locked until the transaction ends.

    Whoever changes several locks them here first, all at once: then two who change the same wait for each other in the
    same order. Rows of other tables may be added that name a locked customer.
    """
    rows = CustomerRow.objects.select_for_update(no_key=True).filter(id__in=sorted(set(ids))).order_by("id")
    return {row.id: row for row in rows}
