"""The console in a real browser: no barrier to anyone, in light and dark, wide and narrow; keys, parts, drawers."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import Console
from regulars.staff.contracts import Role

pytestmark = pytest.mark.browser

SCREENS = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
LEAST_TARGET_PX = 44


def barriers(page: Page) -> AxeResults:
    """Run axe: WCAG 2.2 A and AA, and the best practices."""
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    return Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})


def fill() -> dict[str, str]:
    """Fill a shop; return the addresses of all its pages by name."""
    shop.business()
    shop.account(Role.ANALYST, "Ada Analyst")
    order, customer = shop.many(55)[-1]
    shop.keys()
    shop.dead_letter(shop.Words(external_id="dead", number="50001"))
    pages = ("customers", "team", "api-keys", "audit-trail", "dead-letters", "settings", "design", "design/specimens")
    return {name: f"/{name}" for name in pages} | {
        "customer": f"/customers/{customer}",
        "order": f"/orders/{order}",
        "nobody found": "/customers?q=xyzzy",
    }


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_no_page_has_a_barrier_and_each_fits_the_screen(console: Console, width: int, scheme: str) -> None:
    addresses = fill()
    page = console.page(width=width, scheme=scheme)
    for name, address in addresses.items():
        page.goto(address)
        found = barriers(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") == width, name


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_what_lies_above_a_page_has_no_barrier(console: Console, width: int, scheme: str) -> None:
    fill()
    page = console.page(width=width, scheme=scheme)
    page.goto("/customers")
    page.locator("details.menu > summary").click()
    assert barriers(page).violations_count == 0, barriers(page).generate_report()
    page.goto("/api-keys")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("dialog", name="Make a key")).to_be_visible()
    assert barriers(page).violations_count == 0, barriers(page).generate_report()
    if width == 390:
        page.goto("/customers")
        page.get_by_role("button", name="Navigation").click()
        assert barriers(page).violations_count == 0, barriers(page).generate_report()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_pages_for_those_who_are_not_in_have_no_barrier(console: Console, width: int, scheme: str) -> None:
    page = console.page(role=None, width=width, scheme=scheme)
    page.goto("/sign-in")
    assert barriers(page).violations_count == 0, barriers(page).generate_report()
    page.get_by_label("E-mail address").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    assert barriers(page).violations_count == 0, barriers(page).generate_report()
    page.goto("/nowhere")
    assert barriers(page).violations_count == 0, barriers(page).generate_report()
    # The browser itself tells of a page that is not there.
    assert all("404" in complaint for complaint in console.complaints)
    console.complaints.clear()


def test_the_check_for_barriers_finds_one(console: Console) -> None:
    page = console.page()
    page.goto("/customers")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert barriers(page).violations_count > 0


def test_an_inline_script_and_style_are_stopped_and_reported(console: Console) -> None:
    page = console.page()
    page.goto("/customers")
    with page.expect_request("**/policy-report"):
        page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\" onclick=\"1\">x</p>');"
            "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)"
        )
    assert page.evaluate("window.ran") is None
    page.wait_for_timeout(300)
    assert any("content security policy broken" in complaint for complaint in console.complaints)
    assert any("Content Security Policy" in complaint for complaint in console.complaints)
    console.complaints.clear()


def test_the_list_is_searched_while_one_types_and_the_address_keeps_it(console: Console) -> None:
    fill()
    page = console.page()
    page.goto("/customers")
    expect(page.locator("#results")).to_contain_text("56 customers")
    page.keyboard.press("Control+k")
    page.keyboard.type("kovac")
    expect(page.locator("#results")).to_contain_text("1 customer found")
    expect(page).to_have_url(re.compile(r"/customers\?q=kovac$"))
    page.reload()
    expect(page.locator("#results")).to_contain_text("1 customer found")
    expect(page.get_by_label("Search these customers")).to_have_value("kovac")
    page.get_by_role("link", name="Ines Kovač").click()
    expect(page.get_by_role("heading", name="Ines Kovač", level=1)).to_be_visible()
    page.go_back()
    expect(page.locator("#results")).to_contain_text("1 customer found")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_pages_of_the_list_and_of_the_timeline_are_parts(console: Console) -> None:
    addresses = fill()
    page = console.page()
    page.goto("/customers")
    page.get_by_role("link", name="Earlier").click()
    expect(page.get_by_role("link", name="Newest")).to_be_visible()
    expect(page).to_have_url(re.compile(r"before="))
    page.goto(addresses["customer"])
    page.get_by_role("link", name="Profile", exact=True).click()
    expect(page.locator("#timeline")).to_contain_text("Became a customer")
    expect(page.locator("#timeline")).not_to_contain_text("paid")
    page.get_by_role("link", name="Orders", exact=True).click()
    page.get_by_role("link", name="Earlier").click()
    expect(page.get_by_role("link", name="Latest")).to_be_visible()


def test_the_console_works_by_keyboard_alone(console: Console) -> None:
    fill()
    page = console.page()
    page.goto("/team")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Invite somebody")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Invite somebody")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Invite somebody")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_a_key_is_revoked_after_one_question_that_names_it(console: Console) -> None:
    shop.keys()
    page = console.page()
    page.goto("/api-keys")
    page.get_by_role("button", name="Revoke Online shop").click()
    question = page.get_by_role("dialog", name="Revoke the key “Online shop”?")
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    question.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_contain_text("is revoked")
    expect(page.get_by_role("row", name="Online shop")).to_contain_text("Revoked")


def test_the_look_is_chosen_whatever_the_system_says(console: Console) -> None:
    page = console.page(scheme="light")
    page.goto("/settings")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(ground) != light


def test_on_a_phone_the_navigation_is_a_drawer_and_targets_are_large(console: Console) -> None:
    fill()
    page = console.page(width=390)
    page.goto("/customers")
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation).to_be_hidden()
    page.get_by_role("button", name="Navigation").click()
    expect(navigation).to_be_visible()
    for target in [*navigation.get_by_role("link").all(), *page.locator(".topbar .btn, .topbar summary").all()]:
        box = target.bounding_box()
        assert box
        assert box["height"] >= LEAST_TARGET_PX, target
    navigation.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()


def test_without_scripts_one_can_still_search(console: Console) -> None:
    fill()
    page = console.page(scripts=False)
    page.goto("/customers")
    page.get_by_label("Search these customers").fill("kovac")
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_contain_text("1 customer found")


def test_a_server_that_is_gone_is_told_of_and_nothing_is_lost(console: Console) -> None:
    fill()
    page = console.page()
    page.goto("/customers")
    page.route("**/customers?*", lambda route: route.abort())
    page.get_by_label("Search these customers").fill("kovac")
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")
    expect(page.locator("#results")).to_contain_text("56 customers")
    console.complaints.clear()
