"""The till in a real browser: by keyboard and scanner alone, by fingers on a phone, and without scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from regulars.faces.console.tests import members_shop, shop
from regulars.faces.console.tests.serving import Console, picture
from regulars.faces.console.tests.test_browser import LEAST_TARGET_PX, barriers
from regulars.faces.console.tests.test_stored_scripts import CORPUS, nothing_ran
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.rewards.queries import iter_codes
from regulars.staff.contracts import Role

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Begun:
    """A member with beans, somebody else's number, and a voucher."""

    member_id: UUID
    number: str
    other: str
    code: str


def fill() -> Begun:
    shop.business()
    version = members_shop.club()
    ines = members_shop.member(beans=900)
    emil = members_shop.member("Emil Nowak", "emil@example.com")
    return Begun(ines.id, ines.code, emil.code, next(iter_codes(members_shop.codes(version, 1))))


def beans(member_id: UUID) -> int:
    return get_standing(member_id, at=shop.now())["beans"].balance.available


def scan(page: Page, text: str) -> None:
    """Type as a scanner does: quickly, into whatever has the focus, and Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


@pytest.mark.begins_with(what=fill)
def test_one_scans_types_and_earns_by_keyboard_alone(begun: Begun, console: Console) -> None:
    page = console.page(role=Role.TILL)
    page.goto("/till")
    expect(page.locator("#what")).to_be_focused()
    scan(page, begun.number)
    expect(page.get_by_role("heading", name="Ines Kovač")).to_be_visible()
    expect(page.locator("#amount")).to_be_focused()
    page.keyboard.type("12,90")
    expect(page.locator("#preview")).to_contain_text("+12 Beans")
    # What is asked for while one types takes neither the focus nor what is typed.
    expect(page.locator("#amount")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ines Kovač earns 12 Beans")).to_be_visible()
    assert beans(begun.member_id) == 912
    # The next one can be scanned at once.
    expect(page.locator("#what")).to_be_focused()
    scan(page, begun.other)
    expect(page.get_by_role("heading", name="Emil Nowak")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/till\\?program=roastery$"))


@pytest.mark.begins_with(what=fill)
def test_a_click_beside_the_field_does_not_lose_the_scanner(begun: Begun, console: Console) -> None:
    page = console.page(role=Role.TILL)
    page.goto(f"/till/members/{begun.member_id}")
    page.get_by_role("radio", name="Cash").check()
    expect(page.locator("#amount")).to_be_focused()
    page.locator("main").click(position={"x": 4, "y": 4})
    expect(page.locator("#amount")).to_be_focused()
    scan(page, begun.code)
    expect(page.locator(".till-codes")).to_contain_text("Five euros off")
    page.keyboard.type("25")
    expect(page.locator("#preview")).to_contain_text("To pay")
    expect(page.locator("#preview")).to_contain_text("€20.00")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ines Kovač earns 20 Beans")).to_be_visible()


@pytest.mark.begins_with(what=fill)
def test_by_fingers_on_a_phone_with_large_targets(begun: Begun, console: Console) -> None:
    page = console.page(role=Role.TILL, width=390)
    page.goto(f"/till/members/{begun.member_id}")
    targets = page.locator(
        ".till-keys button, .till-offer, .till-big, .till-tender span, .till-bar a, .till-bar summary"
    )
    for target in [each for each in targets.all() if each.is_visible()]:
        box = target.bounding_box()
        assert box
        assert box["height"] >= LEAST_TARGET_PX, target
    for key in ("1", "0", "0", ".", "5"):
        page.get_by_role("button", name=key, exact=True).click()
    page.get_by_role("button", name="Take the last digit away").click()
    expect(page.locator("#amount")).to_have_value("100.")
    page.get_by_role("button", name="5", exact=True).click()
    expect(page.locator("#preview")).to_contain_text("+100 Beans")
    picture(page, "the till with an amount 390")
    page.get_by_role("button", name="Earn points").click()
    expect(page.get_by_role("heading", name="Ines Kovač earns 100 Beans")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert barriers(page).violations_count == 0, barriers(page).generate_report()
    picture(page, "the till earned 390")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Undone: as if it had not been")).to_be_visible()
    assert beans(begun.member_id) == 900


@pytest.mark.begins_with(what=fill)
def test_a_reward_is_given_in_three_touches_and_undone(begun: Begun, console: Console) -> None:
    page = console.page(role=Role.TILL)
    page.goto("/till")
    scan(page, begun.number)
    page.get_by_role("button", name="Five euros off").click()
    dialog = page.get_by_role("dialog", name="Give Five euros off?")
    assert barriers(page).violations_count == 0, barriers(page).generate_report()
    dialog.get_by_role("button", name="Give it").click()
    expect(page.locator(".till-code")).to_be_visible()
    picture(page, "the till gave a code 1440")
    assert beans(begun.member_id) == 400
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Undone: the points are back")).to_be_visible()
    assert beans(begun.member_id) == 900


@pytest.mark.begins_with(what=fill)
def test_double_taps_earn_once(begun: Begun, console: Console) -> None:
    page = console.page(role=Role.TILL)
    page.goto(f"/till/members/{begun.member_id}")
    page.keyboard.type("50")
    page.get_by_role("button", name="Earn points").dblclick()
    expect(page.get_by_role("heading", name="Ines Kovač earns 50 Beans")).to_be_visible()
    assert beans(begun.member_id) == 950
    # Who goes back is asked anew: what is typed then is another sale.
    page.go_back()
    page.locator("#amount").fill("30")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ines Kovač earns 30 Beans")).to_be_visible()
    assert beans(begun.member_id) == 980


@pytest.mark.begins_with(what=fill)
def test_what_can_be_undone_is_offered_no_longer_than_that(begun: Begun, console: Console) -> None:
    page = console.page(role=Role.TILL)
    page.clock.install()
    page.goto(f"/till/members/{begun.member_id}")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()


@pytest.mark.begins_with(what=fill)
def test_the_till_works_without_scripts(begun: Begun, console: Console) -> None:
    page = console.page(role=Role.TILL, scripts=False)
    page.goto("/till")
    page.get_by_label("Scan a card or code").fill(begun.number)
    page.get_by_role("button", name="Find").click()
    page.locator("#amount").fill("7")
    page.locator("#amount").press("Enter")
    expect(page.get_by_role("heading", name="Ines Kovač earns 7 Beans")).to_be_visible()


def test_no_text_from_outside_runs_at_the_till_or_on_a_members_page(console: Console) -> None:
    shop.business()
    members_shop.club()
    page = console.page()
    for number, text in enumerate(CORPUS):
        member = members_shop.member(text, f"x{number}@example.com")
        members_shop.give(member, 5, text)
        for address in (f"/till/members/{member.id}", f"/customers/{member.customer_id}/loyalty"):
            page.goto(address)
            nothing_ran(page)
            assert " ".join(text.split()) in " ".join((page.locator("h1").text_content() or "").split())
    for text in CORPUS:
        page.goto("/till")
        page.locator("#what").fill(text[:100])
        page.locator("#what").press("Enter")
        expect(page.locator("#what")).to_have_value(text[:100].strip())
        nothing_ran(page)
    page.goto("/members")
    nothing_ran(page)
    assert console.complaints == []
