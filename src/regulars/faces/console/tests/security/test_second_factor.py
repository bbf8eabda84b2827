"""A second factor: set up, asked for, used once, lost, and asked of everybody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
import struct
import time
from urllib.parse import unquote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django.fixtures import Settings

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.security.mailbox import Mailbox, do_jobs
from regulars.staff.contracts import Role
from regulars.staff.models import AuditEntry

pytestmark = pytest.mark.django_db


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now (RFC 6238), and for some seconds yet: one that is over is refused."""
    if (left := 30 - time.time() % 30) < 3:
        time.sleep(left)
    key = base64.b32decode(secret.replace(" ", ""))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def sign_in(email: str = "owner@example.com") -> Client:
    client = Client()
    client.post("/sign-in", {"login": email, "password": shop.PASSWORD})
    client.get("/account")
    return client


def set_up(client: Client) -> str:
    """Set an authenticator app up; return its secret."""
    found = re.search(r'<code id="secret">([A-Z2-7 ]+)</code>', client.get("/account/app/add").text)
    assert found
    answer = client.post("/account/app/add", {"code": code_of(found[1])})
    assert answer.headers["Location"] == "/account/recovery-codes"
    return found[1]


def half_signed_in(email: str = "owner@example.com") -> Client:
    client = Client()
    answer = client.post("/sign-in", {"login": email, "password": shop.PASSWORD, "next": "/team"})
    assert answer.headers["Location"] == "/sign-in/second-factor"
    assert client.get("/account").status_code == 302
    return client


def told(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("id"))


def test_an_app_is_set_up_by_its_first_code_and_asked_for_from_then_on() -> None:
    account = shop.account(Role.OWNER)
    client = sign_in()
    page = client.get("/account/app/add").text
    assert 'src="data:image/svg+xml;base64,' in page
    assert "not right" in client.post("/account/app/add", {"code": "000000"}).text
    secret = set_up(client)
    later = half_signed_in()
    assert "not right" in later.post("/sign-in/second-factor", {"code": "000000"}).text
    with time_machine.travel(time.time() + 60, tick=False):
        assert later.post("/sign-in/second-factor", {"code": code_of(secret)}).headers["Location"] == "/team"
        assert later.get("/team").status_code == 200
    [added] = told("account.second_factor_added")
    assert (added.actor, added.details) == (f"staff:{account.id}", {"recovery_codes_made": True})
    assert [each.object_id for each in told("account.second_factor_failed")] == [str(account.id)]
    assert told("account.signed_in")[-1].details == {"by": ["password", "totp"]}


def test_who_is_asked_for_a_second_factor_may_turn_back() -> None:
    shop.account(Role.OWNER)
    set_up(sign_in())
    client = half_signed_in()
    assert client.get("/sign-in").headers["Location"].startswith("/sign-in/second-factor")
    client.post("/sign-out")
    assert client.get("/sign-in").status_code == 200


def test_a_passkey_is_offered_only_where_browsers_know_them() -> None:
    shop.account(Role.OWNER)
    client = sign_in()
    assert "data-passkey" not in Client().get("/sign-in", headers={"Host": "127.0.0.1:8000"}).text
    assert "data-passkey" in Client().get("/sign-in", headers={"Host": "localhost:8000"}).text
    assert "You came by 127.0.0.1:8000" in client.get("/account/passkeys/add", headers={"Host": "127.0.0.1:8000"}).text
    assert "You came by" not in client.get("/account/passkeys/add", headers={"Host": "localhost"}).text


def test_a_code_is_good_once() -> None:
    shop.account(Role.OWNER)
    secret = set_up(sign_in())
    with time_machine.travel(time.time() + 60, tick=False):
        first, second = half_signed_in(), half_signed_in()
        code = code_of(secret)
        assert first.post("/sign-in/second-factor", {"code": code}).status_code == 302
        assert "not right" in second.post("/sign-in/second-factor", {"code": code}).text


def test_codes_are_not_guessed_without_end() -> None:
    shop.account(Role.OWNER)
    set_up(sign_in())
    client = half_signed_in()
    pages = [client.post("/sign-in/second-factor", {"code": f"{n:06}"}).text for n in range(7)]
    assert "tried too often" in pages[-1]


