"""The API, version 1: what each resource declares, put together."""

from __future__ import annotations

from typing import Any

import pydantic_core
from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.renderers import BaseRenderer

from regulars.faces.api.errors import install_handlers
from regulars.faces.api.operations.business import business
from regulars.faces.api.operations.customers import customers
from regulars.faces.api.operations.events import events
from regulars.faces.api.operations.exports import exports
from regulars.faces.api.operations.facts import facts
from regulars.faces.api.operations.imports import imports
from regulars.faces.api.operations.insights import insights
from regulars.faces.api.operations.loyalty_members import loyalty_members
from regulars.faces.api.operations.loyalty_orders import loyalty_orders
from regulars.faces.api.operations.loyalty_programs import loyalty_programs
from regulars.faces.api.operations.loyalty_rewards import loyalty_rewards
from regulars.faces.api.operations.loyalty_vouchers import loyalty_vouchers
from regulars.faces.api.operations.merges import merges
from regulars.faces.api.operations.metrics import metrics
from regulars.faces.api.operations.orders import orders
from regulars.faces.api.operations.products import products
from regulars.faces.api.operations.reports import reports
from regulars.faces.api.operations.staff import staff
from regulars.faces.api.operations.stream import stream
from regulars.faces.api.operations.traits import traits

RESOURCES = (
    customers,
    facts,
    insights,
    metrics,
    reports,
    traits,
    merges,
    orders,
    products,
    loyalty_programs,
    loyalty_members,
    loyalty_orders,
    loyalty_rewards,
    loyalty_vouchers,
    events,
    imports,
    exports,
    business,
    staff,
    stream,
)


class JsonRenderer(BaseRenderer):
    """Writes JSON in one pass; decimals are texts, so that none becomes a float."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002
        """Return the text of an answer."""
        return pydantic_core.to_json(data)


api = NinjaAPI(
    title="Regulars",
    version="1",
    urls_namespace="api",
    # The document and its page are ours: `openapi.py` and `docs.py`.
    openapi_url=None,
    docs_url=None,
    renderer=JsonRenderer(),
)
install_handlers(api)
for resource in RESOURCES:
    api.add_router("", resource.router)
