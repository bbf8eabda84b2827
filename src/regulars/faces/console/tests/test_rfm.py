"""The segments as the last run found them, each leading to its customers; and a run that somebody asks for."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.test import Client
from django.utils import timezone

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.insights import queries
from regulars.insights.carrying_on import carry_on
from regulars.insights.contracts import Run, RunState
from regulars.insights.models import Run as RunRow
from regulars.insights.services import request_run
from regulars.report.wording import cash
from regulars.staff.contracts import Role


def score_all() -> Run:
    latest = queries.find_latest_run()
    assert latest
    carry_on(latest.id, clock=timezone.now)
    return queries.get_run(latest.id)


def unscored() -> None:
    """Fill a shop in which nobody has been scored."""
    shop.business()
    shop.many(3)


def scored() -> Run:
    """Fill a shop of 61 customers, and score them."""
    shop.business()
    shop.many(60)
    request_run(now=timezone.now(), actor=shop.ACTOR)
    return score_all()


def scored_by_one_order() -> Run:
    """Open a shop with one order, and score who placed it."""
    shop.business()
    shop.put([shop.order_of(shop.Words())])
    request_run(now=timezone.now(), actor=shop.ACTOR)
    return score_all()


@pytest.mark.begins_with(what=unscored)
def test_before_the_first_run_the_page_says_when_there_will_be_something(owner: Client):
    page = owner.get("/rfm").text
    assert "Nobody has been scored yet" in page
    assert "Score now" in page


def test_a_run_is_asked_for_seen_and_shown(owner: Client):
    shop.business()
    shop.many(40)
    page = owner.post("/rfm/run", follow=True).text
    assert "are being scored" in page
    assert 'hx-trigger="every 2s"' in page
    assert "A run is under way already" in owner.post("/rfm/run", follow=True).text
    score_all()
    page = owner.get("/rfm").text
    [told] = re.findall(r"(\d+) customers by 71 orders", page)
    addresses = re.findall(r'class="row-link" href="([^"]+)"', page)
    counts = [int(each) for each in re.findall(r'</th>\s*<td class="n">([\d,]+)</td>', page)]
    assert sum(counts) == int(told) == 41
    # Each segment's list has as many as the page says.
    for address, count in zip(addresses, counts, strict=True):
        listed = owner.get(html.unescape(address)).text
        words = "1 customer found" if count == 1 else f"{count} customers found"
        assert words in listed, address


@pytest.mark.begins_with(what=scored)
def test_each_cell_of_the_map_leads_to_as_many_customers_as_it_says(owner: Client):
    for across in ("frequency", "worth"):
        page = owner.get(f"/rfm?across={across}").text
        cells = re.findall(r'<td class="heat-\d"><a href="([^"]+)"><span aria-hidden="true">([\d,]+)<', page)
        assert sum(int(count) for _, count in cells) == 61
        for address, count in cells:
            listed = owner.get(html.unescape(address)).text
            words = "1 customer found" if count == "1" else f"{count} customers found"
            assert words in listed, address


@pytest.mark.begins_with(what=scored)
def test_the_map_is_of_what_the_address_asks_for(begun: Run, owner: Client):
    told = queries.find_rfm_map(begun.id)
    assert told
    best = sum(cell.revenue_minor for cell in told.cells if (cell.r, cell.f) == (5, 5))
    page = owner.get("/rfm?measure=revenue").text
    assert f'<span aria-hidden="true">{cash(best, "EUR")}<' in page
    assert 'aria-current="true">Revenue so far' in page
    # What the address asks for and is not there is as if it asked for nothing.
    assert 'aria-current="true">Customers' in owner.get("/rfm?measure=xyzzy&across=7").text


@pytest.mark.begins_with(what=scored)
def test_the_movements_are_summed_up_and_add_up(begun: Run, owner: Client):
    told = queries.find_rfm_map(begun.id)
    assert told
    assert told.since
    page = owner.get("/rfm").text
    came = sum(flow.customers for flow in told.flows if flow.from_segment is None)
    assert came > 0
    assert f"{came} customers came for the first time." in page
    found = [json.loads(html.unescape(each)) for each in re.findall(r'data-figure="(\{.*?\})"', page)]
    [flows] = [each for each in found if each["file"] == "rfm-flows.csv"]
    assert flows["spec"]["kind"] == "flows"
    lines = flows["csv"].strip().splitlines()[1:]
    assert sum(int(line.split(",")[2]) for line in lines) == 61


@pytest.mark.begins_with(what=scored_by_one_order)
def test_a_shop_of_less_than_four_weeks_has_a_map_and_nobody_who_moved(owner: Client):
    page = owner.get("/rfm").text
    assert "nobody can have moved yet" in page
    assert len(re.findall(r'<td class="heat-\d">', page)) == 1


@pytest.mark.begins_with(what=scored)
def test_a_run_that_failed_says_so_and_what_was_found_before_stands(owner: Client):
    RunRow.objects.create(
        id="01890000-0000-7000-8000-00000000000f",
        state=RunState.FAILED.value,
        trigger="by_hand",
        requested_by="system:test",
        as_of=timezone.now().date(),
        started_at=timezone.now(),
        finished_at=timezone.now(),
        error_code="engine_failed",
        error_message="The engine gave up.",
    )
    page = owner.get("/rfm").text
    assert "The last scoring failed" in page
    assert "The engine gave up." in page
    assert 'class="row-link"' in page


@pytest.mark.begins_with(what=scored)
def test_a_customer_tells_of_value_risk_and_the_next_order(owner: Client):
    [score, *_] = queries.iter_scores()
    page = owner.get(f"/customers/{score.customer_id}").text
    assert "Next 12 months" in page
    assert "Risk of leaving" in page
    assert "How it came about" in page


@pytest.mark.begins_with(what=unscored)
def test_who_may_not_have_it_run_sees_no_button(owner: Client):
    agent = client_of(Role.AGENT)
    assert "Score now" in owner.get("/rfm").text
    assert "Score now" not in agent.get("/rfm").text
    assert agent.post("/rfm/run").status_code == 403
    assert client_of(Role.TILL).get("/rfm").status_code == 403
