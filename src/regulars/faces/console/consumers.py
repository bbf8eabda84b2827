"""What the console does when something happens: who is to know of a scheduled report gets a mail."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from regulars.faces.console.security import mails
from regulars.insights.reports.telling import take_told
from regulars.stream.contracts import Event

REPORT_ENDED = frozenset({"report.made", "report.failed"})
TELL_OF_REPORT = "console.tell_of_report"


def tell_of_reports(events: Sequence[Event]) -> None:
    """Have the mails sent that the schedules of these reports ask for, each once, where a server takes them."""
    for event in events:
        if event.payload.get("schedule_id") and mails.is_set_up():
            report_id = UUID(event.payload["report_id"])
            for account_id in take_told(report_id=report_id, now=timezone.now()):
                app.configure_task(TELL_OF_REPORT).defer(account_id=str(account_id), report_id=str(report_id))
