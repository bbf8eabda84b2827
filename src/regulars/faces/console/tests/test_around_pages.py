"""What stands around pages: signing in and out, the look and the language, errors, and what caches may keep."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import Client

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.staff.contracts import Role

pytestmark = pytest.mark.django_db


def test_one_signs_in_goes_where_one_wanted_and_signs_out() -> None:
    shop.account(Role.OWNER)
    client = Client()
    assert "This address and password" in client.post("/sign-in", {"login": "owner@example.com", "password": "x"}).text
    told = {"login": "Owner@Example.com", "password": shop.PASSWORD, "next": "/settings"}
    assert client.post("/sign-in", told).headers["Location"] == "/settings"
    # Only who sends it signs out: opened, it leads to what is above it.
    assert client.get("/sign-out").headers["Location"] == "/"
    assert client.get("/settings").status_code == 200
    client.post("/sign-out")
    assert client.get("/settings").status_code == 302


def test_signing_in_leads_to_no_other_site() -> None:
    shop.account(Role.OWNER)
    told = {"login": "owner@example.com", "password": shop.PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/sign-in", told).headers["Location"] == "/"


def test_the_look_is_kept_in_the_browser_and_leads_back() -> None:
    client = client_of(Role.TILL)
    answer = client.post("/preferences", {"theme": "dark", "next": "/settings"})
    assert answer.headers["Location"] == "/settings"
    assert '<html lang="en" data-theme="dark">' in client.get("/customers").text
    assert client.post("/preferences", {"theme": "pink", "next": "//evil.example"}).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("address", "above"),
    [("/settings/rates", "/settings"), ("/team/invite", "/team"), ("/api-keys/create", "/api-keys")],
)
def test_the_address_of_a_form_leads_to_its_page_where_somebody_opens_it(address: str, above: str) -> None:
    client = client_of(Role.OWNER)
    assert client.get(address).headers["Location"] == above
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 405
    client.post("/preferences", {"theme": "system"})
    assert '<html lang="en">' in client.get("/customers").text


def test_the_language_goes_with_the_account() -> None:
    client = client_of(Role.TILL)
    client.post("/preferences", {"language": "de"})
    assert '<html lang="de">' in client.get("/customers").text
    assert '<html lang="de">' in client_of(Role.TILL).get("/customers").text
    client.post("/preferences", {"language": "tlh"})
    assert '<html lang="de">' in client.get("/customers").text


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [("/nowhere", 404, "There is no such page"), ("/customers/x", 404, "There is no such page")],
)
def test_what_is_not_there_is_told_in_the_look(address: str, status: int, words: str) -> None:
    answer = client_of(Role.OWNER).get(address)
    assert answer.status_code == status
    assert words in answer.text
    assert "console.css" in answer.text
    # The way on is there for whoever is signed in, and nobody else learns what there is.
    assert 'href="/customers"' in answer.text
    assert 'href="/customers"' not in Client().get("/nowhere").text


def test_a_form_without_its_token_is_refused_with_a_way_on() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/sign-in", {"login": "a", "password": "b"})
    assert answer.status_code == 403
    assert "too old to be sent" in answer.text


def test_what_breaks_is_told_without_what_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(Role.OWNER)
    client.raise_request_exception = False

    def breaks(**_: object) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr("regulars.customers.queries.count_customers", breaks)
    answer = client.get("/customers")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "secret of the house" not in answer.text


def test_no_cache_keeps_a_page() -> None:
    assert "no-store" in client_of(Role.OWNER).get("/customers").headers["Cache-Control"]


def test_each_answer_has_the_policy() -> None:
    policy = Client().get("/sign-in").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_broken_policy_is_logged_without_an_address(caplog: pytest.LogCaptureFixture) -> None:
    body = {"csp-report": {"effective-directive": "script-src-elem", "document-uri": "http://x/customers?q=ines"}}
    with caplog.at_level(logging.WARNING, logger="regulars.policy"):
        answer = Client().post("/policy-report", json.dumps(body), content_type="application/csp-report")
    assert answer.status_code == 204
    assert "script-src-elem" in caplog.text
    assert "ines" not in caplog.text


@pytest.mark.parametrize(("body", "status"), [("{", 400), ("[]", 400), ('{"csp-report": 1}', 400), ("x" * 20_000, 413)])
def test_a_report_that_is_none_is_refused(body: str, status: int) -> None:
    assert Client().post("/policy-report", body, content_type="application/csp-report").status_code == status
