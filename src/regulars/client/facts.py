"""Facts of customers, and conditions on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from regulars.client import shapes
from regulars.client.resource import Resource

Condition = str | Mapping[str, Any]


class Facts(Resource):
    """What is known of customers."""

    def list(self) -> Sequence[shapes.Fact]:
        """Return the catalogue of facts, by name."""
        return cast("Sequence[shapes.Fact]", self._caller.get("facts")["items"])

    def of(self, customer_id: str) -> shapes.Known:
        """Return all that is known of a customer."""
        return cast("shapes.Known", self._caller.get(f"customers/{customer_id}/facts"))


class Conditions(Resource):
    """Conditions, as a text or as a tree: who fits, how many, and why."""

    def check(self, condition: Condition) -> shapes.CheckedCondition:
        """Return a condition in both of its forms; one that cannot be meant raises with its place."""
        return cast("shapes.CheckedCondition", self._caller.ask("conditions/check", {"condition": condition}))

    def complete(self, text: str, *, at: int | None = None) -> Sequence[shapes.Suggestion]:
        """Return what could come at a place in a text, the end by default."""
        answer = self._caller.ask("conditions/complete", {"text": text, "at": at})
        return cast("Sequence[shapes.Suggestion]", answer["items"])

    def count(self, condition: Condition) -> shapes.CountOfCustomers:
        """Return of how many customers a condition is true: exactly, or by a sample, with bounds."""
        return cast("shapes.CountOfCustomers", self._caller.ask("conditions/count", {"condition": condition}))

    def list(
        self,
        condition: Condition,
        *,
        facts: Sequence[str] = (),
        sort: str = "profile.since",
        descending: bool = True,
        page_size: int = 100,
    ) -> Iterator[shapes.Known]:
        """Return the customers of whom a condition is true, sorted by a fact, with other facts of each."""
        asked = {
            "condition": condition,
            "facts": list(facts),
            "sort": sort,
            "direction": "descending" if descending else "ascending",
            "limit": page_size,
        }
        cursor = None
        while True:
            page = self._caller.ask("conditions/list", {**asked, "cursor": cursor})
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def explain(self, condition: Condition, customer_id: str) -> shapes.ExplainedCondition:
        """Return which parts of a condition are true of a customer, with the values that they ask for."""
        asked = {"condition": condition, "customer_id": customer_id}
        return cast("shapes.ExplainedCondition", self._caller.ask("conditions/explain", asked))
