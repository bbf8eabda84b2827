"""Tell the stream which points expire soon: what messages to members begin from.

Each member is told once of what expires on a day, for each number of days before it. A night tells of those days that
have come so near since the night before, so that nights that were missed tell late and nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from django.db import transaction

from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress, silent
from regulars.loyalty.definitions.calendar import first_instant_after, local_day
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.nights.statements import rows_of
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.database import Row
from regulars.stream.services import append, make_room

SOURCE = "loyalty"
EXPIRING = "points.expiring"
# So many days before points are good no longer, their member is told.
DAYS_BEFORE = (30, 7)
_AT_ONCE = 2_000
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a night tells of: by a programme's version, at its moment, since the one before."""

    version: ProgramVersion
    at: datetime
    since: datetime | None
    now: datetime
    actor: Actor


def tell_expiring(
    notice: Notice, *, days_before: Sequence[int] = DAYS_BEFORE, go_on: Callable[[], None], progress: Progress = silent
) -> int:
    """Tell of all points that have come so near to their end; return how many notices are new."""
    make_room([notice.at])
    new = 0
    # In the first night of all each is told by the last of its numbers that has come.
    for days, nearer in pairwise([*sorted(days_before, reverse=True), 0]):
        new += _tell_of(
            notice, days, limit_of(notice.since or notice.at, days if notice.since else nearer, notice.version), go_on
        )
        progress(gettext("Members are told what expires"), 1 - nearer / max(days_before))
    return new


def limit_of(at: datetime, days: int, version: ProgramVersion) -> datetime:
    """Return until when points are good that have so many days left, or fewer, in the night at a moment."""
    return first_instant_after(local_day(at, version.zone) + timedelta(days=days - 1), version.zone)


def _tell_of(notice: Notice, days: int, after: datetime, go_on: Callable[[], None]) -> int:
    version = notice.version
    told = {
        "program_id": version.program_id,
        "zone": version.zone.key,
        "after": max(notice.at, after),
        "until": limit_of(notice.at, days, version),
        "limit": _AT_ONCE,
    }
    new, place = 0, (_NOBODY, date.min)
    while rows := rows_of("expiring", told | {"after_account": place[0], "after_day": place[1]}):
        go_on()
        with transaction.atomic():
            ids = append([_event(row, days, notice) for row in rows], now=notice.now)
        new += sum(1 for each in ids if each is not None)
        place = (rows[-1][0], rows[-1][1])
    return new


def _event(row: Row, days: int, notice: Notice) -> NewEvent:
    account_id, day, member_id, customer_id, currency, points, expires_at = row
    return NewEvent(
        type=EXPIRING,
        actor=notice.actor,
        source=SOURCE,
        occurred_at=notice.at,
        customer_id=customer_id,
        payload={
            "member_id": str(member_id),
            "program": notice.version.program_key,
            "currency": currency,
            "points": points,
            "expires_at": expires_at.isoformat(),
            "days": days,
        },
        key=f"{EXPIRING} {account_id} {day.isoformat()} {days}",
    )
