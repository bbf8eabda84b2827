"""Read the nights: which were lived, and which comes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import get_program_id, get_version_of, list_programs, list_published
from regulars.loyalty.nights.contracts import Night, NightsState, Planned, Step
from regulars.loyalty.nights.models import Night as NightRow
from regulars.loyalty.nights.planning import Lived, next_night


def get_state(program: str, *, limit: int = 7) -> NightsState:
    """Return how the nights of a programme stand, with the last ones, the latest first.

    Raises
    ------
    NoSuchProgram
        None has this key.
    """
    rows = NightRow.objects.filter(program_id=get_program_id(program)).order_by("-at")[:limit]
    return NightsState(program=program, nights=[night_of(program, row) for row in rows], next=find_next(program))


def find_next(program: str) -> Planned | None:
    """Return the night of a programme that comes next: one that was begun, or the first after the last; None for none.

    Raises
    ------
    NoSuchProgram
        None has this key.
    """
    program_id = get_program_id(program)
    row = NightRow.objects.filter(program_id=program_id).order_by("-at").first()
    if row is not None and row.finished_at is None:
        return Planned(at=row.at, day=row.day, first_day=row.first_day, version=get_version_of(program_id, row.version))
    return next_night(list_published(program_id), Lived(row.at, row.day) if row else None)


def list_due(now: datetime) -> list[str]:
    """Return the programmes of which a night is due."""
    found = ((program.key, find_next(program.key)) for program in list_programs())
    return [key for key, planned in found if planned is not None and planned.at <= now]


def in_force_by(versions: Sequence[ProgramVersion], moment: datetime) -> list[ProgramVersion]:
    """Return those of some versions that had come into force by a moment."""
    return [version for version in versions if version.effective_at <= moment]


def night_of(program: str, row: NightRow) -> Night:
    """Return a night as others see it."""
    return Night(
        program=program,
        at=row.at,
        day=row.day,
        zone=row.zone,
        version=row.version,
        # The database keeps no order.
        done={step: row.done[step] for step in Step if step in row.done},
        begun_at=row.begun_at,
        finished_at=row.finished_at,
    )
