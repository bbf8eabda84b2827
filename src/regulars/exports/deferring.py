"""Have an export's work done by a worker: a job in the transaction of what asks for it."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

TASK = "exports.carry_on"


def defer_work(export_id: UUID) -> None:
    """Let a worker carry on with an export; two jobs of one export never run at once."""
    app.configure_task(TASK, lock=f"exports.{export_id}").defer(export_id=str(export_id))
