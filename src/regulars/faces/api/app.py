"""The API, version 1."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from ninja import NinjaAPI

from regulars.faces.api.keys import KeyWith, actor_of
from regulars.faces.api.schemas import OrderIn, OrderPutOut
from regulars.orders import services as orders
from regulars.orders.contracts import PutResult

api = NinjaAPI(title="Regulars", version="1", urls_namespace="api", docs_url=None)


@api.put("/orders/{source}/{external_id}", response=OrderPutOut, auth=KeyWith("orders.write"))
def put_order(request: HttpRequest, source: str, external_id: str, body: OrderIn) -> PutResult:
    """Keep the full state of an order."""
    return orders.put_order(order=body.contract(source, external_id), now=timezone.now(), actor=actor_of(request))
