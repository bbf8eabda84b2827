"""Under /v1 all that goes wrong is told as JSON, also what Django refuses before or beside an operation."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from regulars.faces.api.errors import Fault, problem, too_large
from regulars.kit.i18n import gettext


class TellProblemsAsJson:
    """Stands first, so that it sees every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, in JSON where it is the API that is asked."""
        answer = self.get_response(request)
        if answer.status_code < 400 or not (request.path == "/v1" or request.path.startswith("/v1/")):
            return answer
        if "json" in answer.get("Content-Type", ""):
            return answer
        return _as_problem(request, answer)


def _as_problem(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    messages = {
        400: ("bad_request", gettext("The request cannot be understood.")),
        404: ("not_found", gettext("There is nothing at this address.")),
        405: ("method_not_allowed", gettext("{method} is not possible here.").format(method=request.method)),
    }
    if answer.status_code == 413:
        return too_large().response()
    code, message = messages.get(
        answer.status_code, ("internal_error", gettext("Something went wrong on our side; it has been noted."))
    )
    kept = {"Allow": answer["Allow"]} if "Allow" in answer else {}
    return problem(answer.status_code, Fault(code=code, detail=message), headers=kept)
