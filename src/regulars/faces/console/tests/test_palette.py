"""The palette: what it finds, for whom, and what it keeps to itself."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import resolve

from regulars.faces.console.navigation import GROUPS
from regulars.faces.console.permission import may_open
from regulars.faces.console.shortcuts import JUMPS, shortcuts_for
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.staff.contracts import Role
from regulars.staff.models import Account, AuditEntry
from regulars.staff.permissions import PERMISSIONS, role_may

pytestmark = pytest.mark.django_db


def offers(client: Client, **query: str) -> dict[str, str]:
    """Return what the palette offers: each address or dialog by its words."""
    text = client.get("/palette", query).text
    found = re.findall(r'role="option"([^>]*)>\s*<svg.*?</svg>\s*<span class="palette-text">(.*?)</span>', text, re.S)
    return {
        unescape(words): re.search(r'(?:href|formaction|data-opens)="(.*?)"', attributes)[1]  # type: ignore[index]
        for attributes, words in found
    }


def test_it_finds_customers_by_the_search_of_the_list() -> None:
    client = client_of(Role.TILL)
    [(_, customer)] = shop.put([shop.order_of(shop.Words())])
    for text in ("ines", "kov ine", "INES.KOVAC@example.com", "48213"):
        assert offers(client, q=text) == {"Ines Kovač": f"/customers/{customer}"}, text
    assert offers(client, q="xyzzy") == {}
    assert "Nothing found" in client.get("/palette", {"q": "xyzzy"}).text
    assert "Nothing found" in client.get("/palette", {"q": "…"}).text


def test_of_many_customers_it_shows_the_first_and_the_way_to_all() -> None:
    client = client_of(Role.TILL)
    for number in range(9):
        shop.somebody(f"Ada Number{number}", f"ada{number}@example.com")
    found = offers(client, q="ada")
    assert len(found) == 7
    assert found["Show all 9 customers found"] == "/customers?q=ada"


def test_a_search_leaves_no_trace_on_the_trail() -> None:
    client = client_of(Role.TILL)
    shop.somebody("Ines Kovač", "ines@example.com")
    before = AuditEntry.objects.count()
    assert "Ines Kovač" in offers(client, q="ines")
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("role", Role)
def test_it_offers_what_a_role_may_and_nothing_else(role: Role) -> None:
    client = client_of(role)
    found = offers(client)
    account = Account.objects.get(role=role)
    for words, address in found.items():
        assert not address.startswith("/") or may_open(account, resolve(address).func), words
    by_permission = {
        "New customer": "customers.write",
        "Import a file": "imports.run",
        "Score all customers now": "insights.run",
        "Export all customers as CSV": "customers.export",
        "Make an API key": "api_keys.manage",
        "Invite somebody": "staff.read",
        "Team": "staff.read",
        "RFM": "insights.read",
        "Shops": "business.read",
    }
    for words, permission in by_permission.items():
        assert (words in found) is role_may(role, permission), words
    assert set(by_permission.values()) <= set(PERMISSIONS)
    assert {"Sign out", "Account and security", "Show the keys"} <= set(found)


def test_looks_and_languages_are_offered_but_for_those_that_are_on() -> None:
    client = client_of(Role.TILL)
    assert {"Change to dark", "Change to light", "Change language to Deutsch"} <= set(offers(client))
    assert "Change language to English" not in offers(client)
    client.post("/preferences", {"theme": "dark"})
    assert "Change to dark" not in offers(client)
    assert {"Change to light", "Look as the system does"} <= set(offers(client))


def test_pages_and_actions_are_found_by_the_beginnings_of_their_words() -> None:
    client = client_of(Role.OWNER)
    assert offers(client, q="aud tr") == {"Audit trail": "/audit-trail"}
    assert offers(client, q="upload") == {"Import a file": "/imports/new"}
    assert offers(client, q="SCORE now") == {"Score all customers now": "/rfm/run"}


def test_what_was_chosen_lately_comes_first_and_keys_open_no_door() -> None:
    client = client_of(Role.TILL)
    customer, other = shop.somebody("Ines Kovač", "ines@example.com"), shop.somebody("I. K.", "i@example.com")
    shop.merged(customer, other)
    told = [f"customer:{other}", "page:team", "page:settings", f"customer:{uuid4()}", "customer:x", "<b>"]
    page = client.get("/palette", {"recent": told}).text
    lately = page.partition('aria-labelledby="palette-pages"')[0]
    assert re.findall(r'data-key="(.*?)"', lately) == [f"customer:{customer}", "page:settings"]
    assert page.count('data-key="page:settings"') == 1
    # Words are looked for among all.
    assert "Chosen lately" not in client.get("/palette", {"recent": told, "q": "settings"}).text


def test_the_dialog_of_keys_lists_a_jump_to_each_page_that_one_may_open() -> None:
    names = [entry.name for group in GROUPS for entry in group.entries]
    assert set(JUMPS) <= set(names)
    assert len(set(JUMPS.values())) == len(JUMPS)
    for role in Role:
        page = client_of(role).get("/settings").text
        listed = re.findall(r'data-keys="(g .)" data-goes="(.*?)"', page)
        account = Account.objects.get(role=role)
        assert listed == [(each.keys[0][0], each.address) for each in shortcuts_for(account) if each.address]
        for _, address in listed:
            assert may_open(account, resolve(address).func)


def test_keys_without_ctrl_are_switched_off_and_on() -> None:
    client = client_of(Role.TILL)
    assert "data-letters" in client.get("/settings").text
    client.post("/preferences", {"keys": "off"})
    page = client.get("/settings").text
    assert "data-letters" not in page
    assert "Switch on keys without Ctrl" in page
    client.post("/preferences", {"keys": "on"})
    assert "data-letters" in client.get("/settings").text
