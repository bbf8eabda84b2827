"""What a kind of reward must be able to do: say whether it can be had, give it, and take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.rewards.contracts import Compensation, ForOrder, Given, Refusal, Reversal, Undoing
from regulars.stream.contracts import Actor

Gives_contra = TypeVar("Gives_contra", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """A redemption that is confirmed: whose it is, by which version, for which order."""

    redemption_id: UUID
    member_id: UUID
    version: ProgramVersion
    order: ForOrder | None
    now: datetime
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """A redemption that is taken back: what was given, and whether it is in the member's hands."""

    redemption_id: UUID
    given: Mapping[str, Any]
    is_done: bool
    now: datetime
    actor: Actor


class Kind(Protocol[Gives_contra]):
    """A kind of reward. `compensation` says what can be undone of it."""

    @property
    def compensation(self) -> Compensation:
        """What can be undone, before it is in the member's hands and after."""

    def validate(self, gives: Gives_contra, order: ForOrder | None, version: ProgramVersion) -> Sequence[Refusal]:
        """Return why it cannot be had, whoever the member is."""

    def fulfil(self, gives: Gives_contra, giving: Giving) -> Given:
        """Give it, within the caller's transaction."""

    def reverse(self, gives: Gives_contra, returning: Returning) -> Reversal:
        """Take it back, within the caller's transaction, as far as that can be done."""


def by_compensation(compensation: Compensation, returning: Returning) -> Reversal:
    """Return what a kind undoes that has nothing of its own to take back."""
    undoing = compensation.after if returning.is_done else compensation.before
    return Reversal(undoing=undoing, reason="cannot_be_undone" if undoing is Undoing.KEPT else "")
