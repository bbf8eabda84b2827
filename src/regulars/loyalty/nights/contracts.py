"""What others see of the nights: those that were lived, the next one, and who moves by a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.diffing import Change, ChangeKind


class Step(StrEnum):
    """What a night does, in the order in which it does it."""

    ACTIVATE = "activate"
    TIERS_AFTER_ACTIVATION = "tiers_after_activation"
    EXPIRE = "expire"
    TIERS_AFTER_EXPIRY = "tiers_after_expiry"
    CANCEL = "cancel"
    GRANT = "grant"
    TIERS_AFTER_GRANTS = "tiers_after_grants"
    NOTIFY = "notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A night that is to be lived: at the first instant of `day` in the zone of the version that is then in force.

    `first_day` is before `day` where a day has no first instant of its own, as one that a change of the zone skipped.
    """

    at: datetime
    day: date
    first_day: date
    version: ProgramVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A night that was begun: what each step has done, of those that are done, and when the last one was."""

    program: str
    at: datetime
    day: date
    zone: str
    version: int
    done: Mapping[Step, int]
    begun_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NightsState:
    """How a programme's nights stand: the last ones, the latest first, and the next; None before anything is published.

    The next one is due once its moment has come, or where it was begun and not finished.
    """

    program: str
    nights: Sequence[Night]
    next: Planned | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A member who would stand elsewhere."""

    member_id: UUID
    customer_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How many would go from one tier to another, and the first of them by their id; None is no tier."""

    from_tier: str | None
    to_tier: str | None
    members: int
    first: Sequence[Moved]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSetMoves:
    """What becomes of a tier set's members: the whole matrix, those who stay included.

    `before` and `after` are its sums: how many stand on each tier without the draft, and with it.
    """

    tier_set: str
    matrix: Sequence[Move]
    before: Mapping[str | None, int]
    after: Mapping[str | None, int]
    moved: int
    up: int
    down: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """A rule that the draft adds, takes away or changes; `changes` says what, where it is changed."""

    rule: str
    name: str
    kind: ChangeKind
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveReport:
    """Who stands elsewhere at `until` if the draft is in force from `at` on, and nothing more is earned until then.

    It is compared with what `version` would come to by then, so that who moves anyway is not told. `digest` is that of
    the draft, to be given to whoever publishes it: what is published is then what was looked at.
    """

    program: str
    version: int | None
    digest: str
    at: datetime
    until: datetime
    members: int
    tier_sets: Sequence[TierSetMoves]
    rules: Sequence[RuleChange]
