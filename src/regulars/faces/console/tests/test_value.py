"""Value and risk: what the page says is what the run found; a short history says what it cannot tell."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of, words
from regulars.faces.console.tests.test_rfm import score_all, scored, scored_by_one_order, unscored
from regulars.insights import queries
from regulars.insights.contracts import Run, RunState, Score
from regulars.insights.models import Score as ScoreRow
from regulars.insights.models import Section
from regulars.insights.services import request_run
from regulars.insights.tests.shop import NOW, run, scored_shop
from regulars.kit import formats
from regulars.report.json_form import from_json
from regulars.report.page.sentences import leaving_lede, trust_lede
from regulars.report.wording import cash
from regulars.staff.contracts import Role

PAGE = "/value-and-risk"


def figures(page: str) -> dict[str, dict[str, object]]:
    """Return what the figures of a page are drawn from, by the name of their file."""
    found = [json.loads(html.unescape(each)) for each in re.findall(r'data-figure="(\{.*?\})"', page)]
    return {each["file"]: each for each in found}


def at_risk() -> list[Score]:
    return queries.list_at_risk(limit=1_000)


@pytest.mark.begins_with(what=unscored)
def test_before_the_first_run_the_page_says_when_there_will_be_something(owner: Client) -> None:
    page = owner.get(PAGE).text
    assert "Nobody has been scored yet" in page
    assert "Score now" in page


@pytest.mark.begins_with(what=scored_shop(160))
def test_what_the_page_says_is_what_the_run_found(begun: Run, owner: Client) -> None:
    told = queries.find_report(begun.id)
    assert told
    report = from_json(told)
    page = owner.get(PAGE).text
    text = words(page)
    metrics = report.metrics
    assert report.backtest
    assert report.risk
    for estimate in (metrics.customer_equity_minor, metrics.expected_revenue_minor, metrics.revenue_at_stake_minor):
        assert cash(estimate.value, "EUR") in text
        assert cash(estimate.low, "EUR") in text
    assert formats.number(metrics.expected_orders.value) in text
    assert leaving_lede(report) in text
    assert trust_lede(report) in text
    for candidate in report.models.purchase.candidates:
        assert formats.number(candidate.aic, 1) in text
    assert formats.number(report.risk.auc, 3) in text
    drawn = figures(page)
    assert drawn.keys() == {
        *("value-spread.csv", "value-curve.csv", "risk-spread.csv"),
        *("calibration.csv", "backtest.csv", "by-frequency.csv"),
    }
    assert _sum_of(drawn["value-spread.csv"], 1) == _sum_of(drawn["risk-spread.csv"], 1) == metrics.customers
    assert _sum_of(drawn["risk-spread.csv"], 2) == metrics.customers_at_risk


def _sum_of(figure: dict[str, object], column: int) -> int:
    _, *rows = csv.reader(io.StringIO(str(figure["csv"])))
    return sum(int(row[column]) for row in rows)


@pytest.mark.begins_with(what=scored_shop(160))
def test_who_is_at_risk_stands_page_by_page_and_all_of_them_are_in_the_list(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.faces.console.at_risk.ROWS", 3)
    expected, seen, address = at_risk(), [], PAGE
    assert len(expected) > 4
    while address:
        page = owner.get(address).text
        seen += re.findall(r'row-link" href="/customers/([0-9a-f-]{36})"', page)
        further = re.search(rf'href="({PAGE}\?after=[^"]+)"', page)
        address = html.unescape(further[1]) if further else ""
    assert seen == [str(score.customer_id) for score in expected]
    assert "no order for" in page
    everybody = re.search(r'href="(/customers\?where=churn\.at_risk[^"]*)"', page)
    assert everybody
    total = ScoreRow.objects.filter(at_risk=True).count()
    assert f"{total} customers found" in owner.get(html.unescape(everybody[1])).text
    assert owner.get(f"{PAGE}?after=nowhere").status_code == 400


@pytest.mark.begins_with(what=scored_shop(160))
def test_who_has_ordered_since_the_run_is_told_to_have_come_back(owner: Client) -> None:
    [first, *_] = at_risk()
    ScoreRow.objects.filter(customer_id=first.customer_id).update(last_on=NOW.date() + timedelta(days=1))
    assert "has ordered again, on 21 Nov 2026" in words(owner.get(PAGE).text)


@pytest.mark.begins_with(what=scored_by_one_order)
def test_a_history_too_short_for_a_test_says_so(owner: Client) -> None:
    page = owner.get(PAGE)
    assert page.status_code == 200
    text = words(page.text)
    assert "The history is too short to hold a part of it back" in text
    assert "Nobody is at risk" in text
    assert "Score now" in text


@pytest.mark.begins_with(what=scored)
def test_a_small_shop_has_a_sensible_page(owner: Client) -> None:
    good = queries.find_latest_run(state=RunState.SUCCEEDED)
    assert good
    text = words(owner.get(PAGE).text)
    assert "Model card" in text
    assert "When not to use it" in text


def test_a_run_of_an_earlier_version_says_that_the_next_one_brings_it(owner: Client) -> None:
    scored()
    Section.objects.exclude(name="report").delete()
    assert brings_it_next(owner, PAGE)
    assert brings_it_next(owner, "/rfm")
    assert "Model card" in owner.get(PAGE).text


def test_what_another_version_kept_in_another_form_is_as_if_it_were_not_there(owner: Client) -> None:
    scored()
    Section.objects.exclude(name="report").update(content={"cells": [[1, 2]], "bins": 3})
    assert brings_it_next(owner, PAGE)
    assert brings_it_next(owner, "/rfm")


def brings_it_next(owner: Client, path: str) -> bool:
    """Tell whether a page says that the next run brings what it lacks, and has the button that asks for one."""
    page = owner.get(path).text
    return "The next one brings it" in page and "Score now" in page


@pytest.mark.begins_with(what=scored_shop(160))
def test_each_run_stands_with_its_tests(owner: Client) -> None:
    run(NOW + timedelta(days=1))
    page = owner.get(PAGE).text
    table = page[page.index("The last runs and their tests") :]
    assert re.findall(r'<tr><th scope="row">([^<]+)<span', table) == ["20 Nov 2026", "19 Nov 2026"]


@pytest.mark.begins_with(what=scored_shop(160))
def test_who_may_not_see_customers_sees_no_names(owner: Client) -> None:
    assert 'id="at-risk"' in owner.get(PAGE).text
    assert client_of(Role.TILL).get(PAGE).status_code == 403


def test_a_name_that_comes_from_outside_is_only_ever_text(owner: Client) -> None:
    name = '"><img src=x onerror=alert(1)>'
    shop.business()
    shop.put([shop.order_of(shop.Words(name=name))])
    request_run(now=timezone.now(), actor=shop.ACTOR)
    score_all()
    ScoreRow.objects.update(at_risk=True, revenue_at_stake_minor=500)
    page = owner.get(PAGE).text
    assert html.escape(name) in page
    assert "<img" not in page
