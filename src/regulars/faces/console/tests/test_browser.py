"""The console in a real browser: no barrier to anyone, in light and dark, wide and narrow; keys, parts, drawers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from allauth.account.utils import user_pk_to_url_str
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.tokens import default_token_generator
from playwright.sync_api import Page, expect

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.all_pages import fill, fill_all
from regulars.faces.console.tests.serving import Console, picture
from regulars.imports import files
from regulars.imports.queries import list_imports
from regulars.orders.facts_kept import rebuild_facts
from regulars.staff.contracts import Role
from regulars.staff.models import Account
from regulars.staff.services import invite

pytestmark = pytest.mark.browser

SCREENS = [(1440, "light"), (390, "dark")]
LEAST_TARGET_PX = 44


def barriers(page: Page, within: str | None = None, *, looks_at_colours: bool = True) -> AxeResults:
    """Run axe: WCAG 2.2 A and AA, and the best practices; on a part of the page where the rest lies behind it."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    rules = {"color-contrast": {"enabled": looks_at_colours}}
    return Axe().run(page, context=within, options={"runOnly": tags, "rules": rules, "resultTypes": ["violations"]})


def barriers_by_night(page: Page) -> AxeResults:
    """Look at the same page by night, where colours alone are others; `barriers` has looked at it before."""
    page.emulate_media(color_scheme="dark")
    return AxeResults(page.evaluate("axe.run({runOnly: ['color-contrast'], resultTypes: ['violations']})"))


# Colours are the same on a narrow screen, and take longest to look at; by night they alone are others. All pages are
# made of the same parts: each third shows all of them by day, another third by night. The soak looks at all.
@pytest.mark.begins_with(what=fill_all)
@pytest.mark.parametrize(("width", "each"), [(1440, 3), (390, 0), pytest.param(1440, 1, marks=pytest.mark.soak)])
def test_no_page_has_a_barrier_and_each_fits_the_screen(
    begun: Mapping[str, str], console: Console, width: int, each: int
) -> None:
    page = console.page(width=width)
    for number, (name, address) in enumerate(begun.items()):
        page.emulate_media(color_scheme="light")
        page.goto(address)
        found = barriers(page, looks_at_colours=bool(each) and number % each == 0)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") == width, name
        picture(page, f"{name} {width} light")
        if each and (number + 1) % each == 0:
            found = barriers_by_night(page)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"
            picture(page, f"{name} {width} dark")


@pytest.mark.begins_with(what=fill)
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_what_lies_above_a_page_has_no_barrier(console: Console, width: int, scheme: str) -> None:
    page = console.page(width=width, scheme=scheme)
    page.goto("/customers")
    for menu in ("Your menu, Mira Oduya", "Views", "Columns"):
        page.locator("summary").filter(has=page.get_by_text(menu)).or_(page.get_by_label(menu)).first.click()
        page.wait_for_load_state("networkidle")
        found = barriers(page, "details.menu[open]")
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") == width, menu
        page.keyboard.press("Escape")
    for keys, within in (("Control+k", "#palette"), ("?", "#shortcuts")):
        page.keyboard.press(keys)
        expect(page.locator(within)).to_be_visible()
        page.wait_for_load_state("networkidle")
        found = barriers(page, within)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") == width, within
        page.keyboard.press("Escape")
        expect(page.locator(within)).to_be_hidden()
    if width == 1440:
        page.get_by_role("button", name=re.compile("^Glance")).first.click()
        expect(page.get_by_role("dialog", name="A customer")).to_contain_text("Open the whole page")
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
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    assert barriers(page).violations_count == 0, barriers(page).generate_report()
    invitation = invite(email="ada@example.com", role=Role.TILL, now=shop.now(), actor=shop.ACTOR)
    forgetful = Account.objects.get(id=shop.account(Role.AGENT).id)
    link = f"{user_pk_to_url_str(forgetful)}-{default_token_generator.make_token(forgetful)}"
    addresses = ["/password/forgotten", "/password/sent", "/password/set/1-x", "/password/done"]
    for address in [*addresses, f"/join/{invitation.secret}", f"/password/set/{link}"]:
        page.goto(address)
        assert barriers(page).violations_count == 0, f"{address}: {barriers(page).generate_report()}"
    expect(page.locator("input[type=password]").first).to_be_visible()
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
    # Each is told twice: on the console, and in a report of the browser's, in its own time.
    for _ in range(100):
        reported = {one.split('"')[1] for one in console.complaints if "content security policy broken" in one}
        if reported == {"style-src-attr", "script-src-attr", "script-src-elem"}:
            break
        page.wait_for_timeout(100)
    assert reported == {"style-src-attr", "script-src-attr", "script-src-elem"}
    assert any("Content Security Policy" in complaint for complaint in console.complaints)
    console.complaints.clear()


