"""Each page says who may see it, and nobody else sees it."""

from __future__ import annotations

from copy import deepcopy
from uuid import UUID

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, path, reverse

from regulars.faces.console import urls
from regulars.faces.console.permission import EVERYBODY, STAFF, for_everybody, needed_by, needs
from regulars.faces.console.security import urls as security
from regulars.faces.console.tests.serving import client_of
from regulars.staff.contracts import Role
from regulars.staff.permissions import PERMISSIONS, role_may

SOMEBODY = UUID("01890000-0000-7000-8000-000000000000")
PAGES = [*urls.urlpatterns, *security.urlpatterns]


def undeclared(patterns: list[URLPattern]) -> list[str]:
    """Return the names of pages that do not say who may see them."""
    return [str(pattern.name) for pattern in patterns if needed_by(pattern.callback) is None]


def address_of(pattern: URLPattern) -> str:
    names = {name: 1 if name == "pk" else SOMEBODY for name in pattern.pattern.regex.groupindex}
    # The addresses of sign-in and security have the names by which allauth knows them.
    return reverse(str(pattern.name) if pattern in security.urlpatterns else f"console:{pattern.name}", kwargs=names)


def test_each_page_says_who_may_see_it() -> None:
    assert len(PAGES) > 40
    assert undeclared(PAGES) == []


def test_a_page_that_says_nothing_would_be_found() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert undeclared([path("open", view, name="open"), path("said", for_everybody(view), name="said")]) == ["open"]


def test_a_permission_that_does_not_exist_cannot_be_needed() -> None:
    with pytest.raises(KeyError):
        needs("customers.everything")


def test_what_is_open_to_everybody_is_a_short_list() -> None:
    open_pages = {pattern.name for pattern in PAGES if needed_by(pattern.callback) == EVERYBODY}
    ours = {"preferences", "policy-report", "join"}
    to_come_in = {"account_login", "mfa_authenticate", "mfa_login_webauthn", "account_logout"}
    to_come_in |= {"openid_connect_login", "openid_connect_callback"}
    forgotten = {"", "_done", "_from_key", "_from_key_done"}
    assert open_pages == ours | to_come_in | {f"account_reset_password{each}" for each in forgotten}


@pytest.mark.django_db
def test_who_is_not_signed_in_is_sent_to_sign_in() -> None:
    client = Client()
    for pattern in PAGES:
        if needed_by(pattern.callback) == EVERYBODY:
            continue
        for answer in (client.get(address_of(pattern)), client.post(address_of(pattern))):
            assert answer.status_code == 302, pattern.name
            assert answer.headers["Location"].startswith("/sign-in"), pattern.name


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_a_role_sees_what_it_may_and_nothing_else(role: Role) -> None:
    client = client_of(role)
    signed_in = deepcopy(client.cookies)
    for pattern in PAGES:
        needed = needed_by(pattern.callback)
        if needed == EVERYBODY:
            continue
        may = needed == STAFF or role_may(role, str(needed))
        for ask in (client.get, client.post):
            # What one page does, as to sign out, is nothing to the next.
            client.cookies = deepcopy(signed_in)
            with transaction.atomic():
                answer = ask(address_of(pattern))
                transaction.set_rollback(True)
            assert (answer.status_code == 403) is not may, (pattern.name, ask.__name__)


@pytest.mark.django_db
def test_somebody_who_was_locked_out_is_signed_out() -> None:
    from regulars.staff.models import Account

    client = client_of(Role.OWNER)
    assert client.get("/customers").status_code == 200
    Account.objects.update(is_active=False)
    assert client.get("/customers").status_code == 302


@pytest.mark.django_db
def test_a_part_of_a_page_sends_the_whole_page_to_sign_in() -> None:
    answer = Client().get("/customers", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/sign-in"
    shown = {"HX-Request": "true", "HX-Current-URL": "http://testserver/customers?q=ada"}
    answer = Client().get("/customers", headers=shown)
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fcustomers%3Fq%3Dada"
    elsewhere = shown | {"HX-Current-URL": "https://evil.example/customers"}
    assert Client().get("/customers", headers=elsewhere).headers["HX-Redirect"] == "/sign-in"


@pytest.mark.django_db
def test_the_navigation_holds_only_what_a_role_may_open() -> None:
    page = client_of(Role.TILL).get("/customers").text
    assert 'href="/settings"' in page
    assert 'href="/api-keys"' not in page
    assert 'href="/audit-trail"' not in page
    assert "stream.manage" in PERMISSIONS
