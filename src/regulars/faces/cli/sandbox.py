"""`regulars sandbox`: a copy of this installation with a clock of its own, whose programmes are lived to any moment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from regulars.faces.cli.progress import progress_bar
from regulars.faces.cli.running.setting_up import installation, one_sentence, set_up_django
from regulars.faces.cli.wishes import refuse
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _
from regulars.kit.sandbox import machine_time, read_clock, set_clock
from regulars.kit.scratch import scratch_folder

if TYPE_CHECKING:
    from regulars.kit.installation import Installation

sandbox = typer.Typer(no_args_is_help=True, help=_("Copy this installation, and live its programmes to any moment."))

# What happens has a partition of the stream for its month, and those are made for two years ahead at most.
FURTHEST = timedelta(days=700)

Moment = Annotated[
    str, typer.Argument(metavar="MOMENT", help=_("A day, or a moment, as 2027-01-01 or 2027-01-01T09:30."))
]


class NotEmpty(DomainError):
    """There is something where a sandbox was to be made."""

    code = "not_empty"


class MomentTooFar(DomainError):
    """The moment lies further ahead than the stream takes events."""

    code = "moment_too_far"


class SandboxNotMade(DomainError):
    """The copy could not be brought up in its new home."""

    code = "sandbox_not_made"


@sandbox.command(help=_("Copy the database and the secrets to a home of their own, with a clock of its own."))
def make(
    folder: Annotated[Path, typer.Argument(help=_("The sandbox's home: a folder that is empty, or not there."))],
) -> None:
    """Make a sandbox of this installation, which goes on meanwhile."""
    with one_sentence():
        here, home = installation(), folder.absolute()
        if here.is_sandbox:
            raise NotEmpty(_("REGULARS_HOME is a sandbox; make another one of the installation itself."))
        if home.exists() and (not home.is_dir() or any(home.iterdir())):
            raise NotEmpty(_("{folder} is not empty; a sandbox has a home of its own.").format(folder=home))
        _copy(here, home)
    typer.echo(_("The sandbox is made. Work in it with REGULARS_HOME={home}").format(home=home))


def _copy(here: Installation, home: Path) -> None:
    """Back this installation up, and restore it in the new home, in a process that knows of nothing else."""
    set_up_django()
    from regulars.faces.cli.running.backing_up import write_backup
    from regulars.faces.cli.running.database import running_database

    with scratch_folder() as scratch:
        with running_database(here):
            backup = write_backup(here, scratch / "sandbox.tar")
        home.mkdir(parents=True, exist_ok=True)
        # Before anything else: at no time is the copy taken for an installation.
        set_clock(home, machine_time())
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
        done = subprocess.run(  # noqa: S603  # It is this program.
            [sys.executable, "-m", "regulars.faces.cli", "restore", str(backup)],
            env=environment | {"REGULARS_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [""]
        raise SandboxNotMade(_("The copy could not be restored: {line}").format(line=lines[-1]))


@sandbox.command(help=_("Say whether this home is a sandbox, and what its clock says."))
def status() -> None:
    """Tell what the clock of this sandbox says."""
    with one_sentence():
        clock = read_clock(installation().home)
    typer.echo(
        _("In this sandbox it is {moment}.").format(moment=clock.at(machine_time()).isoformat(timespec="seconds"))
    )


@sandbox.command(
    help=_(
        "Take back all that programmes have brought, publish the newest version of each as of a moment, and set the"
        " clock to it; members stay. Then run-to lives through what came since."
    )
)
def begin(moment: Moment) -> None:
    """Begin the programmes of this sandbox anew at a moment, past or future."""
    with one_sentence(), _alone() as here:
        from regulars.faces.cli.running.beginning import begin_anew

        at = _parse(moment)
        begin_anew(at=at, set_clock=lambda now: set_clock(here.home, now))
    typer.echo(_("The programmes begin at {moment}.").format(moment=at.isoformat(timespec="seconds")))


@sandbox.command("run-to", help=_("Live the nights of all programmes, and what came between them, to a moment."))
def run_to(
    moment: Moment,
    quiet: Annotated[bool, typer.Option("--quiet", help=_("Show no progress."))] = False,
) -> None:
    """Live to a moment, and leave the clock there."""
    with one_sentence(), _alone() as here:
        from django.utils import timezone

        from regulars.loyalty.nights.living import live_to
        from regulars.stream.contracts import system
        from regulars.stream.dispatch import Dispatcher
        from regulars.stream.registry import subscriptions

        until, since = _parse(moment), timezone.now()
        if until > machine_time() + FURTHEST:
            raise MomentTooFar(_("The stream has room for two years ahead of today; a moment after that is not lived."))
        with progress_bar(quiet=quiet) as progress:
            lived = live_to(
                until=until,
                since=since,
                set_clock=lambda now: set_clock(here.home, now),
                actor=system("sandbox"),
                hand_over=lambda: Dispatcher(subscriptions(), timezone.now).run_until_idle(),
                progress=progress,
            )
    typer.echo(
        _("It is {moment}. Nights: {nights}; orders and enrolments: {replayed}.").format(
            moment=until.isoformat(timespec="seconds"), nights=lived.nights, replayed=lived.replayed
        )
    )


@contextmanager
def _alone() -> Iterator[Installation]:
    """Have the sandbox's database run, and nothing else of it."""
    here = installation()
    # Where it is none, this says so.
    read_clock(here.home)
    set_up_django()
    from regulars.faces.cli.running.database import database_alone

    with database_alone(here):
        yield here


def _parse(text: str) -> datetime:
    """Return a moment; a day is its first instant, and what names no zone is of the business's."""
    from regulars.business.queries import get_business
    from regulars.loyalty.definitions.calendar import first_instant_of

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        refuse(_("{value} is no moment; write it as 2027-01-01 or 2027-01-01T09:30."), text)
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    zone = ZoneInfo(get_business().zone)
    is_day = len(text) <= len("2027-01-01")
    return first_instant_of(found.date(), zone) if is_day else found.replace(tzinfo=zone).astimezone(UTC)
