"""Signing in: who may, what is said to who may not, and how sessions end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django.fixtures import Settings

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.security.mailbox import Mailbox, do_jobs
from regulars.staff.contracts import Role
from regulars.staff.models import Account, AuditEntry
from regulars.staff.services import change_account

pytestmark = pytest.mark.django_db
OTHER_PASSWORD = "a quite different sentence"


def sign_in(email: str = "owner@example.com", password: str = shop.PASSWORD) -> Client:
    client = Client()
    client.post("/sign-in", {"login": email, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def actions() -> list[str]:
    return list(
        AuditEntry.objects.filter(action__startswith="account.").order_by("id").values_list("action", flat=True)
    )


def test_a_wrong_password_reads_the_same_whether_there_is_an_account_or_not() -> None:
    shop.account(Role.OWNER)
    pages = []
    for email in ("owner@example.com", "nobody@example.com"):
        page = Client().post("/sign-in", {"login": email, "password": "wrong"}).text
        pages.append(re.sub(r'value="[^"]*"', "", page))
    assert pages[0] == pages[1]
    assert "do not belong together" in pages[0]


def test_signing_in_and_failing_are_on_the_trail_without_what_was_typed() -> None:
    account = shop.account(Role.OWNER)
    sign_in()
    sign_in(password="wrong")
    sign_in("canary@example.com", "wrong")
    told = AuditEntry.objects.filter(action__startswith="account.sign").order_by("id")
    assert [(each.action, each.object_id, each.actor, each.details) for each in told] == [
        ("account.signed_in", str(account.id), f"staff:{account.id}", {"by": ["password"]}),
        ("account.sign_in_failed", str(account.id), "system:sign-in", {}),
        ("account.sign_in_failed", "unknown", "system:sign-in", {}),
    ]


def test_guessing_is_stopped_whatever_process_is_asked_and_others_still_come_in() -> None:
    shop.account(Role.OWNER)
    shop.account(Role.AGENT)
    for _ in range(5):
        Client().post("/sign-in", {"login": "owner@example.com", "password": "wrong"})
    # The right one is refused too, else one would know when one has it.
    page = Client().post("/sign-in", {"login": "owner@example.com", "password": shop.PASSWORD})
    assert "tried too often" in page.text
    assert is_in(sign_in("agent@example.com"))
    cache.clear()
    assert is_in(sign_in())


def test_one_address_of_the_net_may_not_ask_without_end() -> None:
    statuses = [
        Client().post("/sign-in", {"login": f"n{n}@example.com", "password": "x"}).status_code for n in range(31)
    ]
    assert statuses[-1] == 429
    assert 429 not in statuses[:30]


def test_who_calls_is_who_our_own_proxy_saw(settings: Settings) -> None:
    from dataclasses import replace

    from regulars.faces.console.security.adapters import AccountAdapter

    request = Client().get("/sign-in", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.7"}).wsgi_request
    adapter = AccountAdapter(request)
    assert adapter.get_client_ip(request) == "127.0.0.1"
    settings.INSTALLATION = replace(settings.INSTALLATION, proxies=1)
    assert adapter.get_client_ip(request) == "203.0.113.7"
    settings.INSTALLATION = replace(settings.INSTALLATION, proxies=3)
    assert adapter.get_client_ip(request) == "127.0.0.1"


def test_who_is_locked_is_told_so_only_with_the_right_password() -> None:
    shop.account(Role.OWNER)
    locked = shop.account(Role.TILL)
    change_account(account_id=locked.id, is_active=False, now=shop.now(), actor=shop.ACTOR)
    answer = Client().post("/sign-in", {"login": "till@example.com", "password": shop.PASSWORD})
    assert (answer.status_code, "Your account is locked" in answer.text) == (403, True)
    assert "do not belong together" in Client().post("/sign-in", {"login": "till@example.com", "password": "x"}).text


@pytest.mark.parametrize("name", ["account_signup", "account_email", "mfa_trust", "socialaccount_connections"])
def test_what_we_do_not_use_of_allauth_has_no_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_another_password_ends_all_other_sessions_and_not_this_one() -> None:
    account = shop.account(Role.OWNER)
    here, elsewhere = sign_in(), sign_in()
    assert is_in(here)
    assert is_in(elsewhere)
    told = {"oldpassword": shop.PASSWORD, "password1": OTHER_PASSWORD}
    assert here.post("/account/password", told).headers["Location"] == "/account"
    assert is_in(here)
    assert not is_in(elsewhere)
    assert not is_in(sign_in())
    assert is_in(sign_in(password=OTHER_PASSWORD))
    entry = AuditEntry.objects.get(action="account.password_changed")
    assert (entry.actor, entry.object_id, entry.details) == (f"staff:{account.id}", str(account.id), {})


def test_a_password_is_changed_only_with_the_present_one_and_to_a_good_one() -> None:
    shop.account(Role.OWNER)
    client = sign_in()
    wrong = client.post("/account/password", {"oldpassword": "x", "password1": OTHER_PASSWORD}).text
    assert "This is not your present password" in wrong
    weak = client.post("/account/password", {"oldpassword": shop.PASSWORD, "password1": "short"}).text
    assert "too short" in weak
    assert "account.password_changed" not in actions()


def test_signing_out_elsewhere_leaves_this_session() -> None:
    shop.account(Role.OWNER)
    here, elsewhere = sign_in(), sign_in()
    here.post("/account/other-sessions")
    assert is_in(here)
    assert not is_in(elsewhere)
    assert "account.sessions_ended" in actions()


def test_signing_out_ends_the_session_also_for_who_kept_its_cookie() -> None:
    shop.account(Role.OWNER)
    client = sign_in()
    kept = client.cookies["sessionid"].value
    client.post("/sign-out")
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert not is_in(thief)


def test_a_session_of_before_is_not_good_again_when_somebody_is_let_in_again() -> None:
    shop.account(Role.OWNER)
    till = shop.account(Role.TILL)
    client = sign_in("till@example.com")
    assert is_in(client)
    for active in (False, True):
        change_account(account_id=till.id, is_active=active, now=shop.now(), actor=shop.ACTOR)
        assert not is_in(client)
    assert is_in(sign_in("till@example.com"))


def test_another_role_holds_with_the_next_click() -> None:
    shop.account(Role.OWNER)
    agent = shop.account(Role.AGENT)
    client = sign_in("agent@example.com")
    assert client.get("/audit-trail").status_code == 403
    change_account(account_id=agent.id, role=Role.MANAGER, now=shop.now(), actor=shop.ACTOR)
    assert client.get("/audit-trail").status_code == 200


def test_a_session_that_rests_ends_and_one_in_use_lasts_some_days() -> None:
    shop.account(Role.OWNER)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        resting, used = sign_in(), sign_in()
        assert is_in(resting)
        for _ in range(14):
            clock.shift(timedelta(hours=11))
            assert is_in(used)
        assert not is_in(resting)
        for _ in range(16):
            clock.shift(timedelta(hours=11))
            assert is_in(used)
        clock.shift(timedelta(hours=11))
        assert not is_in(used)


def test_where_no_mails_go_out_the_page_names_the_command() -> None:
    page = Client().get("/password/forgotten").text
    assert "regulars staff reset-password" in page
    assert "<form" not in page
    assert "regulars staff reset-password" in Client().post("/password/forgotten", {"email": "a@example.com"}).text


def test_a_link_in_a_mail_sets_a_password_once_and_ends_all_sessions(mailbox: Mailbox) -> None:
    shop.account(Role.OWNER)
    before = sign_in()
    assert Client().post("/password/forgotten", {"email": "Owner@Example.com"}).headers["Location"] == "/password/sent"
    assert do_jobs() == ["console.send_password_reset"]
    subject, text = mailbox.newest("owner@example.com")
    assert subject == "A new password for Regulars"
    assert "Hello Mira Oduya," in text
    client = Client()
    form = client.get(mailbox.link("owner@example.com"), follow=True)
    address = form.redirect_chain[-1][0]
    assert "set-password" in address
    assert client.post(address, {"password1": OTHER_PASSWORD}).headers["Location"] == "/password/done"
    assert not is_in(before)
    assert is_in(sign_in(password=OTHER_PASSWORD))
    assert "good no longer" in Client().get(mailbox.link("owner@example.com"), follow=True).text
    # Its person is told.
    assert do_jobs() == ["console.send_notice"]
    assert "The password of your account was changed." in mailbox.newest("owner@example.com")[1]


def test_a_link_is_good_for_two_hours(mailbox: Mailbox) -> None:
    shop.account(Role.OWNER)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        Client().post("/password/forgotten", {"email": "owner@example.com"})
        do_jobs()
        clock.shift(timedelta(hours=1, minutes=59))
        assert "Set the password" in Client().get(mailbox.link("owner@example.com"), follow=True).text
        clock.shift(timedelta(minutes=2))
        assert "good no longer" in Client().get(mailbox.link("owner@example.com"), follow=True).text


def test_whether_somebody_has_an_address_is_not_told(mailbox: Mailbox) -> None:
    shop.account(Role.OWNER)
    answers = [
        Client().post("/password/forgotten", {"email": email}) for email in ("owner@example.com", "no@example.com")
    ]
    assert [each.headers["Location"] for each in answers] == ["/password/sent"] * 2
    assert do_jobs() == ["console.send_password_reset"] * 2
    assert [each["To"] for each in mailbox.mails] == ["owner@example.com"]


def test_mails_speak_the_language_of_who_gets_them(mailbox: Mailbox) -> None:
    owner = shop.account(Role.OWNER)
    change_account(account_id=owner.id, language="de", now=shop.now(), actor=shop.ACTOR)
    Client().post("/password/forgotten", {"email": "owner@example.com"})
    do_jobs()
    subject, text = mailbox.newest("owner@example.com")
    assert subject == "Ein neues Passwort für Regulars"
    assert "Guten Tag Mira Oduya," in text


def test_an_invitation_goes_by_mail_and_its_link_lets_in(mailbox: Mailbox) -> None:
    shop.account(Role.OWNER)
    page = sign_in().post("/team/invite", {"email": "ada@example.com", "role": "analyst"}).text
    assert "on its way" in page
    link = mailbox.link("ada@example.com")
    assert link in page
    joined = Client()
    joined.post(link, {"name": "Ada", "password": OTHER_PASSWORD})
    assert is_in(joined)
    assert Account.objects.get(email="ada@example.com").role == Role.ANALYST


def test_where_the_mail_server_fails_the_link_is_handed_over(mailbox: Mailbox, settings: Settings) -> None:
    shop.account(Role.OWNER)
    settings.EMAIL_PORT = 9
    page = sign_in().post("/team/invite", {"email": "ada@example.com", "role": "analyst"}).text
    assert "did not take the mail" in page
    assert "/join/" in page


def test_one_is_handed_what_is_held_of_oneself_and_no_secrets() -> None:
    shop.account(Role.OWNER)
    answer = sign_in().get("/account/export")
    held = answer.json()
    assert (held["email"], held["name"], held["second_factors"]) == ("owner@example.com", "Mira Oduya", [])
    assert "password" not in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_name_and_language_are_ones_own_to_change() -> None:
    shop.account(Role.OWNER)
    client = sign_in()
    assert client.post("/account/person", {"name": "  ", "language": "de"}).status_code == 422
    assert client.post("/account/person", {"name": "Mira O.", "language": "de"}).headers["Location"] == "/account"
    assert "Konto und Sicherheit" in client.get("/account").text
