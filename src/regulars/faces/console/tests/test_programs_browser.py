"""Programmes in a real browser: a rule is built, a condition completed, a cart tried while one types."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from regulars.faces.console.tests import programs_shop, shop
from regulars.faces.console.tests.programs_shop import KEY, LIVED
from regulars.faces.console.tests.serving import Console, picture
from regulars.faces.console.tests.test_browser import barriers
from regulars.faces.console.tests.test_stored_scripts import CORPUS, nothing_ran
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.queries import get_draft
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.services import save_draft
from regulars.loyalty.definitions.writing import to_plain

pytestmark = pytest.mark.browser

PAGE = f"/loyalty/programs/{KEY}"


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_rule_is_built_and_tried_while_one_writes(console: Console) -> None:
    page = console.page()
    page.goto(f"{PAGE}/new-rule")
    page.get_by_label("Name", exact=True).fill("Cups count")
    page.get_by_label("What sets it off").select_option(label="The lines of an order")
    page.get_by_label("How many points").select_option(label="Points for each piece")
    # The fields of another kind are gone, and what was typed has stayed.
    expect(page.get_by_text("For each", exact=True)).to_be_hidden()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Cups count")
    page.get_by_label("Points", exact=True).fill("7")
    tried = page.locator("#tried")
    expect(tried).to_contain_text("7 points of Beans for each piece: 3 pieces give 21.")
    # A condition is made of a line, and is its text.
    page.get_by_label("Add a condition").select_option(label="Category of the line")
    line = page.locator(".filter-line")
    line.get_by_role("textbox", name="Value").fill("Home")
    expect(page.get_by_label("The same as a text")).to_have_value('line.category = "Home"')
    expect(page.locator("#filter-said")).to_contain_text("Category of the line is Home")
    expect(tried).to_contain_text("1 piece gives 7.")
    # What could come next is offered where one writes it.
    text = page.get_by_label("The same as a text")
    text.press("End")
    text.press_sequentially(" and cart.is_f", delay=20)
    page.get_by_role("option", name="cart.is_first").click()
    expect(page.locator(".filter-line")).to_have_count(2)
    expect(tried).to_contain_text("This does not hold")
    page.get_by_text("Who buys, when and where").click()
    page.get_by_role("checkbox", name="It is the first order").check()
    expect(tried).to_contain_text("1 piece gives 7.")
    page.get_by_role("button", name="Keep it in the draft").last.click()
    expect(page.get_by_role("heading", name="Cups count")).to_be_visible()
    found = next(rule for rule in get_draft(KEY).document.rules if rule.name == "Cups count")
    assert found.key == "cups_count"
    assert found.condition == 'line.category = "Home" and cart.is_first'


@pytest.mark.begins_with(what=programs_shop.lived)
def test_the_cart_is_judged_as_one_changes_it(console: Console) -> None:
    page = console.page()
    page.goto(f"{PAGE}/rules")
    tried = page.locator("#tried")
    expect(tried).to_contain_text("€64.30 count")
    page.get_by_label("Unit price").first.fill("100")
    expect(tried).to_contain_text("€214.50 count")
    page.get_by_label("Pieces").nth(1).fill("")
    page.get_by_label("Pieces").first.fill("1")
    expect(tried).to_contain_text("€114.50 count")
    page.get_by_label("Unit price").first.fill("")
    page.get_by_label("Unit price").nth(1).fill("")
    expect(tried).to_contain_text("Nothing is in the cart")


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_fault_of_the_text_stands_at_its_line_as_one_writes(console: Console) -> None:
    page = console.page()
    page.goto(f"{PAGE}/text")
    text = page.get_by_label("Document", exact=True)
    written = text.input_value()
    text.fill(written.replace("factor: 2", "factor: 0.5"))
    number = written[: written.index("factor: 2")].count("\n") + 1
    expect(page.locator("#faults")).to_contain_text(f"Line {number}")
    expect(page.locator("#faults")).to_contain_text("It cannot be kept like this.")
    text.fill(written.replace("factor: 2", "factor: 3"))
    expect(page.locator("#faults")).to_contain_text("Nothing is wrong with it")
    page.get_by_role("button", name="Keep it in the draft").click()
    expect(page.locator(".toasts")).to_contain_text("The draft is kept.")


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_rule_is_changed_and_published_without_scripts(console: Console) -> None:
    page = console.page(scripts=False)
    page.goto(f"{PAGE}/rules/welcome")
    page.get_by_label("How many points").select_option(label="By a formula")
    page.get_by_role("button", name="Show the fields that belong to what is chosen").click()
    page.get_by_label("Formula").fill("100 + 50")
    page.get_by_role("button", name="Keep it in the draft").last.click()
    expect(page.locator("main")).to_contain_text("As many points as 100 + 50")
    page.goto(f"{PAGE}/versions")
    page.get_by_role("link", name="Publish …").click()
    expect(page.get_by_role("heading", name="What changes")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page).to_have_url(re.compile(f"{PAGE}/versions$"))
    expect(page.locator("main")).to_contain_text("Version 2")


def planted() -> None:
    """Draft a programme in which each text that somebody writes is one of the corpus."""
    shop.business()
    program = read_program(programs_shop.VARIED).program
    assert program
    plain = to_plain(program)
    rule = plain["rules"][0]
    plain |= {"name": CORPUS[0], "description": CORPUS[1]}
    plain["currencies"][0]["name"] = CORPUS[2]
    plain["rules"] += [
        rule | {"key": f"planted_{number}", "name": text, "description": text, "condition": text}
        for number, text in enumerate(CORPUS)
    ]
    plain["tier_sets"][0] |= {"name": CORPUS[3]}
    plain["tier_sets"][0]["tiers"][1] |= {"name": CORPUS[4], "benefits": {"words": list(CORPUS)}}
    save_draft(document=Program.model_validate(plain), now=shop.now(), actor=shop.ACTOR)


@pytest.mark.begins_with(what=planted)
def test_no_text_of_a_document_runs_and_each_is_shown_as_it_is(console: Console) -> None:
    page = console.page()
    for part in ("", "/rules", "/rules/planted_4", "/text", "/try", "/tiers", "/versions", "/versions/publish"):
        page.goto(f"{PAGE}{part}")
        nothing_ran(page)
    page.goto(f"{PAGE}/rules")
    for number, text in enumerate(CORPUS):
        expect(page.locator(".rule h2").nth(number + 9)).to_have_text(text, use_inner_text=False)


@pytest.mark.begins_with(what=programs_shop.lived)
@pytest.mark.parametrize("width", [1440, 390])
def test_who_moves_is_asked_without_leaving_the_page_and_has_no_barrier(console: Console, width: int) -> None:
    programs_shop.drafted(LIVED.replace("threshold: 50", "threshold: 7"))
    page = console.page(width=width)
    page.goto(f"/loyalty/programs/{KEY}/versions/publish")
    page.get_by_label("Note").fill("An easier tier.")
    page.get_by_role("link", name="See who moves").click()
    expect(page.locator("#moves")).to_contain_text("6 members move: 6 up, 0 down.")
    expect(page.get_by_label("Note")).to_have_value("An easier tier.")
    assert barriers(page).violations_count == 0, barriers(page).generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    picture(page, f"who moves {width}")
    page.goto(f"/loyalty/programs/{KEY}/versions/publish?moves=1&effective_at=2020-01-01T00:00")
    expect(page.locator("#moves")).to_contain_text("this one comes after it")
    picture(page, f"who moves in the past {width}")
