"""What every call passes: the key, its allowance, its scope, the shape of the request, and the idempotency key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from regulars.faces.api import idempotency
from regulars.faces.api.errors import Refused, database_failed, too_large
from regulars.faces.api.keys import authenticate, check_scope
from regulars.faces.api.limits import count_call, too_many
from regulars.faces.api.uploads import with_file
from regulars.kit.i18n import gettext

Run = Callable[..., HttpResponse]
JSON = "application/json"
# Text that PostgreSQL cannot keep, as JSON writes it; it also stands for itself after another backslash, which no
# shop's data hold.
_NUL = b"\\u0000"


def gated(
    run: Run,
    *,
    scope: str,
    writes: bool,
    body: bool,
    parameters: Callable[[], frozenset[str]],
    takes_file: bool = False,
    told_once: str | None = None,
) -> Run:
    """Return an operation's `run` behind the gate. `parameters` names what it takes from the address's query."""

    def passing(request: HttpRequest, **path: Any) -> HttpResponse:
        try:
            key = authenticate(request)
            allowance = count_call(key, now=timezone.now())
            if allowance.is_used_up:
                raise too_many(allowance)
            answer = _within(request, key, path)
            allowance.mark(answer)
        except Refused as refused:
            return refused.response()
        except (OperationalError, InterfaceError) as error:
            return database_failed(error)
        return answer

    def _within(request: HttpRequest, key: Any, path: dict[str, Any]) -> HttpResponse:
        try:
            request.auth = key  # type: ignore[attr-defined]  # As ninja would have it.
            check_scope(key, scope)
            _check_parameters(request, path, parameters())
            if body:
                _check_body(request)
            idempotency_key = idempotency.key_of(request) if writes else None
            if takes_file:
                return with_file(request, idempotency_key, lambda: run(request, **path))
            if idempotency_key is None:
                return run(request, **path)
            return idempotency.once(request, idempotency_key, lambda: run(request, **path), told_once=told_once)
        except Refused as refused:
            return refused.response()
        except (OperationalError, InterfaceError) as error:
            return database_failed(error)

    return passing


def _check_parameters(request: HttpRequest, path: dict[str, Any], known: frozenset[str]) -> None:
    for name in request.GET:
        if name not in known:
            message = gettext("This operation takes no parameter {name}.").format(name=name)
            raise Refused(422, "unknown_parameter", message, parameter=name)
        if len(request.GET.getlist(name)) > 1:
            message = gettext("The parameter {name} comes more than once.").format(name=name)
            raise Refused(422, "repeated_parameter", message, parameter=name)
    for name, value in [*path.items(), *request.GET.items()]:
        if "\0" in str(value):
            raise Refused(422, "nul_character", _nul_message(), parameter=name)


def _check_body(request: HttpRequest) -> None:
    if request.content_type != JSON:
        message = gettext("The body is JSON: send it with “Content-Type: application/json”.")
        raise Refused(415, "not_json", message)
    try:
        told = request.body
    except RequestDataTooBig:
        raise too_large() from None
    if _NUL in told:
        raise Refused(422, "nul_character", _nul_message())


def _nul_message() -> str:
    return gettext("A text holds the character U+0000, which cannot be kept.")
