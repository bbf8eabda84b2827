"""The business: its settings, shops and exchange rates."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query

from regulars.business import queries, services
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.schemas.business import BusinessIn, BusinessOut, RatesIn, RatesOut, RatesPutOut, ShopsOut

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


@business.get("/rates", scope="business.read", answer=RatesOut)
def list_rates(
    request: HttpRequest,
    currency: Annotated[str | None, Query(None, pattern="^[A-Z]{3}$", description="Only those of a currency.")],
) -> Any:
    """List the exchange rates."""
    return {"items": queries.list_rates(currency)}


@business.put("/rates", scope="business.manage", answer=RatesPutOut)
def put_rates(request: HttpRequest, body: Annotated[RatesIn, JsonBody(...)]) -> Any:
    """Keep exchange rates."""
    services.save_rates(rates=[each.contract() for each in body.rates], now=timezone.now(), actor=actor_of(request))
    return RatesPutOut(kept=len(body.rates))
