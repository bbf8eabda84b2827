"""The stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from regulars.client import shapes
from regulars.client.resource import Resource, key_of


class DeadLetters(Resource):
    """Events that could not be delivered."""

    def list(self, *, page_size: int = 100) -> Iterator[shapes.DeadLetter]:
        """Return dead letters in the order in which they arose."""
        return self._each("dead-letters", {"limit": page_size})

    def retry(self, letter: shapes.DeadLetter) -> bool:
        """Hand a letter over again; tell whether it was taken."""
        path = f"subscriptions/{key_of(letter['subscription'])}/dead-letters/{letter['id']}/retry"
        return cast("bool", self._caller.write("POST", path)["taken"])
