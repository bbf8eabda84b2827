"""Look at each page of a running console as one who signs in and follows every link."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

# One of each kind is enough: a customer's page looks like the next one's.
MOST_PAGES = 80
MOST_OF_A_KIND = 2


class PageFailed(DomainError):
    """A page did not answer as it should."""

    code = "page_failed"


class _Links(HTMLParser):
    """Collects where a page leads, and the token of its form."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.token = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.found.append(given["href"] or "")
        if tag == "input" and given.get("name") == "csrfmiddlewaretoken":
            self.token = given.get("value") or ""


def visit(url: str, email: str, password: str) -> Iterator[str]:
    """Sign in at `url`, and yield the address of each page that was seen.

    Raises
    ------
    PageFailed
        One did not answer with 200.
    """
    with httpx.Client(base_url=url, follow_redirects=True, timeout=60) as browser:
        _sign_in(browser, email, password)
        waiting, seen, kinds = ["/"], set[str](), dict[str, int]()
        while waiting and len(seen) < MOST_PAGES:
            address = waiting.pop(0)
            kind = "/".join("*" if any(each.isdigit() for each in part) else part for part in address.split("/"))
            if address in seen or kinds.get(kind, 0) >= MOST_OF_A_KIND:
                continue
            seen.add(address)
            kinds[kind] = kinds.get(kind, 0) + 1
            page = _get(browser, address)
            yield address
            waiting += _leads_to(page, url)


def _sign_in(browser: httpx.Client, email: str, password: str) -> None:
    form = _Links()
    form.feed(_get(browser, "/sign-in").text)
    answer = browser.post("/sign-in", data={"csrfmiddlewaretoken": form.token, "login": email, "password": password})
    if urlsplit(str(answer.url)).path == "/sign-in" or answer.status_code != 200:
        raise PageFailed(gettext("Signing in failed ({status}).").format(status=answer.status_code))


def _get(browser: httpx.Client, address: str) -> httpx.Response:
    answer = browser.get(address)
    if answer.status_code != 200:
        raise PageFailed(gettext("{address} answered {status}.").format(address=address, status=answer.status_code))
    return answer


def _leads_to(page: httpx.Response, url: str) -> list[str]:
    """Return the paths of our own that a page leads to, without their queries."""
    if "html" not in page.headers.get("content-type", ""):
        return []
    links = _Links()
    links.feed(page.text)
    targets = [urlsplit(urljoin(str(page.url), link)) for link in links.found]
    return [each.path for each in targets if f"{each.scheme}://{each.netloc}" == url]
