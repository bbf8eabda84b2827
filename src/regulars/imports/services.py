"""Take in a file, say how it is to be understood, try it, run it, cancel it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import PurePath
from uuid import UUID

from django.db import IntegrityError, transaction

from regulars.imports import ending, files
from regulars.imports.contracts import UNDER_WAY, FileMapping, Import, ImportKind, ImportState, KeptFile
from regulars.imports.deferring import defer_work
from regulars.imports.kept import import_of, json_of_recognised, settled_now
from regulars.imports.models import Import as ImportRow
from regulars.imports.models import Refusal as RefusalRow
from regulars.imports.queries import NoSuchImport, get_row
from regulars.imports.reading import opened
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext, language
from regulars.kit.ids import new_id
from regulars.staff.services import record
from regulars.stream.contracts import Actor

_LONGEST_NAME = 200
_LONGEST_SOURCE = 100


class WrongState(DomainError):
    """An import has not come so far, or has come further."""

    code = "wrong_state"


class SameFileUnderWay(DomainError):
    """The same file is being imported at this moment."""

    code = "same_file_under_way"


class WrongSource(DomainError):
    """The name of the source is empty or too long."""

    code = "wrong_source"


def receive_file(
    *, kind: ImportKind, file_name: str, chunks: Iterable[bytes], source: str, now: datetime, actor: Actor
) -> Import:
    """Keep a file that is to be imported; `source` is whose numbers it holds, as the API's source.

    Raises
    ------
    FileTooLarge
        It is larger than may be imported, as it is or unpacked.
    FileDamaged
        It cannot be unpacked.
    WrongSource
        The source has no name, or too long a one.
    """
    _check_source(source)
    file = keep_file(chunks)
    try:
        return receive_kept_file(file=file, kind=kind, file_name=file_name, source=source, now=now, actor=actor)
    except BaseException:
        drop_file(file)
        raise


def keep_file(chunks: Iterable[bytes]) -> KeptFile:
    """Keep a file of which an import is to be made; it belongs to none yet.

    It takes as long as the file takes to come, so it is done before a transaction begins.

    Raises
    ------
    FileTooLarge
        It is larger than may be imported, as it is or unpacked.
    FileDamaged
        It cannot be unpacked.
    """
    import_id = new_id()
    kept = files.keep_file(import_id, chunks)
    return KeptFile(import_id=import_id, size_bytes=kept.size_bytes, sha256=kept.sha256)


def drop_file(file: KeptFile) -> None:
    """Remove a file that no import was made of."""
    files.remove_file(file.import_id)


@transaction.atomic
def receive_kept_file(
    *, file: KeptFile, kind: ImportKind, file_name: str, source: str, now: datetime, actor: Actor
) -> Import:
    """Make an import of a file that is kept; see `receive_file`.

    Raises
    ------
    WrongSource
        The source has no name, or too long a one.
    """
    _check_source(source)
    row = ImportRow.objects.create(
        id=file.import_id,
        kind=kind.value,
        state=ImportState.UPLOADED.value,
        # Only shown; the file lies under the import's id.
        file_name=PurePath(file_name.replace("\\", "/")).name.replace("\0", "")[:_LONGEST_NAME] or kind.value,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        source=source,
        language=language(),
        created_by=str(actor),
        created_at=now,
    )
    details = {"kind": kind.value, "size_bytes": file.size_bytes}
    record(actor, "import.received", "import", row.id, now=now, details=details)
    return import_of(row)


def _check_source(source: str) -> None:
    if not 1 <= len(source) <= _LONGEST_SOURCE:
        raise WrongSource(gettext("A source has a name of up to {most} characters.").format(most=_LONGEST_SOURCE))


def map_columns(*, import_id: UUID, mapping: FileMapping, now: datetime, actor: Actor) -> Import:
    """Say how a file is to be understood; what is left open is recognised from it.

    Raises
    ------
    NoSuchImport
        There is none.
    WrongState
        It is under way, or has ended.
    FileNotImportable
        The file cannot be read so.
    """
    row = get_row(import_id)
    _demand(row, ImportState.UPLOADED, ImportState.MAPPED)
    row.mapping = asdict(mapping)
    # Reading takes its time; the row is not locked meanwhile.
    with opened(row, settled_now(row, now.date()), first_rows=1) as reading:
        recognised = json_of_recognised(reading.recognised)
    with transaction.atomic():
        row = _locked(import_id)
        _demand(row, ImportState.UPLOADED, ImportState.MAPPED)
        row.mapping, row.recognised, row.dry_run = asdict(mapping), recognised, None
        row.state = ImportState.MAPPED.value
        row.save()
        details = {"columns": sorted(mapping.columns)}
        record(actor, "import.mapped", "import", row.id, now=now, details=details)
    return import_of(row)


@transaction.atomic
def start_dry_run(*, import_id: UUID, now: datetime, actor: Actor) -> Import:
    """Try the whole file in the background, keeping nothing but the counts and which rows would be refused.

    Raises
    ------
    NoSuchImport
        There is none.
    WrongState
        It has not been mapped, or has come further.
    SameFileUnderWay
        The same file is being imported.
    """
    row = _locked(import_id)
    _demand(row, ImportState.MAPPED)
    _begin_anew(row, ImportState.CHECKING, now=now, actor=actor)
    row.dry_run = None
    _save_under_way(row)
    record(actor, "import.checked", "import", row.id, now=now)
    defer_work(row.id)
    return import_of(row)


@transaction.atomic
def start(*, import_id: UUID, now: datetime, actor: Actor) -> Import:
    """Import the file in the background; one that failed goes on where it had come to.

    Raises
    ------
    NoSuchImport
        There is none.
    WrongState
        It has not been mapped, or is under way, or has ended well.
    SameFileUnderWay
        The same file is being imported.
    """
    row = _locked(import_id)
    _demand(row, ImportState.MAPPED, ImportState.FAILED)
    if row.state == ImportState.MAPPED:
        _begin_anew(row, ImportState.RUNNING, now=now, actor=actor)
    else:
        _refuse_same_file(row)
        row.state, row.starts, row.error_code, row.error_message = ImportState.RUNNING.value, 0, "", ""
        row.started_by, row.ended_at = str(actor), None
    _save_under_way(row)
    ending.tell(row, "import.started", now=now, actor=actor)
    record(actor, "import.started", "import", row.id, now=now)
    defer_work(row.id)
    return import_of(row)


@transaction.atomic
def cancel(*, import_id: UUID, now: datetime, actor: Actor) -> Import:
    """Let an import go no further; what it has kept stays. A dry run ends, and the import is as before it.

    Raises
    ------
    NoSuchImport
        There is none.
    WrongState
        It has ended.
    """
    row = _locked(import_id)
    _demand(row, ImportState.UPLOADED, ImportState.MAPPED, ImportState.CHECKING, ImportState.RUNNING)
    if row.state == ImportState.CHECKING:
        row.state = ImportState.MAPPED.value
    else:
        row.state, row.ended_at = ImportState.CANCELLED.value, now
        ending.tell(row, "import.cancelled", now=now, actor=actor)
    row.save()
    record(actor, "import.cancelled", "import", row.id, now=now, details={"rows_done": row.rows_done})
    return import_of(row)


def forget_files(*, now: datetime, ended_before: datetime) -> int:
    """Remove the files of imports that ended before a moment, and files that belong to none; return how many.

    The refused rows stay, with their reasons; what stood in them is gone with the file.
    """
    states = [ImportState.DONE.value, ImportState.FAILED.value, ImportState.CANCELLED.value]
    ended = ImportRow.objects.filter(state__in=states, ended_at__lt=ended_before, file_removed_at=None)
    removed = 0
    for row in ended:
        files.remove_file(row.id)
        ImportRow.objects.filter(id=row.id).update(file_removed_at=now)
        removed += 1
    kept = files.list_kept()
    known = set(ImportRow.objects.filter(id__in=kept).values_list("id", flat=True))
    for import_id in kept:
        # A file just received may not have its row yet.
        if import_id not in known and files.path_of(import_id).stat().st_mtime < ended_before.timestamp():
            files.remove_file(import_id)
            removed += 1
    return removed


def _locked(import_id: UUID) -> ImportRow:
    row = ImportRow.objects.select_for_update(no_key=True).filter(id=import_id).first()
    if row is None:
        raise NoSuchImport(gettext("There is no such import."))
    return row


def _demand(row: ImportRow, *states: ImportState) -> None:
    if row.state not in states:
        raise WrongState(
            {
                ImportState.UPLOADED: gettext("Say first which column is what."),
                ImportState.CHECKING: gettext("This file is just being tried; wait for it, or cancel it."),
                ImportState.RUNNING: gettext("This import is under way."),
            }.get(ImportState(row.state), gettext("This import has ended; send the file again for another one."))
        )


def _begin_anew(row: ImportRow, state: ImportState, *, now: datetime, actor: Actor) -> None:
    _refuse_same_file(row)
    RefusalRow.objects.filter(of_import_id=row.id).delete()
    row.state = state.value
    row.settled = settled_now(row, now.date())
    row.language = language()
    row.imported = row.updated = row.unchanged = row.refused = 0
    row.rows_total, row.rows_done, row.through_row, row.starts = None, 0, 0, 0
    row.started_by, row.started_at, row.ended_at = str(actor), now, None
    row.error_code = row.error_message = ""


def _refuse_same_file(row: ImportRow) -> None:
    """Refuse a second run of the same file."""
    same = ImportRow.objects.filter(
        sha256=row.sha256, kind=row.kind, source=row.source, state__in=[state.value for state in UNDER_WAY]
    ).exclude(id=row.id)
    if same.exists():
        raise SameFileUnderWay(gettext("The same file is being imported at this moment."))


def _save_under_way(row: ImportRow) -> None:
    """Save a row that is now under way; where two begin in the same moment, the index refuses the second."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise SameFileUnderWay(gettext("The same file is being imported at this moment.")) from None
