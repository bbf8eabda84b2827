"""`regulars doctor`: say what is wrong with an installation, and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.faces.cli.running.setting_up import installation, one_sentence, set_up_django
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _

if TYPE_CHECKING:
    from regulars.faces.cli.running.doctor.finding import Finding
    from regulars.kit.installation import Installation

_SIGNS = {"good": "✓", "notice": "·", "bad": "✗"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the findings as JSON."))] = False,
) -> None:
    """Look at everything, and exit with 1 where something is wrong."""
    with one_sentence():
        found = list(examine(installation()))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    else:
        for finding in found:
            typer.echo(f"{_SIGNS[finding.state]} {finding.sentence}")
            if finding.mend:
                typer.echo(f"  {finding.mend}")
    if any(finding.state == "bad" for finding in found):
        raise typer.Exit(1)


def examine(here: Installation) -> Iterator[Finding]:
    """Look at the machine, then at the database, then at the work; each needs the one before."""
    from regulars.faces.cli.running.doctor.database import look_at_database
    from regulars.faces.cli.running.doctor.finding import State, bad, notice
    from regulars.faces.cli.running.doctor.machine import look_at_machine
    from regulars.kit.run_lock import is_running

    machine = list(look_at_machine(here))
    yield from machine
    if any(finding.name == "home" and finding.state is State.BAD for finding in machine):
        return
    runs = here.cluster is None or is_running(here.home)
    if here.cluster and here.cluster.major is None:
        yield notice("database", _("There is no database yet."), _("Run: regulars serve"))
        return
    if here.cluster and runs and not here.cluster.is_ready():
        yield bad("database", _("Regulars runs, but its database does not answer."), _see_log())
        return
    set_up_django()
    try:
        from regulars.faces.cli.running.database import running_database

        with running_database(here):
            found = list(look_at_database(here))
            yield from found
            if all(finding.state is not State.BAD for finding in found if finding.name in {"database", "migrations"}):
                yield from _work(runs=runs)
    except DomainError as error:
        yield bad("database", error.message, _see_log())


def _work(*, runs: bool) -> Iterator[Finding]:
    from django.utils import timezone

    from regulars.faces.cli.running.doctor.work import look_at_work

    yield from look_at_work(now=timezone.now(), runs=runs)


def _see_log() -> str:
    return _("The log of the database, logs/postgres.log in the home, says more.")
