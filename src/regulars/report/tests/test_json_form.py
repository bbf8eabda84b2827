"""The JSON of the report, and the schema that documents it."""

from __future__ import annotations

import dataclasses
import json
import math
import typing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.intake.contracts import Role
from regulars.kit.i18n import activate
from regulars.report.contracts import Estimate, Report
from regulars.report.json_form import NotAReport, from_json, json_schema, to_json
from regulars.report.page import render_html
from retention.reasons import Reason

from .report_factory import believable_report, empty_report, one_customer_report

# Text as files and people write it, braces and the like included.
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
SCALARS = {
    str: words,
    int: st.integers(-(2**62), 2**62),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    # A path keeps its name alone.
    Path: st.from_regex(r"[a-zä]{1,8}\.csv", fullmatch=True).map(Path),
    Role: st.sampled_from(Role),
    Reason: st.builds(
        Reason,
        words,
        st.just("{text}"),
        st.fixed_dictionaries({"text": words, "more": st.none() | st.integers(-9, 9) | st.dates() | st.booleans()}),
    ),
}


def anything_of(hint):
    """Return a strategy of values of a field, whatever it is made of."""
    arguments = typing.get_args(hint)
    if hint in SCALARS:
        return SCALARS[hint]
    if dataclasses.is_dataclass(hint):
        return st.builds(hint, **{name: anything_of(each) for name, each in typing.get_type_hints(hint).items()})
    if type(None) in arguments:
        return st.none() | anything_of(next(each for each in arguments if each is not type(None)))
    if typing.get_origin(hint) is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(anything_of(arguments[0]), max_size=2).map(tuple)
        return st.tuples(*map(anything_of, arguments))
    return st.dictionaries(anything_of(arguments[0]), anything_of(arguments[1]), max_size=2)


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
    assert all(set(count) == {"reason", "text", "template", "values", "count"} for count in refused)


def test_money_in_a_text_is_in_the_currency_of_the_report():
    activate("en")
    texts = [action["reason"]["text"] for action in to_json(believable_report())["actions"]]
    assert any("€14,900" in text for text in texts)


@settings(max_examples=100)
@given(anything_of(Report))
def test_any_report_is_the_same_when_it_comes_back_from_its_json(report):
    assert from_json(json.loads(json.dumps(to_json(report), allow_nan=False))) == report


@pytest.mark.parametrize("report", [believable_report(), empty_report()], ids=["believable", "empty"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_comes_back_tells_and_shows_what_was_told_to_the_last_letter(report, language):
    activate(language)
    told = to_json(report)
    back = from_json(json.loads(json.dumps(told, allow_nan=False)))
    assert to_json(back) == told
    assert render_html(back, language=language) == render_html(report, language=language)


def test_what_was_no_number_where_there_need_be_none_comes_back_as_none():
    told = to_json(one_customer_report())
    back = from_json(told)
    assert (back.metrics.gini, back.best[0].expected_revenue_minor) == (None, None)
    assert math.isnan(back.metrics.clv_historic_minor)
    assert to_json(back) == told
    assert ">nan<" not in render_html(back, language="en").lower()


def test_a_text_comes_back_as_it_stands_where_it_looks_like_a_template():
    told = to_json(replace(believable_report(), findings=(Reason("odd", "{text}", {"text": "{n} of {}{{"}),)))
    assert from_json(told).findings[0] == Reason("odd", "{text}", {"text": "{n} of {}{{"})
    assert to_json(from_json(told))["findings"][0]["text"] == "{n} of {}{{"
    # As a version kept it that knew the text alone.
    old = {**told, "findings": [{"code": "odd", "text": "{n} of {}{{"}]}
    assert from_json(old).findings[0] == Reason("odd", "{text}", {"text": "{n} of {}{{"})


def test_what_one_reads_in_another_language_is_said_in_it():
    activate("en")
    report = believable_report()
    inner = Reason("own_rate", "each customer's own rate")
    values = {"day": date(2026, 11, 28), "share": 0.5, "rule": inner, "none": None, "n": 3}
    said = Reason("odd", "{day} {share:.0%} {rule} {none} {n}", values)
    told = json.loads(json.dumps(to_json(replace(report, findings=(said, *report.findings)))))
    back = from_json(told)
    assert back.findings[0] == said
    activate("de")
    assert to_json(back)["findings"] == to_json(replace(report, findings=(said, *report.findings)))["findings"]
    assert to_json(back)["findings"][0]["text"] != told["findings"][0]["text"]
    assert "jedes" in to_json(back)["findings"][0]["text"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: told.pop("metrics"),
        lambda told: told["metrics"].pop("customers"),
        lambda told: told["metrics"].update(customers="many"),
        lambda told: told["metrics"].update(customers=True),
        lambda told: told["meta"].update(as_of="yesterday"),
        lambda told: told.update(segments={"new": 1}),
        lambda told: told.update(segments="new"),
        lambda told: told.update(concentration=[[0.5]]),
        lambda told: told.update(models=None),
        lambda told: told["findings"][0].update(template=3),
        lambda told: told["findings"][0].update(values={"n": [1]}),
        lambda told: told["findings"][0].update(values={"n": {"day": "soon"}}),
        lambda told: told["metrics"].update(clv_historic_minor=10**400),
    ],
)
def test_what_is_no_report_is_refused_in_one_sentence(spoil):
    told = json.loads(json.dumps(to_json(believable_report())))
    spoil(told)
    with pytest.raises(NotAReport) as caught:
        from_json(told)
    assert len(caught.value.message.splitlines()) == 1
