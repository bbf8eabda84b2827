"""What the API has done in the background."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from regulars.faces.api.limits import WINDOW_SECONDS
from regulars.faces.api.statements import rows_of
from regulars.staff.services import note_keys_used

KEPT_FOR = timedelta(days=7)
_AT_ONCE = 5_000


def forget_old_keys(now: datetime) -> int:
    """Forget idempotency keys that are older than `KEPT_FOR`; return how many. Each batch is a statement of its own."""
    forgotten = 0
    while batch := len(rows_of("forget_keys", {"before": now - KEPT_FOR, "limit": _AT_ONCE})):
        forgotten += batch
    return forgotten


def note_last_uses() -> int:
    """Keep with each key when it last called, as the counting of calls knows it; return of how many it is news.

    So a call writes nothing for it, and waits for nobody.
    """
    used = {key: datetime.fromtimestamp(window * WINDOW_SECONDS, tz=UTC) for key, window in rows_of("last_windows")}
    return note_keys_used(used=used)


@app.periodic(cron="*/10 * * * *")
@app.task(name="api.note_last_uses", queueing_lock="api.note_last_uses")
def note(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Keep with each key when it last called."""
    note_last_uses()


@app.periodic(cron="43 * * * *")
@app.task(name="api.forget_old_keys", queueing_lock="api.forget_old_keys")
def forget(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Forget the idempotency keys that nobody will send again."""
    forget_old_keys(timezone.now())
