"""What the page shows: the report's figures, written for the reader, and never a number that does not exist."""

from __future__ import annotations

import base64
import csv
import dataclasses
import hashlib
import io
import json
import math
import re
import types
import typing
from html.parser import HTMLParser
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from regulars.design import asset_path
from regulars.kit import formats, i18n
from regulars.report.contracts import Action, Estimate, Report, Survival
from regulars.report.definitions import DEFINITIONS
from regulars.report.page import render_html
from regulars.report.page.sentences import SILENT, headline, in_short
from regulars.report.tests.report_factory import (
    TOO_SHORT,
    UNKNOWN,
    believable_report,
    empty_report,
    one_customer_report,
)
from retention.reasons import Reason

EXTREMES = (empty_report, one_customer_report)
LARGEST_BYTES = 1_500_000


class _Page(HTMLParser):
    """The text that a reader sees, the addresses the page names, and its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self._raw: str | None = None
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._raw = tag if tag in self.raw else None
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self._raw = None

    def handle_data(self, data: str) -> None:
        if self._raw:
            self.raw[self._raw].append(data)
        else:
            self.text.append(data)

    @property
    def words(self) -> str:
        """All visible text, and what screen readers hear, with single spaces."""
        spoken = [value for _tag, name, value in self.attributes if name in {"aria-label", "title"}]
        return " ".join(" ".join([*self.text, *spoken]).split())


def _shown(report: Report) -> str:
    return _Page(render_html(report, language="en")).words


def _payload(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', html, re.S)
    assert found
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def test_the_page_shows_the_figures_of_the_report_as_the_reader_writes_them() -> None:
    report = believable_report()
    words = _shown(report)
    metrics = report.metrics
    for expected in (
        formats.number(metrics.customers),
        formats.money(metrics.revenue_in_window_minor, "EUR", whole=True),
        formats.percent(metrics.retention_rate.value, 1),
        "64.1% to 65.5%",
        "+2.1 points",
        "+8.4%",
        formats.money(metrics.average_purchase_value_minor, "EUR"),
        formats.money(metrics.revenue_at_stake_minor.value, "EUR", whole=True),
        "Champions",
        "K-10432",
        "MBG/NBD",
        formats.number(report.models.purchase.candidates[2].aic, 1),
        "2ΔLL is 1.31",
        "13,904",
        "orders-2025.csv",
        "Bestellung",
    ):
        assert expected in words, expected


def test_the_opening_sentence_is_computed_from_the_report() -> None:
    report = believable_report()
    assert "keeps more of its customers: 64.8% came back in the last 13 weeks, 62.7% before" in _shown(report)
    same = dataclasses.replace(report.metrics, previous_retention_rate=Estimate(value=0.646, low=0.639, high=0.653))
    assert "about as many customers as before" in _shown(dataclasses.replace(report, metrics=same))
    worse = dataclasses.replace(report.metrics, previous_retention_rate=Estimate(value=0.7, low=0.69, high=0.71))
    assert "keeps fewer of its customers" in _shown(dataclasses.replace(report, metrics=worse))


def test_a_forecast_that_no_better_than_a_naive_rule_is_said_to_be_so() -> None:
    report = believable_report()
    assert report.backtest
    assert "it beat every naive rule" in _shown(report)
    beaten = dataclasses.replace(report, backtest=dataclasses.replace(report.backtest, mae=1.2))
    assert "a naive rule came as close or closer" in _shown(beaten)


def test_a_total_that_is_far_off_is_no_good_news_even_where_every_naive_rule_is_beaten() -> None:
    report = believable_report()
    assert report.backtest
    far_off = dataclasses.replace(report.backtest, predicted=0.6 * report.backtest.actual)
    trust = in_short(dataclasses.replace(report, backtest=far_off))[-1]
    assert trust.tone == "warn"
    assert "trust its order of customers, not its total" in trust.text


def test_where_nobody_came_back_it_is_said_so() -> None:
    report = believable_report()
    none = dataclasses.replace(report.metrics, retention_rate=Estimate(value=0.0, low=0.0, high=0.01))
    assert "None of the customers of the 13 weeks before" in headline(dataclasses.replace(report, metrics=none))


def test_after_a_long_silence_nobody_is_said_to_be_safe() -> None:
    report = believable_report()
    nobody = dataclasses.replace(report.metrics, customers_at_risk=0)
    silence = Reason(SILENT, "The files hold no order of the last {days} days.", {"days": 400})
    told = headline(dataclasses.replace(report, metrics=nobody, findings=(silence,)))
    assert "no order of the last 400 days" in told
    assert "Nobody of weight" not in told


def test_negative_revenue_is_not_compared_in_per_cent() -> None:
    report = believable_report()
    negative = dataclasses.replace(report.metrics, revenue_in_window_minor=-5_000, revenue_minor=-5_000)
    texts = [point.text for point in in_short(dataclasses.replace(report, metrics=negative))]
    assert not [text for text in texts if "less than" in text or "best tenth" in text]


@pytest.mark.parametrize("make", [believable_report, *EXTREMES])
def test_nothing_that_does_not_exist_is_shown_as_a_number(make: typing.Callable[[], Report]) -> None:
    _assert_no_leak(_shown(make()))


def test_the_check_for_leaks_finds_one() -> None:
    leak = Reason("leak", "The value is {value!r}.", {"value": None})
    with pytest.raises(AssertionError):
        _assert_no_leak(_shown(dataclasses.replace(empty_report(), findings=(leak,))))


def test_what_is_missing_is_explained_by_its_reason() -> None:
    words = _shown(empty_report())
    assert str(TOO_SHORT) in words
    assert "There is no backtest" in words
    assert "There is no risk estimate" in words
    words = _shown(one_customer_report())
    assert "1 customer has bought so far; that does not tell yet how many come back." in words
    assert "Nobody has bought a second time yet" in words


def test_amounts_without_a_currency_are_plain_numbers() -> None:
    words = _shown(one_customer_report())
    assert "19.99" in words
    assert "not stated" in words
    assert "€" not in words


def test_amounts_in_a_reason_are_written_in_the_currency_of_the_report() -> None:
    action = Action(
        code="any",
        reason=Reason(
            "any", "{stake_minor} is at stake for {share:.0%}. Act.", {"stake_minor": 123_456, "share": 0.25}
        ),
        customers=3,
        worth_minor=None,
        is_at_stake=False,
        segment=None,
    )
    assert "€1,235 is at stake for 25%." in _shown(dataclasses.replace(believable_report(), actions=(action,)))


@hypothesis.given(st.data())
@hypothesis.settings(max_examples=40)
def test_any_part_of_the_report_may_be_missing(data: st.DataObject) -> None:
    html = render_html(_wrecked(believable_report(), data.draw), language="en")
    _assert_no_leak(_Page(html).words)
    for figure in _payload(html).values():
        assert list(csv.reader(io.StringIO(figure["csv"])))


def test_text_from_the_files_cannot_become_markup() -> None:
    report = believable_report()
    hostile = "</script><script>alert(1)</script><b>x"
    best = (dataclasses.replace(report.best[0], customer=hostile), *report.best[1:])
    html = render_html(
        dataclasses.replace(report, best=best, meta=dataclasses.replace(report.meta, title=hostile)), language="en"
    )
    assert "alert(1)</script><b>" not in html
    assert hostile in _Page(html).words
    assert hostile in _payload(html)["best-customers"]["csv"]


def test_a_download_holds_the_values_of_the_report() -> None:
    report = believable_report()
    figures = _payload(render_html(report, language="en"))
    rows = list(csv.DictReader(io.StringIO(figures["revenue-by-buyer"]["csv"])))
    assert len(rows) == len(report.activity)
    assert float(rows[3]["New"]) == report.activity[3].revenue_new_minor / 100
    people = list(csv.DictReader(io.StringIO(figures["customers-at-risk"]["csv"])))
    assert [row["Customer"] for row in people] == [customer.customer for customer in report.at_risk]
    assert people[0]["Last purchase"] == report.at_risk[0].last_on.isoformat()


def test_a_download_cannot_smuggle_a_formula_into_a_spreadsheet() -> None:
    report = believable_report()
    best = (dataclasses.replace(report.best[0], customer='=HYPERLINK("x")'),)
    figures = _payload(render_html(dataclasses.replace(report, best=best), language="en"))
    assert next(csv.DictReader(io.StringIO(figures["best-customers"]["csv"])))["Customer"].startswith("'=")


def test_the_page_names_no_address_outside_itself() -> None:
    page = _Page(render_html(believable_report(), language="en"))
    addresses = [value for _tag, name, value in page.attributes if name in {"src", "href", "action", "srcset", "data"}]
    assert addresses
    assert all(address.startswith("#") for address in addresses)
    style = "".join(page.raw["style"])
    assert all(target.startswith("data:") for target in re.findall(r"url\(([^)]{0,20})", style))
    assert "@import" not in style


def test_the_policy_allows_this_script_and_this_style_and_nothing_else() -> None:
    html = render_html(believable_report(), language="en")
    page = _Page(html)
    policy = next(value for tag, name, value in page.attributes if tag == "meta" and value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    script = html[html.rindex("<script>") + len("<script>") : html.rindex("</script>")]
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert not [value for _tag, name, value in page.attributes if name == "style" or name.startswith("on")]


def test_the_file_stays_small_enough_to_send() -> None:
    assert len(render_html(believable_report(), language="en").encode()) < LARGEST_BYTES


def test_each_definition_is_reachable_and_each_term_defined() -> None:
    page = _Page(render_html(believable_report(), language="en"))
    wanted = {value for _tag, name, value in page.attributes if name == "popovertarget"}
    given = {value for _tag, name, value in page.attributes if name == "id" and value.startswith("def-")}
    assert wanted <= given
    assert given == {f"def-{key}" for key in DEFINITIONS}
    assert given - wanted == set()


def test_the_language_of_the_caller_stays_as_it_was() -> None:
    before = i18n.language()
    with pytest.raises(KeyError):
        render_html(believable_report(), language="tlh")
    assert i18n.language() == before


def test_the_built_assets_can_stand_inside_a_page() -> None:
    assert "</script" not in asset_path("report.js").read_text(encoding="utf-8").lower()
    assert "</style" not in asset_path("report.css").read_text(encoding="utf-8").lower()


def _assert_no_leak(words: str) -> None:
    assert not re.search(r"\b(None|nan|NaN|inf|undefined|null)\b", words), words


def _wrecked(value: Any, draw: typing.Callable[[st.SearchStrategy[bool]], bool]) -> Any:
    """Return a copy of a contract in which whatever may be missing is missing now and then."""
    changes: dict[str, Any] = {}
    for name, hint in typing.get_type_hints(type(value)).items():
        current = getattr(value, name)
        nothing = _nothing_for(hint, current)
        if nothing is not ... and draw(st.booleans()):
            changes[name] = nothing
        elif dataclasses.is_dataclass(current) and not isinstance(current, Reason | Estimate | Survival):
            # (The columns of a survival curve belong together; it is there or it is not.)
            changes[name] = _wrecked(current, draw)
    return dataclasses.replace(value, **changes)


def _nothing_for(hint: Any, current: Any) -> Any:
    if typing.get_origin(hint) in (types.UnionType, typing.Union) and type(None) in typing.get_args(hint):
        return None
    if hint is float:
        return math.nan
    if hint is Estimate:
        return UNKNOWN
    if isinstance(current, tuple) and typing.get_args(hint)[-1:] == (Ellipsis,):
        return ()
    return ...
