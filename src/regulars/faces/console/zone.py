"""Tell times in the business's zone."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from regulars.business.contracts import Business
from regulars.business.queries import get_business


class TellTheirTime:
    """Show the console's times in the business's zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, and leave the thread's zone as it was."""
        with timezone.override(None):
            return self._get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        """Take the zone for a page of the console."""
        match = request.resolver_match
        if match and match.app_name == "console" and request.user.is_authenticated:
            timezone.activate(business_of(request).zone_info)


def business_of(request: HttpRequest) -> Business:
    """Return the business, which is read once for each request."""
    found = getattr(request, "regulars_business", None)
    if not isinstance(found, Business):
        found = get_business()
        request.regulars_business = found  # type: ignore[attr-defined]
    return found