@pytest.mark.begins_with(what=fill)
def test_the_list_is_searched_while_one_types_and_the_address_keeps_it(console: Console) -> None:
    page = console.page()
    page.goto("/customers")
    expect(page.locator("#results")).to_contain_text("57 customers")
    page.keyboard.press("/")
    page.keyboard.type("kovač")
    expect(page.locator("#results")).to_contain_text("2 customers found")
    page.keyboard.type(" ines")
    expect(page.locator("#results")).to_contain_text("1 customer found")
    expect(page).to_have_url(re.compile(r"/customers\?q=kova%C4%8D\+ines$|/customers\?q=kova%C4%8D%20ines$"))
    page.reload()
    expect(page.locator("#results")).to_contain_text("1 customer found")
    expect(page.get_by_label("Search these customers")).to_have_value("kovač ines")
    page.get_by_role("link", name="Ines Kovač").click()
    expect(page.get_by_role("heading", name="Ines Kovač", level=1)).to_be_visible()
    page.go_back()
    expect(page.locator("#results")).to_contain_text("1 customer found")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


@pytest.mark.begins_with(what=fill)
def test_pages_of_the_list_and_of_the_timeline_are_parts(begun: Mapping[str, str], console: Console) -> None:
    addresses = begun
    page = console.page()
    page.goto("/customers")
    page.get_by_role("link", name="More", exact=True).click()
    expect(page.get_by_role("link", name="From the start")).to_be_visible()
    expect(page).to_have_url(re.compile(r"before="))
    page.goto(addresses["customer"])
    page.get_by_role("link", name="Profile", exact=True).click()
    expect(page.locator("#timeline")).to_contain_text("Became a customer")
    expect(page.locator("#timeline")).not_to_contain_text("paid")
    page.get_by_role("link", name="Orders", exact=True).click()
    page.get_by_role("link", name="Earlier").click()
    expect(page.get_by_role("link", name="Latest")).to_be_visible()


@pytest.mark.begins_with(what=fill)
def test_a_filter_is_made_of_lines_and_read_as_a_text_while_one_writes(console: Console) -> None:
    rebuild_facts()
    page = console.page()
    page.goto("/customers")
    page.get_by_text("Filter by what is known").click()
    page.get_by_label("Add a condition").select_option(label="Orders")
    line = page.locator(".filter-line")
    expect(line.get_by_role("spinbutton", name="Value")).to_be_focused()
    expect(line).not_to_contain_text("Something is missing")
    line.get_by_role("combobox", name="Orders").select_option(label="is at least")
    line.get_by_role("spinbutton", name="Value").fill("1")
    expect(page.get_by_label("The same as a text")).to_have_value("orders.count >= 1")
    expect(page.locator("#filter-said")).to_contain_text("customers found")
    # What one writes stands in the lines, and what could come next is offered.
    text = page.get_by_label("The same as a text")
    text.press("End")
    text.press_sequentially(" and profile.has_e", delay=20)
    expect(page.get_by_role("option", name="profile.has_email")).to_be_visible()
    # The offers cover neither how many are found nor the button.
    page.wait_for_function(
        """() => {
            const offers = document.querySelector("[role=listbox]").getBoundingClientRect();
            const others = document.querySelectorAll("#filter-said, #filter-said + .form-foot > .btn-primary");
            return others.length === 2 && [...others].every(each => each.getBoundingClientRect().bottom <= offers.top);
        }"""
    )
    picture(page, "offers of the filter")
    page.get_by_role("option", name="profile.has_email").click()
    expect(text).to_have_value("orders.count >= 1 and profile.has_email ")
    expect(page.locator(".filter-line")).to_have_count(2)
    text.press("Control+Enter")
    expect(page.locator("#results")).to_contain_text("56 customers found")
    # The words of a chip lead to its line, and its cross takes it away.
    page.get_by_role("link", name="Has an e-mail address is yes", exact=True).click()
    expect(page.get_by_role("combobox", name="Has an e-mail address")).to_be_focused()
    expect(page.locator("#results")).to_contain_text("56 customers found")
    page.get_by_role("link", name="Take away Has an e-mail address is yes").click()
    expect(page).to_have_url(re.compile(r"where=orders\.count"))


