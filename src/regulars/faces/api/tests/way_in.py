"""Keys, and a way into the application within this process."""

from __future__ import annotations

import httpx
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from regulars.staff.permissions import PERMISSIONS
from regulars.staff.services import create_api_key
from regulars.stream.contracts import system

URL = "http://127.0.0.1"


def make_key(*scopes: str) -> str:
    """Make a key with some scopes; with all of them where none is named."""
    made = create_api_key(name="test", scopes=scopes or sorted(PERMISSIONS), now=timezone.now(), actor=system("test"))
    return made.secret


def transport() -> httpx.WSGITransport:
    """Return the way into the application: no socket, and the test's own database."""
    return httpx.WSGITransport(app=get_wsgi_application(), raise_app_exceptions=False)
