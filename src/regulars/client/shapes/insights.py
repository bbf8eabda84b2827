"""Runs and scores."""

from __future__ import annotations

from typing import Literal, TypedDict


class Alarm(TypedDict):
    """Something that one should know before trusting a run."""

    code: str
    severity: Literal["notice", "warning"]
    text: str
    figures: dict[str, float]


class Run(TypedDict):
    """One run of the science over all customers."""

    id: str
    state: Literal["running", "succeeded", "failed"]
    trigger: Literal["nightly", "by_hand"]
    as_of: str
    started_at: str
    finished_at: str | None
    step: str
    share_done: float
    error_code: str
    error_message: str
    customers: int
    orders: int
    alarms: list[Alarm]


class ScoreChange(TypedDict):
    """What a customer's segment and tenths became on a day."""

    changed_on: str
    run_id: str
    rfm_segment: str | None
    risk_decile: int | None
    clv_decile: int | None
