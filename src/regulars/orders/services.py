"""Put orders: keep the full state that a source tells, and append what changed to the stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.business.queries import find_rates, get_business
from regulars.orders import products as catalogue
from regulars.orders.checking import find_fault
from regulars.orders.contracts import OrderState, Outcome, ProductResult, ProductState, PutResult
from regulars.orders.models import Order as OrderRow
from regulars.orders.products import find_products, told_over
from regulars.orders.putting import put_batch
from regulars.orders.rows import converted
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append

Key = tuple[str, str]
CONVERTED_AT_ONCE = 500


@transaction.atomic(savepoint=False)
def put_orders(*, orders: Sequence[OrderState], now: datetime, actor: Actor) -> list[PutResult]:
    """Keep orders in the state that their sources tell, as often as they tell it; return what became of each.

    A version older than the one kept changes nothing (`stale`), nor does the same state again (`unchanged`). An order
    that cannot be meant is `refused`, and hinders no other. All is kept in one transaction.
    """
    results: dict[int, PutResult] = {}
    waiting: list[tuple[int, OrderState]] = []
    for number, order in enumerate(orders):
        fault = find_fault(order, now=now)
        if fault is None:
            waiting.append((number, order))
            continue
        results[number] = PutResult(
            source=order.source,
            external_id=order.external_id,
            outcome=Outcome.REFUSED,
            code=fault.code,
            message=fault.message,
            pointer=fault.pointer,
        )
    while waiting:
        batch, waiting = _split(waiting)
        put = put_batch([order for _, order in batch], now=now, actor=actor)
        results.update({number: result for (number, _), result in zip(batch, put, strict=True)})
    return [results[number] for number in range(len(orders))]


@transaction.atomic
def convert_orders(*, currencies: Sequence[str], after: UUID | None, now: datetime, actor: Actor) -> UUID | None:
    """Convert orders that had no rate of their day, as far as there is one now; a batch of them, by id.

    Return the id after which to go on, or None where no more are to be looked at.
    """
    business = get_business()
    rows = (
        OrderRow.objects.select_for_update(no_key=True).filter(currency__in=list(currencies), rate=None).order_by("id")
    )
    batch = list((rows.filter(id__gt=after) if after else rows)[:CONVERTED_AT_ONCE])
    days = {row.id: row.placed_at.astimezone(business.zone_info).date() for row in batch}
    rates = find_rates([(row.currency, days[row.id]) for row in batch], business.reporting_currency)
    known = [row for row in batch if (row.currency, days[row.id]) in rates]
    for row in known:
        amounts = converted(
            row.total_minor,
            row.returned_minor,
            row.currency,
            rates[row.currency, days[row.id]],
            business.reporting_currency,
        )
        for name, value in amounts.items():
            setattr(row, name, value)
    OrderRow.objects.bulk_update(known, ["rate", "net_reporting_minor", "returned_reporting_minor"])
    append(
        [
            NewEvent(
                type="order.converted",
                actor=actor,
                source=row.source,
                occurred_at=now,
                customer_id=row.customer_id,
                payload={"order_id": str(row.id), "rate": str(row.rate)},
            )
            for row in known
        ],
        now=now,
    )
    return batch[-1].id if len(batch) == CONVERTED_AT_ONCE else None


def put_order(*, order: OrderState, now: datetime, actor: Actor) -> PutResult:
    """Keep one order; see `put_orders`.

    Raises
    ------
    OrderRefused
        It cannot be meant.
    """
    fault = find_fault(order, now=now)
    if fault is not None:
        raise fault
    [result] = put_orders(orders=[order], now=now, actor=actor)
    return result


@transaction.atomic
def put_products(*, source: str, products: Sequence[ProductState], now: datetime, actor: Actor) -> list[ProductResult]:
    """Keep what a source tells of its products, as often as it tells it; return what became of each.

    What is not told of a product stays as it is. What of them was new or changed stands on the audit trail.
    """
    kept = dict(find_products(source, [product.external_id for product in products]))
    ids = catalogue.put_products([(source, product) for product in products], now=now)
    outcomes = [_become(product, kept) for product in products]
    counts = {name: outcomes.count(name) for name in ("created", "updated")}
    if any(counts.values()):
        record(actor, "products.put", "source", source, now=now, details=dict(counts))
    return [
        ProductResult(
            source=source,
            external_id=product.external_id,
            product_id=ids[source, product.external_id],
            outcome=outcome,
        )
        for product, outcome in zip(products, outcomes, strict=True)
    ]


def _become(told: ProductState, kept: dict[str, ProductState]) -> str:
    """Return what becomes of a product by what is kept so far, and keep there what it then is."""
    before = kept.get(told.external_id)
    after = kept[told.external_id] = told_over(before, told)
    return "created" if before is None else "unchanged" if after == before else "updated"


def _split(
    waiting: Sequence[tuple[int, OrderState]],
) -> tuple[list[tuple[int, OrderState]], list[tuple[int, OrderState]]]:
    """Return the first telling of each order, and those that tell one again."""
    seen: set[Key] = set()
    first: list[tuple[int, OrderState]] = []
    again: list[tuple[int, OrderState]] = []
    for number, order in waiting:
        key = (order.source, order.external_id)
        (again if key in seen else first).append((number, order))
        seen.add(key)
    return first, again
