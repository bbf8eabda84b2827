"""Sessions that end when they should: after a while of rest, and after some days whatever one does."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

# Seconds; a session that is in use is written to so often, and not at each request.
_NOTED_EACH = 60
_BEGAN, _SEEN = "signed_in_at", "seen_at"


class EndSessions:
    """Ends a session that has rested too long or lasted too long; who had it is asked to sign in again.

    What else ends sessions (another password, being let in no longer) is in the hash that each holds.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        # Programs come without a session, and nothing is looked up for them.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            _note(request)
        return self._get_response(request)


def begin(request: HttpRequest) -> None:
    """Count a session's time from now."""
    request.session[_BEGAN] = request.session[_SEEN] = time.time()


def signed_in_seconds_ago(request: HttpRequest) -> float:
    """Return how long ago the session began."""
    return time.time() - float(request.session.get(_BEGAN, 0))


def _note(request: HttpRequest) -> None:
    now = time.time()
    began, seen = request.session.get(_BEGAN), request.session.get(_SEEN)
    if began is None or seen is None:
        begin(request)
    elif now - began > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_SECONDS:
        logout(request)
    elif now - seen > _NOTED_EACH:
        request.session[_SEEN] = now
