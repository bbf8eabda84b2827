"""Loyalty and orders: what would come of a cart. What comes of an order is in the answer of `put_order`."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone

from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.schemas.loyalty_effects import AdjudicatedOut
from regulars.faces.api.schemas.loyalty_orders import LoyaltyPreviewIn, LoyaltyPreviewOut
from regulars.loyalty.adjudication import services
from regulars.orders.checking import find_fault

loyalty_orders = Resource("Loyalty: orders")


@loyalty_orders.ask("/loyalty/preview", scope="loyalty.read", answer=LoyaltyPreviewOut, finds=True)
def preview_order(request: HttpRequest, body: Annotated[LoyaltyPreviewIn, JsonBody(...)]) -> Any:
    """Return what an order or a cart would earn if it were put now; nothing is kept or posted.

    It is told as an order is, and answered as one is. `source` and `external_id` may be left out.
    """
    order = body.cart()
    fault = find_fault(order, now=timezone.now())
    if fault is not None:
        raise fault
    found = services.preview_order(order=order, member_id=body.member_id)
    return LoyaltyPreviewOut(loyalty=[AdjudicatedOut.of(each) for each in found])
