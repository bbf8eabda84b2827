"""Have an import's work done by a worker: a job in the transaction of what asks for it."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

TASK = "imports.carry_on"


def defer_work(import_id: UUID) -> None:
    """Let a worker carry on with an import; two jobs of one import never run at once."""
    app.configure_task(TASK, lock=f"imports.{import_id}").defer(import_id=str(import_id))
