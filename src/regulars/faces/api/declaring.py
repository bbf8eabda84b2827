"""How an operation is declared: with its scope, or not at all."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from ninja import Router
from ninja.decorators import decorate_view

from regulars.faces.api.gate import gated
from regulars.faces.api.keys import ANY_KEY
from regulars.faces.api.uploads import MEDIA_TYPE
from regulars.staff.permissions import PERMISSIONS

View = TypeVar("View", bound=Callable[..., Any])
BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE = {"required": True, "content": {MEDIA_TYPE: BINARY}}
WRITES = frozenset({"PUT", "POST", "PATCH", "DELETE"})


class Resource:
    """The operations on one noun."""

    def __init__(self, name: str) -> None:
        self.router = Router(tags=[name])

    def get(self, path: str, *, scope: str, answer: Any, finds: bool = False) -> Callable[[View], View]:
        """Declare a read. It `finds` what may not be there yet, or answers 404."""
        return self._operation("GET", path, scope=scope, answer=answer, finds=finds)

    def put(self, path: str, *, scope: str, answer: Any) -> Callable[[View], View]:
        """Declare a write of what stands at an address."""
        return self._operation("PUT", path, scope=scope, answer=answer)

    def post(
        self,
        path: str,
        *,
        scope: str,
        answer: Any,
        finds: bool = False,
        told_once: str | None = None,
        once_by: str | None = None,
    ) -> Callable[[View], View]:
        """Declare a write of something new, or of many.

        It `finds` what its body names, or answers 404. The field `told_once` of its answer is in no replay. Where a
        field of its body lets it happen once, as the reference of an order does, that field is `once_by`, and no
        idempotency key is taken beside it.
        """
        writes = once_by is None
        return self._operation(
            "POST", path, scope=scope, answer=answer, finds=finds, told_once=told_once, writes=writes
        )

    def ask(self, path: str, *, scope: str, answer: Any, finds: bool = False) -> Callable[[View], View]:
        """Declare a read whose question is too large for an address, so that it comes as a body.

        It `finds` what its body names, or answers 404.
        """
        return self._operation("POST", path, scope=scope, answer=answer, finds=finds, writes=False)

    def patch(self, path: str, *, scope: str, answer: Any) -> Callable[[View], View]:
        """Declare a write of some fields."""
        return self._operation("PATCH", path, scope=scope, answer=answer)

    def delete(self, path: str, *, scope: str, answer: Any) -> Callable[[View], View]:
        """Declare that something is taken away."""
        return self._operation("DELETE", path, scope=scope, answer=answer)

    def upload(self, path: str, *, scope: str, answer: Any) -> Callable[[View], View]:
        """Declare a write whose body is a file."""
        return self._operation("POST", path, scope=scope, answer=answer, takes_file=True)

    def download(self, path: str, *, scope: str, media: Sequence[str]) -> Callable[[View], View]:
        """Declare a read whose answer is a file of one of these types; the view makes the answer."""
        return self._operation("GET", path, scope=scope, answer=None, media=media)

    def _operation(
        self,
        method: str,
        path: str,
        *,
        scope: str,
        answer: Any,
        finds: bool = False,
        takes_file: bool = False,
        media: Sequence[str] = (),
        told_once: str | None = None,
        writes: bool | None = None,
    ) -> Callable[[View], View]:
        if scope != ANY_KEY and scope not in PERMISSIONS:
            raise KeyError(scope)

        def declare(view: View) -> View:
            taken: list[frozenset[str]] = []

            def parameters() -> frozenset[str]:
                if not taken:
                    taken.append(_query_parameters(view))
                return taken[0]

            body = "body" in view.__annotations__
            is_write = method in WRITES if writes is None else writes
            summary, description = _told(view.__doc__ or "")
            gate = partial(
                gated,
                scope=scope,
                writes=is_write,
                body=body,
                parameters=parameters,
                takes_file=takes_file,
                told_once=told_once,
            )
            declared = self.router.api_operation(
                [method],
                path,
                response={200: answer},
                operation_id=view.__name__,
                summary=summary,
                description=description,
                openapi_extra={
                    "x-scope": scope,
                    "x-writes": is_write,
                    "x-finds": finds or "{" in path,
                    "x-media": media,
                }
                | ({"requestBody": _FILE} if takes_file else {}),
            )
            return declared(decorate_view(gate)(view))

        return declare


def _told(docstring: str) -> tuple[str, str]:
    """Return the first clause of a docstring, and what it says beyond it."""
    first, _, rest = inspect.cleandoc(docstring).partition("\n")
    clause, *more = re.split(r"[.;:] ", first, maxsplit=1)
    beyond = f"{more[0][0].upper()}{more[0][1:]}" if more else ""
    return clause.rstrip("."), f"{beyond}\n{rest}".strip()


def _query_parameters(view: Callable[..., Any]) -> frozenset[str]:
    models = view._ninja_operation.models  # type: ignore[attr-defined]  # Where ninja keeps what a view takes.
    return frozenset(
        name for model in models if model.__ninja_param_source__ == "query" for name in model.__ninja_flatten_map__
    )
