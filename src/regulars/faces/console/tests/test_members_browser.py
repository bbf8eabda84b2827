"""A member's page in a real browser: a dialog that comes back says first what is wrong in it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from regulars.faces.console.tests import members_shop, shop
from regulars.faces.console.tests.serving import Console

pytestmark = pytest.mark.browser


def a_member() -> str:
    shop.business()
    members_shop.club()
    return f"/customers/{members_shop.member(beans=500).customer_id}/loyalty"


@pytest.mark.begins_with(what=a_member)
def test_a_dialog_that_comes_back_has_what_is_wrong_in_focus(console: Console, begun: str) -> None:
    page = console.page()
    page.goto(begun)
    page.get_by_role("button", name="Give or take points").click()
    dialog = page.get_by_role("dialog")
    points = dialog.get_by_label("How many")
    points.fill("1200000")
    dialog.get_by_label("Reason").fill("Much too much")
    dialog.get_by_role("button", name="Post the points").click()
    expect(dialog).to_contain_text("1,200,000 points are more than you may give or take at once, which is 100,000.")
    expect(points).to_be_focused()
    expect(dialog.get_by_label("Reason")).to_have_value("Much too much")
    # A browser says so of an answer to a form that cannot be meant.
    assert [each.partition(": ")[2] for each in console.complaints] == [
        "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"
    ]
    console.complaints.clear()
