"""What a run finds beside its report: the map with its flows, and how value and risk are spread."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import pytest

from regulars.business import services as business
from regulars.business.contracts import Business
from regulars.insights.contracts import RFM_FLOW_DAYS, RfmMap, Run, ValueSpread
from regulars.insights.lake.reading import read_orders
from regulars.insights.lake.workspace import workspace
from regulars.insights.lake.writing import current_snapshot
from regulars.insights.queries import (
    find_report,
    find_rfm_map,
    find_value_spread,
    iter_scores,
    list_at_risk,
    list_run_qualities,
)
from regulars.insights.tests.shop import MIRA, NOW, UNTIL, ZONE, open_shop, run, scored_shop
from regulars.orders import services as orders
from regulars.orders.contracts import ReturnedLine, ReturnState
from regulars.orders.tests.order_factory import ines, line, order
from retention import rfm, segments

SINCE = UNTIL - timedelta(days=RFM_FLOW_DAYS)


def found(done: Run) -> tuple[RfmMap, ValueSpread, dict[str, Any]]:
    told, spread, report = find_rfm_map(done.id), find_value_spread(done.id), find_report(done.id)
    assert told
    assert spread
    assert report
    return told, spread, dict(report)


def segments_by(day: date, folder: Path) -> dict[str, str]:
    """Return everybody's segment on a day, folded by the library from all orders known by then."""
    snapshot = current_snapshot(now=NOW)
    with workspace(folder) as connection, read_orders(connection, snapshot, zone=ZONE) as bought:
        summary = rfm.summarise(bought.orders, as_of=day, one_row_per_order=True).to_pyarrow()
    kept = ibis.memtable(summary)
    scored = segments.assign(rfm.score(kept, rfm.score_boundaries(kept))).to_pyarrow()
    return dict(zip(scored["customer"].to_pylist(), scored["segment"].to_pylist(), strict=True))


@pytest.mark.begins_with(what=scored_shop(160))
def test_the_cells_of_the_map_hold_all_customers_and_add_up_to_the_reports_segments(begun: Run) -> None:
    told, _, report = found(begun)
    totals: dict[str, list[int]] = {}
    for cell in told.cells:
        assert cell.segment == segments.segment_of(cell.r, cell.f, cell.m)
        of_segment = totals.setdefault(cell.segment, [0, 0, 0, 0])
        sums = (cell.customers, cell.revenue_minor, cell.expected_revenue_minor, cell.revenue_at_stake_minor)
        for place, each in enumerate(sums):
            assert each is not None
            of_segment[place] += each
    names = ("customers", "revenue", "expected_revenue_minor", "revenue_at_stake_minor")
    assert totals == {each["name"]: [each[name] for name in names] for each in report["segments"]}
    assert sum(cell.customers for cell in told.cells) == len(list(iter_scores())) > 100


@pytest.mark.begins_with(what=scored_shop(160))
def test_the_flows_lead_from_everybodys_segment_then_to_everybodys_segment_now(begun: Run, tmp_path: Path) -> None:
    told, _, _ = found(begun)
    then, now = segments_by(SINCE, tmp_path), segments_by(UNTIL, tmp_path)
    expected = Counter((then.get(each), now.get(each)) for each in then.keys() | now.keys())
    assert told.since == SINCE
    assert {(flow.from_segment, flow.to_segment): flow.customers for flow in told.flows} == expected
    assert Counter(then.values()) == _margin(told, "from_segment")
    assert Counter(now.values()) == _margin(told, "to_segment")
    assert [flow.customers for flow in told.flows] == sorted(expected.values(), reverse=True)
    # Something has moved, and somebody has come.
    assert len(expected) > 11
    assert any(before is None for before, _ in expected)


