"""A report in a real browser: asked for, opened under a policy that lets nothing else run, printed."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import Console
from regulars.faces.console.tests.test_browser import barriers
from regulars.insights.models import ReportContent
from regulars.insights.reports.carrying_on import carry_on
from regulars.insights.reports.queries import get_content, list_reports

pytestmark = pytest.mark.browser


def pages_of(pdf: bytes) -> int:
    """Return how many pages a paper has."""
    return len(re.findall(rb"/Type\s*/Page[^s]", pdf))


def headings_of(pdf: bytes) -> list[str]:
    """Return the headings that a paper holds, as its outline tells them."""
    texts = re.findall(rb"/Title \((.*?)(?<!\\)\)|/Title <([0-9A-Fa-f]+)>", pdf, re.DOTALL)
    return [_text_of(plain, coded) for plain, coded in texts]


def _text_of(plain: bytes, coded: bytes) -> str:
    return bytes.fromhex(coded.decode()).decode("utf-16") if coded else plain.decode("latin-1")


def sold() -> None:
    shop.business()
    shop.many(30)


def open_page(console: Console, text: str = "How we are", **screen: object) -> Page:
    sold()
    report = shop.reported(text)
    page = console.page(**screen)  # type: ignore[arg-type]
    page.goto(f"/reports/{report}/page")
    return page


def test_a_report_is_asked_for_watched_and_opened(console: Console) -> None:
    sold()
    page = console.page()
    page.goto("/reports")
    page.get_by_role("link", name="Make a report").click()
    page.get_by_label("Title").fill("How autumn went")
    page.get_by_label("Margin").fill("40")
    page.get_by_role("button", name="Make the report").click()
    expect(page.get_by_text("Waiting for its turn")).to_be_visible()
    [asked] = list_reports(limit=5)
    assert carry_on(asked.id, clock=shop.now)
    # The page looks by itself.
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the report").click()
    expect(opened.value.get_by_role("heading", level=1, name="How autumn went")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Take along as HTML").click()
    assert Path(download.value.path()).read_bytes() == get_content(asked.id).page
    page.get_by_role("button", name="Remove the report").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator(".toasts")).to_contain_text("The report “How autumn went” is removed.")
    expect(page.get_by_role("heading", name="No report has been asked for yet")).to_be_visible()


def test_its_own_script_draws_and_saves_and_nothing_is_asked_of_the_server(console: Console) -> None:
    page = open_page(console)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator('[data-plot="revenue-by-buyer"] svg path').first).to_be_attached()
    assert [each for each in asked if not each.startswith(("data:", "blob:"))] == [page.url]
    figure = page.locator("figure", has=page.locator('[data-plot="revenue-by-buyer"]'))
    with page.expect_download() as download:
        figure.get_by_role("button", name=re.compile("CSV|Download")).first.click()
    assert download.value.suggested_filename.endswith(".csv")


def test_another_script_in_it_does_not_run_and_reaches_nothing_of_the_console(console: Console) -> None:
    sold()
    report = shop.reported()
    content = ReportContent.objects.get(report_id=report)
    planted = b'<script>window.ran = 1</script><img src=x onerror="window.ran = 1"></body>'
    page_text = zlib.decompress(content.page).replace(b"</body>", planted)
    # Not even the policy in the page itself is needed for that: the server sends it too.
    page_text = re.sub(rb"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", b"", page_text)
    # The page is sent as it was kept, as where a version before wrote it.
    of_before = zlib.compress(b'{"of": "another version"}')
    ReportContent.objects.filter(report_id=report).update(page=zlib.compress(page_text), json=of_before)
    page = console.page()
    page.goto(f"/reports/{report}/page")
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert page.evaluate("window.origin") == "null"
    assert any("Content Security Policy" in complaint for complaint in console.complaints)
    console.complaints.clear()


def test_it_is_printed_as_the_file_of_the_command_is(console: Console, tmp_path: Path) -> None:
    page = open_page(console, "Printed for the board")
    [kept] = list_reports(limit=1)
    file = tmp_path / "report.html"
    file.write_bytes(get_content(kept.id).page)
    alone = console.page(role=None)
    alone.goto(file.as_uri())
    ours, theirs = (each.pdf(outline=True, tagged=True, prefer_css_page_size=True) for each in (page, alone))
    assert pages_of(ours) == pages_of(theirs) > 3
    assert headings_of(ours) == headings_of(theirs)
    for heading in ("Printed for the board", "How the business stands", "Model card"):
        assert heading in headings_of(ours)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_with_schedules_and_reports_has_no_barrier_while_one_is_made(console: Console, width: int) -> None:
    sold()
    shop.scheduled()
    shop.reported()
    page = console.page(width=width)
    page.goto("/reports")
    page.get_by_role("button", name="Pause The week").click()
    expect(page.locator(".toasts")).to_contain_text("“The week” rests until you resume it.")
    page.get_by_role("button", name="Remove The week").click()
    expect(page.get_by_role("dialog", name="Remove the schedule of The week?")).to_be_visible()
    assert barriers(page).violations_count == 0, barriers(page).generate_report()
