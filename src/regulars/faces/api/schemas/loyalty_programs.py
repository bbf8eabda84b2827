"""Programmes, their versions and drafts, what differs and who moves, on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from regulars.faces.api.schemas.wire import In, Moment, Out, Text
from regulars.loyalty.definitions.contracts import Draft, Fault, ProgramSummary, ProgramVersion, VersionSummary
from regulars.loyalty.definitions.diffing import Change, ChangeKind
from regulars.loyalty.definitions.writing import to_plain, to_yaml
from regulars.loyalty.ledger.contracts import MemberState, Totals
from regulars.loyalty.membership.contracts import Overview
from regulars.loyalty.nights.contracts import MoveReport

# A document of a thousand rules has some hundred kilobytes.
Document = Annotated[str, Field(min_length=1, max_length=2_000_000)]
Digest = Annotated[str, Field(max_length=100)]


class ProgramOut(Out):
    """A programme: its newest version's number, null before the first, and whether there is a draft."""

    program_id: UUID
    key: str
    name: str
    created_at: datetime
    newest_number: int | None
    has_draft: bool

    @classmethod
    def of(cls, summary: ProgramSummary) -> ProgramOut:
        """Return the wire's form of a programme."""
        return cls.model_validate(summary)


class ProgramsOut(Out):
    """All programmes, by key."""

    items: list[ProgramOut]


class VersionOut(Out):
    """A published version without its document. `from_version` is the one that it brought back, if it did."""

    number: int
    effective_at: datetime
    digest: str
    note: str
    made_by: str
    made_at: datetime
    published_by: str
    published_at: datetime
    from_version: int | None

    @classmethod
    def of(cls, summary: VersionSummary) -> VersionOut:
        """Return the wire's form of a version."""
        return cls.model_validate(summary)


class VersionsOut(Out):
    """All versions of a programme, the newest first."""

    items: list[VersionOut]


class DocumentOut(Out):
    """A published version with its document, as JSON and as YAML."""

    program: str
    number: int
    effective_at: datetime
    digest: str
    zone: str
    document: dict[str, Any]
    yaml: str

    @classmethod
    def of(cls, version: ProgramVersion) -> DocumentOut:
        """Return the wire's form of a version."""
        return cls(
            program=version.program_key,
            number=version.number,
            effective_at=version.effective_at,
            digest=version.digest,
            zone=version.zone.key,
            document=to_plain(version.document),
            yaml=to_yaml(version.document),
        )


class DraftIn(In):
    """A document as YAML or JSON text. `expected_digest` is that of what was changed, so that nobody's work is lost."""

    text: Document
    expected_digest: Digest | None = None


class FaultOut(Out):
    """Something wrong with a document; `pointer` is its place in it, `line` and `column` that in the text, or 0."""

    code: str
    message: str
    pointer: str
    line: int
    column: int

    @classmethod
    def of(cls, fault: Fault) -> FaultOut:
        """Return the wire's form of a fault."""
        return cls.model_validate(fault)


class DraftOut(Out):
    """What the next version is to be. `faults` is all that keeps it from being published."""

    program: str
    digest: str
    made_by: str
    made_at: datetime
    document: dict[str, Any]
    yaml: str
    faults: list[FaultOut]

    @classmethod
    def of(cls, draft: Draft, faults: list[Fault]) -> DraftOut:
        """Return the wire's form of a draft."""
        return cls(
            program=draft.program_key,
            digest=draft.digest,
            made_by=draft.made_by,
            made_at=draft.made_at,
            document=to_plain(draft.document),
            yaml=to_yaml(draft.document),
            faults=[FaultOut.of(each) for each in faults],
        )


class CheckIn(In):
    """A document as YAML or JSON text."""

    text: Document


class ProgramCheckedOut(Out):
    """Whether a document could be published, and all that keeps it from that."""

    is_good: bool
    faults: list[FaultOut]


class ChangeOut(Out):
    """One difference; `pointer` names parts by their keys, as /rules/coffee/grant/points. What is not there is null."""

    pointer: str
    kind: ChangeKind
    before: Any
    after: Any

    @classmethod
    def of(cls, change: Change) -> ChangeOut:
        """Return the wire's form of a difference."""
        return cls.model_validate(change)


