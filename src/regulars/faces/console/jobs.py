"""What the console has done in the background: mails, and forgetting."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from regulars.faces.console.consumers import TELL_OF_REPORT
from regulars.faces.console.security import mails
from regulars.faces.console.security.remembering import forget_past
from regulars.faces.console.security.words import NOTICES
from regulars.insights.reports.contracts import ReportState
from regulars.insights.reports.queries import NoSuchReport, get_report

# A mail server that rests is asked again for about a day.
_PATIENCE = RetryStrategy(max_attempts=8, exponential_wait=5)


@app.task(name="console.send_password_reset", retry=_PATIENCE)
def send_password_reset(account_id: str) -> None:
    """Send the link to set a new password by. It is made here, so that no secret waits in a job.

    An address that nobody has makes a job too, without an id: how long an answer takes then tells nothing.
    """
    row = get_user_model().objects.filter(pk=UUID(account_id), is_active=True).first() if account_id else None
    if row is None:
        return
    key = default_token_generator.make_token(row)
    link = reverse("account_reset_password_from_key", kwargs={"uidb36": row.pk.hex, "key": key})
    mails.send("password_reset", to=row.email, language=row.language, name=row.name, link=mails.address_of(link))


@app.task(name="console.send_notice", retry=_PATIENCE)
def send_notice(account_id: str, action: str, at: str) -> None:
    """Tell somebody what has been done with the account."""
    row = get_user_model().objects.filter(pk=UUID(account_id)).first()
    if row is None:
        return
    mails.send(
        "notice",
        to=row.email,
        language=row.language,
        name=row.name,
        what=NOTICES[action],
        at=datetime.fromisoformat(at),
        link=mails.address_of(reverse("mfa_index")),
    )


@app.task(name=TELL_OF_REPORT, retry=_PATIENCE)
def tell_of_report(account_id: str, report_id: str) -> None:
    """Tell somebody that a scheduled report is there, by its link, or why it is not."""
    row = get_user_model().objects.filter(pk=UUID(account_id), is_active=True).first()
    try:
        report = get_report(UUID(report_id))
    except NoSuchReport:
        # It was removed meanwhile; there is nothing to tell of.
        return
    if row is None or not row.has_perm("insights.read"):
        return
    link = mails.address_of(reverse("console:reports.one", args=[report.id]))
    template = "report_ready" if report.state is ReportState.READY else "report_failed"
    mails.send(template, to=row.email, language=row.language, name=row.name, report=report, link=link)


@app.periodic(cron="17 * * * *")
@app.task(name="console.forget_past", queueing_lock="console.forget_past")
def forget(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Forget sessions that have ended, and what was to be remembered until now."""
    SessionStore.clear_expired()
    forget_past(timezone.now())
