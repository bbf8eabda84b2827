"""Merges: take one customer into another, and undo it."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from regulars.customers import merging, queries
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import CursorText, Limit, known_place
from regulars.faces.api.schemas.merges import MergeIn, MergeOut, MergesOfOneOut, MergesOut
from regulars.kit.pagination import page_of

merges = Resource("Merges")
_LIST = "merges"


@merges.post("/merges", scope="customers.merge", answer=MergeOut, finds=True)
def merge_customers(request: HttpRequest, body: Annotated[MergeIn, JsonBody(...)]) -> Any:
    """Take a customer into another.

    No id is rewritten: from now on the id of the merged one leads to the survivor. It can be undone.
    """
    return merging.merge_customers(
        survivor_id=body.survivor_id, merged_id=body.merged_id, now=timezone.now(), actor=actor_of(request)
    )


@merges.post("/merges/{merge_id}/undo", scope="customers.merge", answer=MergeOut)
def undo_merge(request: HttpRequest, merge_id: UUID) -> Any:
    """Let two customers be two again: each keeps what came under its own ids, the merged one its profile of then."""
    return merging.undo_merge(merge_id=merge_id, now=timezone.now(), actor=actor_of(request))


@merges.get("/merges", scope="customers.read", answer=MergesOut)
def list_merges(request: HttpRequest, limit: Limit, cursor: CursorText) -> Any:
    """List the merges of all customers, the latest first, with those that were undone."""
    place = known_place(_LIST, cursor, 1)
    found = queries.list_all_merges(limit=limit + 1, before=UUID(place[0]) if place else None)
    return page_of(found, limit=limit, name=_LIST, place=lambda each: (str(each.id),))


@merges.get("/customers/{customer_id}/merges", scope="customers.read", answer=MergesOfOneOut)
def list_merges_of(request: HttpRequest, customer_id: UUID) -> Any:
    """List the merges into a customer that stand, the latest first."""
    return {"items": queries.list_merges(queries.get_customer(customer_id).id)}