class DiffOut(Out):
    """What differs between two versions, or between the newest and the draft (`after` null)."""

    program: str
    before: int | None
    after: int | None
    changes: list[ChangeOut]


class MoveOut(Out):
    """How many members would go from one tier to another; null is no tier. `first` are some of them."""

    from_tier: str | None
    to_tier: str | None
    members: int
    first: list[UUID]


class TierSetMovesOut(Out):
    """What becomes of a tier set: the whole matrix, those who stay included, and its sums."""

    tier_set: str
    matrix: list[MoveOut]
    before: dict[str, int]
    after: dict[str, int]
    moved: int
    up: int
    down: int


class MovesOut(Out):
    """Who would stand elsewhere at `until` if the draft came into force at `at`; `digest` is that of the draft.

    In `before` and `after` an empty key is no tier.
    """

    program: str
    version: int | None
    digest: str
    at: datetime
    until: datetime
    members: int
    tier_sets: list[TierSetMovesOut]

    @classmethod
    def of(cls, report: MoveReport) -> MovesOut:
        """Return the wire's form of a report."""
        return cls(
            program=report.program,
            version=report.version,
            digest=report.digest,
            at=report.at,
            until=report.until,
            members=report.members,
            tier_sets=[
                TierSetMovesOut(
                    tier_set=each.tier_set,
                    matrix=[
                        MoveOut(
                            from_tier=move.from_tier,
                            to_tier=move.to_tier,
                            members=move.members,
                            first=[moved.member_id for moved in move.first],
                        )
                        for move in each.matrix
                    ],
                    before=_named(each.before),
                    after=_named(each.after),
                    moved=each.moved,
                    up=each.up,
                    down=each.down,
                )
                for each in report.tier_sets
            ],
        )


def _named(rungs: Mapping[str | None, int]) -> dict[str, int]:
    return {tier or "": count for tier, count in rungs.items()}


class PublishIn(In):
    """From when the version is in force (now where it is left out, never in the past), and why it is made.

    `expected_digest` is that of the draft that was looked at.
    """

    effective_at: Moment | None = None
    note: Text = ""
    expected_digest: Digest | None = None


class RollBackIn(In):
    """Which version is brought back, from when on, and why."""

    to_version: Annotated[int, Field(ge=1, le=10**9)]
    effective_at: Moment | None = None
    note: Text = ""


class DiscardedOut(Out):
    """A draft that was taken away."""

    program: str


class TotalsOut(Out):
    """What was issued of a currency in a period, and where it went; `outstanding` stands on all accounts at its end."""

    currency: str
    issued: int
    redeemed: int
    breakage: int
    adjusted: int
    partner: int
    transferred: int
    written_off: int
    outstanding: int
    redemption_rate: float | None

    @classmethod
    def of(cls, totals: Totals, redemption_rate: float | None) -> TotalsOut:
        """Return the wire's form of totals."""
        names = cls.model_fields.keys() - {"redemption_rate"}
        return cls(**{name: getattr(totals, name) for name in names}, redemption_rate=redemption_rate)


class OverviewOut(Out):
    """A programme's figures at `until`, and of the period that ends there.

    `active`: active members who earned or spent in the last 90 days. `participation`: the share of the period's orders
    whose buyer was a member by then. Shares are of 1, and null of nothing.
    """

    since: datetime
    until: datetime
    members: dict[MemberState, int]
    enrolled_lately: int
    active: int
    active_rate: float | None
    orders: int
    of_members: int
    participation: float | None
    flows: list[TotalsOut]

    @classmethod
    def of(cls, overview: Overview) -> OverviewOut:
        """Return the wire's form of an overview."""
        return cls(
            since=overview.since,
            until=overview.until,
            members=dict(overview.members),
            enrolled_lately=overview.enrolled_lately,
            active=overview.active,
            active_rate=overview.active_rate,
            orders=overview.orders,
            of_members=overview.of_members,
            participation=overview.participation,
            flows=[TotalsOut.of(each.totals, each.redemption_rate) for each in overview.flows],
        )
