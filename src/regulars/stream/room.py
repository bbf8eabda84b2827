"""Whether the stream has room: partitions made ahead, and nothing in the one that catches what has none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from regulars.stream.services import MONTHS_AHEAD
from regulars.stream.statements import rows_of


def missing_months(*, now: datetime) -> Sequence[date]:
    """Return the months, from this one to those ahead, that have no partition yet."""
    first = now.year * 12 + now.month - 1
    wanted = [date(number // 12, number % 12 + 1, 1) for number in range(first, first + 1 + MONTHS_AHEAD)]
    standing = {month for (month,) in rows_of("partition_months")}
    return [month for month in wanted if month not in standing]


def count_strays() -> int:
    """Return how many events lie in the default partition, counted to a thousand."""
    [(count,)] = rows_of("strays")
    return int(count)
