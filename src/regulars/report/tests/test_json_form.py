"""The JSON of the report, and the schema that documents it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from regulars.kit.i18n import activate
from regulars.report.contracts import Estimate
from regulars.report.json_form import json_schema, to_json

from .report_factory import believable_report, one_customer_report

PUBLISHED = Path(__file__).parents[4] / "docs" / "report.schema.json"


def test_the_published_schema_is_that_of_the_code():
    """Mend with: python -m regulars.report.json_form > docs/report.schema.json."""
    assert json.loads(PUBLISHED.read_text()) == json_schema()


@pytest.mark.parametrize("report", [believable_report(), one_customer_report()], ids=["believable", "one customer"])
def test_every_report_follows_the_schema(report):
    form = json.loads(json.dumps(to_json(report), allow_nan=False))
    jsonschema.validate(form, json_schema(), format_checker=jsonschema.FormatChecker())


def test_what_is_no_number_is_null():
    report = believable_report()
    lost = Estimate(value=math.nan, low=-math.inf, high=math.inf)
    form = to_json(replace(report, metrics=replace(report.metrics, clv_expected_minor=lost)))
    assert form["metrics"]["clv_expected_minor"] == {"value": None, "low": None, "high": None, "reason": None}


def test_counts_carry_the_code_and_the_text():
    refused = to_json(believable_report())["data"]["refused"]
    assert refused
    assert all(set(count) == {"reason", "text", "count"} for count in refused)


def test_money_in_a_text_is_in_the_currency_of_the_report():
    activate("en")
    texts = [action["reason"]["text"] for action in to_json(believable_report())["actions"]]
    assert any("€14,900" in text for text in texts)