@pytest.mark.begins_with(what=fill)
def test_a_wrong_condition_is_shown_where_it_is_wrong(console: Console) -> None:
    page = console.page()
    page.goto("/customers?open=1")
    page.get_by_label("The same as a text").fill("orders.count >= 1 and orders.cuont > 3")
    expect(page.locator("#filter-said mark")).to_have_text("orders.cuont")
    expect(page.locator("#filter-said")).to_contain_text("Is orders.count meant?")


@pytest.mark.begins_with(what=fill)
def test_chosen_customers_are_tagged_by_the_bar_and_it_is_undone(console: Console) -> None:
    page = console.page()
    page.goto("/customers")
    page.get_by_role("checkbox", name="Choose all on this page").check()
    bar = page.get_by_role("group", name="With the chosen customers")
    expect(bar).to_contain_text("50 chosen")
    # Without a tag nothing is sent, and all stay chosen.
    bar.get_by_role("button", name="Tag them").click()
    expect(bar.get_by_label("Tag", exact=True)).to_be_focused()
    expect(bar).to_contain_text("50 chosen")
    bar.get_by_label("Tag", exact=True).fill("spring")
    bar.get_by_role("button", name="Tag them").click()
    expect(page.locator(".toasts")).to_contain_text("“spring”: 50 customers were tagged.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toasts")).to_contain_text("Undone for 50 customers.")


@pytest.mark.begins_with(what=fill)
def test_a_customer_opens_beside_the_list_and_columns_are_chosen(console: Console) -> None:
    page = console.page()
    page.goto("/customers?q=ines+kovac")
    page.get_by_role("button", name="Glance Ines Kovač").click()
    beside = page.get_by_role("dialog", name="A customer")
    expect(beside).to_contain_text("ines.kovac@example.com")
    page.keyboard.press("Escape")
    expect(beside).to_be_hidden()
    # The list is one line long here: what lies above it is taller, and must not be cut off.
    page.get_by_text("Columns", exact=True).click()
    show = page.get_by_role("button", name="Show these columns")
    expect(show).to_be_in_viewport(ratio=1)
    page.get_by_role("checkbox", name="Average order").check()
    show.click()
    expect(page.get_by_role("columnheader", name="Average order")).to_be_visible()


@pytest.mark.begins_with(what=fill)
def test_columns_are_chosen_on_a_page_of_their_own_where_there_are_no_scripts(console: Console) -> None:
    page = console.page(scripts=False)
    page.goto("/customers/columns")
    card = page.locator("main .card")
    show = card.get_by_role("button", name="Show these columns")
    inner, outer = show.bounding_box(), card.bounding_box()
    assert inner is not None
    assert outer is not None
    assert outer["y"] < inner["y"]
    assert inner["y"] + inner["height"] <= outer["y"] + outer["height"]
    card.get_by_role("checkbox", name="Average order").check()
    show.click()
    expect(page.get_by_role("columnheader", name="Average order")).to_be_visible()


@pytest.mark.begins_with(what=fill)
def test_the_console_works_by_keyboard_alone(console: Console) -> None:
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


@pytest.mark.begins_with(what=fill)
def test_on_a_phone_the_navigation_is_a_drawer_and_targets_are_large(console: Console) -> None:
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


@pytest.mark.begins_with(what=fill)
def test_without_scripts_one_can_still_search(console: Console) -> None:
    page = console.page(scripts=False)
    page.goto("/customers")
    page.get_by_label("Search these customers").fill("kovac")
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_contain_text("2 customers found")


@pytest.mark.begins_with(what=fill)
def test_a_server_that_is_gone_is_told_of_and_nothing_is_lost(console: Console) -> None:
    page = console.page()
    page.goto("/customers")
    page.route("**/customers?*", lambda route: route.abort())
    page.get_by_label("Search these customers").fill("kovac")
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")
    expect(page.locator("#results")).to_contain_text("57 customers")
    console.complaints.clear()


