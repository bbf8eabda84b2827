"""The movements lead to the customers who moved, and say how well; and to others before they can."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from regulars.faces.console.tests import shop
from regulars.insights import queries
from regulars.insights.carrying_on import carry_on
from regulars.insights.contracts import RFM_FLOW_DAYS, RfmMap
from regulars.insights.services import request_run
from regulars.insights.tests.shop import ZONE, open_shop
from regulars.orders.facts_kept import rebuild_facts
from regulars.orders.models import Order, Return

ROW = re.compile(
    r'<th scope="row"><a class="link" href="([^"]+)" aria-label="(from [^"]+)">[^<]+</a></th>'
    r'<td>[^<]+</td><td class="n">(\d+)<'
)


def score_all(now: datetime) -> RfmMap:
    asked = request_run(now=now, actor=shop.ACTOR)
    assert carry_on(asked.id, clock=lambda: now)
    told = queries.find_rfm_map(asked.id)
    assert told
    return told


def shop_without_surprises() -> datetime:
    """Fill a shop until yesterday, where nothing came back and nobody bought on the day four weeks ago.

    Return the night of that day.
    """
    shop.business()
    today = datetime.now(ZoneInfo(ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    open_shop(150, until=today.date() - timedelta(days=1))
    then = today - timedelta(days=RFM_FLOW_DAYS)
    Return.objects.all().delete()
    Order.objects.update(returned_minor=0, returned_reporting_minor=0)
    Order.objects.filter(placed_at__gte=then, placed_at__lt=then + timedelta(days=1)).delete()
    rebuild_facts()
    return then + timedelta(hours=4)


def scored_four_weeks_ago() -> datetime:
    """Fill such a shop, and score its customers in that night."""
    then = shop_without_surprises()
    score_all(then)
    return then


@pytest.mark.begins_with(what=scored_four_weeks_ago)
def test_each_movement_leads_to_as_many_customers_as_it_says(owner: Client):
    told = score_all(timezone.now())
    page = html.unescape(owner.get("/rfm").text)
    rows = ROW.findall(page)
    assert len(rows) == len(told.flows) > 5
    assert any(words.startswith("from Not a customer yet") for _, words, _ in rows)
    for address, words, count in rows:
        assert re.search(rf"(?<!\d){count} customers? found", owner.get(address).text), words
    # The largest are told in words beside the chart, with the same customers.
    addresses = dict.fromkeys(address for address, _, _ in rows)
    assert set(re.findall(r'<li><a href="([^"]+)">from ', page)) <= addresses.keys()
    assert "each leads to those customers" in page
    assert "they can be a few more or fewer" in page


@pytest.mark.begins_with(what=scored_four_weeks_ago)
def test_who_moved_and_came_back_has_not_moved(begun: datetime, owner: Client):
    score_all(begun + timedelta(days=14))
    told = score_all(timezone.now())
    rows = ROW.findall(html.unescape(owner.get("/rfm").text))
    assert sum(int(count) for _, _, count in rows) == sum(flow.customers for flow in told.flows)
    for address, words, count in rows:
        assert re.search(rf"(?<!\d){count} customers? found", owner.get(address).text), words


def test_before_it_has_been_kept_for_four_weeks_they_lead_to_who_is_there_now(owner: Client):
    then = shop_without_surprises()
    score_all(then + timedelta(days=1))
    told = score_all(timezone.now())
    page = html.unescape(owner.get("/rfm").text)
    assert told.flows
    assert not ROW.findall(page)
    assert "rfm.segment%28on" not in page
    assert "each leads to who is there now" in page
    assert "Lists cannot tell yet who was in which segment" in page
