"""What is to be known of a customer before a condition can be judged in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regulars.facts.language import meaning
from regulars.facts.language.meaning import Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Names of facts, of occurrences, of types of events, and of facts whose changes are asked for."""

    facts: frozenset[str] = frozenset()
    occurrences: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    history: frozenset[str] = frozenset()

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            facts=self.facts | other.facts,
            occurrences=self.occurrences | other.occurrences,
            events=self.events | other.events,
            history=self.history | other.history,
        )


def needs_of(condition: Meaning | None) -> Needs:
    """Return what a condition asks of a customer; what it asks of a cart or of the event at hand is not in it."""
    found = Needs()
    for part in walk(condition):
        match part:
            case meaning.FactReading(fact=fact) | meaning.AnniversaryReading(fact=fact) if fact.source is not None:
                found |= Needs(facts=frozenset({fact.name}))
            case meaning.WindowReading(aggregate=aggregate):
                found |= Needs(occurrences=frozenset({aggregate.occurrences.name}))
            case meaning.PastReading(fact=fact) | meaning.Lasted(fact=fact):
                found |= Needs(history=frozenset({fact.name}))
            case meaning.EventReading(event=event):
                found |= Needs(events=frozenset({event}))
            case meaning.Followed(steps=steps):
                found |= Needs(events=frozenset(step.event for step in steps))
    return found


def walk(condition: Meaning | None) -> Iterator[Meaning | meaning.Reading | meaning.Predicate]:
    """Return all parts of a condition, itself, readings and predicates included; of none, none.

    What is asked of single occurrences and events, behind `where`, is not among them.
    """
    if condition is None:
        return
    yield condition
    match condition:
        case meaning.Both(parts=parts) | meaning.Either(parts=parts):
            for part in parts:
                yield from walk(part)
        case meaning.Opposite(part=part):
            yield from walk(part)
        case meaning.Test(reading=reading, predicate=predicate):
            yield from (reading, predicate)
