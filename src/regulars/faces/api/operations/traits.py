"""Traits: what this business keeps of its customers beyond the usual. Their values are part of a profile."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path

from regulars.customers import queries, services
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import KeyPart
from regulars.faces.api.schemas.traits import TraitIn, TraitOut, TraitsOut

traits = Resource("Traits")


@traits.get("/traits", scope="customers.read", answer=TraitsOut)
def list_traits(request: HttpRequest) -> Any:
    """List the traits by key."""
    return {"items": queries.list_traits()}


@traits.put("/traits/{key}", scope="business.manage", answer=TraitOut)
def put_trait(request: HttpRequest, key: Annotated[KeyPart, Path(...)], body: Annotated[TraitIn, JsonBody(...)]) -> Any:
    """Define a trait, or describe anew one that is kept; its kind does not change.

    From then on profiles take values of it. A file of customers that has a column of its name brings them too.
    """
    return services.save_trait(trait=body.contract(key), now=timezone.now(), actor=actor_of(request))
