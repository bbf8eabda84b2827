"""A manager brings an export in by the console: upload, columns, dry run, run by the worker, refused rows."""

from __future__ import annotations

import csv
import io
import re

import httpx
from tests.running import Running, eventually
from tests.stories.test_first_order import sign_in

EXPORT = (
    "Nr;Kunde;Wann;Summe\n"
    "1;ada@example.com;02.11.2026;5,00\n"
    "2;bo@example.com;niemals;7,00\n"
    '3;cleo@example.com;13.11.2026;"1.200,50"\n'
    "4;=2+3@example.com;irgendwann;9,00\n"
)
COLUMNS = {"column-order": "=Nr", "column-customer": "=Kunde", "column-date": "=Wann", "column-amount": "=Summe"}


def token(page: httpx.Response) -> dict[str, str]:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found, page.text
    return {"csrfmiddlewaretoken": found[1]}


def figures(page: str) -> dict[str, str]:
    return dict(re.findall(r'data-figure="(\w+)">([^<]*)<', page))


def done(browser: httpx.Client, address: str) -> bool:
    """Tell whether nothing is under way; the page's own question says so by asking for the whole page."""
    part = browser.get(address, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert part.status_code == 200
    return bool(part.headers.get("HX-Refresh") == "true")


def test_a_file_is_imported_in_the_console(regulars: Running) -> None:
    browser = sign_in(regulars)
    form = browser.get("/imports/new")
    answer = browser.post(
        "/imports/new",
        data=token(form) | {"kind": "orders", "source": "shop"},
        files={"file": ("export.csv", EXPORT.encode("cp1252"), "text/csv")},
    )
    columns = str(answer.url)
    assert columns.endswith("/columns")
    seen = browser.post(columns, data=token(answer) | COLUMNS, headers={"HX-Request": "true", "HX-Target": "mapping"})
    for expected in ("ada@example.com", "€1,200.50", "The date cannot be read"):
        assert expected in seen.text
    page = browser.post(columns, data=token(answer) | COLUMNS | {"keep": "yes"})
    address = str(page.url)

    browser.post(f"{address}/check", data=token(page))
    eventually(lambda: done(browser, address), within_seconds=60)
    page = browser.get(address)
    assert figures(page.text) == {"imported": "2", "updated": "0", "unchanged": "0", "refused": "2"}
    assert "ada@example.com" not in browser.get("/customers").text

    browser.post(f"{address}/start", data=token(page))
    eventually(lambda: done(browser, address), within_seconds=60)
    page = browser.get(address)
    assert figures(page.text) == {"imported": "2", "updated": "0", "unchanged": "0", "refused": "2"}
    assert "ada@example.com" in browser.get("/customers").text

    refused = browser.get(f"{address}/refused.csv")
    rows = list(csv.reader(io.StringIO(refused.content.decode("utf-8-sig"))))
    assert [row[:3] for row in rows] == [
        ["Nr", "Kunde", "Wann"],
        ["2", "bo@example.com", "niemals"],
        ["4", "'=2+3@example.com", "irgendwann"],
    ]

    again = browser.post(
        "/imports/new",
        data=token(browser.get("/imports/new")) | {"kind": "orders", "source": "shop"},
        files={"file": ("export.csv", EXPORT.encode("cp1252"), "text/csv")},
    )
    assert "The same file was imported before." in again.text
