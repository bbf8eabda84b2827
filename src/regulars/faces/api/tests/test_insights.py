"""Runs are asked for and read, as a program does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.faces.api.app import api
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.insights.carrying_on import carry_on
from regulars.insights.cohorts import PERIODS, Age, Cohorts, Group, Kind, Split, section_of
from regulars.insights.models import Run, Score, ScoreHistory, Section
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
        period: Cohorts(
            period=period,
            open_end=True,
            everybody=group,
            trend=None,
            splits={
                "profile.country": Split(type="text", groups=(austrians,)),
                "traits.gone": Split(type="text", groups=()),
            },
        )
        for period in PERIODS
    }
    section = section_of(told, as_of=date(2026, 11, 19), currency="EUR", own_period="month")
    Section.objects.create(run_id=asked["id"], name="cohorts", content=section)
    everybody = client.insights.cohorts()
    assert (everybody["run_id"], everybody["as_of"], everybody["period"]) == (asked["id"], "2026-11-19", "month")
    [found] = everybody["groups"]
    assert (found["kind"], found["cohorts"][0]["retained"], found["ages"][0]["high"]) == ("everybody", [9, 2], 1.0)
    split = client.insights.cohorts(period="week", by="profile.country")
    assert [(each["kind"], each["value"]) for each in split["groups"]] == [("value", "AT")]
    assert (split["period"], split["by"]) == ("week", "profile.country")
    # A trait that is no longer kept splits none.
    assert split["attributes"] == ["profile.country"]
    with pytest.raises(ApiError) as refused:
        client.insights.cohorts(by="traits.gone")
    assert (refused.value.status, refused.value.code) == (422, "not_split_by")


def test_the_api_takes_all_periods_that_there_are():
    schema = api.get_openapi_schema()["paths"]["/v1/insights/cohorts"]["get"]["parameters"]
    offered = {each["name"]: set(json.dumps(each["schema"]).split('"')) for each in schema}
    assert set(PERIODS) <= offered["period"]


def test_the_map_and_who_is_at_risk_are_read_as_the_run_found_them(client: Client):
    with pytest.raises(ApiError) as missing:
        client.insights.rfm_map()
    assert (missing.value.status, missing.value.code) == (404, "no_such_run")
    assert list(client.insights.at_risk()) == []
    asked = client.insights.score()
    Run.objects.filter(id=asked["id"]).update(state="succeeded", finished_at=timezone.now())
    told = {
        "cells": [[5, 1, 2, "new", 3, 4500, 900, 0]],
        "since": "2026-10-22",
        "flows": [["new", "new", 2], [None, "new", 1]],
    }
    Section.objects.create(run_id=asked["id"], name="rfm_map", content=told)
    found = client.insights.rfm_map()
    assert (found["run_id"], found["since"]) == (asked["id"], "2026-10-22")
    [cell] = found["cells"]
    assert (cell["r"], cell["segment"], cell["customers"], cell["revenue_at_stake_minor"]) == (5, "new", 3, 0)
    assert found["flows"][1] == {"from_segment": None, "to_segment": "new", "customers": 1}
    buyers = [{"identifiers": [{"kind": "email", "value": f"c{number}@example.com"}]} for number in range(3)]
    put = [client.orders.put("shop", str(number), an_order(buyer=buyer)) for number, buyer in enumerate(buyers)]
    ids = [str(each["customer_id"]) for each in put]
    for customer_id, stake in zip(ids, (500, 900, 700), strict=True):
        _score(customer_id, asked["id"], stake)
    listed = list(client.insights.at_risk(page_size=1))
    assert [each["revenue_at_stake_minor"] for each in listed] == [900, 700, 500]
    assert [each["customer_id"] for each in listed] == [ids[1], ids[2], ids[0]]


def _score(customer_id: str, run_id: str, stake_minor: int) -> None:
    day = timezone.now().date()
    scores = {"r": 2, "f": 4, "m": 4, "rfm_segment": "at_risk", "frequency": 3, "revenue_minor": 9_000}
    days = {"rfm_on": day, "first_on": day, "last_on": day, "scored_at": timezone.now()}
    risk = {"risk": 0.8, "at_risk": True, "revenue_at_stake_minor": stake_minor}
    Score.objects.update_or_create(customer_id=customer_id, defaults={"run_id": run_id, **scores, **days, **risk})


def test_a_key_that_may_read_may_not_have_it_run(db: None):
    with Client(URL, make_key("insights.read"), transport=transport()) as other:
        assert list(other.insights.runs()) == []
        with pytest.raises(ApiError) as refused:
            other.insights.score()
        assert refused.value.status == 403


def test_what_a_run_found_of_products_is_read(fresh_database: str):
    with Client(URL, make_key(), transport=transport(), attempts=1) as client:
        with pytest.raises(ApiError) as missing:
            client.insights.products()
        assert (missing.value.status, missing.value.code) == (404, "no_such_run")
        for number in range(3):
            client.orders.put("shop", str(number), an_order())
        asked = client.insights.score()
        carry_on(UUID(asked["id"]), clock=timezone.now)
        found = client.insights.products()
    kept = Section.objects.get(run_id=asked["id"], name="products").content
    assert found.pop("run_id") == asked["id"]
    assert found["products"]
    assert found == kept
