"""Each request watched: one line in the log, one count, and a trace where one is configured; none says who or what.

A line names the route (never the address, which holds ids and what people typed), the method, the status, how long it
took, the request's own id and the id of the staff or key that asked. It holds no body, e-mail or IP address.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from regulars.faces.api.metrics import REQUESTS, SECONDS
from regulars.kit.ids import new_id
from regulars.kit.logs import where
from regulars.kit.tracing import span

# Asked every few seconds by machines; their lines would bury the others.
_QUIET = {"healthz", "readyz", "metrics"}
UNKNOWN_ROUTE = "unknown"

log = structlog.get_logger("regulars.requests")


class WatchRequests:
    """Stands before all other middleware, so that it sees what each of them answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and tell that it was done."""
        if request.path_info.startswith(settings.STATIC_URL):
            return self.get_response(request)
        request_id = new_id().hex
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id), span("request") as traced:
            response = self.get_response(request)
            seconds = time.perf_counter() - began
            route = route_of(request)
            traced(
                f"{request.method} {route}", {"http.route": route, "http.response.status_code": response.status_code}
            )
            self._tell(request, response, route, seconds)
        response["X-Request-ID"] = request_id
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Remember what nobody caught, for the line that tells of the request."""
        request.broken_by = exception  # type: ignore[attr-defined]  # Ours, and only here.

    @staticmethod
    def _tell(request: HttpRequest, response: HttpResponse, route: str, seconds: float) -> None:
        method = request.method or ""
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        SECONDS.labels(route, method).observe(seconds)
        error: Exception | None = getattr(request, "broken_by", None)
        told = {"error": type(error).__name__, "where": where(error)} if error else {}
        tell = log.error if response.status_code >= 500 else log.debug if route in _QUIET else log.info
        tell(
            "request",
            route=route,
            method=method,
            status=response.status_code,
            duration_ms=round(1000 * seconds, 1),
            actor=actor_of(request),
            **told,
        )


def route_of(request: HttpRequest) -> str:
    """Return the name of what was asked, or that nothing stands at the address."""
    match = request.resolver_match
    return (match.view_name or match.route) if match else UNKNOWN_ROUTE


def actor_of(request: HttpRequest) -> str | None:
    """Return who asked, where that was found out; nobody is looked up for the log's sake."""
    key = getattr(request, "auth", None)
    if key is not None:
        return f"api_key:{key.id}"
    # Django keeps the account there once somebody has asked for `request.user`.
    account = getattr(request, "_cached_user", None)
    return f"staff:{account.pk}" if account is not None and account.is_authenticated else None
