"""What a programme comes to: who its members are, who is active, their part of the orders, what was earned and spent.

Each figure's definition stands with `Overview`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import list_versions
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.ledger.queries import get_totals
from regulars.loyalty.membership.contracts import Flow, Overview
from regulars.loyalty.membership.programs import get_version_now
from regulars.loyalty.membership.statements import rows_of

ENROLLED_DAYS = 30
ACTIVE_DAYS = 90
_NOW_MEMBERS = (MemberState.ACTIVE, MemberState.LEFT)


def get_overview(program: str, *, now: datetime, days: int = ACTIVE_DAYS) -> Overview:
    """Return the figures of a programme as of now, and of the last `days`, but not of before it began.

    Raises
    ------
    NoSuchProgram
        There is no such programme.
    NotBegun
        It has no version that is in force.
    """
    version = get_version_now(program, now)
    begun_at = min(each.effective_at for each in list_versions(program))
    since = max(begun_at, now - timedelta(days=days))
    members, enrolled_lately = _count_members(version, now)
    active = _count_active(version, now)
    told = {"program_id": version.program_id, "since": since, "until": now}
    [(orders, of_members)] = rows_of("count_orders", told)
    return Overview(
        since=since,
        until=now,
        members=members,
        enrolled_lately=enrolled_lately,
        active=active,
        active_rate=_share(active, members[MemberState.ACTIVE]),
        orders=orders,
        of_members=of_members,
        participation=_share(of_members, orders),
        flows=[_flow(version, currency.key, since, now) for currency in version.document.currencies],
    )


def _count_members(version: ProgramVersion, now: datetime) -> tuple[dict[MemberState, int], int]:
    told = {"program_id": version.program_id, "since": now - timedelta(days=ENROLLED_DAYS), "until": now}
    counted = {MemberState(state): (count, lately) for state, count, lately in rows_of("count_members", told)}
    members = {state: counted.get(state, (0, 0))[0] for state in MemberState}
    return members, sum(counted.get(state, (0, 0))[1] for state in _NOW_MEMBERS)


def _count_active(version: ProgramVersion, now: datetime) -> int:
    told = {"program_id": version.program_id, "since": now - timedelta(days=ACTIVE_DAYS), "until": now}
    [(count,)] = rows_of("count_active", told)
    return int(count)


def _flow(version: ProgramVersion, currency: str, since: datetime, until: datetime) -> Flow:
    totals = get_totals(version.program_id, currency, since=since, until=until)
    return Flow(totals=totals, redemption_rate=_share(totals.redeemed, totals.issued) if totals.issued > 0 else None)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
