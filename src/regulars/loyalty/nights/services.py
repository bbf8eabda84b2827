"""Live a programme's nights: one after the other, each once, and on where one was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress, part_of, silent
from regulars.loyalty.definitions.queries import get_program_id, list_published
from regulars.loyalty.nights.contracts import Night, Planned
from regulars.loyalty.nights.models import Night as NightRow
from regulars.loyalty.nights.queries import find_next, in_force_by, night_of
from regulars.loyalty.nights.steps import STEPS, Run, days_between
from regulars.stream.contracts import Actor
from regulars.stream.long_work import Clock, alone_with, never
from regulars.stream.queries import get_horizon


class NightUnderWay(DomainError):
    """Another process lives the nights of this programme just now."""

    code = "night_under_way"


class _Interrupted(Exception):  # Nothing went wrong.
    """Somebody asks to stop."""


def run_nights(
    *,
    program: str,
    clock: Clock,
    actor: Actor,
    until: datetime | None = None,
    should_stop: Callable[[], bool] = never,
    progress: Progress = silent,
) -> list[Night]:
    """Live the nights of a programme that are due, by the clock or by a moment before; return those that were finished.

    Each has its own moment of business, the first instant of its day, also where it was missed. It is no transaction:
    steps commit as they go, and one that was interrupted is done again, which changes nothing that was done.

    Raises
    ------
    NoSuchProgram
        None has this key.
    NightUnderWay
        Another process is at it.
    """

    def go_on() -> None:
        if should_stop():
            raise _Interrupted

    lived: list[Night] = []
    with alone_with(get_program_id(program)) as is_mine:
        if not is_mine:
            raise NightUnderWay(gettext("Another process lives the nights of this programme just now."))
        try:
            while (planned := find_next(program)) is not None and planned.at <= min(until or clock(), clock()):
                go_on()
                row, run = _begin(planned, clock, actor, go_on)
                lived.append(_live(row, run, progress))
        except _Interrupted:
            pass
    return lived


def _begin(planned: Planned, clock: Clock, actor: Actor, go_on: Callable[[], None]) -> tuple[NightRow, Run]:
    """Begin a night, or take it up where it was begun."""
    row, before = _begun(planned, clock())
    run = Run(
        version=planned.version,
        versions=in_force_by(list_published(planned.version.program_id), planned.at),
        at=planned.at,
        days=days_between(planned.first_day, planned.day),
        since=before.at if before else None,
        count_from=(before.counted_to or 0) if before else 0,
        now=clock,
        actor=actor,
        go_on=go_on,
        progress=silent,
    )
    return row, run


def _live(row: NightRow, run: Run, progress: Progress) -> Night:
    """Do what is left of a night's steps."""
    for number, (step, work) in enumerate(STEPS.items()):
        if step in row.done:
            continue
        run.go_on()
        row.done[step] = work(replace(run, progress=part_of(progress, number / len(STEPS), (number + 1) / len(STEPS))))
        row.save(update_fields=["done"])
    row.finished_at = run.now()
    row.save(update_fields=["finished_at"])
    return night_of(run.version.program_key, row)


@transaction.atomic
def _begun(planned: Planned, now: datetime) -> tuple[NightRow, NightRow | None]:
    """Return the row of a night, made where it was not begun, and that of the night before."""
    version = planned.version
    before = NightRow.objects.filter(program_id=version.program_id, at__lt=planned.at).order_by("-at").first()
    row, _ = NightRow.objects.get_or_create(
        program_id=version.program_id,
        at=planned.at,
        defaults={
            "day": planned.day,
            "first_day": planned.first_day,
            "zone": version.zone.key,
            "version": version.number,
            # What is still to come before this number is posted before the night begins, or counted by it.
            "counted_to": get_horizon(),
            "begun_at": now,
        },
    )
    return row, before
