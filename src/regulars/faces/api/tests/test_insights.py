"""Runs are asked for and read, as a program does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.faces.api.app import api
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.insights.cohorts import ATTRIBUTES, PERIODS, Age, Cohorts, Group, Kind, section_of
from regulars.insights.models import Run, ScoreHistory, Section
from regulars.report.contracts import Cohort


def test_a_run_is_asked_for_and_a_second_one_is_refused(client: Client):
    asked = client.insights.score()
    assert (asked["state"], asked["trigger"], asked["alarms"]) == ("running", "by_hand", [])
    assert client.insights.run(asked["id"])["id"] == asked["id"]
    assert [each["id"] for each in client.insights.runs()] == [asked["id"]]
    with pytest.raises(ApiError) as refused:
        client.insights.score()
    assert (refused.value.status, refused.value.code) == (409, "run_under_way")
    with pytest.raises(ApiError) as missing:
        client.insights.report(asked["id"])
    assert (missing.value.status, missing.value.code) == (404, "no_such_run")


def test_what_a_run_found_and_what_changed_is_read(client: Client):
    asked = client.insights.score()
    Run.objects.filter(id=asked["id"]).update(
        state="succeeded",
        finished_at=timezone.now(),
        alarms=[
            {
                "code": "no_rate",
                "severity": "notice",
                "template": "{count} orders.",
                "values": {"count": 3},
                "figures": {"orders": 3.0},
            }
        ],
    )
    Section.objects.create(run_id=asked["id"], name="report", content={"metrics": {"customers": 1}})
    assert client.insights.report(asked["id"]) == {"metrics": {"customers": 1}}
    [alarm] = client.insights.run(asked["id"])["alarms"]
    assert (alarm["code"], alarm["text"]) == ("no_rate", "3 orders.")
    put = client.orders.put("shop", "1", an_order())
    ScoreHistory.objects.create(
        customer_id=str(put["customer_id"]),
        changed_on="2026-11-20",
        run_id=asked["id"],
        rfm_segment="new",
        risk_decile=3,
    )
    [change] = client.insights.changes(str(put["customer_id"]))
    assert (change["changed_on"], change["rfm_segment"], change["clv_decile"]) == ("2026-11-20", "new", None)


def test_who_comes_back_is_read_by_period_and_attribute(client: Client):
    with pytest.raises(ApiError) as missing:
        client.insights.cohorts()
    assert (missing.value.status, missing.value.code) == (404, "no_such_cohorts")
    asked = client.insights.score()
    Run.objects.filter(id=asked["id"]).update(state="succeeded", finished_at=timezone.now())
    with pytest.raises(ApiError) as older:
        client.insights.cohorts()
    assert older.value.code == "no_such_cohorts"
    age = Age(periods=0, followed=9, bought=9, share=1.0, low=0.7, high=1.0, revenue_minor=900)
    cohort = Cohort(period=date(2026, 10, 1), size=9, retained=(9, 2), revenue_minor=(900, 80))
    group = Group(kind=Kind.EVERYBODY, value="", customers=9, ages=(age,), cohorts=(cohort,))
    austrians = replace(group, kind=Kind.VALUE, value="AT")
    told = {
        period: Cohorts(period=period, open_end=True, everybody=group, trend=None, splits={"country": (austrians,)})
        for period in PERIODS
    }
    section = section_of(told, as_of=date(2026, 11, 19), currency="EUR", own_period="month")
    Section.objects.create(run_id=asked["id"], name="cohorts", content=section)
    everybody = client.insights.cohorts()
    assert (everybody["run_id"], everybody["as_of"], everybody["period"]) == (asked["id"], "2026-11-19", "month")
    [found] = everybody["groups"]
    assert (found["kind"], found["cohorts"][0]["retained"], found["ages"][0]["high"]) == ("everybody", [9, 2], 1.0)
    split = client.insights.cohorts(period="week", by="country")
    assert [(each["kind"], each["value"]) for each in split["groups"]] == [("value", "AT")]
    assert (split["period"], split["by"]) == ("week", "country")
    with pytest.raises(ApiError) as refused:
        client.insights.cohorts(by="shoes")
    assert refused.value.status == 422


def test_the_api_splits_by_all_attributes_that_there_are():
    schema = api.get_openapi_schema()["paths"]["/v1/insights/cohorts"]["get"]["parameters"]
    offered = {each["name"]: set(json.dumps(each["schema"]).split('"')) for each in schema}
    assert set(ATTRIBUTES) <= offered["by"]
    assert set(PERIODS) <= offered["period"]


def test_a_key_that_may_read_may_not_have_it_run(db: None):
    with Client(URL, make_key("insights.read"), transport=transport()) as other:
        assert list(other.insights.runs()) == []
        with pytest.raises(ApiError) as refused:
            other.insights.score()
        assert refused.value.status == 403