def _margin(told: RfmMap, side: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    for flow in told.flows:
        if segment := getattr(flow, side):
            counted[segment] += flow.customers
    return counted


def test_who_has_nothing_left_of_what_they_bought_flows_out(fresh_database: str) -> None:
    open_shop(60)
    goods = line(1_000)
    back = ReturnState(
        external_id="all",
        returned_at=NOW - timedelta(days=9),
        lines=[ReturnedLine(line=1, quantity=goods.quantity, amount_minor=goods.total_minor)],
    )
    bought = order(
        900,
        placed_at=NOW - timedelta(days=60),
        buyer=ines(),
        lines=[goods],
        total_minor=goods.total_minor,
        returns=[back],
    )
    orders.put_orders(orders=[bought], now=NOW, actor=MIRA)
    told, _, _ = found(run())
    [gone] = [flow for flow in told.flows if flow.to_segment is None]
    assert gone.customers == 1
    assert gone.from_segment in segments.SEGMENTS


@pytest.mark.begins_with(what=scored_shop(160))
def test_values_and_risks_are_spread_over_everybody_and_add_up(begun: Run) -> None:
    _, spread, report = found(begun)
    scores = list(iter_scores())
    metrics = report["metrics"]
    assert sum(each.customers for each in spread.bins) == len(scores)
    assert sum(each.clv_minor for each in spread.bins) == sum(score.clv_minor or 0 for score in scores)
    for each in spread.bins:
        among = [score for score in scores if _within(score.clv_minor, each.from_minor, each.below_minor)]
        assert len(among) == each.customers
    assert sum(each.customers for each in spread.risks) == len(scores)
    assert sum(each.at_risk for each in spread.risks) == metrics["customers_at_risk"]
    assert sum(each.revenue_at_stake_minor for each in spread.risks) == sum(
        score.revenue_at_stake_minor or 0 for score in scores
    )
    values = sorted((score.clv_minor or 0 for score in scores), reverse=True)
    assert spread.top_tenth
    assert spread.top_tenth[0] == pytest.approx(sum(values[: len(values) // 10]) / sum(values), abs=0.02)
    assert spread.curve[0] == (0.0, 0.0)
    assert spread.curve[-1] == (1.0, 1.0)


def _within(value: int | None, low: int | None, below: int | None) -> bool:
    return value is not None and (low is None or value >= low) and (below is None or value < below)


@pytest.mark.begins_with(what=scored_shop(160))
def test_who_is_at_risk_is_listed_page_by_page_with_the_most_at_stake_first(begun: Run) -> None:
    expected = sorted(
        (score for score in iter_scores() if score.at_risk and score.revenue_at_stake_minor),
        key=lambda score: (score.revenue_at_stake_minor, score.customer_id),
        reverse=True,
    )
    assert len(expected) > 4
    first = list_at_risk(limit=3)
    last = first[-1]
    assert last.revenue_at_stake_minor
    rest = list_at_risk(limit=1_000, before=(last.revenue_at_stake_minor, last.customer_id))
    assert [*first, *rest] == expected


@pytest.mark.begins_with(what=scored_shop(160))
def test_each_run_tells_how_well_its_models_stood_their_tests(begun: Run) -> None:
    _, _, report = found(begun)
    earlier, backtest = report["risk"], report["backtest"]
    run(NOW + timedelta(days=1))
    qualities = list_run_qualities(limit=30)
    assert [each.as_of for each in qualities] == [UNTIL + timedelta(days=1), UNTIL]
    told = qualities[1]
    assert told.model == report["models"]["purchase"]["chosen"]
    assert (told.auc, told.brier) == (earlier["auc"], earlier["brier"])
    assert (told.backtest_error, told.backtest_actual) == (backtest["mae"], backtest["actual"])
    assert len(list_run_qualities(limit=1)) == 1


def test_a_shop_with_one_order_has_one_cell_and_no_flows(fresh_database: str) -> None:
    told = Business(
        name="Bean", zone=ZONE, reporting_currency="EUR", language="en", country="AT", brand_colour="#0d6b50"
    )
    business.save_business(business=told, now=NOW, actor=MIRA)
    placed = NOW - timedelta(days=2)
    orders.put_orders(orders=[order(1, placed_at=placed, buyer=ines())], now=NOW, actor=MIRA)
    map_, spread, report = found(run())
    assert [cell.customers for cell in map_.cells] == [1]
    assert (map_.since, map_.flows) == (None, ())
    assert report["backtest"] is None
    assert sum(each.customers for each in spread.bins) in {0, 1}
    assert list_at_risk(limit=5) == []