def test_a_file_is_sent_understood_and_imported_with_progress_that_ends_by_itself(
    console: Console, tmp_path: Path
) -> None:
    shop.business()
    file = tmp_path / "export.csv"
    file.write_text("nr;wer;wann;summe\n1;ada@example.com;02.11.2026;5,00\n2;bo@example.com;niemals;7,00\n")
    page = console.page()
    page.goto("/imports")
    page.get_by_role("link", name="Import a file").first.click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("Source").fill("shop")
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_role("button", name="Keep, and go on")).to_be_disabled()
    for words, column in {"Who ordered": "wer", "When it was ordered": "wann", "Amount": "summe"}.items():
        page.get_by_label(words, exact=True).focus()
        with page.expect_response("**/columns"):
            page.get_by_label(words, exact=True).select_option(column)
        expect(page.get_by_label(words, exact=True)).to_be_focused()
    expect(page.get_by_role("region", name="What would be kept")).to_contain_text("ada@example.com")
    page.get_by_role("button", name="Keep, and go on").click()
    page.get_by_role("button", name="Dry run", exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    shop.work_on_imports()
    expect(page.get_by_role("heading", name="The dry run is done; nothing was kept")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("You can leave this page")).to_be_visible()
    shop.work_on_imports()
    expect(page.locator("[data-figure=imported]")).to_have_text("1")
    with page.expect_download() as download:
        page.get_by_role("link", name="All of them as CSV").click()
    assert "niemals" in Path(download.value.path()).read_text(encoding="utf-8")
    # Where it has ended, nothing asks any more.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1_500)
    assert asked == []


def test_an_import_is_cancelled_after_one_question_and_all_works_without_scripts(
    console: Console, tmp_path: Path
) -> None:
    file = tmp_path / "export.csv"
    file.write_text("order,customer,date,amount\n1,ada@example.com,2026-11-02,5.00\n")
    page = console.page(scripts=False)
    page.goto("/imports/new")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("Source").fill("shop")
    page.get_by_role("button", name="Send the file").click()
    page.get_by_label("Encoding").select_option("utf-8")
    page.get_by_role("button", name="Show what would be kept").click()
    expect(page.get_by_label("Encoding")).to_have_value("utf-8")
    page.get_by_role("button", name="Keep, and go on").click()
    page.get_by_role("button", name="Import without a dry run").click()
    expect(page.get_by_text("You can leave this page")).to_be_visible()
    address = page.url
    with_scripts = console.page()
    with_scripts.goto(address)
    with_scripts.get_by_role("button", name="Cancel the import").click()
    question = with_scripts.get_by_role("dialog", name="Cancel the import of export.csv?")
    expect(question.get_by_role("button", name="Go on")).to_be_focused()
    question.get_by_role("button", name="Cancel the import").click()
    expect(with_scripts.get_by_role("heading", name="It was cancelled")).to_be_visible()
    # The page without scripts loads itself anew.
    expect(page.get_by_role("heading", name="It was cancelled")).to_be_visible(timeout=10_000)


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 2**20)
    file = tmp_path / "export.csv"
    file.write_bytes(b"x" * (2**20 + 1))
    page = console.page()
    page.goto("/imports/new")
    page.get_by_label("Source").fill("shop")
    field = page.locator("input[type=file]")
    field.set_input_files(file)
    assert "larger than 1 MB" in field.evaluate("field => field.validationMessage")
    page.get_by_role("button", name="Send the file").click()
    expect(page).to_have_url(re.compile("/imports/new$"))
    assert list_imports(limit=1) == []


@pytest.mark.begins_with(what=fill)
def test_two_profiles_are_merged_after_one_question_that_names_both(begun: Mapping[str, str], console: Console) -> None:
    addresses = begun
    page = console.page()
    page.goto(addresses["customer"])
    page.get_by_role("link", name="Merge with another").click()
    page.get_by_label("Search the other profile").fill("i kovac")
    page.get_by_role("link", name="I. Kovac").click()
    page.get_by_role("button", name="Keep Ines Kovač").click()
    question = page.get_by_role("dialog", name="Take I. Kovac into Ines Kovač?")
    expect(question.get_by_role("button", name="Not now")).to_be_focused()
    question.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("status")).to_contain_text("I. Kovac was taken into this customer.")
    page.get_by_role("button", name="Undo I. Kovac").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo the merge").click()
    expect(page.get_by_role("status")).to_contain_text("I. Kovac is a customer of its own again.")
