"""Orders: put in full state, read, list."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query

from regulars.customers.queries import get_survivor, list_ids_of
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import CursorText, KeyPart, Limit, Since, time_and_id
from regulars.faces.api.schemas.orders import OrderIn, OrderOut, OrderPutAloneOut, OrdersIn, OrdersOut, OrdersPutOut
from regulars.kit.pagination import page_of
from regulars.loyalty.adjudication import services as adjudication
from regulars.orders import queries, services

orders = Resource("Orders")
_LIST = "orders"


@orders.put("/orders/{source}/{external_id}", scope="orders.write", answer=OrderPutAloneOut)
def put_order(
    request: HttpRequest,
    source: Annotated[KeyPart, Path(...)],
    external_id: Annotated[KeyPart, Path(...)],
    body: Annotated[OrderIn, JsonBody(...)],
) -> Any:
    """Keep the full state of an order, and tell what it earns.

    Tell it as often as you like: the same state again is `unchanged`, a version older than the one kept is `stale`.
    Under `loyalty` stands what came of it in each programme of its time: effects, each with rule, version and
    transaction, and for each rule that granted nothing the reason. All of it is done in one transaction.
    """
    order = body.contract(source, external_id)
    return OrderPutAloneOut.of(adjudication.put_order(order=order, now=timezone.now(), actor=actor_of(request)))


@orders.post("/orders/bulk", scope="orders.write", answer=OrdersPutOut)
def put_orders(request: HttpRequest, body: Annotated[OrdersIn, JsonBody(...)]) -> Any:
    """Keep the full state of up to 500 orders.

    Each has its own outcome. One that cannot be meant is `refused`, with `code`, `message` and the `pointer` to the
    place in it, and hinders no other. What they earn is adjudicated by a worker, within seconds, and ends in the same
    state as if each had been put by itself.
    """
    return {"items": services.put_orders(orders=body.contracts(), now=timezone.now(), actor=actor_of(request))}


@orders.get("/orders/{source}/{external_id}", scope="orders.read", answer=OrderOut)
def get_order(
    request: HttpRequest, source: Annotated[KeyPart, Path(...)], external_id: Annotated[KeyPart, Path(...)]
) -> Any:
    """Return an order in full."""
    return OrderOut.of(queries.get_order_by_key(source, external_id))


@orders.get("/orders", scope="orders.read", answer=OrdersOut)
def list_orders(
    request: HttpRequest,
    limit: Limit,
    cursor: CursorText,
    customer_id: Annotated[UUID | None, Query(None, description="Only those of a customer, under all of its ids.")],
    since: Annotated[Since, Query(None, description="Only those placed at or after this time.")],
) -> Any:
    """List orders, the latest first."""
    found = queries.list_orders(
        limit=limit + 1,
        before=time_and_id(_LIST, cursor),
        customer_ids=list_ids_of(get_survivor(customer_id)) if customer_id else None,
        since=since,
    )
    return page_of(found, limit=limit, name=_LIST, place=lambda each: (each.placed_at.isoformat(), str(each.id)))
