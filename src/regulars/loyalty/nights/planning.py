"""Which night of a programme comes next. Pure.

A night is at the first instant of a local day, in the zone of the version that is in force then. Where another version
has another zone, the days of one end where those of the other begin: the next night is the first that comes, whichever
day it is of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from regulars.loyalty.definitions.calendar import first_instant_after, first_instant_of, local_day
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.nights.contracts import Planned

_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Lived:
    """The last night that was lived: its moment, and the day that it was of."""

    at: datetime
    day: date


def next_night(versions: Sequence[ProgramVersion], last: Lived | None) -> Planned | None:
    """Return the first night after the last one; without one, the first since the programme was in force.

    A programme that was published at noon has its first night when that day is over; one that is in force from the
    first instant of a day has it then.
    """
    ordered = sorted(versions, key=lambda version: version.effective_at)
    for version, after in pairwise([*ordered, None]):
        if version is None:
            break
        begins_at = version.effective_at if last is None else max(version.effective_at, last.at + _MOMENT)
        at = first_instant_from(begins_at, version.zone)
        if after is None or at < after.effective_at:
            return _planned(version, at, last)
    return None


def first_instant_from(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day at or after a moment."""
    day = local_day(moment, zone)
    begins_at = first_instant_of(day, zone)
    return begins_at if begins_at == moment else first_instant_after(day, zone)


def _planned(version: ProgramVersion, at: datetime, last: Lived | None) -> Planned:
    day = local_day(at, version.zone)
    # A day may come twice, where a zone is left for one further west: what it grants comes once all the same.
    first_day = min(last.day + _DAY, day) if last else day
    return Planned(at=at, day=day, first_day=first_day, version=version)
