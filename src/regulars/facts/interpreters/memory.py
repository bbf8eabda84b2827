"""Judge one subject by what is known of it in memory."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from regulars.facts.contracts import Aggregate, Fact, FactType, Measure
from regulars.facts.language import meaning
from regulars.facts.language.meaning import Meaning
from regulars.facts.language.moments import Bounds, Clock

_COMPARES: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EVENT_TYPES: Mapping[FactType, type | tuple[type, ...]] = {
    FactType.TEXT: str,
    FactType.NUMBER: (int, float, Decimal),
    FactType.BOOLEAN: bool,
}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened, with its declared properties, or its payload if it is an event."""

    at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A customer with what is known: facts by name, occurrences by theirs, events by type, changes of facts by name.

    A fact that is left out is not known. `history` holds the day of each change and the value from it on. `payload` is
    what the event says that is judged, where the condition is about one.
    """

    id: UUID
    facts: Mapping[str, Any] = field(default_factory=dict)
    occurrences: Mapping[str, Sequence[Occurrence]] = field(default_factory=dict)
    events: Mapping[str, Sequence[Occurrence]] = field(default_factory=dict)
    history: Mapping[str, Sequence[tuple[date, Any]]] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)


def judge(condition: Meaning, subject: Subject, clock: Clock) -> bool:
    """Tell whether a condition is true of a subject."""
    match condition:
        case meaning.Both(parts=parts):
            return all(judge(part, subject, clock) for part in parts)
        case meaning.Either(parts=parts):
            return any(judge(part, subject, clock) for part in parts)
        case meaning.Opposite(part=part):
            return not judge(part, subject, clock)
        case meaning.Followed():
            return _followed(condition, subject)
        case meaning.Lasted():
            return _lasted(condition, subject)
        case meaning.Test(reading=meaning.PropertyReading() as reading, predicate=predicate):
            return _fits(_of_payload(subject.payload, reading, predicate), predicate)
        case meaning.Test(reading=reading, predicate=predicate):
            return _fits(_read(reading, subject, clock), predicate)


def draw(name: str, of: int, customer: UUID) -> int:
    """Return the bucket of a customer under a name, from nought to below `of`."""
    # As SQL does it: the first 32 bits of MD5, which spreads well and hides nothing.
    digest = hashlib.md5(f"{name}:{customer}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % of


def _read(reading: meaning.Reading, subject: Subject, clock: Clock) -> Any:
    """Return a value, or None where there is none."""
    match reading:
        case meaning.FactReading(fact=fact):
            value = subject.facts.get(fact.name)
            return _counted(fact, value, clock)
        case meaning.PastReading(fact=fact, day=at_end_of):
            return _as_of(subject, fact, at_end_of)
        case meaning.AnniversaryReading(fact=fact):
            day = subject.facts.get(fact.name)
            local = day.astimezone(clock.zone) if isinstance(day, datetime) else day
            return local and (local.month, local.day)
        case meaning.BucketReading(name=name, of=of):
            return draw(name, of, subject.id)
        case meaning.EventReading(event=event, bounds=bounds, where=where):
            return len(_within(subject.events.get(event, ()), bounds, where))
        case meaning.WindowReading(fact=fact, aggregate=aggregate, bounds=bounds, where=where):
            among = _within(subject.occurrences.get(aggregate.occurrences.name, ()), bounds, where)
            value = measured_of(aggregate, among, clock)
            return _counted(fact, value, clock)
    raise AssertionError(f"{reading} is read of an occurrence")


def _counted(fact: Fact, value: Any, clock: Clock) -> Any:
    """Return what a fact's column comes to."""
    if fact.counts and value is not None:
        return clock.count(fact.counts, value)
    return fact.missing if value is None else value


def _within(happened: Iterable[Occurrence], bounds: Bounds, where: Meaning | None) -> list[Occurrence]:
    return [
        each
        for each in happened
        if (bounds.low is None or bounds.low <= each.at) and each.at < bounds.high and _is_meant(where, each)
    ]


