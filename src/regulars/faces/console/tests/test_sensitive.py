"""A role without the permission meets nothing that is sensitive on any page, and finds nobody by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client

from regulars.exports.carrying_on import carry_on
from regulars.exports.contracts import ExportFormat, ExportKind
from regulars.exports.queries import list_exports
from regulars.exports.services import ask_for
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.facts.tests.sensitive import WORDS, keep_secrets, reclassify, sensitive_facts
from regulars.kit import i18n
from regulars.staff import saved_views
from regulars.staff.contracts import Role
from regulars.staff.models import Account, SavedView
from regulars.staff.permissions import PERMISSIONS, SEES_SENSITIVE

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
FAITH = 'traits.secret_text starts with "quaker"'
REFUSED = "is sensitive: only who may change customers"
LEFT_OUT = "1 column is left out: it is sensitive"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the files of a test in a home of its own."""
    monkeypatch.setattr(settings, "INSTALLATION", SimpleNamespace(home=tmp_path, is_sandbox=False))


@pytest.fixture
def ada() -> UUID:
    shop.business()
    return keep_secrets()


@pytest.fixture
def blind() -> Client:
    """Somebody who reads and takes out customers, and may not see what is sensitive."""
    assert Role.ANALYST not in PERMISSIONS[SEES_SENSITIVE]
    assert all(Role.ANALYST in PERMISSIONS[each] for each in ("customers.read", "customers.export", "exports.run"))
    return client_of(Role.ANALYST)


@pytest.fixture
def seeing() -> Client:
    assert Role.MANAGER in PERMISSIONS[SEES_SENSITIVE]
    return client_of(Role.MANAGER)


def listed(page: str) -> list[str]:
    return re.findall(r'class="row-link" href="[^"]+">([^<]+)<', page)


def heads(page: str) -> int:
    return len(re.findall(r'<th scope="col"', page))


