"""Jobs of the staff."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from regulars.staff.auditing import seal_audit_trail


@app.periodic(cron="* * * * * */10")
@app.task(name="staff.seal_audit_trail", queueing_lock="staff.seal_audit_trail")
def seal(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Seal what has been written to the audit trail."""
    seal_audit_trail(now=timezone.now())
