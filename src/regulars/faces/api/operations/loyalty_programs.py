"""Programmes as code: draft, check, differences, who moves, publish, roll back; and what a programme comes to."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query

from regulars.business.queries import get_business
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import KeyPart, Since
from regulars.faces.api.schemas.loyalty_programs import (
    ChangeOut,
    CheckIn,
    DiffOut,
    DiscardedOut,
    DocumentOut,
    DraftIn,
    DraftOut,
    FaultOut,
    MovesOut,
    OverviewOut,
    ProgramCheckedOut,
    ProgramOut,
    ProgramsOut,
    PublishIn,
    RollBackIn,
    VersionOut,
    VersionsOut,
)
from regulars.facts.catalogue import get_catalogue
from regulars.facts.language.moments import Clock
from regulars.loyalty.definitions import queries, services
from regulars.loyalty.definitions.checking import check_program
from regulars.loyalty.definitions.contracts import Fault
from regulars.loyalty.definitions.diffing import diff_programs
from regulars.loyalty.definitions.document.program import Program as Document
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.membership.queries import get_overview
from regulars.loyalty.nights.moving import who_moves
from regulars.loyalty.rules.checking import RuleChecks

loyalty_programs = Resource("Loyalty: programmes")
Program = Annotated[KeyPart, Path(...)]
Version = Annotated[int, Path(..., ge=1, le=10**9)]
Number = Annotated[int | None, Query(None, ge=1, le=10**9, description="A version; the newest where it is left out.")]


@loyalty_programs.get("/loyalty/programs", scope="loyalty.read", answer=ProgramsOut)
def list_programs(request: HttpRequest) -> Any:
    """List the programmes, by key."""
    return ProgramsOut(items=[ProgramOut.of(each) for each in queries.list_programs()])


@loyalty_programs.get("/loyalty/programs/{program}", scope="loyalty.read", answer=ProgramOut)
def get_program(request: HttpRequest, program: Program) -> Any:
    """Return a programme."""
    return ProgramOut.of(queries.get_program(program))


@loyalty_programs.get("/loyalty/programs/{program}/overview", scope="loyalty.read", answer=OverviewOut)
def get_program_overview(
    request: HttpRequest,
    program: Program,
    days: Annotated[int, Query(90, ge=1, le=3_660, description="How long the period is that ends now.")],
) -> Any:
    """Return a programme's figures: members, active rate, participation, and what was earned and spent."""
    return OverviewOut.of(get_overview(program, now=timezone.now(), days=days))


@loyalty_programs.get("/loyalty/programs/{program}/versions", scope="loyalty.read", answer=VersionsOut)
def list_versions(request: HttpRequest, program: Program) -> Any:
    """List the published versions, the newest first."""
    return VersionsOut(items=[VersionOut.of(each) for each in queries.list_versions(program)])


@loyalty_programs.get("/loyalty/programs/{program}/versions/{number}", scope="loyalty.read", answer=DocumentOut)
def get_version(request: HttpRequest, program: Program, number: Version) -> Any:
    """Return a published version with its document."""
    return DocumentOut.of(queries.get_version(program, number))


@loyalty_programs.get("/loyalty/programs/{program}/diff", scope="loyalty.read", answer=DiffOut)
def diff_versions(
    request: HttpRequest,
    program: Program,
    before: Number,
    after: Annotated[int | None, Query(None, ge=1, le=10**9, description="A version; the draft where left out.")],
) -> Any:
    """Return what differs between two versions, or between one and the draft."""
    newest = queries.get_newest_version(program) if before is None else queries.get_version(program, before)
    if after is None:
        later: Document = queries.get_draft(program).document
    else:
        later = queries.get_version(program, after).document
    changes = diff_programs(newest.document, later) if newest else []
    return DiffOut(
        program=program,
        before=newest.number if newest else None,
        after=after,
        changes=[ChangeOut.of(each) for each in changes],
    )


