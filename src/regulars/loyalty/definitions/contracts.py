"""What others see of the definitions: programmes, their versions and drafts, and what is wrong with a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.loyalty.definitions.document.program import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with a document: a stable code, a sentence, and where it stands.

    `pointer` is a JSON pointer (RFC 6901). `line` and `column` count from 1; they are 0 where no text was read.
    """

    code: str
    message: str
    pointer: str = ""
    line: int = 0
    column: int = 0


class Checks(Protocol):
    """What the rules know and a document does not: which facts there are, and how conditions and formulas are written.

    Of each fault only code and message count; where the condition or formula stands is known to who asks.
    """

    def condition(self, text: str, trigger: str, zone: ZoneInfo | None) -> Sequence[Fault]:
        """Return what is wrong with a condition; `trigger` is a rule's kind of trigger, `voucher` or `reward`.

        `zone` is the one that the document names, None where it goes by the business's.
        """

    def formula(self, text: str, trigger: str) -> Sequence[Fault]:
        """Return what is wrong with a formula of a rule; `trigger` is the rule's kind of trigger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramVersion:
    """A published version of a programme: it never changes. `zone` is the one that held at its publication."""

    program_id: UUID
    program_key: str
    number: int
    effective_at: datetime
    document: Program
    digest: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSummary:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the next version of a programme is to be. Give `digest` back when saving, and nobody's work is lost."""

    program_id: UUID
    program_key: str
    document: Program
    digest: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSummary:
    """A programme: its newest version's number, if one was published, and whether there is a draft."""

    program_id: UUID
    key: str
    name: str
    created_at: datetime
    newest_number: int | None
    has_draft: bool
