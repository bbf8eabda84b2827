"""Customers: put by identifier, read, find, change."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query

from regulars.customers import queries, services
from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import CursorText, Limit, time_and_id
from regulars.faces.api.schemas.customers import (
    CustomerChangeOut,
    CustomerOut,
    CustomersIn,
    CustomersOut,
    CustomersPutOut,
    ProfileIn,
)
from regulars.kit.pagination import Page, page_of

customers = Resource("Customers")
_LIST = "customers"
Word = Annotated[str | None, Query(None, min_length=1, max_length=320)]


@customers.post("/customers/bulk", scope="customers.write", answer=CustomersPutOut)
def put_customers(request: HttpRequest, body: Annotated[CustomersIn, JsonBody(...)]) -> Any:
    """Find or add up to 500 customers by any of their identifiers, and keep what is told of them.

    Each has its own outcome; one whom no identifier names, or whose traits cannot be meant, is `refused`.
    """
    people = [each.contract() for each in body.customers]
    now = timezone.now()
    return {
        "items": services.put_customers(people=people, source=body.source, now=now, actor=actor_of(request)),
    }


@customers.patch("/customers/{customer_id}", scope="customers.write", answer=CustomerChangeOut)
def change_customer(request: HttpRequest, customer_id: UUID, body: Annotated[ProfileIn, JsonBody(...)]) -> Any:
    """Change some fields of a customer's profile."""
    fields = services.change_profile(
        customer_id=customer_id, profile=body.contract(), now=timezone.now(), actor=actor_of(request)
    )
    return CustomerChangeOut(customer_id=queries.get_survivor(customer_id), fields=fields)


@customers.get("/customers/{customer_id}", scope="customers.read", answer=CustomerOut)
def get_customer(request: HttpRequest, customer_id: UUID) -> Any:
    """Return a customer; after a merge, the one that the id leads to."""
    return queries.get_customer(customer_id)


@customers.get("/customers", scope="customers.read", answer=CustomersOut)
def list_customers(  # noqa: PLR0917  # Each is a parameter of the address.
    request: HttpRequest, limit: Limit, cursor: CursorText, email: Word, phone: Word, external_id: Word, source: Word
) -> Any:
    """List customers, the newest first, or find the one with an identifier.

    With `email`, `phone` or `external_id` (of a `source`) there is one item, or none.
    """
    told = {IdentifierKind.EMAIL: email, IdentifierKind.PHONE: phone, IdentifierKind.EXTERNAL_ID: external_id}
    wanted = [Identifier(kind, value, source or "") for kind, value in told.items() if value]
    if wanted:
        found = queries.find_by_identifier(wanted[0])
        return Page([queries.get_customer(found)] if found else [], None)
    newest = queries.list_newest_customers(limit=limit + 1, before=time_and_id(_LIST, cursor))
    return page_of(newest, limit=limit, name=_LIST, place=lambda each: (each.created_at.isoformat(), str(each.id)))
