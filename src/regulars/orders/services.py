"""Put orders: keep the full state that a source tells, and append what changed to the stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from regulars.orders.checking import find_fault
from regulars.orders.contracts import OrderState, Outcome, PutResult
from regulars.orders.putting import put_batch
from regulars.stream.contracts import Actor

Key = tuple[str, str]


@transaction.atomic
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
