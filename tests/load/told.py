"""What a shop has told Regulars, and what was acknowledged: a plain model that shares no code with the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class State:
    """An order in full, as the shop has it. Two states in a row of one order differ."""

    buyer: str
    total_minor: int
    returned_minor: int = 0
    is_paid: bool = True
    is_cancelled: bool = False


@dataclass(slots=True)
class Telling(Generic[Said]):
    """What was told of one thing, one after the other; all of it was acknowledged but perhaps the last."""

    sent: list[Said] = field(default_factory=list)
    acknowledged: int = 0

    @property
    def is_certain(self) -> bool:
        return self.acknowledged == len(self.sent)

    @property
    def possible(self) -> Sequence[Said | None]:
        """What may be kept now: what was acknowledged last, or what was sent since then. None is nothing at all."""
        kept: list[Said | None] = [self.sent[self.acknowledged - 1] if self.acknowledged else None]
        return [*kept, *self.sent[self.acknowledged :]]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Points that were given to a person by hand, or taken where they are below zero."""

    person: str
    points: int


@dataclass(slots=True)
class Told:
    """All that some clients have told, and what they were answered."""

    orders: dict[str, Telling[State]] = field(default_factory=dict)
    # Where a person lives, by e-mail.
    cities: dict[str, Telling[str]] = field(default_factory=dict)
    # Events of the shop's own, by number.
    events: dict[int, Telling[str]] = field(default_factory=dict)
    # Under which ids a person was spoken of in answers.
    customers: dict[str, set[str]] = field(default_factory=dict)
    # Who became a member, under which id; and who perhaps did.
    members: dict[str, str] = field(default_factory=dict)
    perhaps_enrolled: set[str] = field(default_factory=set)
    # By person and reward: the redemptions that were acknowledged, and how many perhaps came about besides.
    redeemed: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    perhaps_redeemed: Counter[tuple[str, str]] = field(default_factory=Counter)
    # By reason, each of which was given once.
    adjustments: dict[str, Telling[Adjusted]] = field(default_factory=dict)
    # Answers that should not have come.
    surprises: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)

    def named(self) -> set[str]:
        """Return the persons whom an acknowledged write named."""
        return set(self.customers)

    def perhaps_named(self) -> set[str]:
        """Return the persons whom any write named."""
        buyers = {state.buyer for telling in self.orders.values() for state in telling.sent}
        buyers |= set(self.cities) | self.perhaps_enrolled
        return buyers | {person for telling in self.events.values() for person in telling.sent}


def together(parts: Iterable[Told]) -> Told:
    """Return what several clients have told; no two of them speak of the same order, city or event.

    Nor do two redeem for the same member.
    """
    whole = Told()
    for part in parts:
        whole.orders |= part.orders
        whole.cities |= part.cities
        whole.events |= part.events
        whole.members |= part.members
        whole.perhaps_enrolled |= part.perhaps_enrolled
        whole.redeemed |= part.redeemed
        whole.perhaps_redeemed += part.perhaps_redeemed
        whole.adjustments |= part.adjustments
        whole.surprises += part.surprises
        whole.figures += part.figures
        for person, ids in part.customers.items():
            whole.customers.setdefault(person, set()).update(ids)
    return whole


def events_of(states: Sequence[State]) -> Counter[str]:
    """Return the events of an order that came to be in these states, one after the other."""
    happened: Counter[str] = Counter()
    before: State | None = None
    for state in states:
        happened["order.changed" if before else "order.placed"] += 1
        if state.is_paid and not (before and before.is_paid):
            happened["order.paid"] += 1
        if state.returned_minor != (before.returned_minor if before else 0):
            happened["order.returned"] += 1
        if state.is_cancelled and not (before and before.is_cancelled):
            happened["order.cancelled"] += 1
        if before and before.is_cancelled and not state.is_cancelled:
            happened["order.reinstated"] += 1
        before = state
    return happened
