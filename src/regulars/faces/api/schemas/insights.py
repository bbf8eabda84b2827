"""Runs of the science, and how scores came about, on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from regulars.faces.api.schemas.wire import Out
from regulars.insights.contracts import Alarm, Run, RunState, Severity, Trigger
from regulars.report.wording import say


class AlarmOut(Out):
    """Something about the data or the models that one should know before trusting a run."""

    code: str
    severity: Severity
    text: str
    figures: dict[str, float]

    @classmethod
    def of(cls, alarm: Alarm) -> AlarmOut:
        """Return an alarm as it is told."""
        return cls(code=alarm.code, severity=alarm.severity, text=say(alarm.reason), figures=dict(alarm.figures))


class RunOut(Out):
    """One run of the science over all customers, as of the end of the day `as_of`."""

    id: UUID
    state: RunState
    trigger: Trigger
    as_of: date
    started_at: datetime
    finished_at: datetime | None
    step: str
    share_done: float
    error_code: str
    error_message: str
    customers: int
    orders: int
    alarms: list[AlarmOut]

    @classmethod
    def of(cls, run: Run) -> RunOut:
        """Return a run as it is told."""
        names = [name for name in cls.model_fields if name != "alarms"]
        told = {name: getattr(run, name) for name in names}
        return cls(**told, alarms=[AlarmOut.of(each) for each in run.alarms])


class RunsOut(Out):
    """A page of runs, the latest first."""

    items: list[RunOut]
    next: str | None


class ReportOut(Out):
    """The whole report of a run, as `regulars report --json` writes it; its schema is `docs/report.schema.json`."""

    run_id: UUID
    report: dict[str, Any]


class ScoreChangeOut(Out):
    """What a customer's segment and tenths became on a day; no segment where nothing bought is left."""

    changed_on: date
    run_id: UUID
    rfm_segment: str | None
    risk_decile: int | None
    clv_decile: int | None


class ScoreChangesOut(Out):
    """How a customer's segment and tenths changed, the latest first."""

    items: list[ScoreChangeOut]
