"""What a section is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from regulars.business.contracts import Business
from regulars.insights.contracts import SectionJson
from regulars.insights.lake.place import Snapshot
from regulars.insights.lake.reading import Bought
from regulars.insights.scoring import Scored
from regulars.insights.sections.by_day import ByDay

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A snapshot and what was found on it as of the end of a day, at a moment of the run.

    `bought.orders` is read through `connection`, other files too.
    """

    snapshot: Snapshot
    bought: Bought
    connection: Backend
    business: Business
    as_of: date
    now: datetime
    scored: Scored


MakeSection = Callable[[Ground], SectionJson]
"""Makes a section; what it returns can be written as JSON."""

MakeOfDays = Callable[[Ground, ByDay], SectionJson]
"""Makes one of what was bought by day."""
