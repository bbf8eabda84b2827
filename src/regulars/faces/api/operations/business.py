"""The business: its settings, shops and exchange rates."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query

from regulars.business import queries, services
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import KeyPart
from regulars.faces.api.schemas.business import (
    BusinessIn,
    BusinessOut,
    RatesIn,
    RatesOut,
    RatesPutOut,
    ShopIn,
    ShopOut,
    ShopsOut,
)

business = Resource("Business")


@business.get("/business", scope="business.read", answer=BusinessOut)
def get_business(request: HttpRequest) -> Any:
    """Return the business."""
    return queries.get_business()


@business.patch("/business", scope="business.manage", answer=BusinessOut)
def change_business(request: HttpRequest, body: Annotated[BusinessIn, JsonBody(...)]) -> Any:
    """Change settings of the business."""
    changed = dataclasses.replace(queries.get_business(), **body.model_dump(exclude_none=True))
    return services.save_business(business=changed, now=timezone.now(), actor=actor_of(request))


@business.get("/shops", scope="business.read", answer=ShopsOut)
def list_shops(request: HttpRequest) -> Any:
    """List the shops by name."""
    return {"items": queries.list_shops()}


@business.put("/shops/{code}", scope="business.manage", answer=ShopOut)
def put_shop(request: HttpRequest, code: Annotated[KeyPart, Path(...)], body: Annotated[ShopIn, JsonBody(...)]) -> Any:
    """Open a shop, rename it, or close it; it is known by its code."""
    return services.save_shop(shop=body.contract(code), now=timezone.now(), actor=actor_of(request))


@business.get("/rates", scope="business.read", answer=RatesOut)
def list_rates(
    request: HttpRequest,
    currency: Annotated[str | None, Query(None, pattern="^[A-Z]{3}$", description="Only those of a currency.")],
) -> Any:
    """List the exchange rates."""
    return {"items": queries.list_rates(currency)}


@business.put("/rates", scope="business.manage", answer=RatesPutOut)
def put_rates(request: HttpRequest, body: Annotated[RatesIn, JsonBody(...)]) -> Any:
    """Keep up to 500 exchange rates, each with an outcome of its own; of the same currency and day the last holds."""
    rates = [each.contract() for each in body.rates]
    return {"items": services.put_rates(rates=rates, now=timezone.now(), actor=actor_of(request))}
