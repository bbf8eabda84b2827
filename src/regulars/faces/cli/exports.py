"""`regulars export`: the job of the API's exports, done here and now, with its progress shown."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.faces.cli.progress import progress_bar
from regulars.faces.cli.running.setting_up import one_sentence, set_up_django
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _

if TYPE_CHECKING:
    from uuid import UUID

    from regulars.exports.contracts import Export, ExportFormat, ExportKind
    from regulars.kit.progress import Progress

_LOOK_EVERY_SECONDS = 0.5
NOT_DONE = 1


class NotExportable(DomainError):
    """There is no such kind, or the file cannot be written."""

    code = "not_exportable"


def export_file(
    file: Annotated[
        Path, typer.Argument(help=_("Where to write: a CSV; JSON Lines where it ends in .jsonl, Parquet in .parquet."))
    ],
    kind: Annotated[
        str, typer.Option(help=_("What to export: customers, orders, products, events, facts or scores."))
    ] = "orders",
    source: Annotated[str | None, typer.Option(help=_("Only what this source has told."))] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help=_("Only orders and events since then, customers and products that have changed since; in UTC."),
        ),
    ] = None,
    where: Annotated[str, typer.Option(help=_("Of facts: only customers of whom this condition is true."))] = "",
    facts: Annotated[
        str, typer.Option(help=_("Of facts: which, by name with commas; else all but sensitive ones."))
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help=_("Show no progress."))] = False,
) -> None:
    """Export to a file."""
    with one_sentence():
        set_up_django()
        from django.utils import timezone

        from regulars.exports import services
        from regulars.faces.cli.running.connecting import be_ready
        from regulars.stream.contracts import system

        be_ready()
        actor = system("cli")
        asked = services.ask_for(
            kind=_kind(kind),
            form=_form(file),
            source=source,
            since=since and timezone.make_aware(since, timezone.get_default_timezone()),
            condition=where,
            facts=[name.strip() for name in facts.split(",") if name.strip()],
            now=timezone.now(),
            actor=actor,
            # Whoever is at this machine has the database.
            sees_sensitive=True,
        )
        with progress_bar(quiet=quiet) as progress:
            done = _see_through(asked.id, progress)
        if done.is_ready:
            _fetch(done.id, file)
        # The file is where it was wanted; the one that others would fetch is of no use.
        services.remove(export_id=done.id, now=timezone.now(), actor=actor, sees_sensitive=True)
        _tell(done, file)
    if done.error_code:
        raise typer.Exit(NOT_DONE)


def _kind(name: str) -> ExportKind:
    from regulars.exports.contracts import ExportKind

    if name not in list(ExportKind):
        raise NotExportable(_("One exports customers, orders, products, events, facts or scores."))
    return ExportKind(name)


def _form(file: Path) -> ExportFormat:
    """Return the form that a file's name asks for; a CSV where it asks for none."""
    from regulars.exports.contracts import ExportFormat

    return next((form for form in ExportFormat if file.suffix == f".{form}"), ExportFormat.CSV)


def _see_through(export_id: UUID, progress: Progress) -> Export:
    """Do the work, or watch the worker who took it first, until nothing is left to do."""
    from django.utils import timezone

    from regulars.exports.carrying_on import carry_on
    from regulars.exports.contracts import ExportState
    from regulars.exports.queries import get_export

    def shown() -> bool:
        found = get_export(export_id, sees_sensitive=True)
        told = _("{done} of {all}").format(done=found.items_done, all=found.items_total)
        progress(told, found.share_done)
        return False

    while not carry_on(export_id, clock=timezone.now, should_stop=shown):
        shown()
        time.sleep(_LOOK_EVERY_SECONDS)
    while (found := get_export(export_id, sees_sensitive=True)).state is ExportState.RUNNING:
        shown()
        time.sleep(_LOOK_EVERY_SECONDS)
    return found


def _fetch(export_id: UUID, goal: Path) -> None:
    """Write the file where it is wanted, readable by this user only where it is new."""
    from django.utils import timezone

    from regulars.exports import services
    from regulars.stream.contracts import system

    found = services.download(export_id=export_id, now=timezone.now(), actor=system("cli"), sees_sensitive=True)
    try:
        goal.touch(mode=0o600)
        with goal.open("wb") as out:
            out.writelines(found.chunks)
    except OSError as error:
        raise NotExportable(_("{path} cannot be written: {why}.").format(path=goal, why=error.strerror)) from error


def _tell(done: Export, file: Path) -> None:
    if done.error_message:
        typer.echo(done.error_message, err=True)
    else:
        typer.echo(_("Written: {path}, {rows} rows.").format(path=file, rows=done.rows))
