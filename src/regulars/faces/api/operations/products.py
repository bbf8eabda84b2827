"""Products: put, read, list."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query

from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import CursorText, KeyPart, Limit, known_place
from regulars.faces.api.schemas.products import (
    ProductFields,
    ProductOut,
    ProductPutOut,
    ProductsIn,
    ProductsOut,
    ProductsPutOut,
)
from regulars.kit.pagination import page_of
from regulars.orders import queries, services
from regulars.orders.contracts import ProductState

products = Resource("Products")
_LIST = "products"


@products.put("/products/{source}/{external_id}", scope="products.write", answer=ProductPutOut)
def put_product(
    request: HttpRequest,
    source: Annotated[KeyPart, Path(...)],
    external_id: Annotated[KeyPart, Path(...)],
    body: Annotated[ProductFields, JsonBody(...)],
) -> Any:
    """Keep a product's name and category; what is left out stays as it is."""
    told = ProductState(external_id=external_id, name=body.name, category=body.category)
    [result] = services.put_products(source=source, products=[told], now=timezone.now(), actor=actor_of(request))
    return result


@products.post("/products/bulk", scope="products.write", answer=ProductsPutOut)
def put_products(request: HttpRequest, body: Annotated[ProductsIn, JsonBody(...)]) -> Any:
    """Keep up to 500 products of one source, each with an outcome of its own."""
    told = [each.contract() for each in body.products]
    now, actor = timezone.now(), actor_of(request)
    return {"items": services.put_products(source=body.source, products=told, now=now, actor=actor)}


@products.get("/products/{source}/{external_id}", scope="products.read", answer=ProductOut)
def get_product(
    request: HttpRequest, source: Annotated[KeyPart, Path(...)], external_id: Annotated[KeyPart, Path(...)]
) -> Any:
    """Return a product."""
    return queries.get_product(source, external_id)


@products.get("/products", scope="products.read", answer=ProductsOut)
def list_products(
    request: HttpRequest,
    limit: Limit,
    cursor: CursorText,
    source: Annotated[str | None, Query(None, max_length=200, description="Only those of a source.")],
) -> Any:
    """List products by source and number."""
    place = known_place(_LIST, cursor, 2)
    found = queries.list_products(limit=limit + 1, after=(place[0], place[1]) if place else None, source=source)
    return page_of(found, limit=limit, name=_LIST, place=lambda each: (each.source, each.external_id))
