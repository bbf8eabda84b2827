"""The page in a real browser: charts, tables, downloads, definitions, paper, and no barrier to anyone."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from regulars.report.contracts import Report
from regulars.report.page import render_html
from regulars.report.tests.report_factory import believable_report, empty_report, one_customer_report

pytestmark = pytest.mark.browser

CHARTS = (
    "revenue-by-buyer",
    "won-and-lost",
    "concentration",
    "second-purchase",
    "backtest",
    "by-frequency",
    "calibration",
)
SCREENS = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]

Open = Callable[..., Page]


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a report as a file, and hold at the end that the page complained of nothing and asked for nothing."""
    complaints: list[str] = []
    contexts = []

    def open_page(report: Report, *, width: int = 1440, scheme: str = "light", scripts: bool = True) -> Page:
        path = tmp_path / "report.html"
        path.write_text(render_html(report, language="en"), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            java_script_enabled=scripts,
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _note(request.url, complaints))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _note(url: str, complaints: list[str]) -> None:
    if not url.startswith(("file:", "data:", "blob:")):
        complaints.append(f"the page asked for {url}")


def _barriers(page: Page) -> AxeResults:
    """Run axe: WCAG 2.2 A and AA, and the best practices."""
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    return Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_page_has_no_barrier_and_fits_the_screen(open_report: Open, width: int, scheme: str) -> None:
    page = open_report(believable_report(), width=width, scheme=scheme)
    found = _barriers(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("make", [empty_report, one_customer_report])
def test_a_page_with_next_to_nothing_has_no_barrier_either(open_report: Open, make: Callable[[], Report]) -> None:
    page = open_report(make(), width=390)
    found = _barriers(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_check_for_barriers_finds_one(open_report: Open) -> None:
    page = open_report(empty_report())
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert _barriers(page).violations_count > 0


def test_every_chart_is_drawn_and_has_a_name(open_report: Open) -> None:
    page = open_report(believable_report())
    for name in CHARTS:
        plot = page.locator(f'[data-plot="{name}"]')
        assert plot.locator("svg path").count() > 5, name
        assert len(plot.get_attribute("aria-label") or "") > 30, name
    assert page.locator("[data-plot]").count() == len(CHARTS)


def test_a_chart_tells_its_values_where_the_pointer_is(open_report: Open) -> None:
    page = open_report(believable_report())
    plot = page.locator('[data-plot="revenue-by-buyer"]')
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(plot).to_contain_text(re.compile(r"Returning: €[\d,]+"))


def test_the_table_behind_a_chart_opens_by_the_keyboard(open_report: Open) -> None:
    page = open_report(believable_report())
    figure = page.locator("figure", has=page.locator('[data-plot="revenue-by-buyer"]'))
    toggle = figure.get_by_role("button", name="Table: Revenue by who bought")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(figure.get_by_role("table")).to_be_visible()
    expect(figure.locator(".plot")).to_be_hidden()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(figure.locator(".plot")).to_be_visible()


def test_the_csv_of_a_chart_downloads(open_report: Open) -> None:
    report = believable_report()
    page = open_report(report)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV: Customers won and lost").click()
    assert download.value.suggested_filename == "won-and-lost.csv"
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["Lapsed"]) for row in rows] == [period.lapsed for period in report.activity]


def test_the_definition_of_a_number_opens_by_click_by_key_and_by_hover(open_report: Open) -> None:
    page = open_report(believable_report())
    term = page.locator("#state").get_by_role("button", name="Customers who came back")
    definition = page.locator("#def-retention_rate")
    expect(definition).to_be_hidden()
    term.focus()
    page.keyboard.press("Enter")
    expect(definition).to_be_visible()
    page.keyboard.press("Escape")
    expect(definition).to_be_hidden()
    term.hover()
    expect(definition).to_be_visible()
    term.click()
    expect(definition).to_be_visible()
    page.mouse.move(2, 2)
    page.mouse.click(2, 300)
    expect(definition).to_be_hidden()


def test_without_scripts_the_tables_stand_in_for_the_charts(open_report: Open) -> None:
    page = open_report(believable_report(), scripts=False)
    assert page.locator(".has-plot table:visible").count() == len(CHARTS)
    assert page.locator("[data-toggle]:visible").count() == 0
    assert page.locator(".plot:visible").count() == 0


def test_the_charts_follow_a_change_of_the_colour_scheme(open_report: Open) -> None:
    page = open_report(believable_report())
    before = page.locator('[data-plot="concentration"]').inner_html()
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("old => document.querySelector('[data-plot=concentration]').innerHTML !== old", arg=before)
    assert page.locator('[data-plot="concentration"]').inner_html() != before


def test_the_page_prints_on_several_sheets_that_hold_it(open_report: Open) -> None:
    page = open_report(believable_report(), scheme="dark")
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 3
    # An A4 sheet less its margins is 695 px wide; nothing may stand out of it, and paper is light.
    page.set_viewport_size({"width": 695, "height": 1000})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.scrollWidth") == 695
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    wide = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.plot svg')].map(s => s.getBoundingClientRect().right))"
    )
    assert 300 < wide <= 695
