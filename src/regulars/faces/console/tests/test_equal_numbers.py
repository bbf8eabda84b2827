"""The numbers on pages are those of the library on the same orders, to the last digit: a demo shop, and real people."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from ibis.expr.types import Table
from pyarrow import csv

from regulars.demo.orders import make_clean_orders
from regulars.faces.console.tests import shop
from regulars.insights.carrying_on import carry_on
from regulars.insights.contracts import RunState
from regulars.insights.queries import get_run
from regulars.insights.services import request_run
from regulars.insights.tests.test_runs import as_a_file
from regulars.intake.contracts import Settings
from regulars.intake.reading import read
from regulars.kit import formats
from regulars.report.contracts import Estimate, Options, Report
from regulars.report.history import WINDOW_DAYS as REPORT_WINDOW_DAYS
from regulars.report.run import Goals
from regulars.report.run import run as report_on
from regulars.report.segments import segment_look
from regulars.report.wording import cash
from retention import metrics, rfm
from retention.estimates import Interval
from retention.purchases import within

ZONE, CURRENCY = "Europe/Vienna", "EUR"
WINDOWS = (28, REPORT_WINDOW_DAYS)


def of_the_demo(_: Path) -> tuple[pa.Table, date]:
    return make_clean_orders(250, date(2026, 11, 19)), date(2026, 11, 19)


def of_complete_journey(shared_data: Path) -> tuple[pa.Table, date]:
    """Return the lines of real households that a grocery chain gave away, of the year 2017."""
    lines = pq.read_table(shared_data / "completejourney" / "transactions_sample.parquet")
    return lines.select(["household_id", "basket_id", "product_id", "sales_value", "transaction_timestamp"]), date(
        2017, 12, 31
    )


def scored(table: pa.Table, folder: Path, as_of: date) -> Path:
    """Import a table as a shop's file and score its customers as of a day; return the file."""
    file = folder / "sold.csv"
    csv.write_csv(table, file)
    shop.business()
    kept = shop.imported(file.read_text(encoding="utf-8"))
    assert kept.counts.imported > 100, kept.error_message
    night = datetime(as_of.year, as_of.month, as_of.day, 3, tzinfo=UTC) + timedelta(days=1)
    run = request_run(now=night, actor=shop.ACTOR)
    assert carry_on(run.id, clock=lambda: night)
    done = get_run(run.id)
    assert done.state is RunState.SUCCEEDED, done.error_message
    return file


def shown(page: str, name: str) -> str:
    [value] = re.findall(rf'data-figure-value="{name}"[^>]*>([^<]*)<', page)
    return html.unescape(value)


def by_the_library(state: Table, as_of: date, days: int) -> Mapping[str, str]:
    """Return what each metric comes to, as a page writes it."""
    window = within(state, after=as_of - timedelta(days=days))
    went, totals = metrics.course(state), metrics.totals(window)
    back = metrics.retention_rate(state, as_of=as_of, window_days=days)
    return {
        "retention_rate": formats.percent(back.value, 1),
        "churn_rate": formats.percent(1 - back.value, 1),
        "repeat_purchase_rate": formats.percent(metrics.repeat_purchase_rate(state).value, 1),
        "active_customers": formats.number(totals.customers),
        "new_customers": formats.number(went.new(as_of, days)),
        "revenue": cash(totals.revenue_minor, CURRENCY),
        "average_purchase_value": cash(metrics.average_purchase_value(window).value, CURRENCY),
        "purchase_frequency": formats.number(totals.purchases / totals.customers, 2),
    }


def behind(state: Table, as_of: date, days: int) -> Mapping[str, int]:
    """Return how many customers stand behind metrics: by days of `daily_state`, one after the other."""
    rows = state.filter(state.orders > 0).to_pyarrow().to_pylist()
    # As `retention.purchases.is_purchase` has it.
    bought: dict[str, list[date]] = {}
    for row in rows:
        if not 0 < row["refunded_minor"] >= row["gross_minor"]:
            bought.setdefault(row["customer"], []).append(row["day"])
    end, start = as_of, as_of - timedelta(days=days)
    here = {who for who, on in bought.items() if any(start < day <= end for day in on)}
    before = {who for who, on in bought.items() if any(start - timedelta(days=days) < day <= start for day in on)}
    earlier = {who for who, on in bought.items() if min(on) <= start}
    return {
        "retention_rate": len(here & before),
        "churn_rate": len(before - here),
        "repeat_purchase_rate": sum(len(on) > 1 for on in bought.values()),
        "active_customers": len(here),
        "new_customers": len(here - earlier),
        "revenue": len(here),
        "revenue_of_regulars": len(here & earlier),
    }


def interval(found: Interval) -> str:
    return f"95 %: {formats.percent(found.low, 1)} – {formats.percent(found.high, 1)}"


# The real shop's orders take minutes to fill in.
@pytest.mark.parametrize("orders_of", [of_the_demo, pytest.param(of_complete_journey, marks=pytest.mark.soak)])
def test_pages_show_what_the_library_says(owner: Client, shared_data: Path, tmp_path: Path, orders_of: Any) -> None:
    table, as_of = orders_of(shared_data)
    file = scored(table, tmp_path, as_of)
    settings = Settings(zone=ZONE, currency=CURRENCY, as_of=as_of)
    known = read([file], settings, connection=ibis.duckdb.connect())
    state = rfm.daily_state(known.orders, as_of=as_of).cache()
    for days in WINDOWS:
        for name, expected in by_the_library(state, as_of, days).items():
            page = owner.get(f"/metrics/{name}?window={days}").text
            assert shown(page, name) == expected, (name, days)
        for name, expected_people in behind(state, as_of, days).items():
            page = owner.get(f"/metrics/{name}?window={days}").text
            [listed] = re.findall(r'href="(/customers\?[^"]*)">See the customers behind it', page)
            found = owner.get(html.unescape(listed)).text
            assert f"{formats.number(expected_people)} customer" in found, (name, days)
        page = owner.get(f"/metrics/retention_rate?window={days}").text
        retained = shown(page, "retention_rate")
        assert interval(metrics.retention_rate(state, as_of=as_of, window_days=days)) in html.unescape(page)
    # What models find depends in its last digits on the order of the customers, which their ids make.
    by_our_ids = as_a_file(tmp_path)
    report = report_on([by_our_ids], settings=settings, options=Options(zone=ZONE, as_of=as_of), goals=Goals()).report
    the_segments_are_the_reports(owner.get("/rfm").text, report)
    the_cards_are_the_reports(owner.get("/overview").text, report)
    assert report.metrics.retention_window_days == REPORT_WINDOW_DAYS
    assert report.metrics.retention_rate.value is not None
    assert retained == formats.percent(report.metrics.retention_rate.value, 1)


def the_segments_are_the_reports(page: str, report: Report) -> None:
    rows = re.findall(r'<tr>\s*<th scope="row"><a class="row-link".*?</tr>', page, re.DOTALL)
    told = {}
    for row in rows:
        words = [
            html.unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        told[words[0]] = (words[1], words[3])
    for segment in report.segments:
        name = segment_look(segment.name).name
        expected = (formats.number(segment.customers), formats.money(segment.revenue, CURRENCY, whole=True))
        assert told[name] == expected, name


def the_cards_are_the_reports(page: str, report: Report) -> None:
    for name, estimate in (
        ("revenue_at_stake", report.metrics.revenue_at_stake_minor),
        ("clv_expected", report.metrics.clv_expected_minor),
    ):
        assert isinstance(estimate, Estimate)
        assert shown(page, name) == cash(estimate.value, CURRENCY), name
