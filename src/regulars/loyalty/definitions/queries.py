"""Read programmes, their versions and drafts."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import Draft, ProgramSummary, ProgramVersion, VersionSummary
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.models import DRAFT, PUBLISHED
from regulars.loyalty.definitions.models import Program as ProgramRow
from regulars.loyalty.definitions.models import Version as VersionRow

# A document takes some milliseconds to read and some hundred kilobytes to keep.
_MOST_REMEMBERED = 64


class NoSuchProgram(DomainError):
    """No programme has this key or id."""

    code = "no_such_program"


class NoSuchVersion(DomainError):
    """The programme has no published version of this number."""

    code = "no_such_version"


class NoDraft(DomainError):
    """The programme has no draft."""

    code = "no_draft"


def get_program(key: str) -> ProgramSummary:
    """Return a programme.

    Raises
    ------
    NoSuchProgram
        None has this key.
    """
    return _summary(get_program_row(key))


def list_programs() -> list[ProgramSummary]:
    """Return the programmes by key."""
    return [_summary(row) for row in ProgramRow.objects.order_by("key")]


def get_version(program_key: str, number: int) -> ProgramVersion:
    """Return a published version.

    Raises
    ------
    NoSuchProgram
        None has this key.
    NoSuchVersion
        It has no version of this number.
    """
    return _numbered(get_program_row(program_key), number)


def get_version_of(program_id: UUID, number: int) -> ProgramVersion:
    """Return a published version of the programme with an id, as those who keep both ask for it.

    Raises
    ------
    NoSuchProgram
        None has this id.
    NoSuchVersion
        It has no version of this number.
    """
    row = ProgramRow.objects.filter(id=program_id).first()
    if row is None:
        raise NoSuchProgram(gettext("There is no such programme."))
    return _numbered(row, number)


def get_version_at(program_key: str, moment: datetime) -> ProgramVersion | None:
    """Return the version in force at a moment of business; None before the first.

    Raises
    ------
    NoSuchProgram
        None has this key.
    """
    program = get_program_row(program_key)
    row = published(program).filter(effective_at__lte=moment).order_by("-effective_at").first()
    return version_of(program, row) if row else None


def list_versions_at(moment: datetime) -> list[ProgramVersion]:
    """Return of each programme the version in force at a moment, by the programme's key, in one statement.

    A programme whose first version came later is left out.
    """
    return map_versions_at([moment])[moment]


def map_versions_at(moments: Collection[datetime]) -> dict[datetime, list[ProgramVersion]]:
    """Return the versions in force at each of some moments, in one statement; see `list_versions_at`."""
    if not moments:
        return {}
    rows = VersionRow.objects.filter(state=PUBLISHED, effective_at__lte=max(moments)).select_related("program")
    published = list(rows.defer("document").order_by("program_id", "effective_at"))
    versions: dict[int, ProgramVersion] = {}
    found = {}
    for moment in moments:
        newest = {row.program_id: row for row in published if row.effective_at and row.effective_at <= moment}
        for row in newest.values():
            if row.id not in versions:
                versions[row.id] = version_of(row.program, row)
        found[moment] = sorted((versions[row.id] for row in newest.values()), key=lambda each: each.program_key)
    return found


def is_any_published() -> bool:
    """Tell whether there is any published version, in force or not yet."""
    return VersionRow.objects.filter(state=PUBLISHED).exists()


def list_version_keys() -> list[tuple[UUID, int, str]]:
    """Return of all published versions of all programmes the programme's id, the number and the digest."""
    rows = VersionRow.objects.filter(state=PUBLISHED).order_by("program_id", "number")
    return [
        (program_id, number or 0, digest)
        for program_id, number, digest in rows.values_list("program_id", "number", "digest")
    ]


def get_version_in_force(program_id: UUID, moment: datetime) -> ProgramVersion:
    """Return the version in force at a moment of the programme with an id.

    Raises
    ------
    NoSuchVersion
        None was in force yet, or there is no such programme.
    """
    rows = VersionRow.objects.filter(program_id=program_id, state=PUBLISHED, effective_at__lte=moment)
    row = rows.select_related("program").defer("document").order_by("-effective_at").first()
    if row is None:
        raise NoSuchVersion(gettext("The programme was not in force yet."))
    return version_of(row.program, row)


