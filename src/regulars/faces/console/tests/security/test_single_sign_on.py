"""Signing in by another service: it says who somebody is, and only who is of the staff comes in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from pytest_django.fixtures import Settings

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.security.provider import Provider
from regulars.staff.contracts import Role
from regulars.staff.models import Account, AuditEntry, Invitation
from regulars.staff.services import change_account, invite

pytestmark = pytest.mark.django_db


def come(provider: Provider, client: Client | None = None, query: str = "") -> tuple[Client, Any]:
    """Go to the provider and come back; return the browser and the answer to its coming back."""
    browser = client or Client()
    went = browser.get(f"/oidc/{address(provider)}/{query}")
    if went.status_code != 302:
        return browser, went
    back = httpx.get(went.headers["Location"]).headers["Location"]
    parts = urlsplit(back)
    assert parts.path == f"/oidc/{address(provider)}/callback"
    return browser, browser.get(f"{parts.path}?{parts.query}")


def address(provider: Provider) -> str:
    return provider.issuer.partition("://")[2].replace(":", "-")


def test_who_has_an_account_signs_in_and_stays_known_when_the_address_changes(provider: Provider) -> None:
    owner = shop.account(Role.OWNER)
    assert "Sign in by Example" in Client().get("/sign-in").text
    client, answer = come(provider, query="?next=/team")
    assert answer.headers["Location"] == "/team"
    assert client.get("/team").status_code == 200
    provider.person["email"] = "married@example.com"
    client, answer = come(provider)
    assert answer.headers["Location"] == "/"
    assert "Example" in client.get("/account").text
    entries = AuditEntry.objects.filter(action__startswith="account.").order_by("id")
    assert [(each.action, each.actor) for each in entries[1:]] == [
        ("account.provider_linked", f"staff:{owner.id}"),
        ("account.signed_in", f"staff:{owner.id}"),
        ("account.signed_in", f"staff:{owner.id}"),
    ]
    assert Account.objects.get().has_usable_password()


def test_of_what_the_provider_tells_only_the_subject_is_kept(provider: Provider) -> None:
    shop.account(Role.OWNER)
    for _ in range(2):
        come(provider)
        [kept] = SocialAccount.objects.all()
        assert (kept.uid, kept.extra_data) == ("77", {})
        assert not SocialToken.objects.exists()


def test_who_is_asked_to_join_joins_with_the_role_of_the_invitation(provider: Provider) -> None:
    invite(email="ada@example.com", role=Role.ANALYST, now=shop.now(), actor=shop.ACTOR)
    provider.person |= {"email": "Ada@example.com", "name": "Ada"}
    client, answer = come(provider)
    assert answer.headers["Location"] == "/"
    ada = Account.objects.get(email="ada@example.com")
    assert (ada.role, ada.name, ada.has_usable_password()) == (Role.ANALYST, "Ada", False)
    assert Invitation.objects.get().accepted_at
    assert "You have none: another service says who you are" in client.get("/account").text
    client.post("/account/first-password", {"password1": "quite a different sentence"})
    assert Account.objects.get().has_usable_password()


def test_nobody_else_gets_an_account(provider: Provider) -> None:
    shop.account(Role.OWNER)
    provider.person["email"] = "stranger@example.com"
    client, answer = come(provider)
    assert answer.status_code == 403
    assert "nobody here has your address" in answer.content.decode()
    assert Account.objects.count() == 1
    assert client.get("/account").status_code == 302


@pytest.mark.parametrize("verified", [False, None, "false", "no", 0])
def test_an_address_that_is_not_verified_is_nobodys(provider: Provider, verified: object) -> None:
    shop.account(Role.OWNER)
    provider.person["email_verified"] = verified
    _, answer = come(provider)
    assert answer.status_code == 403
    assert "does not say that it has verified" in answer.content.decode()
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    "lies",
    [
        {"strange_key": True},
        {"issuer": "https://another.example"},
        {"identity": {"iss": "https://another.example"}},
        {"identity": {"aud": "another"}},
        {"identity": {"exp": 1}},
        {"identity": {"sub": "78"}},
        {"userinfo": {"sub": "78"}},
        {"cancelled": True},
    ],
    ids=str,
)
def test_what_is_not_signed_for_us_is_not_believed(provider: Provider, lies: dict[str, Any]) -> None:
    shop.account(Role.OWNER)
    provider.lies = lies
    client, answer = come(provider)
    assert answer.status_code == 401
    assert "did not say who you are" in answer.content.decode()
    assert client.get("/account").status_code == 302


def test_an_answer_that_nobody_asked_for_is_not_taken(provider: Provider) -> None:
    shop.account(Role.OWNER)
    went = Client().get(f"/oidc/{address(provider)}/")
    back = urlsplit(httpx.get(went.headers["Location"]).headers["Location"])
    victim = Client()
    assert victim.get(f"{back.path}?{back.query}").status_code == 401
    assert victim.get("/account").status_code == 302


def test_a_provider_that_is_used_no_longer_does_not_break_the_page(provider: Provider, settings: Settings) -> None:
    shop.account(Role.OWNER)
    client, _ = come(provider)
    settings.SOCIALACCOUNT_PROVIDERS = {}
    page = client.get("/account")
    assert page.status_code == 200
    assert address(provider) in page.text


def test_an_address_cannot_link_somebody_elses_identity_to_ones_account(provider: Provider) -> None:
    shop.account(Role.OWNER)
    shop.account(Role.AGENT)
    victim = Client()
    victim.post("/sign-in", {"login": "agent@example.com", "password": shop.PASSWORD})
    come(provider, victim, query="?process=connect")
    assert SocialAccount.objects.get().user.email == "owner@example.com"


def test_who_is_locked_stays_out(provider: Provider) -> None:
    agent = shop.account(Role.AGENT)
    change_account(account_id=agent.id, is_active=False, now=shop.now(), actor=shop.ACTOR)
    provider.person["email"] = "agent@example.com"
    client, answer = come(provider)
    assert "Your account is locked" in answer.content.decode()
    assert client.get("/account").status_code == 302


def test_a_second_factor_is_asked_for_here_too(provider: Provider) -> None:
    from regulars.faces.console.tests.security.test_second_factor import set_up, sign_in

    shop.account(Role.OWNER)
    set_up(sign_in())
    client, answer = come(provider)
    assert answer.headers["Location"] == "/sign-in/second-factor"
    assert client.get("/account").status_code == 302


def test_a_provider_that_is_not_there_is_told_of(provider: Provider) -> None:
    shop.account(Role.OWNER)
    assert Client().get("/oidc/nobody/").status_code == 404
    provider.lies = {"issuer": "https://another.example"}
    assert Client().get(f"/oidc/{address(provider)}/").status_code == 401
