"""Change programmes: save and discard drafts, publish them, and bring earlier versions back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from regulars.business.queries import get_business
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext, ngettext
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.checking import check_program
from regulars.loyalty.definitions.contracts import Checks, Draft, Fault, ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.models import DRAFT, PUBLISHED
from regulars.loyalty.definitions.models import Program as ProgramRow
from regulars.loyalty.definitions.models import Version as VersionRow
from regulars.loyalty.definitions.queries import (
    NoDraft,
    NoSuchProgram,
    NoSuchVersion,
    draft_of,
    published,
    version_of,
)
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.writing import digest_of, to_json
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append


class FaultyProgram(DomainError):
    """A document cannot be read, or cannot be published as it is. `faults` says all that is wrong."""

    code = "faulty_program"

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        message = ngettext(
            "The document has a fault: {first}", "The document has {count} faults, as: {first}", len(faults)
        )
        super().__init__(message.format(count=len(faults), first=f"{first.pointer} {first.message}".strip()))
        self.faults = tuple(faults)


class OtherProgram(DomainError):
    """A document is of another programme than the one whose draft it is to be."""

    code = "other_program"


class DraftChanged(DomainError):
    """Somebody else has saved, discarded or published meanwhile."""

    code = "draft_changed"


class NothingChanged(DomainError):
    """The newest version is the same document."""

    code = "nothing_changed"


class EffectiveTooEarly(DomainError):
    """A version is effective in the past, or not after the one before it."""

    code = "effective_too_early"


@transaction.atomic
def save_draft(
    *,
    text: str | bytes | None = None,
    document: Program | None = None,
    of_program: str | None = None,
    now: datetime,
    actor: Actor,
    expected_digest: str | None = None,
) -> Draft:
    """Keep a document, or the text of one, as the draft of its programme, which is made where there is none.

    `expected_digest` is that of what was changed: of the draft, or of the newest version where there was no draft, or
    empty where there was no programme. Where it is given and no longer holds, nothing is kept. `of_program` is the key
    that the document is to have. A draft need only be readable; it is checked when it is published.

    Raises
    ------
    FaultyProgram
        The text cannot be read.
    OtherProgram
        It is of another programme than `of_program`.
    DraftChanged
        Something else stands where the change began.
    """
    program = document if document is not None else _read(text or "")
    if of_program not in {None, program.program}:
        message = gettext("The document is of the programme {key}, and not of {expected}.")
        raise OtherProgram(message.format(key=program.program, expected=of_program))
    row = _made_row(program.program, now)
    draft = VersionRow.objects.filter(program=row, state=DRAFT).first()
    digest = digest_of(program)
    if expected_digest is not None and expected_digest != _begun_from(row, draft):
        raise DraftChanged(gettext("Somebody else has changed this programme meanwhile; look at it again."))
    if draft is not None and draft.digest == digest:
        return draft_of(row, draft)
    draft = draft or VersionRow(program=row, state=DRAFT)
    draft.document, draft.digest = to_json(program).decode(), digest
    draft.made_by, draft.made_at = str(actor), now
    draft.save()
    record(actor, "program.drafted", "program", row.id, now=now, details={"program": row.key})
    return draft_of(row, draft)


@transaction.atomic
def discard_draft(*, program: str, now: datetime, actor: Actor) -> None:
    """Take the draft of a programme away; its versions stay.

    Raises
    ------
    NoSuchProgram
        None has this key.
    NoDraft
        It has none.
    """
    row = _locked(program)
    _draft(row).delete()
    record(actor, "program.draft_discarded", "program", row.id, now=now, details={"program": row.key})


@transaction.atomic
def publish(
    *,
    program: str,
    note: str = "",
    effective_at: datetime | None = None,
    expected_digest: str | None = None,
    now: datetime,
    actor: Actor,
    checks: Checks,
) -> ProgramVersion:
    """Publish the draft of a programme as its next version, effective now or later.

    Raises
    ------
    NoSuchProgram
        None has this key.
    NoDraft
        It has none.
    DraftChanged
        The draft is not the one of `expected_digest`.
    FaultyProgram
        The checks find something.
    NothingChanged
        The newest version is the same.
    EffectiveTooEarly
        It is effective in the past, or not after the version before it.
    """
    row = _locked(program)
    draft = _draft(row)
    if expected_digest is not None and draft.digest != expected_digest:
        raise DraftChanged(gettext("Somebody else has changed this programme meanwhile; look at it again."))
    draft.note = note
    return _publish(row, draft, effective_at=effective_at, now=now, actor=actor, checks=checks)


@transaction.atomic
def roll_back(
    *,
    program: str,
    to_version: int,
    note: str = "",
    effective_at: datetime | None = None,
    now: datetime,
    actor: Actor,
    checks: Checks,
) -> ProgramVersion:
    """Publish the document of an earlier version again, as the next version; a draft stays as it is.

    Raises
    ------
    NoSuchProgram
        None has this key.
    NoSuchVersion
        It has no version of this number.
    FaultyProgram
        The checks find something by now.
    NothingChanged
        The newest version is the same.
    EffectiveTooEarly
        It is effective in the past, or not after the version before it.
    """
    row = _locked(program)
    earlier = VersionRow.objects.filter(program=row, state=PUBLISHED, number=to_version).first()
    if earlier is None:
        message = gettext("The programme {key} has no version {number}.").format(key=program, number=to_version)
        raise NoSuchVersion(message)
    version = VersionRow(
        program=row,
        document=earlier.document,
        digest=earlier.digest,
        made_by=str(actor),
        made_at=now,
        note=note,
        from_version=to_version,
    )
    return _publish(row, version, effective_at=effective_at, now=now, actor=actor, checks=checks)


def _publish(
    row: ProgramRow,
    version: VersionRow,
    *,
    effective_at: datetime | None,
    now: datetime,
    actor: Actor,
    checks: Checks,
) -> ProgramVersion:
    document = Program.model_validate_json(version.document)
    business = get_business()
    faults = check_program(document, checks, reporting_currency=business.reporting_currency)
    if faults:
        raise FaultyProgram(faults)
    newest = published(row).order_by("-number").first()
    if newest is not None and newest.digest == version.digest:
        raise NothingChanged(gettext("The newest version is the same document."))
    version.effective_at = _effective(effective_at, newest, now)
    version.number = (newest.number or 0) + 1 if newest else 1
    version.state, version.zone = PUBLISHED, document.zone or business.zone
    version.published_by, version.published_at = str(actor), now
    version.save()
    _tell(row, version, now=now, actor=actor)
    return version_of(row, version)


def _effective(asked: datetime | None, newest: VersionRow | None, now: datetime) -> datetime:
    """Return from when on a version is in force."""
    effective_at = asked or now
    if effective_at < now:
        raise EffectiveTooEarly(gettext("A version is never effective in the past."))
    if newest is not None and newest.effective_at is not None and effective_at <= newest.effective_at:
        message = gettext("Version {number} is effective from then on or later; this one comes after it.")
        raise EffectiveTooEarly(message.format(number=newest.number))
    return effective_at


def _tell(row: ProgramRow, version: VersionRow, *, now: datetime, actor: Actor) -> None:
    """Leave an entry on the audit trail, and an event of no customer on the stream."""
    told: dict[str, object] = {"program": row.key, "version": version.number}
    action = "program.published"
    if version.from_version is not None:
        action, told["from_version"] = "program.rolled_back", version.from_version
    record(actor, action, "program", row.id, now=now, details=told)
    told["effective_at"] = version.effective_at.isoformat() if version.effective_at else None
    append([NewEvent(type=action, actor=actor, source="regulars", occurred_at=now, payload=told)], now=now)


def _read(text: str | bytes) -> Program:
    reading = read_program(text)
    if reading.program is None:
        raise FaultyProgram(reading.faults)
    return reading.program


def _made_row(key: str, now: datetime) -> ProgramRow:
    """Return the row of a programme, made where there is none, locked until the end of the transaction."""
    ProgramRow.objects.bulk_create([ProgramRow(id=new_id(), key=key, created_at=now)], ignore_conflicts=True)
    return _locked(key)


def _locked(key: str) -> ProgramRow:
    """Return the row of a programme; who changes its versions waits here for another who does."""
    row = ProgramRow.objects.select_for_update(no_key=True).filter(key=key).first()
    if row is None:
        raise NoSuchProgram(gettext("There is no programme {key}.").format(key=key))
    return row


def _draft(row: ProgramRow) -> VersionRow:
    draft = VersionRow.objects.filter(program=row, state=DRAFT).first()
    if draft is None:
        raise NoDraft(gettext("The programme {key} has no draft.").format(key=row.key))
    return draft


def _begun_from(row: ProgramRow, draft: VersionRow | None) -> str:
    """Return the digest of what a change of a programme begins from; empty where there is nothing yet."""
    found = draft or published(row).order_by("-number").first()
    return found.digest if found else ""
