"""The same key and the same request have the same effect once, and the same answer each time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from regulars.faces.api.errors import Refused
from regulars.faces.api.keys import caller
from regulars.faces.api.statements import rows_of
from regulars.kit.i18n import gettext

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST = 255


def key_of(request: HttpRequest) -> str | None:
    """Return the idempotency key of a request, or None.

    Raises
    ------
    Refused
        It is empty, too long, or holds what cannot be printed.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        message = gettext("An idempotency key has 1 to {most} printable ASCII characters.").format(most=LONGEST)
        raise Refused(422, "wrong_idempotency_key", message, parameter=HEADER)
    return key


def once(
    request: HttpRequest,
    key: str,
    run: Callable[[], HttpResponse],
    *,
    body_digest: bytes | None = None,
    told_once: str | None = None,
) -> HttpResponse:
    """Run a write, or answer as it was answered before; `body_digest` stands for a body that is not in memory.

    The field `told_once` of an answer is told once, and not kept: a replay has null in its place.

    The key is claimed in the transaction of the effect: a second call waits at the unique index until the first has
    ended. What was refused leaves no key, so that the call can be mended and sent again under it.

    Raises
    ------
    Refused
        The key came with another request before, or the first call has not ended in time.
    """
    place = {"api_key_id": caller(request).id, "key": key}
    digest = _digest(request, request.body if body_digest is None else body_digest)
    with transaction.atomic():
        if not _claim(place, digest):
            return _replay(place, digest)
        answer = run()
        if answer.status_code >= 400:
            transaction.set_rollback(True)
        else:
            body = _without(told_once, answer.content) if told_once else answer.content
            kept = {"status": answer.status_code, "content_type": answer["Content-Type"], "body": body}
            rows_of("keep_answer", place | kept)
    return answer


def _without(field: str, content: bytes) -> bytes:
    """Return an answer in which a field is null."""
    return json.dumps({**json.loads(content), field: None}).encode()


def _claim(place: dict[str, Any], digest: bytes) -> bool:
    milliseconds = round(settings.API_LOCK_SECONDS * 1000)
    claim = {"request_digest": digest, "now": timezone.now(), "lock_timeout": f"{milliseconds}ms"}
    return bool(rows_of("claim_key", place | claim))


def _replay(place: dict[str, Any], digest: bytes) -> HttpResponse:
    [(request_digest, status, content_type, body)] = rows_of("find_answer", place)
    if bytes(request_digest) != digest:
        message = gettext("This idempotency key has been used for another request.")
        raise Refused(422, "idempotency_key_reused", message, parameter=HEADER)
    return HttpResponse(bytes(body), status=status, content_type=content_type, headers={REPLAYED: "true"})


def _digest(request: HttpRequest, body: bytes) -> bytes:
    parts = (request.method or "", request.get_full_path())
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + body).digest()