def test_no_sensitive_fact_of_the_catalogue_is_a_column_a_filter_or_a_file_for_who_may_not_see_it(
    ada: UUID, blind: Client, seeing: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reclassify(monkeypatch)
    choices, filters = blind.get("/customers/columns").text, blind.get("/customers", {"open": "1"}).text
    seen_choices, seen_filters = seeing.get("/customers/columns").text, seeing.get("/customers", {"open": "1"}).text
    for name in sensitive_facts():
        where, show = f"not {name} exists or {name} exists", ["orders.count", name]
        # As a column.
        page, seen = (client.get("/customers", {"show": show}).text for client in (blind, seeing))
        assert LEFT_OUT in page, name
        assert (heads(page), heads(seen)) == (3, 4), name
        assert listed(page) == listed(seen) != []
        # As a condition: on the page, in its parts, and as it is counted.
        page, seen = (unescape(client.get("/customers", {"where": where}).text) for client in (blind, seeing))
        assert f"{name} {REFUSED}" in page, name
        assert listed(page) == []
        assert listed(seen) == ["Bo", "Ada"], name
        lines = {"lines": "1", "fact.0": name, "asked.0": "exists", "by": "lines"}
        for address, told in (
            ("/customers/count", {"where": where}),
            ("/customers/filter", {"where": where, "by": "text"}),
            ("/customers/filter", lines | {"text.0": f"{name} exists"}),
        ):
            assert "customers found" not in blind.get(address, told, headers=HTMX).text, (address, name)
        assert "2 customers found" in seeing.get("/customers/count", {"where": where}, headers=HTMX).text
        # Where it could be chosen or typed.
        for offered, theirs in ((choices, seen_choices), (filters, seen_filters)):
            assert f'value="{name}"' not in offered, name
            assert f'value="{name}"' in theirs, name
        assert completions(seeing, name) == [name]
        assert completions(blind, name) == []
        # As a file.
        for form in ("csv", "parquet"):
            for wish in ({"where": where}, {"show": show}):
                answer = blind.post("/customers/export", {"format": form, **wish}, follow=True)
                assert REFUSED in answer.text or LEFT_OUT in answer.text, (name, form)
                assert answer.headers["Content-Type"].startswith("text/html")
    assert list_exports(limit=1) == []


def completions(client: Client, name: str) -> list[str]:
    items = client.get("/customers/filter/complete", {"text": name[:-1]}).json()["items"]
    return [each["text"] for each in items if each["text"] == name]


def test_no_list_is_sorted_by_what_one_may_not_see(
    ada: UUID, blind: Client, seeing: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reclassify(monkeypatch)
    for direction in ("", "ascending"):
        told = {"sort": "rfm.segment", "direction": direction}
        assert "not sorted as asked" in blind.get("/customers", told).text
        assert "not sorted as asked" not in seeing.get("/customers", told).text
        assert 'name="sort"' not in blind.get("/customers", told).text


def test_the_sentence_is_there_in_german(ada: UUID, blind: Client) -> None:
    Account.objects.update(language="de")
    try:
        left_out = blind.get("/customers", {"show": ["orders.count", "traits.secret_text"]}).text
        refused = blind.get("/customers", {"where": FAITH}).text
    finally:
        i18n.activate("en")
    assert "1 Spalte fehlt hier: Sie ist sensibel" in left_out
    assert "traits.secret_text ist sensibel: Nur wer Kunden ändern darf" in refused


def test_the_values_stand_on_no_page_of_who_may_not_see_them(ada: UUID, blind: Client, seeing: Client) -> None:
    show = [f"traits.secret_{each}" for each in ("text", "number", "date", "choice", "choices")]
    pages: Mapping[str, Mapping[str, str | list[str]]] = {
        "/customers": {"show": show},
        f"/customers/{ada}": {},
        f"/customers/{ada}/panel": {},
        "/palette": {"q": "quaker"},
    }
    shown = ""
    for address, told in pages.items():
        page = blind.get(address, told).text
        assert [word for word in WORDS if word in page] == [], address
        shown += seeing.get(address, told).text
    assert "quaker" in shown
    assert "diabetic" in shown
    assert listed(blind.get("/customers", {"q": "quaker"}).text) == []


def test_a_file_is_taken_out_with_what_one_may_see(ada: UUID, blind: Client, seeing: Client) -> None:
    told = {"where": "traits.shoe_size > 40", "show": ["traits.shoe_size"]}
    lines = blind.post("/customers/export", told).getvalue().decode().splitlines()
    assert [line.split(",")[-1] for line in lines] == ["Size", "41"]
    secret = {"where": FAITH, "show": ["traits.secret_text"]}
    assert "quaker by faith" in seeing.post("/customers/export", secret).getvalue().decode()


def test_nobody_is_tagged_by_what_is_sensitive(ada: UUID, blind: Client, seeing: Client) -> None:
    told = {"tag": "vip", "do": "add", "all": "on", "where": FAITH, "back": "/customers"}
    assert blind.post("/customers/tag", told).status_code == 403
    assert "1 customer was tagged." in seeing.post("/customers/tag", told, follow=True).text


def test_a_shared_view_opens_without_the_column_that_one_may_not_see_and_says_so(
    ada: UUID, blind: Client, seeing: Client
) -> None:
    query = "show=orders.count&show=traits.secret_text"
    seeing.post("/customers/views", {"name": "Faiths", "query": query, "is_shared": "on"})
    assert "quaker" in open_view(seeing, "Faiths")
    page = open_view(blind, "Faiths")
    assert LEFT_OUT in page
    assert listed(page) == ["Bo", "Ada"]
    assert "quaker" not in page
    # What one keeps from there on is the list as one sees it.
    [kept] = re.findall(r'name="query" value="([^"]*)"', page)
    assert "secret_text" not in kept


def test_a_shared_view_with_a_condition_that_one_may_not_ask_finds_nobody_and_says_why(
    ada: UUID, blind: Client, seeing: Client
) -> None:
    query = "where=traits.secret_boolean"
    seeing.post("/customers/views", {"name": "Theirs", "query": query, "is_shared": "on"})
    assert listed(open_view(seeing, "Theirs")) == ["Ada"]
    page = open_view(blind, "Theirs")
    assert listed(page) == []
    assert f"traits.secret_boolean {REFUSED}" in page


def open_view(client: Client, name: str) -> str:
    """Open a view from the list of them, as one does."""
    page = unescape(client.get("/customers").text)
    found = re.search(rf'<li><a href="([^"]+)"[^>]*>{name}', page)
    assert found
    return unescape(client.get(found[1]).text)


def test_a_view_by_what_one_may_not_see_is_not_kept(ada: UUID, blind: Client, seeing: Client) -> None:
    told = {"name": "Theirs", "query": "where=traits.secret_boolean"}
    assert REFUSED in unescape(blind.post("/customers/views", told, follow=True).text)
    assert not SavedView.objects.exists()
    # A condition that is merely wrong is kept, as it always was.
    blind.post("/customers/views", {"name": "Wrong", "query": "where=orders.cuont"})
    seeing.post("/customers/views", told)
    assert sorted(SavedView.objects.values_list("name", flat=True)) == ["Theirs", "Wrong"]
    mine = SavedView.objects.get(name="Theirs").account_id
    assert [each.name for each in saved_views.list_views(mine, "customers")] == ["Theirs"]


def test_a_file_that_another_made_is_not_fetched_and_tells_nothing(ada: UUID, blind: Client, seeing: Client) -> None:
    seeing.post("/customers/export", {"format": "parquet", "where": FAITH, "show": ["traits.secret_text"]})
    [asked] = list_exports(limit=1, kind=ExportKind.FACTS)
    carry_on(asked.id, clock=shop.now)
    page, theirs = unescape(blind.get("/exports").text), unescape(seeing.get("/exports").text)
    assert FAITH in theirs
    assert f"/exports/{asked.id}/file" in theirs
    assert "secret_text" not in page
    assert f"/exports/{asked.id}/file" not in page
    assert "Tells of what is sensitive" in page
    assert "Tells of what is sensitive" not in theirs
    answer = blind.get(f"/exports/{asked.id}/file")
    assert answer.status_code == 403
    assert "This file tells of what is sensitive" in answer.text
    assert seeing.get(f"/exports/{asked.id}/file").status_code == 200


def test_a_file_of_customers_that_another_made_is_not_fetched(ada: UUID, blind: Client) -> None:
    told = {"kind": ExportKind.CUSTOMERS, "form": ExportFormat.CSV, "now": shop.now(), "actor": shop.ACTOR}
    full, less = ask_for(**told, sees_sensitive=True), ask_for(**told)  # type: ignore[arg-type]
    for each in (full, less):
        carry_on(each.id, clock=shop.now)
    assert blind.get(f"/exports/{full.id}/file").status_code == 403
    content = b"".join(blind.get(f"/exports/{less.id}/file").streaming_content)  # type: ignore[attr-defined]
    assert [word for word in WORDS if word.encode() in content] == []
    assert b"Ada" in content
