"""What all resources have in common. Lists are iterators that fetch page after page as one goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from regulars.client.calling import Caller


class Resource:
    """The base of resources."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def _each(self, path: str, parameters: dict[str, Any]) -> Iterator[Any]:
        """Return the items of all pages."""
        cursor = None
        while True:
            page = self._caller.get(path, {**parameters, "cursor": cursor})
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return


def key_of(*parts: str) -> str:
    """Return parts of an address, each quoted."""
    return "/".join(quote(part, safe="") for part in parts)
