"""Ask for an export, fetch its file, end it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.exports import files
from regulars.exports.contracts import Export, ExportFormat, ExportKind, ExportState
from regulars.exports.deferring import defer_work
from regulars.exports.files import FileNotThere
from regulars.exports.kinds import KINDS
from regulars.exports.kinds.protocol import Chosen
from regulars.exports.models import Export as ExportRow
from regulars.exports.queries import NoSuchExport, export_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.staff.services import record
from regulars.stream.contracts import Actor


class WithheldExport(DomainError):
    """The file tells of what is sensitive, and who wants it may not see that."""

    code = "export_withheld"


class NotOfThisKind(DomainError):
    """Something was said of an export that says nothing of its kind."""

    code = "not_of_this_kind"


@dataclass(frozen=True, slots=True)
class Download:
    """An export, and the content of its file."""

    export: Export
    chunks: Iterator[bytes]


@transaction.atomic
def ask_for(
    *,
    kind: ExportKind,
    form: ExportFormat,
    source: str | None = None,
    since: datetime | None = None,
    condition: str = "",
    facts: Sequence[str] = (),
    now: datetime,
    actor: Actor,
    sees_sensitive: bool = False,
) -> Export:
    """Have a file written in the background.

    It holds what there is now of a `source`, or all; `since` leaves out orders and events that are older, and customers
    and products that have not changed since. Of facts, it holds customers of whom a `condition` is true, with `facts`.
    Who does not see what is sensitive has no trait in it that is, and asks for no such fact.

    Raises
    ------
    NotOfThisKind
        Something is said that says nothing of this kind.
    WrongCondition
        The condition cannot be meant, or there is no such fact, or none that one may see.
    """
    told = {"source": source, "since": since, "condition": condition, "facts": facts}
    for name in told.keys() - KINDS[kind].takes:
        if told[name]:
            sentence = gettext("An export of {kind} is not chosen by {name}.")
            raise NotOfThisKind(sentence.format(kind=kind.value, name=name))
    chosen = Chosen(condition=condition, facts=facts, now=now, sees_sensitive=sees_sensitive)
    row = ExportRow.objects.create(
        id=new_id(),
        kind=kind.value,
        format=form.value,
        state=ExportState.RUNNING.value,
        source=source,
        since=since,
        settled=dict(KINDS[kind].settle(chosen)),
        asked_by=str(actor),
        asked_at=now,
    )
    details: dict[str, Any] = {"kind": kind.value, "format": form.value}
    if facts:
        details["facts"] = list(facts)
    record(actor, "export.asked", "export", row.id, now=now, details=details)
    defer_work(row.id)
    return export_of(row, sees_sensitive=sees_sensitive)


@transaction.atomic
def download(*, export_id: UUID, now: datetime, actor: Actor, sees_sensitive: bool = False) -> Download:
    """Return the file of an export that is done; who fetched it stands on the audit trail.

    Raises
    ------
    NoSuchExport
        There is none.
    FileNotThere
        It is not done, or its file is no longer kept.
    WithheldExport
        It tells of what is sensitive, and who wants it may not see that.
    """
    row = _locked(export_id)
    export = export_of(row, sees_sensitive=sees_sensitive)
    if export.is_withheld:
        raise WithheldExport(
            gettext("This file tells of what is sensitive: only who may change customers (customers.write) fetches it.")
        )
    if not export.is_ready:
        raise FileNotThere(
            gettext("The file is still being written.")
            if row.state == ExportState.RUNNING
            else gettext("The file is no longer kept; ask for another export.")
        )
    file = files.open_file(export_id)
    record(actor, "export.downloaded", "export", row.id, now=now, details={"kind": row.kind, "rows": row.rows})
    return Download(export, files.chunks_of(file))


@transaction.atomic
def remove(*, export_id: UUID, now: datetime, actor: Actor, sees_sensitive: bool = False) -> Export:
    """End an export that is under way, and remove its file now; again it changes nothing.

    Raises
    ------
    NoSuchExport
        There is none.
    """
    row = _locked(export_id)
    if row.state == ExportState.RUNNING:
        row.state, row.ended_at = ExportState.CANCELLED.value, now
    if row.file_removed_at is None:
        row.file_removed_at = now
        row.save()
        record(actor, "export.removed", "export", row.id, now=now, details={"kind": row.kind})
    # Where this does not commit after all, `forget_files` finds a row without a file, and says so.
    files.remove_file(row.id)
    return export_of(row, sees_sensitive=sees_sensitive)


def forget_files(*, now: datetime, ended_before: datetime) -> int:
    """Remove the files of exports that ended before a moment, and files that belong to none; return how many."""
    ended = ExportRow.objects.filter(ended_at__lt=ended_before, file_removed_at=None)
    removed = 0
    for row in ended:
        files.remove_file(row.id)
        ExportRow.objects.filter(id=row.id).update(file_removed_at=now)
        removed += 1
    kept = files.list_kept()
    wanted = set(ExportRow.objects.filter(id__in=kept, file_removed_at=None).values_list("id", flat=True))
    for export_id in set(kept) - wanted:
        files.remove_file(export_id)
        removed += 1
    return removed


def _locked(export_id: UUID) -> ExportRow:
    row = ExportRow.objects.select_for_update(no_key=True).filter(id=export_id).first()
    if row is None:
        raise NoSuchExport(gettext("There is no such export."))
    return row
