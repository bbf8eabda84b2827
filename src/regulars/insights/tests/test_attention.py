"""What needs somebody is found where it was planted, and nowhere else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.facts.language.parser import parse
from regulars.insights.attention import find_attention
from regulars.insights.catalogue import METRICS, Better
from regulars.insights.contracts import Attention, NextStep, Severity
from regulars.insights.kept import attention_of
from regulars.insights.models import Run
from regulars.insights.queries import find_stock_before
from regulars.insights.tests.shop import NOW
from regulars.insights.usual import FEWEST, usual_range
from regulars.kit.ids import new_id
from regulars.report.contracts import Estimate
from regulars.report.tests.report_factory import believable_report
from regulars.report.wording import say

AS_OF = date(2026, 11, 19)
ALL_CUSTOMERS = believable_report().metrics.customers
JUDGED = [
    name for name, metric in METRICS.items() if metric.better is not Better.NEITHER and name != "revenue_at_stake"
]
NOBODY = pa.table(
    {
        "m": pa.array([5, 5, 2], pa.int8()),
        "at_risk": pa.array([False, None, True], pa.bool_()),
        "revenue_at_stake_minor": pa.array([None, None, 900.0], pa.float64()),
    }
)


def points(values: list[float], width: float | None = None) -> list[dict[str, Any]]:
    """Return a series whose windows adjoin, the latest first."""
    return [
        {
            "until": (AS_OF - timedelta(days=28 * place)).isoformat(),
            "value": value,
            "low": None if width is None else value - width,
            "high": None if width is None else value + width,
        }
        for place, value in enumerate(values)
    ]


def series_of(**told: list[dict[str, Any]]) -> dict[str, Any]:
    steady: dict[str, Any] = {
        name: {"28": points([100.0 + place % 2 for place in range(20)])}
        for name, metric in METRICS.items()
        if metric.windowed
    }
    return {"metrics": {"series": steady | {name: {"28": series} for name, series in told.items()}}}


def found(
    *, scores: pa.Table = NOBODY, sections: dict[str, Any] | None = None, stock: dict[str, Any] | None = None
) -> list[Attention]:
    kept = find_attention(believable_report(), scores, sections or series_of(), stock_before=stock or {})
    return [attention_of(item) for item in kept["items"]]


def test_where_all_is_as_usual_nothing_needs_anybody() -> None:
    assert found() == []


def test_the_best_who_break_their_habit_are_counted_with_what_hangs_on_them() -> None:
    scores = pa.table(
        {
            "m": pa.array([5, 5, 4, 5], pa.int8()),
            "at_risk": pa.array([True, True, True, False], pa.bool_()),
            "revenue_at_stake_minor": pa.array([1000.0, 500.0, 7000.0, None], pa.float64()),
        }
    )
    [item] = found(scores=scores)
    assert (item.code, item.customers, item.worth_minor) == ("best_gone_quiet", 2, 1500.0)
    assert item.condition == "rfm.m = 5 and churn.at_risk"


def test_more_at_stake_is_told_only_where_the_intervals_do_not_touch() -> None:
    stake = believable_report().metrics.revenue_at_stake_minor
    assert isinstance(stake, Estimate)
    assert stake.low is not None

    def before(high: float) -> dict[str, Any]:
        then = {"value": high - 10, "low": high - 20, "high": high, "until": "2026-10-22"}
        return {"as_of": "2026-10-22", "values": {"revenue_at_stake": then}}

    [item] = found(stock=before(stake.low - 1))
    assert (item.code, item.reason.values["day"]) == ("more_at_stake", date(2026, 10, 22))
    assert found(stock=before(stake.low + 1)) == []


def test_products_whose_buyers_do_not_return_come_by_revenue_and_no_more_than_three() -> None:
    lost = [
        {
            "product_id": f"p{number}",
            "name": f"Mug {number}",
            "followed": 90,
            "returned_share": 0.1,
            "low": 0.05,
            "high": 0.2,
            "others_share": 0.4,
            "revenue_minor": number,
        }
        for number in range(5)
    ]
    items = found(sections=series_of() | {"products": {"not_returning": lost}})
    assert [item.name for item in items] == ["Mug 4", "Mug 3", "Mug 2"]


def test_a_product_comes_with_its_buyers_and_where_to_look() -> None:
    product_id = "0192f0c1-2222-7000-8000-000000000001"
    lost = {
        "product_id": product_id,
        "name": "Mug",
        "followed": 90,
        "returned_share": 0.1,
        "others_share": 0.4,
        "revenue_minor": 5,
    }
    products = {"not_returning": [lost], "products": [{"product_id": product_id, "buyers": 230}]}
    [item] = found(sections=series_of() | {"products": products})
    assert (item.customers, item.step) == (230, NextStep.SEE_PRODUCT)
    assert item.condition == f'purchases.count(where: product_ids contains "{product_id}") >= 1'
    parse(item.condition)


@pytest.mark.parametrize("name", JUDGED)
def test_each_unusual_metric_comes_with_who_is_behind_it(name: str) -> None:
    sections, metric = series_of(), METRICS[name]
    course = points([0.9, *[0.3, 0.31] * 8], width=0.02)
    sections["metrics"]["series"][name] = {"28" if metric.windowed else "0": course}
    steps = [{name: point} for point in course[1:14]]
    [item] = [each for each in found(sections=sections, stock={"steps": steps}) if each.about == name]
    assert item.step is NextStep.SEE_METRIC
    parse(item.condition)
    if name in ("revenue", "retention_rate", "active_customers", "average_purchase_value"):
        assert "until: 2026-11-20" in item.condition
    # Of those who bought in the window before, nine in ten; 101 of them.
    counts = {"retention_rate": 91, "revenue": 100, "refunded_share": None, "clv_expected": ALL_CUSTOMERS}
    if name in counts:
        assert item.customers == counts[name]


@pytest.mark.parametrize(("value", "severity"), [(40.0, Severity.WARNING), (190.0, Severity.NOTICE)])
def test_a_figure_outside_of_its_usual_range_warns_where_it_is_the_worse(value: float, severity: Severity) -> None:
    steady = [100.0, 104.0, 98.0, 101.0, 99.0, 103.0, 97.0, 100.0]
    [item] = found(sections=series_of(revenue=points([value, *steady])))
    assert (item.code, item.about, item.severity) == ("metric_unusual", "revenue", severity)


def test_a_share_may_differ_by_what_chance_would_let_it() -> None:
    steady = [0.5] * 8
    assert found(sections=series_of(retention_rate=points([0.4, *steady], width=0.12))) == []
    [item] = found(sections=series_of(retention_rate=points([0.4, *steady], width=0.04)))
    assert item.about == "retention_rate"


def test_what_was_as_far_out_a_year_ago_is_the_season() -> None:
    steady = [100.0 + place % 3 for place in range(12)]
    assert found(sections=series_of(revenue=points([190.0, *steady, 185.0]))) == []
    assert len(found(sections=series_of(revenue=points([190.0, *steady, 101.0])))) == 1


def test_a_share_of_the_state_is_held_against_its_own_course() -> None:
    metrics = series_of()["metrics"]["series"]
    metrics["repeat_purchase_rate"] = {"0": points([0.2, *[0.3, 0.31] * 6], width=0.02)}
    [item] = found(sections={"metrics": {"series": metrics}})
    assert (item.code, item.about, item.severity) == ("metric_unusual", "repeat_purchase_rate", Severity.WARNING)
    assert say(item.reason) == "It is 20.0%; usual are 26.5% to 34.5%."
    metrics["repeat_purchase_rate"] = {"0": points([0.3, *[0.3, 0.31] * 6], width=0.02)}
    assert found(sections={"metrics": {"series": metrics}}) == []


@pytest.mark.parametrize(
    ("name", "value", "severity"),
    [
        ("customers_at_risk", 190.0, Severity.WARNING),
        ("customers_at_risk", 30.0, Severity.NOTICE),
        ("clv_expected", 50.0, Severity.WARNING),
        ("customer_equity", 190.0, Severity.NOTICE),
    ],
)
def test_what_hangs_on_the_models_is_held_against_what_runs_before_told(
    name: str, value: float, severity: Severity
) -> None:
    sections = series_of()
    sections["metrics"]["series"][name] = {"0": points([value])}
    # Of two of the steps no run tells.
    steps = [None, *({name: points([100.0 + place % 2])[0]} for place in range(10)), None]
    [item] = found(sections=sections, stock={"steps": steps})
    assert (item.code, item.about, item.severity) == ("metric_unusual", name, severity)
    assert found(sections=sections, stock={"steps": steps[:5]}) == []
    a_year_ago = {name: points([value])[0]}
    assert found(sections=sections, stock={"steps": [*steps, a_year_ago]}) == []
    sections["metrics"]["series"][name] = {"0": points([101.0])}
    assert found(sections=sections, stock={"steps": steps}) == []


def test_what_is_at_stake_has_an_item_of_its_own_alone() -> None:
    sections = series_of()
    sections["metrics"]["series"]["revenue_at_stake"] = {"0": points([900.0])}
    steps = [{"revenue_at_stake": points([100.0])[0]}] * 12
    assert found(sections=sections, stock={"steps": steps}) == []


def test_the_stock_of_a_year_is_told_by_the_runs_nearest_to_each_step(fresh_database: str) -> None:
    def told(days: int, count: int) -> None:
        row = {"until": (AS_OF - timedelta(days=days)).isoformat(), "value": count, "low": None, "high": None}
        moment = NOW - timedelta(days=days)
        Run.objects.create(
            id=new_id(),
            state="succeeded",
            trigger="nightly",
            requested_by="",
            as_of=AS_OF - timedelta(days=days),
            started_at=moment,
            stock={"customers_at_risk": row},
        )

    assert find_stock_before(AS_OF) == {}
    for days, count in ((1, 1), (25, 25), (29, 29), (57, 57), (64, 64), (13 * 28, 364), (13 * 28 + 11, 375)):
        told(days, count)
    stock = find_stock_before(AS_OF)
    assert stock["values"]["customers_at_risk"]["value"] == 29
    values = [step and step["customers_at_risk"]["value"] for step in stock["steps"]]
    assert values == [29, 57, *[None] * 10, 364]


@given(st.lists(st.floats(-1e9, 1e9), min_size=FEWEST, max_size=30), st.floats(0, 1e6))
def test_most_of_what_was_is_usual(before: list[float], least: float) -> None:
    usual = usual_range(before, least_width=least)
    assert usual is not None
    assert usual.low <= usual.middle <= usual.high
    # Half of the values lie within one median deviation, and the range reaches farther.
    assert sum(map(usual.holds, before)) >= len(before) / 2


def test_too_little_before_says_nothing() -> None:
    assert usual_range([1.0] * (FEWEST - 1)) is None
