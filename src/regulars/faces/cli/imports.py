"""`regulars import`: the job of the console's imports, done here and now, with its progress shown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.faces.cli.progress import progress_bar
from regulars.faces.cli.running.setting_up import one_sentence, set_up_django
from regulars.kit.i18n import gettext as _

if TYPE_CHECKING:
    from uuid import UUID

    from regulars.imports.contracts import Import, ImportKind
    from regulars.kit.progress import Progress

_CHUNK_BYTES = 1 << 20
_LOOK_EVERY_SECONDS = 0.5
NOT_DONE = 1


def import_file(
    file: Annotated[Path, typer.Argument(help=_("A file as the shop exports it: CSV, TSV, XLSX or Parquet."))],
    kind: Annotated[str, typer.Option(help=_("What it holds: orders, customers or products."))] = "orders",
    source: Annotated[str, typer.Option(help=_("Whose numbers it holds; the same as the API's source."))] = "import",
    columns: Annotated[
        list[str] | None, typer.Option(help=_("Which column is what, as date=Created; may be given several times."))
    ] = None,
    currency: Annotated[str | None, typer.Option(help=_("The currency of amounts that state none."))] = None,
    date_order: Annotated[str | None, typer.Option(help=_("How dates are written: ymd, dmy or mdy."))] = None,
    decimal: Annotated[str | None, typer.Option(help=_("The decimal mark: . or ,"))] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Keep nothing, and say what would be kept."))] = False,
    refused: Annotated[Path | None, typer.Option(help=_("Write the refused rows, with why, to this CSV."))] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help=_("Show no progress."))] = False,
) -> None:
    """Import a file."""
    with one_sentence():
        set_up_django()
        from django.utils import timezone

        from regulars.faces.cli.running.connecting import be_ready
        from regulars.imports import services
        from regulars.imports.contracts import FileMapping
        from regulars.stream.contracts import system

        be_ready()
        mapping = FileMapping(columns=_pairs(columns or []), currency=currency, date_order=date_order, decimal=decimal)
        now, actor = timezone.now(), system("cli")
        received = services.receive_file(
            kind=_kind(kind), file_name=file.name, chunks=_chunks(file), source=source, now=now, actor=actor
        )
        services.map_columns(import_id=received.id, mapping=mapping, now=now, actor=actor)
        begin = services.start_dry_run if dry_run else services.start
        begin(import_id=received.id, now=timezone.now(), actor=actor)
        with progress_bar(quiet=quiet) as progress:
            done = _see_through(received.id, progress)
        _tell(done)
        if refused:
            _write_refused(done.id, refused)
    if done.error_code:
        raise typer.Exit(NOT_DONE)


def _kind(name: str) -> ImportKind:
    from regulars.imports.contracts import ImportKind

    if name not in list(ImportKind):
        raise typer.BadParameter(_("A file holds orders, customers or products."))
    return ImportKind(name)


def _pairs(columns: list[str]) -> dict[str, str]:
    pairs = [part.partition("=") for text in columns for part in text.split(",")]
    if not all(name and sign and column for name, sign, column in pairs):
        raise typer.BadParameter(_("Write what a column is and its name, as date=Created."))
    return {name.strip(): column.strip() for name, _sign, column in pairs}


def _chunks(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise typer.BadParameter(_("{path} cannot be read: {why}.").format(path=file, why=error.strerror)) from error


def _see_through(import_id: UUID, progress: Progress) -> Import:
    """Do the work, or watch the worker who took it first, until nothing is left to do."""
    from django.utils import timezone

    from regulars.imports.carrying_on import carry_on
    from regulars.imports.contracts import UNDER_WAY
    from regulars.imports.queries import get_import

    def shown() -> bool:
        found = get_import(import_id)
        progress(_("{done} of {all} rows").format(done=found.rows_done, all=found.rows_total or "?"), found.share_done)
        return False

    while not carry_on(import_id, clock=timezone.now, should_stop=shown):
        shown()
        time.sleep(_LOOK_EVERY_SECONDS)
    while (found := get_import(import_id)).state in UNDER_WAY:
        shown()
        time.sleep(_LOOK_EVERY_SECONDS)
    return found


def _tell(done: Import) -> None:
    counts = done.dry_run or done.counts
    typer.echo(
        _("{imported} new, {updated} changed, {unchanged} as they were; {refused} of {rows} rows refused.").format(
            imported=counts.imported,
            updated=counts.updated,
            unchanged=counts.unchanged,
            refused=counts.refused,
            rows=done.rows_total or 0,
        )
    )
    if done.error_message:
        typer.echo(done.error_message, err=True)


def _write_refused(import_id: UUID, goal: Path) -> None:
    from regulars.imports.refused_rows import iter_refused_csv

    with goal.open("w", encoding="utf-8", newline="") as out:
        out.writelines(iter_refused_csv(import_id))
