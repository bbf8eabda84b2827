"""A served console, and a browser that complains of whatever a page does wrong."""

from __future__ import annotations

import html
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Dialog, Page

from regulars.faces.console.tests.shop import account
from regulars.staff.contracts import Role
from regulars.staff.models import Account

# Beside the code, where nothing is committed: what the pages looked like in the last run of the tests.
PICTURES = Path(__file__).parents[5] / "var" / "pictures"

# What Chromium and htmx tell that is no fault of a page: a newer request took the place of one that was under way (the
# event after a request that failed for another reason has a second one beside it, which is complained of), and somebody
# pressed a key before the page had looked for what to focus.
HARMLESS = ("htmx:sendAbort", "htmx:afterRequest", "Autofocus processing was blocked because")


def picture(page: Page, name: str) -> Path:
    """Keep what a page looks like, from its top to its end; return the file."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    file = PICTURES / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.png"
    page.screenshot(path=file, full_page=True, animations="disabled")
    return file


def words(page: str) -> str:
    """Return the text of a page as one reads it."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", text))


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: what goes wrong shows in the page."""


@dataclass
class Console:
    """A console that answers at `url`. `complaints` is what pages did wrong: errors, broken policy, dialogs."""

    url: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(
        self, *, role: Role | None = Role.OWNER, width: int = 1440, scheme: str = "light", scripts: bool = True
    ) -> Page:
        """Open a browser that is signed in as somebody of this role; as nobody where it is None."""
        context = self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        self.contexts.append(context)
        if role:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": _session(role), "url": self.url}])
        page = context.new_page()
        page.on("console", lambda message: self._hear(page, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("dialog", lambda dialog: self._refuse(page, dialog))
        return page

    def _hear(self, page: Page, said: str) -> None:
        if not said.startswith(HARMLESS):
            self.complaints.append(f"{page.url}: {said}")

    def _refuse(self, page: Page, dialog: Dialog) -> None:
        self.complaints.append(f"{page.url}: {dialog.message}")
        dialog.dismiss()


def client_of(role: Role) -> Client:
    """Return a client that is signed in as somebody of this role."""
    email = f"{role}@example.com"
    if not Account.objects.filter(email=email).exists():
        account(role)
    client = Client()
    client.force_login(Account.objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _session(role: Role) -> str:
    return client_of(role).cookies[settings.SESSION_COOKIE_NAME].value


class Reports(logging.Handler):
    """Collects what browsers reported of the policy."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__()
        self.complaints = complaints

    def emit(self, record: logging.LogRecord) -> None:
        self.complaints.append(record.getMessage())


@contextmanager
def server() -> Iterator[str]:
    """Serve in threads of this process; yield the address."""
    serving = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    serving.daemon_threads = True
    serving.set_app(get_wsgi_application())
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()
