"""In a shop without an order all pages that need one say the same, and lead to the first step; with one, none does."""

from __future__ import annotations

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.insights import queries
from regulars.insights.services import request_run
from regulars.staff.contracts import Role
from regulars.staff.permissions import PERMISSIONS

PAGES = ("/overview", "/rfm", "/cohorts", "/value-and-risk", "/products", "/reports", "/reports/runs")
SAID = "Send in a file of orders, or let your shop send them over the API; all else follows from them."
SCORES = 'action="/rfm/run"'


@pytest.mark.parametrize("address", PAGES)
def test_a_page_says_that_there_are_no_orders_and_offers_no_scoring(owner: Client, address: str) -> None:
    shop.business()
    page = owner.get(address).text
    assert page.count("No orders yet") == 1
    assert page.count(SAID) == 1
    assert 'href="/imports/new">Import orders' in page
    for scoring in (SCORES, "Score now", "scored yet", "looked at yet"):
        assert scoring not in page
    shop.many(3)
    page = owner.get(address).text
    assert "No orders yet" not in page
    assert SAID not in page
    assert (SCORES in page) == (not address.startswith("/reports"))


@pytest.mark.parametrize("address", PAGES)
def test_who_may_not_import_is_not_led_there(owner: Client, address: str) -> None:
    shop.business()
    assert Role.AGENT not in PERMISSIONS["imports.run"]
    page = client_of(Role.AGENT).get(address).text
    assert SAID in page
    assert "Import orders" not in page
    assert "Import orders" in owner.get(address).text


@pytest.mark.parametrize("address", ["/overview", "/rfm", "/cohorts", "/value-and-risk"])
def test_while_a_scoring_runs_the_page_says_that(owner: Client, address: str) -> None:
    shop.business()
    request_run(now=shop.now(), actor=shop.ACTOR)
    assert queries.find_latest_run()
    assert ProcrastinateJob.objects.exists()
    answer = owner.get(address)
    assert answer.status_code == 200
    assert SAID not in answer.text
