"""Passkeys in a real browser with a virtual authenticator, under our policy: added, signed in by, renamed, removed."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from playwright.sync_api import Page, expect

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import Console
from regulars.faces.console.tests.test_browser import barriers, barriers_by_night
from regulars.staff.contracts import Role
from regulars.staff.models import Account, AuditEntry
from regulars.staff.services import change_account

pytestmark = pytest.mark.browser
NARROW = 390


@pytest.fixture
def page(console: Console) -> Page:
    """A browser at localhost, where browsers allow passkeys without a certificate, with a device that says yes."""
    console.url = console.url.replace("127.0.0.1", "localhost")
    page = console.page(role=None)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    device = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.device = session, device["authenticatorId"]  # type: ignore[attr-defined]
    return page


def sign_in(page: Page, second: str = "nav") -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill("owner@example.com")
    page.get_by_label("Password").fill(shop.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    page.locator(second).first.wait_for(state="attached")


def sign_out(page: Page) -> None:
    page.locator("summary.avatar-button").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def add(page: Page, name: str) -> None:
    page.goto("/account")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("What to call it").fill(name)
    page.get_by_role("button", name="Add the passkey").click()
    # The device answers in its own time.
    page.get_by_role("heading", name="Recovery codes").wait_for()


def test_a_passkey_signs_in_alone(page: Page) -> None:
    shop.account(Role.OWNER)
    sign_in(page)
    page.locator("summary.avatar-button").click()
    page.get_by_role("link", name="Account and security").click()
    add(page, "Mira's <b>phone</b>")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    codes = re.findall(r"^\d{8}$", download.value.path().read_text(), flags=re.MULTILINE)
    assert len(codes) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator(".rows .strong")).to_have_text("Mira's <b>phone</b>")
    sign_out(page)
    page.goto("/sign-in?next=/team")
    page.get_by_role("button", name="Sign in by passkey").click()
    expect(page.get_by_role("heading", name="Team")).to_be_visible()
    told = AuditEntry.objects.filter(action__startswith="account.").order_by("id").values_list("action", "details")
    assert list(told)[1:] == [
        ("account.signed_in", {"by": ["password"]}),
        ("account.passkey_added", {"recovery_codes_made": True}),
        ("account.signed_in", {"by": ["webauthn"]}),
    ]


def test_a_passkey_is_a_second_factor_too(page: Page) -> None:
    shop.account(Role.OWNER)
    sign_in(page)
    add(page, "Phone")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    sign_out(page)
    page.get_by_label("E-mail address").fill("owner@example.com")
    page.get_by_label("Password").fill(shop.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_a_passkey_is_renamed_and_removed_and_lets_in_no_longer(page: Page) -> None:
    shop.account(Role.OWNER)
    sign_in(page)
    add(page, "Phone")
    page.goto("/account")
    page.get_by_role("link", name="Rename Phone").click()
    page.get_by_label("What to call it").fill("Tablet")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Tablet").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in by passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is not right, or is good no longer.")


def test_who_does_not_confirm_is_not_in_and_is_told(page: Page) -> None:
    shop.account(Role.OWNER)
    sign_in(page)
    add(page, "Phone")
    sign_out(page)
    session, device = page.device  # type: ignore[attr-defined]
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Sign in by passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("it was not confirmed")
    page.goto("/account")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_one_confirms_by_a_passkey_what_matters(page: Page) -> None:
    shop.account(Role.OWNER)
    sign_in(page)
    add(page, "Phone")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/account/confirm/passkey?next=/account/recovery-codes/make")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Make new recovery codes?")).to_be_visible()


# Longer words on the narrow screen, shorter ones on the wide, where colours are looked at too.
@pytest.mark.parametrize(("width", "language"), [(1440, "en"), (NARROW, "de")])
def test_no_page_on_the_way_has_a_barrier_in_any_language(page: Page, width: int, language: str) -> None:
    owner = shop.account(Role.OWNER)
    sign_in(page)
    change_account(account_id=owner.id, language=language, now=shop.now(), actor=shop.ACTOR)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/account/passkeys/add")
    page.locator("form[data-passkey] button[type=submit]").click()
    page.locator("#codes").wait_for()
    without_barrier(page, width)
    key = Authenticator.objects.get(user=owner.id, type=Authenticator.Type.WEBAUTHN).pk
    addresses = ["/account", "/account/app/add", "/account/confirm", "/account/confirm/passkey"]
    addresses += [f"/account/passkeys/{key}/rename", f"/account/passkeys/{key}/remove", "/account/recovery-codes"]
    for address in addresses:
        looked_at(page, address, width)
    TOTP.activate(Account.objects.get(id=owner.id), generate_totp_secret())
    for address in ("/account/app/remove", "/account/confirm/code"):
        looked_at(page, address, width)
    page.context.clear_cookies()
    sign_in(page, second="h1")
    without_barrier(page, width)
    assert page.url.endswith("/sign-in/second-factor")


def looked_at(page: Page, address: str, width: int) -> None:
    page.goto(address)
    assert page.url.endswith(address)
    without_barrier(page, width)


def without_barrier(page: Page, width: int) -> None:
    page.emulate_media(color_scheme="light")
    found = [barriers(page, looks_at_colours=False)] if width == NARROW else [barriers(page), barriers_by_night(page)]
    for each in found:
        assert each.violations_count == 0, f"{page.url}: {each.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth") == width, page.url
