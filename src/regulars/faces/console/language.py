"""Speak the language of who looks."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from regulars.faces.console.preferences import chosen_language
from regulars.kit import i18n


class SpeakTheirLanguage:
    """Answer in the language of the account, else in the one chosen in this browser, else in the browser's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        language = _language_of(request)
        i18n.activate(language)
        with translation.override(language):
            return self._get_response(request)


def _language_of(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    account = user.language if user and user.is_authenticated else None
    language = account or chosen_language(request) or translation.get_language_from_request(request)
    return language if language in i18n.LANGUAGES else "en"
