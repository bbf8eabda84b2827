"""What the tables hold, as contracts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from regulars.insights.contracts import (
    Alarm,
    Attention,
    Boundaries,
    Point,
    RfmCell,
    RfmMap,
    RiskTenth,
    Run,
    RunState,
    Score,
    ScoreChange,
    SectionJson,
    SegmentFlow,
    Severity,
    Target,
    Trigger,
    ValueBin,
    ValueSpread,
)
from regulars.insights.models import Run as RunRow
from regulars.insights.models import Score as ScoreRow
from regulars.insights.models import ScoreHistory as HistoryRow
from regulars.insights.models import Target as TargetRow
from retention.reasons import Reason

_SCORE_COLUMNS = tuple(name for name in Score.__dataclass_fields__ if name != "customer_id")


def run_of(row: RunRow) -> Run:
    """Return the contract of a run's row."""
    return Run(
        id=row.id,
        state=RunState(row.state),
        trigger=Trigger(row.trigger),
        requested_by=row.requested_by,
        as_of=row.as_of,
        started_at=row.started_at,
        finished_at=row.finished_at,
        step=row.step,
        share_done=row.share_done,
        error_code=row.error_code,
        error_message=row.error_message,
        customers=row.customers,
        orders=row.orders,
        boundaries=_boundaries(row),
        alarms=tuple(alarm_of(kept) for kept in row.alarms),
    )


def _boundaries(row: RunRow) -> Boundaries | None:
    if not row.recency_cuts:
        return None
    cuts = (row.recency_cuts, row.frequency_cuts, row.monetary_cuts)
    recency, frequency, monetary = (tuple(each) for each in cuts)
    return Boundaries(recency=recency, frequency=frequency, monetary=monetary)


def score_of(row: ScoreRow) -> Score:
    """Return the contract of a score's row."""
    return Score(customer_id=row.customer_id, **{name: getattr(row, name) for name in _SCORE_COLUMNS})


def change_of(row: HistoryRow) -> ScoreChange:
    """Return the contract of a row of history."""
    return ScoreChange(
        changed_on=row.changed_on,
        run_id=row.run_id,
        rfm_segment=row.rfm_segment,
        risk_decile=row.risk_decile,
        clv_decile=row.clv_decile,
    )


def json_of_alarm(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as the table keeps it: in no language, so that each reader is told in theirs."""
    return {
        "code": alarm.code,
        "severity": alarm.severity.value,
        "template": alarm.reason.template,
        "values": _plain_values(alarm.reason),
        "figures": dict(alarm.figures),
    }


def alarm_of(kept: dict[str, Any]) -> Alarm:
    """Return the alarm that `json_of_alarm` wrote."""
    return Alarm(
        code=kept["code"],
        severity=Severity(kept["severity"]),
        reason=Reason(kept["code"], kept["template"], _values_of(kept["values"])),
        figures=kept["figures"],
    )


def json_of_attention(item: Attention) -> dict[str, Any]:
    """Return what needs somebody as a section keeps it: in no language."""
    return {
        **{name: getattr(item, name) for name in ("code", "customers", "worth_minor", "condition", "about", "name")},
        "severity": item.severity.value,
        "template": item.reason.template,
        "values": _plain_values(item.reason),
    }


def attention_of(kept: Mapping[str, Any]) -> Attention:
    """Return what `json_of_attention` wrote."""
    told = dict(kept)
    template, values = told.pop("template"), _values_of(told.pop("values"))
    return Attention(
        **told | {"severity": Severity(told["severity"]), "reason": Reason(told["code"], template, values)}
    )


def point_of(kept: Mapping[str, Any]) -> Point:
    """Return a point of a metric's series as a section keeps it."""
    return Point(until=date.fromisoformat(kept["until"]), value=kept["value"], low=kept["low"], high=kept["high"])


def target_of(row: TargetRow) -> Target:
    """Return the contract of a target's row."""
    return Target(metric=row.metric, window_days=row.window_days, value=row.value, set_by=row.set_by, set_at=row.set_at)


def _plain_values(reason: Reason) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in reason.values.items()}


def _values_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a reason; the one that is called `day` is one."""
    return {key: date.fromisoformat(value) if key == "day" else value for key, value in kept.items()}


def rfm_map_of(told: SectionJson) -> RfmMap:
    """Return the map that the section `rfm_map` holds."""
    return RfmMap(
        cells=tuple(
            RfmCell(
                r=r,
                f=f,
                m=m,
                segment=segment,
                customers=customers,
                revenue_minor=revenue,
                expected_revenue_minor=expected,
                revenue_at_stake_minor=stake,
            )
            for r, f, m, segment, customers, revenue, expected, stake in told["cells"]
        ),
        since=date.fromisoformat(told["since"]) if told["since"] else None,
        flows=tuple(
            SegmentFlow(from_segment=before, to_segment=after, customers=customers)
            for before, after, customers in told["flows"]
        ),
    )


def value_of(told: SectionJson) -> ValueSpread:
    """Return what the section `value` holds."""
    return ValueSpread(
        bins=tuple(
            ValueBin(from_minor=low, below_minor=high, customers=customers, clv_minor=clv)
            for low, high, customers, clv in told["bins"]
        ),
        median_minor=told["median_minor"],
        top_tenth=tuple(told["top_tenth"]) if told["top_tenth"] else None,
        curve=tuple((customers, value) for customers, value in told["curve"]),
        risks=tuple(
            RiskTenth(customers=customers, at_risk=at_risk, revenue_at_stake_minor=stake)
            for customers, at_risk, stake in told["risks"]
        ),
    )
