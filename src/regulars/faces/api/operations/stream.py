"""The stream: how far subscriptions have come, and what could not be delivered."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from regulars.faces.api.declaring import Resource
from regulars.faces.api.paging import CursorText, Limit, known_place
from regulars.faces.api.schemas.stream import DeadLetterOut, DeadLettersOut, RetryOut, SubscriptionsOut
from regulars.kit.pagination import Page, page_of
from regulars.stream import dispatch, queries, registry

stream = Resource("Stream")
_LIST = "dead letters"


@stream.get("/subscriptions", scope="stream.manage", answer=SubscriptionsOut)
def list_subscriptions(request: HttpRequest) -> Any:
    """List who is told of which events, and how far each has come."""
    return {"items": queries.list_states(registry.subscriptions())}


@stream.get("/dead-letters", scope="stream.manage", answer=DeadLettersOut)
def list_dead_letters(request: HttpRequest, limit: Limit, cursor: CursorText) -> Any:
    """List the events that could not be delivered."""
    place = known_place(_LIST, cursor, 1)
    found = queries.list_dead_letters(limit=limit + 1, after=UUID(place[0]) if place else None)
    page = page_of(found, limit=limit, name=_LIST, place=lambda each: (str(each.id),))
    return Page([DeadLetterOut.of(each) for each in page.items], page.next)


@stream.post("/subscriptions/{name}/dead-letters/{letter_id}/retry", scope="stream.manage", answer=RetryOut)
def retry_dead_letter(request: HttpRequest, name: str, letter_id: UUID) -> Any:
    """Hand a dead letter over again, and what waits behind it."""
    taken = dispatch.retry(registry.get_subscription(name), letter_id, now=timezone.now())
    return RetryOut(taken=taken)