def get_newest_version(program_key: str) -> ProgramVersion | None:
    """Return the version that was published last, in force or not yet; None before the first.

    Raises
    ------
    NoSuchProgram
        None has this key.
    """
    program = get_program_row(program_key)
    row = published(program).order_by("-number").first()
    return version_of(program, row) if row else None


def list_versions(program_key: str) -> list[VersionSummary]:
    """Return the published versions, the newest first.

    Raises
    ------
    NoSuchProgram
        None has this key.
    """
    return [_version_summary(row) for row in published(get_program_row(program_key)).order_by("-number")]


def list_published(program_id: UUID) -> list[ProgramVersion]:
    """Return the published versions of a programme with their documents, the first one first, in one statement."""
    rows = VersionRow.objects.filter(program_id=program_id, state=PUBLISHED).select_related("program").defer("document")
    return [version_of(row.program, row) for row in rows.order_by("number")]


def get_program_id(key: str) -> UUID:
    """Return the id of a programme.

    Raises
    ------
    NoSuchProgram
        None has this key.
    """
    return get_program_row(key).id


def get_draft(program_key: str) -> Draft:
    """Return the draft of a programme.

    Raises
    ------
    NoSuchProgram
        None has this key.
    NoDraft
        It has none.
    """
    program = get_program_row(program_key)
    row = VersionRow.objects.filter(program=program, state=DRAFT).first()
    if row is None:
        raise NoDraft(gettext("The programme {key} has no draft.").format(key=program_key))
    return draft_of(program, row)


def get_program_row(key: str) -> ProgramRow:
    """Return the row of a programme, for this feature alone.

    Raises
    ------
    NoSuchProgram
        None has this key.
    """
    row = ProgramRow.objects.filter(key=key).first()
    if row is None:
        raise NoSuchProgram(gettext("There is no programme {key}.").format(key=key))
    return row


def published(program: ProgramRow) -> QuerySet[VersionRow]:
    """Return the published versions of a programme without their documents, for this feature alone."""
    return VersionRow.objects.filter(program=program, state=PUBLISHED).defer("document")


def version_of(program: ProgramRow, row: VersionRow) -> ProgramVersion:
    """Return a published version as others see it."""
    if row.number is None or row.effective_at is None:
        raise ValueError(row.state)
    return ProgramVersion(
        program_id=program.id,
        program_key=program.key,
        number=row.number,
        effective_at=row.effective_at,
        document=_document(row.id, row.digest),
        digest=row.digest,
        zone=ZoneInfo(row.zone),
    )


def draft_of(program: ProgramRow, row: VersionRow) -> Draft:
    """Return a draft as others see it."""
    return Draft(
        program_id=program.id,
        program_key=program.key,
        document=Program.model_validate_json(row.document),
        digest=row.digest,
        made_by=row.made_by,
        made_at=row.made_at,
    )


@lru_cache(maxsize=_MOST_REMEMBERED)
def _document(version_id: int, digest: str) -> Program:  # noqa: ARG001  # It tells apart what databases number alike.
    """Return the document of a published version, which never changes."""
    return Program.model_validate_json(VersionRow.objects.values_list("document", flat=True).get(id=version_id))


def _numbered(program: ProgramRow, number: int) -> ProgramVersion:
    row = published(program).filter(number=number).first()
    if row is None:
        message = gettext("The programme {key} has no version {number}.").format(key=program.key, number=number)
        raise NoSuchVersion(message)
    return version_of(program, row)


def _summary(program: ProgramRow) -> ProgramSummary:
    newest = VersionRow.objects.filter(program=program, state=PUBLISHED).order_by("-number").first()
    draft = VersionRow.objects.filter(program=program, state=DRAFT).first()
    named = newest or draft
    return ProgramSummary(
        program_id=program.id,
        key=program.key,
        name=json.loads(named.document)["name"] if named else program.key,
        created_at=program.created_at,
        newest_number=newest.number if newest else None,
        has_draft=draft is not None,
    )


def _version_summary(row: VersionRow) -> VersionSummary:
    if row.number is None or row.effective_at is None or row.published_at is None:
        raise ValueError(row.state)
    return VersionSummary(
        number=row.number,
        effective_at=row.effective_at,
        digest=row.digest,
        note=row.note,
        made_by=row.made_by,
        made_at=row.made_at,
        published_by=row.published_by,
        published_at=row.published_at,
        from_version=row.from_version,
    )
