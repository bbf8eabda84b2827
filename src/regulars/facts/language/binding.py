"""From a tree to its meaning at a moment: find the facts, read values as their types ask, and refuse what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from regulars.facts.contracts import ORDERED, TEMPORAL, TEXTUAL, Catalogue, Fact, FactType, Occurrences, Scalar, Since
from regulars.facts.language import meaning, tree
from regulars.facts.language.faults import Place, WithheldFact, WrongCondition
from regulars.facts.language.lexer import too_long
from regulars.facts.language.moments import Bounds, Clock, TooFar, anniversaries, shifted
from regulars.facts.language.nearest import nearest
from regulars.facts.language.printer import write
from regulars.facts.language.tree import DEEPEST, LONGEST, Condition, levels_within
from regulars.facts.language.values import WrongValue, read_value
from regulars.kit.i18n import gettext

MOST_NODES = 500
MOST_COUNTED = 12
_MOST_COUNTED_SINCE = {Since.DAYS: 36_500, Since.YEARS: 200}
_EVENT_VALUES = {bool: FactType.BOOLEAN, int: FactType.NUMBER, float: FactType.NUMBER, str: FactType.TEXT}
_DAY = timedelta(days=1)
# As PostgreSQL reads the place in an array.
_INDEX = re.compile(r"\s*[+-]?\d+\s*")
FindSegment = Callable[[str], "Condition | None"]


def no_segment(_: str) -> None:
    """Know of no segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where and when a condition is asked: the facts there are, the moment, the currency, and what segments mean."""

    catalogue: Catalogue
    clock: Clock
    currency: str
    find_segment: FindSegment = no_segment


def bind(condition: Condition, setting: Setting, places: Mapping[str, Place] | None = None) -> meaning.Meaning:
    """Return what a condition means; `places` are those of its parts in its text.

    Raises
    ------
    WrongCondition
        A fact is not known, a value is of another type than its fact, or the whole is too large, or its text too long.
    """
    found = _Binder(setting, places or {}).condition(condition, "")
    if len(write(condition)) > LONGEST:
        raise too_long((places or {}).get(""))
    return found


def find_fact(name: str, catalogue: Catalogue, pointer: str = "") -> Fact:
    """Return the fact of a name.

    Raises
    ------
    WrongCondition
        There is none; the error tells the one that was likely meant.
    WithheldFact
        One may not see it.
    """
    if name in catalogue.facts:
        return catalogue.facts[name]
    if name in catalogue.withheld:
        raise withheld(name, pointer)
    message = gettext("There is no fact {name}.").format(name=name)
    if similar := nearest(name, catalogue.facts):
        message += " " + gettext("Is {similar} meant?").format(similar=similar)
    raise WrongCondition(message, code="no_such_fact", pointer=pointer)


def withheld(name: str, pointer: str = "") -> WithheldFact:
    """Return the error of one who asks for a fact and may not see it."""
    message = gettext(
        "{name} is sensitive: only who may change customers (customers.write) sees it, and finds customers by it."
    )
    return WithheldFact(message.format(name=name), pointer=pointer)


@dataclass(slots=True)
class _Binder:
    setting: Setting
    places: Mapping[str, Place]
    # The occurrences whose properties are spoken of, where the condition is one on properties.
    of: Occurrences | None = None
    in_where: bool = False
    segments: tuple[str, ...] = ()
    # As the parser counts: parentheses and each `not`.
    depth: int = 0
    # Shared by all that read parts of one condition.
    seen: dict[str, int] = field(default_factory=lambda: {"nodes": 0, "counted": 0})

    # --- Conditions -----------------------------------------------------------------------------------------------

    def condition(self, node: Condition, pointer: str) -> meaning.Meaning:
        self._count("nodes", MOST_NODES, pointer, gettext("A condition has at most {most} parts."))
        try:
            return self._one(node, pointer)
        except TooFar:
            raise self.wrong("too_far", gettext("This time is beyond the calendar."), pointer) from None

    def deeper(self, levels: int, node: Condition, pointer: str) -> meaning.Meaning:
        """Return what a condition means that stands some levels deeper than the one that holds it."""
        if self.depth + levels > DEEPEST:
            message = gettext("A condition is at most {most} levels deep.").format(most=DEEPEST)
            raise self.wrong("too_deep", message, pointer)
        return replace(self, depth=self.depth + levels).condition(node, pointer)

    def part(self, node: Condition, whole: Condition, pointer: str) -> meaning.Meaning:
        return self.deeper(levels_within(whole, node), node, pointer)

    def _one(self, node: Condition, pointer: str) -> meaning.Meaning:
        match node:
            case tree.All(of=parts):
                return meaning.Both([self.part(each, node, f"{pointer}/of/{n}") for n, each in enumerate(parts)])
            case tree.AnyOf(of=parts):
                return meaning.Either([self.part(each, node, f"{pointer}/of/{n}") for n, each in enumerate(parts)])
            case tree.Not(of=part):
                return meaning.Opposite(self.part(part, node, f"{pointer}/of"))
            case tree.Sequence():
                return self.sequence(node, pointer)
            case tree.InSegment(segment=name):
                return self.segment(name, pointer)
            case tree.HasBeen():
                return self.has_been(node, pointer)
        return self.test(node, pointer)

    def segment(self, name: str, pointer: str) -> meaning.Meaning:
        self.only_outside(pointer)
        if name in self.segments:
            raise self.wrong(
                "segment_in_itself", gettext("Segment {name} is part of itself.").format(name=name), pointer
            )
        found = self.setting.find_segment(name)
        if found is None:
            raise self.wrong("no_such_segment", gettext("There is no segment {name}.").format(name=name), pointer)
        within = replace(self, segments=(*self.segments, name), places={})
        try:
            # A level of its own, so that segments within each other do not lead down without end.
            return within.deeper(1, found, "")
        except WrongCondition as error:
            raise self.wrong(error.code, error.message, pointer) from None

    def sequence(self, node: tree.Sequence, pointer: str) -> meaning.Meaning:
        self.only_outside(pointer)
        self._count_work(f"{pointer}/steps/0")
        steps = []
        for number, step in enumerate(node.steps):
            at = f"{pointer}/steps/{number}"
            if step.absent and (number == 0 or number < len(node.steps) - 1):
                message = gettext("Only the last event of a sequence can be one that did not happen.")
                raise self.wrong("absent_too_early", message, at)
            where = self.where(step.where, None, f"{at}/where")
            steps.append(meaning.Happening(step.event, where, step.absent))
        if node.within.unit in {tree.Span.MONTHS, tree.Span.YEARS}:
            message = gettext("The time of a sequence is told in hours, days or weeks.")
            raise self.wrong("wrong_unit", message, f"{pointer}/within")
        within = timedelta(**{node.within.unit.value: node.within.amount})
        bounds = self.bounds(node.window, f"{pointer}/window")
        return meaning.Followed(tuple(steps), within, bounds, self.setting.clock.now)

    def has_been(self, node: tree.HasBeen, pointer: str) -> meaning.Meaning:
        self.only_outside(pointer)
        reading = self.reading(node.what, f"{pointer}/what", None)
        if isinstance(reading, meaning.PastReading):
            message = gettext("How long a fact has been something is told as of today; leave the day out.")
            raise self.wrong("wrong_day", message, f"{pointer}/what/on")
        if not isinstance(reading, meaning.FactReading) or reading.fact.history is None:
            message = gettext("It is not kept since when {name} is what it is.").format(name=node.what.fact)
            raise self.wrong("no_history", message, f"{pointer}/what")
        if node.duration.unit is tree.Span.HOURS:
            raise self.wrong("wrong_unit", gettext("This is kept by the day."), f"{pointer}/duration")
        values = self.values(node.values, reading, pointer)
        today = self.setting.clock.today
        return meaning.Lasted(reading.fact, reading.fact.history, values, shifted(today, node.duration, -1), today)

    # --- Tests ----------------------------------------------------------------------------------------------------

    def test(self, node: Any, pointer: str) -> meaning.Meaning:
        value = next((getattr(node, name) for name in ("value", "low") if hasattr(node, name)), None)
        if isinstance(node, tree.OneOf):
            value = node.values[0]
        if isinstance(node, tree.Holds):
            value = True
        reading = self.reading(node.what, f"{pointer}/what", value)
        return meaning.Test(reading, self.predicate(node, reading, pointer))

    def predicate(self, node: Any, reading: meaning.Reading, pointer: str) -> meaning.Predicate:
        match node:
            case tree.Holds():
                if isinstance(reading, meaning.EventReading):
                    return meaning.Compares(">=", 1)
                self.fits(reading, {FactType.BOOLEAN}, pointer)
                return meaning.Compares("=", value=True)
            case tree.Exists():
                self.fits(reading, set(FactType), pointer)
                return meaning.IsKnown()
            case tree.Contains(value=value):
                self.fits(reading, TEXTUAL | {FactType.TEXTS}, pointer)
                return meaning.Holds(self.some_text(value, pointer))
            case tree.StartsWith(value=value):
                self.fits(reading, TEXTUAL, pointer)
                return meaning.Begins(self.some_text(value, pointer))
            case tree.Compare(operator=operator, value=value):
                ordered = operator not in {tree.Comparator.EQUAL, tree.Comparator.UNEQUAL}
                self.fits(reading, ORDERED if ordered else set(FactType) - {FactType.TEXTS}, pointer)
                return meaning.Compares(operator.value, self.value(value, reading, f"{pointer}/value"))
            case tree.OneOf(values=values):
                self.fits(reading, set(FactType) - {FactType.TEXTS}, pointer)
                return meaning.IsOneOf(self.values(values, reading, pointer))
            case tree.Between(low=low, high=high):
                self.fits(reading, ORDERED, pointer)
                return meaning.LiesBetween(
                    self.value(low, reading, f"{pointer}/low"), self.value(high, reading, f"{pointer}/high")
                )
            case _:
                return self.within(node, reading, pointer)

    def within(self, node: tree.Within, reading: meaning.Reading, pointer: str) -> meaning.Predicate:
        clock, coming = self.setting.clock, node.direction == "next"
        if isinstance(reading, meaning.AnniversaryReading) or reading.type is FactType.DAY:
            if node.duration.unit is tree.Span.HOURS:
                message = gettext("A day is told in days or longer.")
                raise self.wrong("wrong_unit", message, f"{pointer}/duration")
            other = shifted(clock.today, node.duration, 1 if coming else -1)
            low, high = (clock.today, other) if coming else (other + _DAY, clock.today + _DAY)
            if isinstance(reading, meaning.AnniversaryReading):
                return meaning.FallsOn(anniversaries(low, (high - low).days))
            if coming and isinstance(reading, meaning.FactReading) and reading.fact.is_yearly:
                message = gettext("This day has passed; ask for anniversary({name}).").format(name=reading.fact.name)
                raise self.wrong("ask_for_anniversary", message, f"{pointer}/what")
            return meaning.LiesIn(low, high)
        self.fits(reading, {FactType.MOMENT}, pointer)
        bounds = clock.next(node.duration) if coming else clock.last(node.duration)
        return meaning.LiesIn(bounds.low or clock.now, bounds.high)

    def fits(self, reading: meaning.Reading, types: set[FactType] | frozenset[FactType], pointer: str) -> None:
        if reading.type not in types or isinstance(reading, meaning.AnniversaryReading):
            raise self.wrong("wrong_type", _asked_of(reading), f"{pointer}/what")

    def some_text(self, value: str, pointer: str) -> str:
        if not value:
            raise self.wrong("empty_text", gettext("An empty text is in every text."), f"{pointer}/value")
        return value

    # --- Readings -------------------------------------------------------------------------------------------------

    def reading(self, what: tree.Operand, pointer: str, value: object) -> meaning.Reading:
        """Return what an operand reads; a property of an event is of the type of the value that it is compared with."""
        if isinstance(what, tree.PropertyOperand):
            return self.property(what.property, pointer, value)
        self.only_outside(pointer)
        match what:
            case tree.FactOperand(fact=name) if said := self.setting.catalogue.property_named(name):
                if not what.is_plain:
                    message = gettext("{name} is not counted in a time.").format(name=name)
                    raise self.wrong("no_window", message, pointer)
                return self.said_by_event(said, pointer, value)
            case tree.FactOperand():
                return self.fact(what, pointer)
            case tree.EventOperand(event=name, window=window, where=where):
                self._count_work(pointer)
                filtered = self.where(where, None, f"{pointer}/where")
                return meaning.EventReading(name, self.bounds(window, f"{pointer}/window"), filtered)
            case tree.BucketOperand(bucket=name, of=of):
                return meaning.BucketReading(name, of)
        fact = self.find(what.anniversary_of, pointer)
        if not fact.is_yearly:
            raise self.wrong("not_yearly", gettext("{name} has no anniversary.").format(name=fact.name), pointer)
        return meaning.AnniversaryReading(fact)

    def fact(self, what: tree.FactOperand, pointer: str) -> meaning.Reading:
        fact = self.find(what.fact, pointer)
        if what.is_plain:
            return meaning.FactReading(fact)
        if what.on is not None:
            return self.past(fact, what.on, pointer)
        if fact.aggregate is None:
            message = gettext("{name} is not counted in a time.").format(name=fact.name)
            raise self.wrong("no_window", message, pointer)
        self._count_work(pointer)
        occurrences = fact.aggregate.occurrences
        filtered = self.where(what.where, occurrences, f"{pointer}/where")
        return meaning.WindowReading(fact, fact.aggregate, self.bounds(what.window, f"{pointer}/window"), filtered)

    def past(self, fact: Fact, on: tree.Day | tree.Relative, pointer: str) -> meaning.PastReading:
        if fact.history is None:
            message = gettext("It is not kept what {name} was on an earlier day.").format(name=fact.name)
            raise self.wrong("no_history", message, pointer)
        try:
            day = read_value(on, FactType.DAY, clock=self.setting.clock, currency=self.setting.currency)
        except WrongValue as error:
            raise self.wrong("wrong_value", error.message, f"{pointer}/on") from None
        assert isinstance(day, date)  # noqa: S101  # It was read as one.
        if day > self.setting.clock.today:
            message = gettext("What a fact will be on a day to come is not known.")
            raise self.wrong("not_yet", message, f"{pointer}/on")
        return meaning.PastReading(fact, fact.history, day)

    def find(self, name: str, pointer: str) -> Fact:
        try:
            return find_fact(name, self.setting.catalogue, pointer)
        except WrongCondition as error:
            raise self.wrong(error.code, error.message, pointer) from None

    def property(self, name: str, pointer: str, value: object) -> meaning.PropertyReading:
        if not self.in_where:
            raise self.wrong("no_property", gettext("A property is asked for behind where."), pointer)
        if self.of is None:
            return self.said_by_event(name, pointer, value)
        if name not in self.of.properties:
            known = ", ".join(sorted(self.of.properties))
            message = gettext("There is no property {name}; there are {known}.").format(name=name, known=known)
            raise self.wrong("no_such_property", message, pointer)
        return meaning.PropertyReading(name, self.of, self.of.properties[name].type)

    def said_by_event(self, name: str, pointer: str, value: object) -> meaning.PropertyReading:
        """Return the reading of what an event says, which is of the type of the value that it is compared with."""
        if any(_INDEX.fullmatch(step) for step in name.split(".")):
            message = gettext("A number leads to nothing that an event says.")
            raise self.wrong("no_such_property", message, pointer)
        kind = FactType.TEXT if value is None else _EVENT_VALUES.get(type(value))
        if kind is None:
            message = gettext("What an event says is a text, a number, or yes or no.")
            raise self.wrong("wrong_type", message, pointer)
        return meaning.PropertyReading(name, None, kind)

    def where(self, node: Condition | None, of: Occurrences | None, pointer: str) -> meaning.Meaning | None:
        return None if node is None else replace(self, of=of, in_where=True).condition(node, pointer)

    def bounds(self, window: tree.Window | None, pointer: str) -> Bounds:
        clock = self.setting.clock
        try:
            if window is None:
                return clock.until_now(None, None)
            if window.last:
                return clock.last(window.last)
            since = clock.moment_of(window.since) if window.since else None
            until = clock.moment_of(window.until) if window.until else None
        except TooFar:
            raise self.wrong("too_far", gettext("This time is beyond the calendar."), pointer) from None
        return clock.until_now(since, until)

    # --- Values ---------------------------------------------------------------------------------------------------

    def values(self, values: tuple[Any, ...], reading: meaning.Reading, pointer: str) -> tuple[Scalar, ...]:
        return tuple(self.value(each, reading, f"{pointer}/values/{n}") for n, each in enumerate(values))

    def value(self, value: Any, reading: meaning.Reading, pointer: str) -> Scalar:
        try:
            found = read_value(value, reading.type, clock=self.setting.clock, currency=self.setting.currency)
        except WrongValue as error:
            raise self.wrong("wrong_value", error.message, pointer) from None
        choices = self._choices(reading)
        if choices and found not in choices:
            known = ", ".join(choices)
            message = gettext("{value} is none of {known}.").format(value=found, known=known)
            raise self.wrong("no_such_choice", message, pointer)
        if reading.type in TEXTUAL and found == "" and isinstance(reading, meaning.FactReading | meaning.PastReading):
            message = gettext("Nothing is never equal; ask whether it exists.")
            raise self.wrong("empty_text", message, pointer)
        if isinstance(reading, meaning.FactReading | meaning.WindowReading) and reading.fact.counts:
            most = _MOST_COUNTED_SINCE[reading.fact.counts]
            if isinstance(found, int) and abs(found) > most:
                raise self.wrong("too_far", gettext("This time is beyond the calendar."), pointer)
        return found

    def _choices(self, reading: meaning.Reading) -> Mapping[str, str]:
        if isinstance(reading, meaning.FactReading | meaning.WindowReading | meaning.PastReading):
            return reading.fact.choices if reading.type is FactType.CHOICE else {}
        if isinstance(reading, meaning.PropertyReading) and reading.occurrences:
            return reading.occurrences.properties[reading.name].choices
        return {}

    # --- Bounds and faults ----------------------------------------------------------------------------------------

    def only_outside(self, pointer: str) -> None:
        if self.in_where:
            message = gettext("Behind where only properties are asked for.")
            raise self.wrong("only_properties", message, pointer)

    def _count_work(self, pointer: str) -> None:
        message = gettext("A condition asks for at most {most} windows, events and sequences.")
        self._count("counted", MOST_COUNTED, pointer, message)

    def _count(self, what: str, most: int, pointer: str, message: str) -> None:
        self.seen[what] += 1
        if self.seen[what] > most:
            raise self.wrong("too_large", message.format(most=most), pointer)

    def wrong(self, code: str, message: str, pointer: str) -> WrongCondition:
        place, at = self.places.get(pointer), pointer
        while place is None and at:
            at = at.rpartition("/")[0]
            place = self.places.get(at)
        return WrongCondition(message, code=code, pointer=pointer, place=place)


def _asked_of(reading: meaning.Reading) -> str:
    """Return what can be asked of a reading, for one who asked something else."""
    if isinstance(reading, meaning.AnniversaryReading):
        return gettext("An anniversary is in the last or the next so many days.")
    if reading.type is FactType.BOOLEAN:
        return gettext("This is yes or no: it stands by itself, or behind not.")
    if reading.type is FactType.TEXTS:
        return gettext("This is a list: it contains a text, or exists.")
    if reading.type in TEXTUAL:
        return gettext("This is a text: it is =, !=, in, contains, starts with, or exists.")
    if reading.type in TEMPORAL:
        return gettext("This is a day: it compares with another, or is in the last or the next so many days.")
    return gettext("This is a number: it compares with another.")
