"""The palette and the keys in a real browser: by keyboard alone, with answers that come late, and without scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import Console
from regulars.staff.contracts import Role

pytestmark = pytest.mark.browser

# Key by key, in one task of the page.
TYPED_AT_ONCE = """(field, text) => {
  for (const key of text) {
    field.value += key;
    field.dispatchEvent(new InputEvent('input', {bubbles: true, data: key, inputType: 'insertText'}));
  }
}"""


def fill() -> UUID:
    """Fill a shop with a few customers; return one of them, who is called as Ines Kovač is."""
    shop.many(8)
    return shop.somebody("Ines Novak", "ines.novak@example.com")


def until(page: Page, check: Callable[[], bool]) -> None:
    """Wait while the page goes on, until something is so."""
    for _ in range(200):
        if check():
            return
        page.wait_for_timeout(50)
    assert check()


def opened(page: Page) -> Locator:
    """Open the palette by its keys, and wait for what it offers."""
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Find and do")
    expect(palette.get_by_role("option").first).to_be_visible()
    return palette


@pytest.mark.begins_with(what=fill)
def test_one_finds_a_customer_and_goes_there_by_keyboard_alone(begun: UUID, console: Console) -> None:
    page = console.page()
    page.goto("/settings")
    palette = opened(page)
    field = palette.get_by_role("combobox", name="Search, or type a command")
    expect(field).to_be_focused()
    page.keyboard.type("ines")
    expect(palette.get_by_role("status")).to_have_text("2 found")
    expect(palette.get_by_role("option", name="Ines Novak")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    chosen = palette.get_by_role("option", name="Ines Kovač")
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    # Behind the last stands the first.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/customers/{begun}$"))


def test_what_was_chosen_comes_first_the_next_time_and_the_tab_keeps_no_name(console: Console) -> None:
    customer = shop.somebody("Ines Novak", "ines.novak@example.com")
    page = console.page()
    page.goto("/settings")
    for text, address in (("ines", f"/customers/{customer}"), ("team", "/team")):
        opened(page)
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"{address}$"))
    lately = opened(page).get_by_role("group", name="Chosen lately").get_by_role("option")
    expect(lately).to_have_text([re.compile("Team"), re.compile("Ines Novak")])
    kept = json.loads(page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})"))
    assert json.loads(kept["palette-recent"]) == ["page:team", f"customer:{customer}"]
    assert "Ines" not in json.dumps(kept)
    page.keyboard.type("sign out")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sign-in"))
    assert page.evaluate("sessionStorage.getItem('palette-recent')") is None


def test_an_answer_that_comes_late_is_dropped_and_enter_takes_what_was_typed(console: Console) -> None:
    customer = shop.somebody("Ines Novak", "ines.novak@example.com")
    shop.somebody("Ivo Novak", "ivo@example.com")
    page = console.page()
    page.goto("/settings")
    opened(page)
    held: list[Route] = []
    ended: list[str] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.on("requestfailed", lambda request: ended.append(request.url))
    page.route(re.compile(r"/palette\?q=i$"), hold)
    page.keyboard.type("i")
    until(page, lambda: len(held) == 1)
    page.keyboard.type("nes")
    # Before there is an answer to it.
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/customers/{customer}$"))
    until(page, lambda: ended == [each.request.url for each in held])
    assert len(held) == 1


def test_who_types_on_asks_once(console: Console) -> None:
    page = console.page()
    page.goto("/settings")
    palette = opened(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    # All keys in one go: a busy machine may take longer between two of them than the palette waits.
    palette.get_by_role("combobox").evaluate(TYPED_AT_ONCE, "settings")
    expect(palette.get_by_role("option")).to_have_count(1)
    assert [each for each in asked if "q=settings" in each] == asked
    assert len(asked) == 1


@pytest.mark.begins_with(what=fill)
def test_actions_are_done_and_a_file_is_fetched(console: Console, tmp_path: Path) -> None:
    page = console.page()
    page.goto("/customers?q=kovac")
    opened(page)
    page.keyboard.type("dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url(re.compile(r"/customers\?q=kovac$"))
    opened(page)
    page.keyboard.type("export cust")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert "Ines Kovač" in Path(download.value.path()).read_text(encoding="utf-8")
    expect(page.locator("#palette")).to_be_hidden()
    opened(page)
    page.keyboard.type("score all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(["All customers are being scored"])


def test_a_server_that_is_gone_is_told_of_in_the_palette(console: Console) -> None:
    page = console.page()
    page.goto("/settings")
    opened(page)
    page.route("**/palette?*", lambda route: route.abort())
    page.keyboard.type("x")
    expect(page.locator("#palette-said")).to_contain_text("could not be reached")
    console.complaints.clear()


@pytest.mark.begins_with(what=fill)
def test_the_button_opens_it_and_without_scripts_the_search_stands_there(console: Console) -> None:
    page = console.page(width=390)
    page.goto("/settings")
    page.get_by_role("button", name="Search, or type a command").click()
    expect(page.locator("#palette input[type=text]")).to_be_focused()
    page.locator("#palette").get_by_role("option", name="RFM").click()
    expect(page).to_have_url(re.compile("/rfm$"))
    page = console.page(scripts=False)
    page.goto("/settings")
    expect(page.get_by_role("button", name="Search, or type a command")).to_be_hidden()
    page.get_by_label("Search customers").fill("kovac")
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_contain_text("1 customer found")


@pytest.mark.parametrize("role", [Role.OWNER, Role.TILL])
def test_each_key_that_is_listed_does_what_it_says(console: Console, role: Role) -> None:
    page = console.page(role=role)
    page.goto("/customers")
    listed = page.evaluate(
        "[...document.querySelectorAll('#shortcuts [data-keys]')].map((each) => ({...each.dataset}))"
    )
    assert len(listed) >= 6
    done = set()
    for entry in listed:
        page.goto("/account")
        press(page, entry["keys"])
        if "goes" in entry:
            expect(page).to_have_url(re.compile(f"{entry['goes']}$"))
        else:
            done.add(entry.get("does", "escape"))
            SEEN[entry.get("does", "escape")](page)
    assert done == set(SEEN)


def press(page: Page, keys: str) -> None:
    """Press what the list says, one after the other."""
    if keys == "escape":
        page.keyboard.press("?")
        expect(page.locator("dialog[open]")).to_be_visible()
    for key in keys.split(" "):
        page.keyboard.press({"mod+k": "Control+k", "escape": "Escape"}.get(key, key))


def see_the_search(page: Page) -> None:
    """The palette is the search of a page that has none; a list has its own."""
    expect(page.locator("#palette")).to_be_visible()
    page.goto("/customers")
    page.keyboard.press("/")
    expect(page.get_by_label("Search these customers")).to_be_focused()


SEEN = {
    "palette": lambda page: expect(page.locator("#palette")).to_be_visible(),
    "keys": lambda page: expect(page.locator("#shortcuts")).to_be_visible(),
    "search": see_the_search,
    "escape": lambda page: expect(page.locator("dialog[open]")).to_have_count(0),
}


def test_letters_are_no_keys_in_a_field_in_a_dialog_or_where_they_are_switched_off(console: Console) -> None:
    page = console.page()
    page.goto("/customers")
    page.get_by_label("Search these customers").focus()
    page.keyboard.type("gt?")
    expect(page.get_by_label("Search these customers")).to_have_value("gt?")
    page.goto("/account")
    page.keyboard.press("?")
    page.keyboard.type("gt")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.get_by_role("button", name="Switch off keys without Ctrl").click()
    page.keyboard.type("gt")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page).to_have_url(re.compile("/account$"))
    opened(page)
    expect(page.locator("#palette")).to_be_visible()