def test_recovery_codes_are_shown_once_and_each_lets_in_once() -> None:
    shop.account(Role.OWNER)
    client = sign_in()
    set_up(client)
    page = client.get("/account/recovery-codes").text
    codes = re.findall(r"<li>(\d{8})</li>", page)
    assert len(codes) == 10
    file = re.search(r'href="data:text/plain;charset=utf-8,([^"]+)"', page)
    assert file
    assert codes[0] in unquote(html.unescape(file[1])).splitlines()
    again = client.get("/account/recovery-codes").text
    assert not any(code in again for code in codes)
    assert half_signed_in().post("/sign-in/second-factor", {"code": codes[0]}).status_code == 302
    assert "not right" in half_signed_in().post("/sign-in/second-factor", {"code": codes[0]}).text
    assert "9 codes are left" in client.get("/account").text
    assert client.post("/account/recovery-codes/make").headers["Location"] == "/account/recovery-codes"
    assert "not right" in half_signed_in().post("/sign-in/second-factor", {"code": codes[1]}).text
    assert len(told("account.recovery_codes_made")) == 1


def test_secrets_are_encrypted_and_lost_with_another_secret_key(settings: Settings) -> None:
    shop.account(Role.OWNER)
    client = sign_in()
    secret = set_up(client)
    [code, *_] = re.findall(r"<li>(\d{8})</li>", client.get("/account/recovery-codes").text)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret.replace(" ", "") not in kept
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code_of(secret))
    settings.SECRET_KEY = "another key, as after a move that left it behind"
    with time_machine.travel(time.time() + 60, tick=False):
        assert not Authenticator.objects.get(type="totp").wrap().validate_code(code_of(secret))
        assert not Authenticator.objects.get(type="recovery_codes").wrap().validate_code(code)


def test_what_matters_asks_again_who_is_there_after_a_while() -> None:
    shop.account(Role.OWNER)
    client = sign_in()
    set_up(client)
    with time_machine.travel(time.time() + 601, tick=False):
        for address in ("/account/app/remove", "/account/recovery-codes/make", "/account/passkeys/add"):
            answer = client.post(address)
            assert answer.headers["Location"].startswith("/account/confirm?next="), address
        asked = client.post("/account/app/remove").headers["Location"]
        assert "By a code" in client.get(asked).text
        assert "This is not your password" in client.post(asked, {"password": "x"}).text
        assert client.post(asked, {"password": shop.PASSWORD}).status_code == 302
        assert Authenticator.objects.count() == 0
    assert len(told("account.second_factor_removed")) == 1


def test_ones_second_factor_is_told_of_by_mail(mailbox: Mailbox) -> None:
    shop.account(Role.OWNER)
    set_up(sign_in())
    assert do_jobs() == ["console.send_notice"]
    subject, text = mailbox.newest("owner@example.com")
    assert subject == "Something was changed in your account"
    assert "An authenticator app was added to your account." in text
    assert "http://localhost:8000/account" in text


def test_an_owner_asks_a_second_factor_of_everybody() -> None:
    shop.account(Role.OWNER)
    shop.account(Role.AGENT)
    owner, agent = sign_in(), sign_in("agent@example.com")
    assert agent.post("/team/policy", {"second_factor_required": "on"}).status_code == 403
    owner.post("/team/policy", {"second_factor_required": "on"})
    assert agent.get("/customers").headers["Location"] == "/account"
    assert agent.get("/account/export").headers["Location"] == "/account"
    assert agent.get("/customers", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/account"
    assert "Everybody here needs a second factor" in agent.get("/account").text
    set_up(agent)
    assert agent.get("/customers").status_code == 200
    set_up(owner)
    owner.post("/team/policy", {})
    assert sign_in("owner@example.com").get("/customers").status_code == 302
    assert [each.details for each in told("staff.policy_changed")] == [
        {"second_factor_required": True},
        {"second_factor_required": False},
    ]


def test_an_owner_takes_away_what_somebody_lost_and_that_person_is_told(mailbox: Mailbox) -> None:
    owner = shop.account(Role.OWNER)
    agent = shop.account(Role.AGENT)
    lost = sign_in("agent@example.com")
    set_up(lost)
    do_jobs()
    address = f"/team/{agent.id}/second-factor/reset"
    assert lost.post(address).status_code == 403
    here = sign_in()
    assert "Take the second factor of Mira Oduya away?" in here.get("/team").text
    assert here.post(address).headers["Location"] == "/team"
    assert lost.get("/account").status_code == 302
    assert sign_in("agent@example.com").get("/account").status_code == 200
    [entry] = told("account.second_factor_reset")
    assert (entry.actor, entry.object_id, entry.details) == (f"staff:{owner.id}", str(agent.id), {"removed": 2})
    do_jobs()
    assert "All second factors were taken away" in mailbox.newest("agent@example.com")[1]
