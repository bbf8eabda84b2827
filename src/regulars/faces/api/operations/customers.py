"""Customers: put by identifier, read, find, change; their identifiers, notes and tags."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query

from regulars.customers import queries, services
from regulars.customers.contracts import Customer, Identifier, IdentifierKind
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of, sees_sensitive
from regulars.faces.api.paging import CursorText, KeyPart, Limit, known_place, time_and_id
from regulars.faces.api.schemas.customers import (
    CustomerChangeOut,
    CustomerInFullOut,
    CustomerPutOut,
    CustomersIn,
    CustomersOut,
    CustomersPutOut,
    CustomerState,
    IdentifierChangeOut,
    IdentifierIn,
    NoteIn,
    NotePutOut,
    NotesOut,
    ProfileIn,
    TagChangeOut,
    TagChangesIn,
    TagChangesOut,
    TagsIn,
    TagsOut,
)
from regulars.kit.pagination import Page, page_of
from regulars.orders.queries import search_customers

customers = Resource("Customers")
_LIST, _NOTES = "customers", "notes"
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


@customers.put("/customers/at/{source}/{external_id}", scope="customers.write", answer=CustomerPutOut)
def put_customer(
    request: HttpRequest,
    source: Annotated[KeyPart, Path(...)],
    external_id: Annotated[KeyPart, Path(...)],
    body: Annotated[CustomerState, JsonBody(...)],
) -> Any:
    """Find or add the customer whom a source knows by this number, and keep what is told.

    What is left out stays as it is; the same told again is `unchanged`. `identifiers` are further names of the person:
    where one of them is known already, the number is added to that customer.
    """
    person = body.contract(source, external_id)
    return services.put_customer(person=person, source=source, now=timezone.now(), actor=actor_of(request))


@customers.get("/customers/at/{source}/{external_id}", scope="customers.read", answer=CustomerInFullOut)
def get_customer_at(
    request: HttpRequest, source: Annotated[KeyPart, Path(...)], external_id: Annotated[KeyPart, Path(...)]
) -> Any:
    """Return the customer whom a source knows by this number."""
    return _in_full(request, queries.get_by_identifier(Identifier(IdentifierKind.EXTERNAL_ID, external_id, source)))


@customers.patch("/customers/{customer_id}", scope="customers.write", answer=CustomerChangeOut)
def change_customer(request: HttpRequest, customer_id: UUID, body: Annotated[ProfileIn, JsonBody(...)]) -> Any:
    """Change some fields of a customer's profile."""
    fields = services.change_profile(
        customer_id=customer_id, profile=body.contract(), now=timezone.now(), actor=actor_of(request)
    )
    return CustomerChangeOut(customer_id=queries.get_survivor(customer_id), fields=fields)


@customers.get("/customers/{customer_id}", scope="customers.read", answer=CustomerInFullOut)
def get_customer(request: HttpRequest, customer_id: UUID) -> Any:
    """Return a customer with its traits, tags and identifiers.

    An id that was merged into another answers with the survivor, and says so: `merged_id` is then the id asked for.
    `aliases` are all ids that lead to the customer. Traits that are sensitive take the scope `customers.write`.
    """
    return _in_full(request, customer_id)


def _in_full(request: HttpRequest, asked_for: UUID) -> CustomerInFullOut:
    [customer] = _seen(request, [queries.get_customer(asked_for)])
    return CustomerInFullOut.of(customer, ids=queries.list_ids_of(customer.id), asked_for=asked_for)


@customers.get("/customers", scope="customers.read", answer=CustomersOut)
def list_customers(  # noqa: PLR0917  # Each is a parameter of the address.
    request: HttpRequest,
    limit: Limit,
    cursor: CursorText,
    search: Annotated[str | None, Query(None, min_length=1, max_length=200, description="Words to find them by.")],
    email: Word,
    phone: Word,
    external_id: Word,
    source: Word,
) -> Any:
    """List customers, the newest first; find some by words, or the one with an identifier.

    With `email`, `phone` or `external_id` (of a `source`) there is one item, or none. `search` finds as the console
    does: each word is the beginning of a word of the name, of an identifier or of an order's number, whatever its case
    and accents; of a broad search, the thousand newest.
    """
    told = {IdentifierKind.EMAIL: email, IdentifierKind.PHONE: phone, IdentifierKind.EXTERNAL_ID: external_id}
    wanted = [Identifier(kind, value, source or "") for kind, value in told.items() if value]
    if wanted:
        found = queries.find_by_identifier(wanted[0])
        return Page(_seen(request, [queries.get_customer(found)]) if found else [], None)
    if search:
        return _found(request, search, limit, cursor)
    newest = _seen(request, queries.list_newest_customers(limit=limit + 1, before=time_and_id(_LIST, cursor)))
    return page_of(newest, limit=limit, name=_LIST, place=lambda each: (each.created_at.isoformat(), str(each.id)))


