"""Keeping one's account, in a whole Regulars: mails by a server, guesses counted by all processes, help by command."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.running import Running
from tests.stories.test_logs import found_in

from regulars.faces.console.tests.security.mailbox import Mailbox, mail_server

EMAIL, PASSWORD, OTHER = "mira.canary@example.com", "correct horse battery staple", "a canary of another sentence"


@contextmanager
def started(made_home: Path, box: Mailbox) -> Iterator[Running]:
    """A Regulars whose mails go to a box, and in which Mira has an account."""
    running = Running(made_home)
    running.environment |= {
        "REGULARS_SMTP_URL": f"smtp://127.0.0.1:{box.port}",
        "REGULARS_MAIL_FROM": "Regulars <crm@example.com>",
        "REGULARS_WEB_PROCESSES": "2",
    }
    try:
        running.start()
        running.run("staff", "add", EMAIL, "--name", "Mira", stdin=f"{PASSWORD}\n")
        yield running
    finally:
        running.stop()


def browser_of(running: Running) -> httpx.Client:
    return httpx.Client(base_url=running.url, follow_redirects=True, timeout=60)


def post(browser: httpx.Client, address: str, **form: str) -> httpx.Response:
    """Fill in the form at an address, and send it."""
    page = browser.get(address)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token
    return browser.post(str(page.url), data={"csrfmiddlewaretoken": token[1], **form})


def is_in(browser: httpx.Client) -> bool:
    return browser.get("/account").url.path == "/account"


def test_a_forgotten_password_is_set_by_mail_or_by_command_and_no_log_tells_of_it(made_home: Path) -> None:
    with mail_server() as box, started(made_home, box) as running:
        browser, other = browser_of(running), browser_of(running)
        post(browser, "/sign-in", login=EMAIL, password=PASSWORD)
        assert is_in(browser)
        post(other, "/password/forgotten", email=EMAIL)
        deadline = time.monotonic() + 60
        while not box.mails and time.monotonic() < deadline:
            time.sleep(0.1)
        link = re.search(rf"{re.escape(running.url)}(/password/set/\S+)", box.newest(EMAIL)[1])
        assert link
        post(other, link[1], password1=OTHER)
        assert not is_in(browser)
        post(browser, "/sign-in", login=EMAIL, password=OTHER)
        assert is_in(browser)
        assert "new password" in running.run("staff", "reset-password", EMAIL, stdin=f"{PASSWORD}\n")
        assert not is_in(browser)
        assert "by the password alone" in running.run("staff", "reset-second-factor", EMAIL)
        assert "Nobody signs in as" in running.refusal("staff", "reset-second-factor", "no@example.com")
        for address in ("/join/canary-of-a-link", "/oidc/nobody/callback?code=canary-of-a-code"):
            assert other.get(address).status_code == 404
    told = {"email": EMAIL, "password": PASSWORD, "new password": OTHER, "link": "canary-of-a-link"}
    key = link[1].rpartition("/")[2].partition("-")[2]
    assert found_in(made_home, told | {"key": key, "code": "canary-of-a-code"}) == {}


def test_guesses_are_counted_by_all_processes_together(made_home: Path) -> None:
    pages = []
    with mail_server() as box, started(made_home, box) as running:
        for _ in range(6):
            # A connection of its own, so that any process may answer.
            with browser_of(running) as browser:
                pages.append(post(browser, "/sign-in", login=EMAIL, password="wrong").text)
    assert [("tried too often" in page) for page in pages] == [False] * 5 + [True]
