"""What is left of caps and budgets, and how it is used.

A member's own caps are read and written while the member's accounts are locked. What many share lies in several rows
of escrow: a draw takes one that is free, and only for the last points waits for the others. What is drawn and not used
goes back at once, so that nothing is ever exceeded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.loyalty.adjudication.statements import rows_of
from regulars.loyalty.definitions.calendar import period_key
from regulars.loyalty.definitions.document.rules import CapScope
from regulars.loyalty.rules.bounds import Bound

SLOTS = 16


@dataclass(frozen=True, slots=True)
class Use:
    """So much of a bound, in one of its periods."""

    bound: str
    period: str
    used: Decimal


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a programme's rules for an occasion, as they stand for a member in the periods of its moment."""

    program_id: UUID
    member_id: UUID | None
    at: datetime
    zone: ZoneInfo
    bounds: Sequence[Bound]

    def period(self, bound: Bound) -> str:
        """Return the name of the period of a bound in which the occasion lies."""
        return period_key(bound.period, self.at, self.zone)

    def left(self) -> dict[str, Decimal]:
        """Return what is left of each bound that outlives the occasion. Nothing is drawn yet."""
        mine = {bound.key: bound for bound in self.bounds if bound.scope is CapScope.MEMBER}
        shared = {bound.key: bound for bound in self.bounds if bound.scope in {CapScope.RULE, None}}
        found = {key: bound.limit for key, bound in (mine | shared).items()}
        if mine and self.member_id:
            used = rows_of("member_uses", {"member_id": self.member_id, **self._named(mine)})
            found |= {key: mine[key].limit - amount for key, amount in used}
        if shared:
            found |= dict(rows_of("escrow_left", {"program_id": self.program_id, **self._named(shared)}))
        return found

    def _named(self, bounds: Mapping[str, Bound]) -> dict[str, list[str]]:
        return {"bounds": list(bounds), "periods": [self.period(bound) for bound in bounds.values()]}

    def draw(self, wanted: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Draw from what many share as much as is wanted of each, or what is left; return how much that is."""
        return {
            bound.key: self._draw(bound, wanted[bound.key])
            for bound in sorted(self.bounds, key=lambda each: each.key)
            if bound.scope in {CapScope.RULE, None} and wanted.get(bound.key, Decimal(0)) > 0
        }

    def _draw(self, bound: Bound, wanted: Decimal) -> Decimal:
        told = {"program_id": self.program_id, "bound": bound.key, "period": self.period(bound)}
        shares = [bound.limit // SLOTS] * SLOTS
        shares[0] += bound.limit - sum(shares)
        rows_of("open_escrow", {**told, "slots": list(range(SLOTS)), "shares": shares})
        [(drawn,)] = rows_of("draw_one", {**told, "wanted": wanted}) or [(Decimal(0),)]
        if drawn < wanted:
            # The last: wait for whoever else draws, and take from all.
            rows_of("hold_all", told)
            [(more,)] = rows_of("draw_all", {**told, "wanted": wanted - drawn})
            drawn += more
        return Decimal(drawn)

    def give_back(self, uses: Iterable[Use]) -> None:
        """Let what was drawn and is not used be there for others."""
        for use in sorted(uses, key=lambda each: each.bound):
            if use.used > 0:
                told = {"program_id": self.program_id, "bound": use.bound, "period": use.period}
                rows_of("give_back", {**told, "amount": use.used})

    def note_member_uses(self, changes: Mapping[tuple[str, str], Decimal]) -> None:
        """Add to what a member has used of own caps, or take from it."""
        moved = {key: change for key, change in changes.items() if change}
        if moved and self.member_id:
            rows_of(
                "note_uses",
                {
                    "member_id": self.member_id,
                    "bounds": [bound for bound, _ in moved],
                    "periods": [period for _, period in moved],
                    "changes": list(moved.values()),
                },
            )
