"""When a fact can next change by time alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from regulars.facts.language.moments import Clock


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the business's next day begins."""
    clock = Clock(now, zone)
    return clock.start_of(clock.today + timedelta(days=1))
