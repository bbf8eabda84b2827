"""Products: put, read, list."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query

from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
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
from regulars.orders import queries
from regulars.orders.contracts import ProductState
from regulars.orders.products import put_products as keep_products

products = Resource("Products")
_LIST = "products"


@products.put("/products/{source}/{external_id}", scope="products.write", answer=ProductPutOut)
def put_product(
    request: HttpRequest,
    source: Annotated[KeyPart, Path(...)],
    external_id: Annotated[KeyPart, Path(...)],
    body: Annotated[ProductFields, JsonBody(...)],
) -> Any:
    """Keep a product's name and category."""
    told = ProductState(external_id=external_id, name=body.name, category=body.category)
    with transaction.atomic():
        [(_, identity)] = keep_products([(source, told)], now=timezone.now()).items()
    return ProductPutOut(source=source, external_id=external_id, product_id=identity)


@products.post("/products/bulk", scope="products.write", answer=ProductsPutOut)
def put_products(request: HttpRequest, body: Annotated[ProductsIn, JsonBody(...)]) -> Any:
    """Keep up to 500 products of one source."""
    with transaction.atomic():
        ids = keep_products([(body.source, each.contract()) for each in body.products], now=timezone.now())
    return {
        "items": [
            ProductPutOut(
                source=body.source, external_id=each.external_id, product_id=ids[body.source, each.external_id]
            )
            for each in body.products
        ]
    }


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
