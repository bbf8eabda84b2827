"""What the API has done in the background."""

from __future__ import annotations

from datetime import datetime, timedelta

from regulars.faces.api.statements import rows_of

KEPT_FOR = timedelta(days=7)
_AT_ONCE = 5_000


def forget_old_keys(now: datetime) -> int:
    """Forget idempotency keys that are older than `KEPT_FOR`; return how many. Each batch is a statement of its own."""
    forgotten = 0
    while batch := len(rows_of("forget_keys", {"before": now - KEPT_FOR, "limit": _AT_ONCE})):
        forgotten += batch
    return forgotten
