"""Have reports made by a worker, one at a time: a job in the transaction of what asks for it."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

TASK = "insights.make_report"


def defer_work(report_id: UUID) -> None:
    """Let a worker make a report; no two are made at once, and they are made in the order in which they were asked."""
    app.configure_task(TASK, lock="insights.reports").defer(report_id=str(report_id))
