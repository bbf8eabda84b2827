"""Speak the language of who looks."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from regulars.kit import i18n


class SpeakTheirLanguage:
    """Answer in the language of the account, or of the browser where nobody is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        user = getattr(request, "user", None)
        language = user.language if user and user.is_authenticated else translation.get_language_from_request(request)
        if language not in i18n.LANGUAGES:
            language = "en"
        i18n.activate(language)
        with translation.override(language):
            return self._get_response(request)