@loyalty_programs.ask("/loyalty/check", scope="loyalty.read", answer=ProgramCheckedOut)
def check_document(request: HttpRequest, body: Annotated[CheckIn, JsonBody(...)]) -> Any:
    """Check a document without keeping it: say all that is wrong, with places."""
    reading = read_program(body.text)
    faults = list(reading.faults)
    if reading.program is not None:
        faults = reading.placed(_faults(reading.program, timezone.now()))
    return ProgramCheckedOut(is_good=not faults, faults=[FaultOut.of(each) for each in faults])


@loyalty_programs.get("/loyalty/programs/{program}/draft", scope="loyalty.read", answer=DraftOut)
def get_draft(request: HttpRequest, program: Program) -> Any:
    """Return the draft of a programme, with all that keeps it from being published."""
    draft = queries.get_draft(program)
    return DraftOut.of(draft, _faults(draft.document, timezone.now()))


@loyalty_programs.put("/loyalty/programs/{program}/draft", scope="loyalty.manage", answer=DraftOut)
def put_draft(request: HttpRequest, program: Program, body: Annotated[DraftIn, JsonBody(...)]) -> Any:
    """Keep a document as the draft of its programme, which is made where there is none.

    It need only be readable; `faults` says what is to be mended before it is published. `expected_digest` is that of
    the draft, or of the newest version where there is no draft, or empty where there is no programme: where something
    else stands there by now, nothing is kept (`draft_changed`).
    """
    now, reading = timezone.now(), read_program(body.text)
    if reading.program is None:
        raise services.FaultyProgram(reading.faults)
    draft = services.save_draft(
        document=reading.program,
        of_program=program,
        expected_digest=body.expected_digest,
        now=now,
        actor=actor_of(request),
    )
    return DraftOut.of(draft, reading.placed(_faults(draft.document, now)))


@loyalty_programs.delete("/loyalty/programs/{program}/draft", scope="loyalty.manage", answer=DiscardedOut)
def discard_draft(request: HttpRequest, program: Program) -> Any:
    """Take the draft away; the versions stay."""
    services.discard_draft(program=program, now=timezone.now(), actor=actor_of(request))
    return DiscardedOut(program=program)


@loyalty_programs.get("/loyalty/programs/{program}/draft/moves", scope="loyalty.read", answer=MovesOut)
def list_moves(
    request: HttpRequest,
    program: Program,
    at: Annotated[Since, Query(None, description="From when the draft would be in force; now where left out.")],
    until: Annotated[Since, Query(None, description="Until when tiers are followed; a day where left out.")],
) -> Any:
    """Tell who would stand on another tier if the draft came into force; nothing is written."""
    return MovesOut.of(who_moves(program=program, at=at or timezone.now(), until=until))


@loyalty_programs.post("/loyalty/programs/{program}/publish", scope="loyalty.manage", answer=DocumentOut)
def publish_draft(request: HttpRequest, program: Program, body: Annotated[PublishIn, JsonBody(...)]) -> Any:
    """Publish the draft as the next version, in force now or later; what orders have earned stays as it was judged."""
    now = timezone.now()
    version = services.publish(
        program=program,
        note=body.note,
        effective_at=body.effective_at,
        expected_digest=body.expected_digest,
        now=now,
        actor=actor_of(request),
        checks=_checks(now),
    )
    return DocumentOut.of(version)


@loyalty_programs.post("/loyalty/programs/{program}/roll-back", scope="loyalty.manage", answer=DocumentOut)
def roll_back(request: HttpRequest, program: Program, body: Annotated[RollBackIn, JsonBody(...)]) -> Any:
    """Publish the document of an earlier version again, as the next version; a draft stays as it is."""
    now = timezone.now()
    version = services.roll_back(
        program=program,
        to_version=body.to_version,
        note=body.note,
        effective_at=body.effective_at,
        now=now,
        actor=actor_of(request),
        checks=_checks(now),
    )
    return DocumentOut.of(version)


def _checks(now: datetime) -> RuleChecks:
    business = get_business()
    clock = Clock(now, business.zone_info)
    return RuleChecks(catalogue=get_catalogue(), clock=clock, reporting=business.reporting_currency)


def _faults(document: Document, now: datetime) -> list[Fault]:
    return check_program(document, _checks(now), reporting_currency=get_business().reporting_currency)
