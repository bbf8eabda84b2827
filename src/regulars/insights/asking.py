"""What a run is to find, and what it has found: light enough for who only asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from regulars.business.contracts import Business
from regulars.insights.contracts import Boundaries, SectionJson


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run is to find: the scores as of the end of a day, held against what was `before`.

    That is how they were spread at the last run and at one about four weeks ago (`queries.find_spreads`), and the
    stock that runs of the year before told (`queries.find_stock_before`).
    """

    run_id: UUID
    as_of: date
    now: datetime
    business: Business
    before: Mapping[str, Any]
    stock_before: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run has found beside its scores, which are staged: its report with what `sections` add to it.

    `alarms` say what is to be known before trusting it, `spread` how its scores are spread, and `stock` the metrics of
    the state. `seen_until` is the number below which its snapshot had seen every transaction of the stream. All of it
    can be written as JSON.
    """

    customers: int
    orders: int
    boundaries: Boundaries
    seen_until: int
    sections: Mapping[str, SectionJson]
    alarms: Sequence[Mapping[str, Any]]
    spread: Mapping[str, Any]
    stock: Mapping[str, Any]
