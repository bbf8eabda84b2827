"""What a run is to find, and what it has found: light enough for who only asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from regulars.business.contracts import Business
from regulars.insights.contracts import Boundaries


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run is to find: the scores as of the end of a day, held against what was `before`.

    That is how they were spread at the last run, and the stock that a run about four weeks ago told, with its day.
    """

    run_id: UUID
    as_of: date
    now: datetime
    business: Business
    before: Mapping[str, Any]
    stock_before: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run has found; all of it can be written as JSON. `sections` are the report and what `SECTIONS` add.

    `moved_since` are the customers with an order or return after the run's last day, `seen_until` the number below
    which its snapshot had seen every transaction of the stream.
    """

    customers: int
    orders: int
    sections: Mapping[str, Mapping[str, Any]]
    boundaries: Boundaries
    moved_since: Sequence[UUID]
    seen_until: int
    alarms: Sequence[Mapping[str, Any]]
    spread: Mapping[str, Any]
    stock: Mapping[str, Any]