def measured_of(aggregate: Aggregate, among: Sequence[Occurrence], clock: Clock) -> Any:
    """Return what an aggregate comes to of some occurrences; None where that is nothing."""
    measure = aggregate.measure
    if measure is Measure.DAYS:
        return len({each.at.astimezone(clock.zone).date() for each in among})
    if measure is Measure.COUNT:
        return len(among)
    if measure in {Measure.FIRST, Measure.LAST}:
        moments = [each.at for each in among]
        return (min if measure is Measure.FIRST else max)(moments, default=None)
    values = [value for each in among if (value := each.properties.get(aggregate.of)) is not None]
    if not values:
        return None
    if measure is Measure.SUM:
        return sum(values)
    return int((Decimal(sum(values)) / len(values)).quantize(Decimal(1), ROUND_HALF_UP))


def _is_meant(where: Meaning | None, happened: Occurrence) -> bool:
    """Tell whether an occurrence or event fits a condition on its properties."""
    match where:
        case None:
            return True
        case meaning.Both(parts=parts):
            return all(_is_meant(part, happened) for part in parts)
        case meaning.Either(parts=parts):
            return any(_is_meant(part, happened) for part in parts)
        case meaning.Opposite(part=part):
            return not _is_meant(part, happened)
        case meaning.Test(reading=meaning.PropertyReading() as reading, predicate=predicate):
            if reading.occurrences:
                return _fits(happened.properties.get(reading.name), predicate)
            return _fits(_of_payload(happened.properties, reading, predicate), predicate)
    raise AssertionError(f"{where} is no condition on properties")


def _of_payload(payload: Mapping[str, Any], reading: meaning.PropertyReading, predicate: meaning.Predicate) -> Any:
    """Return what stands in a payload where it is of the type that is asked for."""
    found: Any = payload
    for step in reading.name.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(predicate, meaning.IsKnown):
        return found
    if isinstance(predicate, meaning.Holds) and isinstance(found, list):
        return [each for each in found if isinstance(each, str)]
    if not isinstance(found, _EVENT_TYPES[reading.type]) or isinstance(found, bool) != (
        reading.type is FactType.BOOLEAN
    ):
        return None
    return Decimal(repr(found)) if isinstance(found, float) else found


def _fits(value: Any, predicate: meaning.Predicate) -> bool:
    if value is None:
        return False
    match predicate:
        case meaning.Compares(operator=sign, value=other):
            return _COMPARES[sign](value, other)
        case meaning.IsOneOf(values=values):
            return value in values
        case meaning.LiesBetween(low=low, high=high):
            return bool(low <= value <= high)
        case meaning.LiesIn(low=low, high=high):
            return bool(low <= value < high)
        case meaning.Holds(value=part):
            return part in value
        case meaning.Begins(value=part):
            return bool(value.startswith(part))
        case meaning.IsKnown():
            return value not in ("", [])
        case meaning.FallsOn(days=days):
            return value in days


def _followed(sequence: meaning.Followed, subject: Subject) -> bool:
    first, *rest = sequence.steps
    beginnings = _within(subject.events.get(first.event, ()), sequence.bounds, first.where)
    return any(_goes_on(rest, each.at, each.at + sequence.within, sequence, subject) for each in beginnings)


def _goes_on(
    steps: Sequence[meaning.Happening],
    after: datetime,
    until: datetime,
    sequence: meaning.Followed,
    subject: Subject,
) -> bool:
    """Tell whether the steps happen one after the other behind a moment."""
    if not steps:
        return True
    step, *rest = steps
    moments = [
        each.at
        for each in subject.events.get(step.event, ())
        if after < each.at <= min(until, sequence.now) and _is_meant(step.where, each)
    ]
    if step.absent:
        return until <= sequence.now and not moments
    # The earliest leaves the others the most time.
    return bool(moments) and _goes_on(rest, min(moments), until, sequence, subject)


def _as_of(subject: Subject, fact: Fact, day: date) -> Any:
    """Return what a fact was at the end of a day; None before the first of its changes."""
    by_then = [change for change in subject.history.get(fact.name, ()) if change[0] <= day]
    return max(by_then, key=lambda change: change[0])[1] if by_then else None


def _lasted(condition: meaning.Lasted, subject: Subject) -> bool:
    changes = sorted(subject.history.get(condition.fact.name, ()), key=lambda change: change[0])
    before = [value for on, value in changes if on <= condition.since]
    later = [value for on, value in changes if condition.since < on <= condition.today]
    return bool(before) and before[-1] in condition.values and all(value in condition.values for value in later)
