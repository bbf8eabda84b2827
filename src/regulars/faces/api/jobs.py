"""What the API has done in the background."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from regulars.faces.api.statements import rows_of

KEPT_FOR = timedelta(days=7)
_AT_ONCE = 5_000


def forget_old_keys(now: datetime) -> int:
    """Forget idempotency keys that are older than `KEPT_FOR`; return how many. Each batch is a statement of its own."""
    forgotten = 0
    while batch := len(rows_of("forget_keys", {"before": now - KEPT_FOR, "limit": _AT_ONCE})):
        forgotten += batch
    return forgotten


@app.periodic(cron="43 * * * *")
@app.task(name="api.forget_old_keys", queueing_lock="api.forget_old_keys")
def forget(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Forget the idempotency keys that nobody will send again."""
    forget_old_keys(timezone.now())
