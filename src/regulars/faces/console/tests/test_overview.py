"""The overview: what a manager opens first, from an empty shop to one that has been scored."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.faces.console.tests.test_rfm import scored, scored_by_one_order, unscored
from regulars.imports import services as imports
from regulars.imports.contracts import FileMapping, ImportState
from regulars.imports.models import Import
from regulars.imports.queries import get_import
from regulars.insights import queries
from regulars.insights.attention import find_attention
from regulars.insights.catalogue import METRICS
from regulars.insights.contracts import Run, RunState, SectionJson
from regulars.insights.models import Section, Target
from regulars.insights.tests.test_attention import NOBODY
from regulars.kit import formats
from regulars.kit.ids import new_id
from regulars.report.tests.report_factory import believable_report
from regulars.staff.contracts import Role


def needs(page: str) -> dict[str, str]:
    """Return the titles of what needs somebody, by code."""
    return dict(re.findall(r'<li data-need="(\w+)">.*?<p class="what">(.*?)</p>', page, re.DOTALL))


def values(page: str) -> dict[str, str]:
    return dict(re.findall(r'data-figure-value="(\w+)"[^>]*>([^<]*)<', page))


def test_an_empty_shop_is_told_the_first_step(owner: Client):
    page = owner.get("/", follow=True).text
    assert "No orders yet" in page
    assert 'href="/imports/new"' in page


@pytest.mark.begins_with(what=unscored)
def test_before_the_first_run_it_can_be_asked_for_here(owner: Client):
    page = owner.get("/overview").text
    assert "Nobody has been scored yet" in page
    assert 'action="/rfm/run"' in page
    owner.post("/rfm/run")
    assert "All customers are being scored" in owner.get("/overview").text


@pytest.mark.begins_with(what=scored_by_one_order)
def test_one_order_makes_a_page_without_a_figure_that_nobody_could_know(owner: Client):
    page = owner.get("/overview").text
    assert "too short" in page
    assert values(page)["retention_rate"] == formats.MISSING
    assert "nan" not in page.lower().replace("nance", "")
    assert not any("retention" in code for code in needs(page))


@pytest.mark.begins_with(what=scored)
def test_figures_are_those_of_the_run_in_each_window(begun: Run, owner: Client):
    found = queries.find_metrics(begun.id)
    assert found
    for days in (28, 91):
        page = owner.get(f"/overview?window={days}").text
        told = found["revenue_of_regulars"][days]
        if told:
            assert values(page)["revenue_of_regulars"] == formats.money(told[0].value, "EUR", whole=True)
        for name in METRICS:
            assert f'href="/metrics/{name}' in page


@pytest.mark.begins_with(what=scored)
def test_what_others_publish_stands_with_its_source(owner: Client):
    page = owner.get("/overview").text
    assert "28.0% (Metrilo)" in page
    assert "16.6% (National Retail Federation and Appriss Retail)" in page


@pytest.mark.begins_with(what=scored)
def test_each_metric_has_a_page_that_leads_to_its_customers(owner: Client):
    for name, metric in METRICS.items():
        page = owner.get(f"/metrics/{name}?window=28").text
        assert html.escape(metric.label) in page
        for address in re.findall(r'href="(/customers[?]where=[^"]+)"', page):
            answer = owner.get(html.unescape(address))
            assert answer.status_code == 200
            assert "form-error" not in answer.text, address
    assert owner.get("/metrics/nothing").status_code == 404


@pytest.mark.begins_with(what=scored)
def test_the_customers_behind_a_count_are_as_many_as_it_says(owner: Client):
    page = owner.get("/metrics/active_customers?window=28").text
    [address] = re.findall(r'href="(/customers[?]where=[^"]+)"', page)
    count = values(page)["active_customers"]
    assert int(count) > 1
    assert f"{count} customers found" in owner.get(html.unescape(address)).text


@pytest.mark.begins_with(what=scored)
def test_a_target_is_set_held_against_and_taken_away(owner: Client):
    answer = owner.post("/metrics/repeat_purchase_rate/target?window=91", {"value": "99"}, follow=True)
    assert "The target is set" in answer.text
    assert Target.objects.get().value == pytest.approx(0.99)
    assert needs(owner.get("/overview").text)["target_missed"] == "Customers who bought again: the target is missed"
    answer = owner.post("/metrics/repeat_purchase_rate/target?window=91", {"value": "140"})
    assert (answer.status_code, "at most 100%" in answer.text) == (400, True)
    owner.post("/metrics/repeat_purchase_rate/target?window=91", {"value": ""})
    assert not Target.objects.exists()
    assert "target_missed" not in needs(owner.get("/overview").text)


@pytest.mark.begins_with(what=scored)
def test_an_analyst_sees_targets_and_sets_none(fresh_database: str):
    analyst = client_of(Role.ANALYST)
    assert "/target" not in analyst.get("/metrics/revenue").text
    assert analyst.post("/metrics/revenue/target", {"value": "1"}).status_code == 403


@pytest.mark.begins_with(what=scored)
def test_an_import_that_failed_needs_somebody_for_a_week(owner: Client):
    made = shop.imported("customer,date,amount\n1,2026-11-01,10\n")
    Import.objects.filter(id=made.id).update(
        state=ImportState.FAILED.value, error_message="The file is damaged.", ended_at=timezone.now()
    )
    page = owner.get("/overview").text
    assert needs(page)["import_failed"].startswith("The import of ")
    assert "The file is damaged." in page
    Import.objects.filter(id=made.id).update(ended_at=timezone.now() - timedelta(days=8))
    assert "import_failed" not in needs(owner.get("/overview").text)


@pytest.mark.begins_with(what=scored)
def test_a_failure_is_not_lost_behind_the_imports_of_every_hour(owner: Client):
    made = shop.imported("customer,date,amount\n1,2026-11-01,10\n")
    row = Import.objects.get(id=made.id)
    Import.objects.filter(id=made.id).update(state=ImportState.FAILED.value, ended_at=timezone.now())
    for hours in range(1, 31):
        row.id, row.created_at = new_id(), timezone.now() + timedelta(hours=hours)
        row.save(force_insert=True)
    assert needs(owner.get("/overview").text)["import_failed"].startswith("The import of ")


@pytest.mark.begins_with(what=scored)
def test_an_import_of_which_no_row_was_taken_in_needs_somebody_too(owner: Client):
    received = shop.receive("customer,date,amount\n" + "1,never,10\n" * 3)
    columns = {name: name for name in ("customer", "date", "amount")}
    imports.map_columns(
        import_id=received.id, mapping=FileMapping(columns=columns), now=timezone.now(), actor=shop.ACTOR
    )
    imports.start(import_id=received.id, now=timezone.now(), actor=shop.ACTOR)
    shop.work_on_imports()
    made = get_import(received.id)
    assert (made.state, made.counts.refused, made.counts.imported) == (ImportState.DONE, 3, 0)
    page = owner.get("/overview").text
    assert needs(page)["import_refused"] == "No row of orders.csv was taken in"
    assert "3 rows were refused, most of them for this: " in page
    shop.imported("customer,date,amount\n,2026-11-01,10\n2,2026-11-01,10\n3,2026-11-02,10\n", name="half.csv")
    assert "half.csv" not in owner.get("/overview").text
    Import.objects.filter(id=made.id).update(ended_at=timezone.now() - timedelta(days=8))
    assert "import_refused" not in needs(owner.get("/overview").text)


def let_the_run_have_found(item: dict[str, Any]) -> None:
    run = queries.find_latest_run(state=RunState.SUCCEEDED)
    assert run
    Section.objects.filter(run_id=run.id, name="attention").update(content={"items": [item]})


def test_what_the_run_found_stands_with_its_reason_and_its_customers(owner: Client):
    scored()
    item = {
        "code": "best_gone_quiet",
        "severity": "warning",
        "template": "{stake_minor} are at stake.",
        "values": {"stake_minor": 123400.0},
        "customers": 62,
        "worth_minor": 123400.0,
        "condition": "rfm.m = 5 and churn.at_risk",
        "about": "",
        "name": "",
    }
    let_the_run_have_found(item)
    page = owner.get("/overview").text
    assert needs(page)["best_gone_quiet"] == "62 of your best customers have gone quiet"
    assert "€1,234 are at stake" in page
    [address] = re.findall(r'href="(/customers[?]where=rfm.m[^"]+)"', page)
    assert owner.get(html.unescape(address)).status_code == 200


@pytest.mark.begins_with(what=scored)
def test_the_buyers_of_a_product_are_found_by_their_condition(begun: Run, owner: Client):
    products = queries.find_section(begun.id, "products")
    assert products
    sold = max(products["products"], key=lambda product: product["buyers"])
    lost = sold | {"followed": 9, "returned_share": 0.1, "others_share": 0.4, "revenue_minor": 1}
    sections: dict[str, SectionJson] = {
        "metrics": {"series": {}},
        "products": {"not_returning": [lost], "products": [sold]},
    }
    kept = find_attention(believable_report(), NOBODY, sections, stock_before={})
    [item] = kept["items"]
    assert item["customers"] == sold["buyers"]
    page = owner.get("/customers", {"where": item["condition"]}).text
    assert re.search(rf"\b{sold['buyers']} customers? found", page)


def test_an_unusual_state_leads_to_its_metric_of_no_window(owner: Client):
    scored()
    item = {
        "code": "metric_unusual",
        "severity": "warning",
        "template": "It is {now:.0f}; usual are {low:.0f} to {high:.0f}.",
        "values": {"now": 190.0, "low": 90.0, "high": 110.0},
        "customers": 190,
        "worth_minor": None,
        "condition": "churn.at_risk",
        "about": "customers_at_risk",
        "name": "",
    }
    let_the_run_have_found(item)
    page = owner.get("/overview").text
    assert needs(page)["metric_unusual"] == "Customers at risk: higher than usual"
    assert "It is 190; usual are 90 to 110." in page
    assert '<a class="btn btn-small" href="/metrics/customers_at_risk">' in page


def test_a_run_from_before_there_were_metrics_says_so(owner: Client):
    scored()
    Section.objects.exclude(name="report").delete()
    page = owner.get("/overview").text
    assert "the next one brings them" in page
    assert "Segments by value" in page


def test_who_may_not_see_figures_begins_with_the_customers(fresh_database: str):
    till = client_of(Role.TILL)
    assert till.get("/").headers["Location"] == "/customers"
    assert till.get("/overview").status_code == 403
