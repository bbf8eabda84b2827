"""Files that come as a body: kept on disk as they come, never as a whole in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse

from regulars.faces.api import idempotency
from regulars.faces.api.errors import Refused, domain_problem
from regulars.imports import services
from regulars.imports.contracts import KeptFile
from regulars.imports.files import MOST_BYTES, FileTooLarge
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

MEDIA_TYPE = "application/octet-stream"
_CHUNK_BYTES = 1 << 20


def with_file(request: HttpRequest, key: str | None, run: Callable[[], HttpResponse]) -> HttpResponse:
    """Keep the file that is the body, and run an operation on it; a file that it did not take is removed.

    The file is kept before a transaction begins, and its hash stands for the body of a call with an idempotency key:
    however long a file takes to come, it holds up nobody.

    Raises
    ------
    Refused
        The body is no file, or its length is not told.
    """
    _check(request)
    try:
        file = services.keep_file(_chunks(request))
    except DomainError as error:
        return domain_problem(error)
    request.kept_file = file  # type: ignore[attr-defined]  # As the gate does with the key.
    is_taken = False
    try:
        answer = run() if key is None else idempotency.once(request, key, run, body_digest=bytes.fromhex(file.sha256))
        is_taken = answer.status_code < 400 and idempotency.REPLAYED not in answer
    finally:
        if not is_taken:
            services.drop_file(file)
    return answer


def file_of(request: HttpRequest) -> KeptFile:
    """Return the file that came with a request."""
    file: KeptFile = request.kept_file  # type: ignore[attr-defined]  # As above.
    return file


def _check(request: HttpRequest) -> None:
    if request.content_type != MEDIA_TYPE:
        message = gettext("The body is the file itself: send it with “Content-Type: {type}”.").format(type=MEDIA_TYPE)
        raise Refused(415, "not_a_file", message)
    if "Content-Length" not in request.headers:
        # A body in parts of unknown number has no end that could be trusted.
        raise Refused(411, "length_required", gettext("Tell the length of the file with “Content-Length”."))


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    if int(request.headers["Content-Length"]) > MOST_BYTES:
        raise FileTooLarge(
            gettext("The file is larger than {most} MB; split it into several.").format(most=MOST_BYTES // 2**20)
        )
    while chunk := request.read(_CHUNK_BYTES):
        yield chunk
