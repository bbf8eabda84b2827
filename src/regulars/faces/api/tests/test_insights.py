"""Runs are asked for and read, as a program does."""

from __future__ import annotations

import pytest
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.insights.models import Run, ScoreHistory, Section


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


def test_a_key_that_may_read_may_not_have_it_run(db: None):
    with Client(URL, make_key("insights.read"), transport=transport()) as other:
        assert list(other.insights.runs()) == []
        with pytest.raises(ApiError) as refused:
            other.insights.score()
        assert refused.value.status == 403
