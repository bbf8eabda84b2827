"""Customers, with their identifiers, notes, tags and timeline; traits and merges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from regulars.client import shapes
from regulars.client.resource import Resource, key_of


class Customers(Resource):
    """Customers, found by any of their identifiers."""

    def put(
        self,
        source: str,
        external_id: str,
        profile: shapes.Profile | None = None,
        *,
        identifiers: Sequence[shapes.Identifier] = (),
        idempotency_key: str | None = None,
    ) -> shapes.CustomerPut:
        """Find or add the customer whom a source knows by a number, and keep what is told."""
        body = {"identifiers": list(identifiers), "profile": profile or {}}
        path = f"customers/at/{key_of(source, external_id)}"
        return cast("shapes.CustomerPut", self._caller.write("PUT", path, body, idempotency_key=idempotency_key))

    def put_many(
        self, people: Sequence[shapes.Person], *, source: str = "api", idempotency_key: str | None = None
    ) -> list[shapes.CustomerPut]:
        """Find or add up to 500 customers by any of their identifiers; return what became of each."""
        body = {"customers": list(people), "source": source}
        answer = self._caller.write("POST", "customers/bulk", body, idempotency_key=idempotency_key)
        return cast("list[shapes.CustomerPut]", answer["items"])

    def change(
        self, customer_id: str, profile: shapes.Profile, *, idempotency_key: str | None = None
    ) -> shapes.CustomerChange:
        """Change some fields of a profile, traits among them; return which changed."""
        path = f"customers/{customer_id}"
        answer = self._caller.write("PATCH", path, profile, idempotency_key=idempotency_key)
        return cast("shapes.CustomerChange", answer)

    def get(self, customer_id: str) -> shapes.CustomerInFull:
        """Return a customer; after a merge the one that the id leads to, with `merged_id` set."""
        return cast("shapes.CustomerInFull", self._caller.get(f"customers/{customer_id}"))

    def get_at(self, source: str, external_id: str) -> shapes.CustomerInFull:
        """Return the customer whom a source knows by a number."""
        return cast("shapes.CustomerInFull", self._caller.get(f"customers/at/{key_of(source, external_id)}"))

    def find(
        self, *, email: str | None = None, phone: str | None = None, external_id: str | None = None, source: str = ""
    ) -> shapes.Customer | None:
        """Return the customer with an identifier, or None."""
        told = {"email": email, "phone": phone, "external_id": external_id, "source": source or None}
        items = self._caller.get("customers", told)["items"]
        return cast("shapes.Customer", items[0]) if items else None

    def add_identifier(
        self, customer_id: str, identifier: shapes.Identifier, *, idempotency_key: str | None = None
    ) -> str:
        """Let a customer go by one more name; return the customer's id."""
        path = f"customers/{customer_id}/identifiers"
        answer = self._caller.write("POST", path, identifier, idempotency_key=idempotency_key)
        return cast("str", answer["customer_id"])

    def remove_identifier(
        self, customer_id: str, identifier: shapes.Identifier, *, idempotency_key: str | None = None
    ) -> str:
        """Let a customer no longer go by a name; return the customer's id."""
        path = f"customers/{customer_id}/identifiers/remove"
        answer = self._caller.write("POST", path, identifier, idempotency_key=idempotency_key)
        return cast("str", answer["customer_id"])

    def events(
        self,
        customer_id: str,
        *,
        type: str | None = None,  # noqa: A002  # The wire's name.
        page_size: int = 100,
    ) -> Iterator[shapes.Event]:
        """Return a customer's timeline, the latest first."""
        return self._each(f"customers/{customer_id}/events", {"type": type, "limit": page_size})

    def notes(self, customer_id: str, *, page_size: int = 100) -> Iterator[shapes.Note]:
        """Return the notes on a customer, the latest first."""
        return self._each(f"customers/{customer_id}/notes", {"limit": page_size})

    def add_note(self, customer_id: str, text: str, *, idempotency_key: str | None = None) -> shapes.NotePut:
        """Write a note about a customer."""
        path = f"customers/{customer_id}/notes"
        answer = self._caller.write("POST", path, {"text": text}, idempotency_key=idempotency_key)
        return cast("shapes.NotePut", answer)

    def change_note(self, note_id: str, text: str, *, idempotency_key: str | None = None) -> shapes.NotePut:
        """Write a note anew."""
        answer = self._caller.write("PUT", f"notes/{note_id}", {"text": text}, idempotency_key=idempotency_key)
        return cast("shapes.NotePut", answer)

    def remove_note(self, note_id: str, *, idempotency_key: str | None = None) -> shapes.NotePut:
        """Take a note away."""
        answer = self._caller.write("DELETE", f"notes/{note_id}", idempotency_key=idempotency_key)
        return cast("shapes.NotePut", answer)

    def tags(self) -> list[str]:
        """Return the tags in use."""
        return cast("list[str]", self._caller.get("tags")["items"])

    def tag(
        self,
        customer_id: str,
        *,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
        idempotency_key: str | None = None,
    ) -> shapes.TagPut:
        """Give a customer tags, and take others away."""
        body = {"add": list(add), "remove": list(remove)}
        path = f"customers/{customer_id}/tags"
        return cast("shapes.TagPut", self._caller.write("POST", path, body, idempotency_key=idempotency_key))

    def tag_many(
        self, changes: Sequence[shapes.TagChange], *, idempotency_key: str | None = None
    ) -> list[shapes.TagPut]:
        """Give tags to up to 500 customers, and take others away; return what became of each change."""
        body = {"changes": list(changes)}
        answer = self._caller.write("POST", "tags/bulk", body, idempotency_key=idempotency_key)
        return cast("list[shapes.TagPut]", answer["items"])

    def list(self, *, search: str | None = None, page_size: int = 100) -> Iterator[shapes.Customer]:
        """Return customers, the newest first; with words, those that a search finds."""
        return self._each("customers", {"search": search, "limit": page_size})


class Traits(Resource):
    """What this business keeps of its customers beyond the usual."""

    def put(self, key: str, trait: shapes.Trait, *, idempotency_key: str | None = None) -> shapes.KeptTrait:
        """Define a trait, or describe it anew."""
        answer = self._caller.write("PUT", f"traits/{key_of(key)}", trait, idempotency_key=idempotency_key)
        return cast("shapes.KeptTrait", answer)

    def list(self) -> Sequence[shapes.KeptTrait]:
        """Return the traits by key."""
        return cast("Sequence[shapes.KeptTrait]", self._caller.get("traits")["items"])


class Merges(Resource):
    """Customers that were found to be one person."""

    def merge(self, survivor_id: str, merged_id: str, *, idempotency_key: str | None = None) -> shapes.Merge:
        """Take one customer into another."""
        body = {"survivor_id": survivor_id, "merged_id": merged_id}
        return cast("shapes.Merge", self._caller.write("POST", "merges", body, idempotency_key=idempotency_key))

    def undo(self, merge_id: str, *, idempotency_key: str | None = None) -> shapes.Merge:
        """Let two customers be two again."""
        answer = self._caller.write("POST", f"merges/{merge_id}/undo", idempotency_key=idempotency_key)
        return cast("shapes.Merge", answer)

    def of(self, customer_id: str) -> Sequence[shapes.Merge]:
        """Return the merges into a customer that stand, the latest first."""
        return cast("Sequence[shapes.Merge]", self._caller.get(f"customers/{customer_id}/merges")["items"])

    def list(self, *, page_size: int = 100) -> Iterator[shapes.Merge]:
        """Return the merges of all customers, the latest first, with those that were undone."""
        return self._each("merges", {"limit": page_size})
