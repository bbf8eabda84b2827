"""Have a run done by a worker: a job in the transaction of what asks for it."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

TASK = "insights.carry_on"


def defer_work(run_id: UUID) -> None:
    """Let a worker do a run; two jobs of one run never run at once."""
    app.configure_task(TASK, lock=f"insights.{run_id}").defer(run_id=str(run_id))