def _seen(request: HttpRequest, found: Sequence[Customer]) -> list[Customer]:
    return queries.as_seen(found, sees_sensitive=sees_sensitive(request))


def _found(request: HttpRequest, search: str, limit: int, cursor: str | None) -> Page[Customer]:
    """Return a page of what a search finds; its cursor is good for the same words only."""
    name = f"{_LIST} found by {search}"
    place = known_place(name, cursor, 1)
    offset = int(place[0]) if place else 0
    found, _ = search_customers(search, limit=limit + 1, offset=offset)
    return page_of(_seen(request, found), limit=limit, name=name, place=lambda _: (offset + limit,))


@customers.post("/customers/{customer_id}/identifiers", scope="customers.write", answer=IdentifierChangeOut)
def add_identifier(request: HttpRequest, customer_id: UUID, body: Annotated[IdentifierIn, JsonBody(...)]) -> Any:
    """Let a customer go by one more name. One that belongs to another customer is refused: merge the two."""
    services.add_identifier(
        customer_id=customer_id, identifier=body.contract(), now=timezone.now(), actor=actor_of(request)
    )
    return IdentifierChangeOut(customer_id=queries.get_survivor(customer_id))


@customers.post("/customers/{customer_id}/identifiers/remove", scope="customers.write", answer=IdentifierChangeOut)
def remove_identifier(request: HttpRequest, customer_id: UUID, body: Annotated[IdentifierIn, JsonBody(...)]) -> Any:
    """Let a customer no longer go by a name, told as it is kept. The last one stays."""
    services.remove_identifier(
        customer_id=customer_id, identifier=body.contract(), now=timezone.now(), actor=actor_of(request)
    )
    return IdentifierChangeOut(customer_id=queries.get_survivor(customer_id))


@customers.get("/customers/{customer_id}/notes", scope="customers.read", answer=NotesOut)
def list_notes(request: HttpRequest, customer_id: UUID, limit: Limit, cursor: CursorText) -> Any:
    """List the notes on a customer, the latest first."""
    customer = queries.get_customer(customer_id)
    found = queries.list_notes(customer.id, limit=limit + 1, before=time_and_id(_NOTES, cursor))
    return page_of(found, limit=limit, name=_NOTES, place=lambda each: (each.created_at.isoformat(), str(each.id)))


@customers.post("/customers/{customer_id}/notes", scope="customers.write", answer=NotePutOut)
def add_note(request: HttpRequest, customer_id: UUID, body: Annotated[NoteIn, JsonBody(...)]) -> Any:
    """Write a note about a customer."""
    note = services.add_note(customer_id=customer_id, text=body.text, now=timezone.now(), actor=actor_of(request))
    return NotePutOut(note_id=note.id, outcome="created")


@customers.put("/notes/{note_id}", scope="customers.write", answer=NotePutOut)
def change_note(request: HttpRequest, note_id: UUID, body: Annotated[NoteIn, JsonBody(...)]) -> Any:
    """Write a note anew."""
    services.change_note(note_id=note_id, text=body.text, now=timezone.now(), actor=actor_of(request))
    return NotePutOut(note_id=note_id, outcome="updated")


@customers.delete("/notes/{note_id}", scope="customers.write", answer=NotePutOut)
def remove_note(request: HttpRequest, note_id: UUID) -> Any:
    """Take a note away."""
    services.remove_note(note_id=note_id, now=timezone.now(), actor=actor_of(request))
    return NotePutOut(note_id=note_id, outcome="removed")


@customers.get("/tags", scope="customers.read", answer=TagsOut)
def list_tags(request: HttpRequest) -> Any:
    """List the tags in use, among the ten thousand customers that were tagged or changed last."""
    return {"items": queries.list_tags()}


@customers.post("/customers/{customer_id}/tags", scope="customers.write", answer=TagChangeOut)
def change_tags(request: HttpRequest, customer_id: UUID, body: Annotated[TagsIn, JsonBody(...)]) -> Any:
    """Give a customer tags, and take others away."""
    change = body.contract(customer_id)
    return services.change_tags(change=change, now=timezone.now(), actor=actor_of(request))


@customers.post("/tags/bulk", scope="customers.write", answer=TagChangesOut)
def tag_customers(request: HttpRequest, body: Annotated[TagChangesIn, JsonBody(...)]) -> Any:
    """Give tags to up to 500 customers, and take others away. Each change has its own outcome."""
    changes = [each.contract(each.customer_id) for each in body.changes]
    return {"items": services.tag_customers(changes=changes, now=timezone.now(), actor=actor_of(request))}
