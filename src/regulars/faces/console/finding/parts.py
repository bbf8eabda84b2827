"""A part of a condition as the builder shows it: a fact, what is asked of it, and values; any other part is its text.

`part_of` and `condition_of` are each other's opposites; a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars.facts.contracts import NUMERIC, TEMPORAL, Catalogue, Fact, FactType
from regulars.facts.language import tree
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.parser import parse
from regulars.facts.language.printer import write
from regulars.kit.i18n import gettext, mark
from regulars.kit.money import minor_digits

# What can be asked, by type: its code, and the words of the builder.
_COMPARED = {
    ">=": mark("is at least"),
    "<=": mark("is at most"),
    ">": mark("is more than"),
    "<": mark("is less than"),
    "=": mark("is"),
    "!=": mark("is not"),
    "between": mark("is between"),
}
_KNOWN = {"exists": mark("is known"), "unknown": mark("is not known")}
_OF_NUMBERS = {**_COMPARED, **_KNOWN}
_OF_TEXTS = {
    "=": mark("is"),
    "!=": mark("is not"),
    "in": mark("is one of"),
    "contains": mark("contains"),
    "starts": mark("starts with"),
    **_KNOWN,
}
_OF_LISTS = {"contains": mark("contains"), "lacks": mark("does not contain"), **_KNOWN}
_OF_BOOLEANS = {"yes": mark("is yes"), "no": mark("is no")}
_OF_TIMES = {
    "last": mark("is in the last"),
    "next": mark("is in the next"),
    "<": mark("is before"),
    ">=": mark("is on or after"),
    "between": mark("is between"),
    **_KNOWN,
}
ANNIVERSARY = {"anniversary": mark("has its day in the next")}
NO_VALUE = frozenset({"exists", "unknown", "yes", "no"})
DURATIONS = frozenset({"last", "next", "anniversary"})
SPANS: Mapping[str, str] = {
    "days": mark("days"),
    "weeks": mark("weeks"),
    "months": mark("months"),
    "years": mark("years"),
}


def asked_of(fact: Fact) -> dict[str, str]:
    """Return what can be asked of a fact: codes with their words."""
    if fact.type in NUMERIC:
        found = dict(_OF_NUMBERS)
    elif fact.type is FactType.TEXTS:
        found = dict(_OF_LISTS)
    elif fact.type is FactType.BOOLEAN:
        found = dict(_OF_BOOLEANS)
    elif fact.type in TEMPORAL:
        found = (ANNIVERSARY if fact.is_yearly else {}) | _OF_TIMES
    else:
        found = dict(_OF_TEXTS)
    return {code: gettext(words) for code, words in found.items()}


@dataclass(slots=True, kw_only=True)
class Part:
    """One line of the builder, as its fields hold it: texts, whether they can be meant or not.

    A part that has no fact is a `text` of the language.
    """

    fact: Fact | None = None
    asked: str = ""
    values: list[str] = field(default_factory=lambda: ["", ""])
    # The window in which the fact is counted: so much of a unit, or nothing.
    window: str = ""
    window_unit: str = "days"
    # Or from one day until before another; one of them may be nothing.
    since: str = ""
    until: str = ""
    # The day on which the fact was so, or nothing where it is so now.
    on: str = ""
    # The unit of a value that is a length of time.
    unit: str = "days"
    text: str = ""
    # Whether it was added last, and nobody may have filled it in yet.
    is_new: bool = False
    error: str = ""


def part_of(condition: tree.Condition, catalogue: Catalogue, currency: str) -> Part:
    """Return the line of a condition; its text where the builder has no line for it."""
    found = _line_of(condition, catalogue, currency)
    if found and condition_of(found, currency) == condition:
        return found
    return Part(text=write(condition))


def condition_of(part: Part, currency: str) -> tree.Condition | None:
    """Return the condition of a line; None where something in it is missing or wrong, and `error` says what."""
    part.error = ""
    try:
        if part.fact is None:
            return parse(part.text).tree
        return _asked(part, part.fact, currency)
    except WrongCondition as error:
        part.error = error.message
    except (ValueError, InvalidOperation):
        part.error = gettext("Something is missing here, or is not of its kind.")
    return None


def is_untouched(part: Part) -> bool:
    """Return whether a line was added last and holds nothing yet; what is missing in it is no fault so far."""
    return part.is_new and not any((*part.values, part.window, part.since, part.until, part.on, part.text))


def _asked(part: Part, fact: Fact, currency: str) -> tree.Condition:
    what = tree.FactOperand(fact=fact.name, window=_window(part), on=_day(part))
    first, second = part.values
    match part.asked:
        case "exists":
            return tree.Exists(what=what)
        case "unknown":
            return tree.Not(of=tree.Exists(what=what))
        case "yes":
            return tree.Holds(what=what)
        case "no":
            return tree.Not(of=tree.Holds(what=what))
        case "contains":
            return tree.Contains(what=what, value=_some(first))
        case "lacks":
            return tree.Not(of=tree.Contains(what=what, value=_some(first)))
        case "starts":
            return tree.StartsWith(what=what, value=_some(first))
        case "in":
            values = tuple(each.strip() for each in first.split(",") if each.strip())
            return tree.OneOf(what=what, values=values)
        case "between":
            return tree.Between(what=what, low=_value(first, fact, currency), high=_value(second, fact, currency))
        case "last" | "next":
            return tree.Within(what=what, direction=part.asked, duration=_duration(first, part.unit))
        case "anniversary":
            yearly = tree.AnniversaryOperand(anniversary_of=fact.name)
            return tree.Within(what=yearly, direction="next", duration=_duration(first, part.unit))
    return tree.Compare(what=what, operator=tree.Comparator(part.asked), value=_value(first, fact, currency))


def _line_of(condition: tree.Condition, catalogue: Catalogue, currency: str) -> Part | None:
    what = getattr(condition, "what", None)
    match condition:
        case tree.Not(of=tree.Exists() | tree.Contains() | tree.Holds() as inner):
            what = inner.what
    name = what.fact if isinstance(what, tree.FactOperand) else None
    if isinstance(what, tree.AnniversaryOperand):
        name = what.anniversary_of
    fact = catalogue.facts.get(name or "")
    if fact is None:
        return None
    part = Part(fact=fact)
    window = what.window if isinstance(what, tree.FactOperand) else None
    if window and window.last:
        part.window, part.window_unit = str(window.last.amount), window.last.unit.value
    elif window:
        part.since, part.until = (_written_day(each) for each in (window.since, window.until))
    if isinstance(what, tree.FactOperand) and isinstance(what.on, tree.Day):
        part.on = what.on.day.isoformat()
    return part if _fill(part, condition, currency) else None


def _fill(part: Part, condition: tree.Condition, currency: str) -> bool:
    """Fill a line with what a condition asks; tell whether there is a line for it."""
    match condition:
        case tree.Exists():
            part.asked = "exists"
        case tree.Not(of=tree.Exists()):
            part.asked = "unknown"
        case tree.Holds():
            part.asked = "yes"
        case tree.Not(of=tree.Holds()):
            part.asked = "no"
        case tree.Contains(value=value):
            part.asked, part.values = "contains", [value, ""]
        case tree.Not(of=tree.Contains(value=value)):
            part.asked, part.values = "lacks", [value, ""]
        case tree.StartsWith(value=value):
            part.asked, part.values = "starts", [value, ""]
        case tree.OneOf(values=values) if all(isinstance(each, str) for each in values):
            part.asked, part.values = "in", [", ".join(map(str, values)), ""]
        case tree.Between(low=low, high=high):
            part.asked, part.values = "between", [_written(low, currency), _written(high, currency)]
        case tree.Within(what=what, direction=direction, duration=duration):
            part.asked = "anniversary" if isinstance(what, tree.AnniversaryOperand) else direction
            part.values, part.unit = [str(duration.amount), ""], duration.unit.value
        case tree.Compare(operator=operator, value=value):
            part.asked, part.values = operator.value, [_written(value, currency), ""]
        case _:
            return False
    return True


def _window(part: Part) -> tree.Window | None:
    if part.fact is None or part.fact.aggregate is None:
        return None
    if part.window:
        return tree.Window(last=_duration(part.window, part.window_unit))
    if part.since or part.until:
        since, until = (tree.Day(day=date.fromisoformat(each)) if each else None for each in (part.since, part.until))
        return tree.Window(since=since, until=until)
    return None


def _written_day(moment: tree.Moment | None) -> str:
    """Return a day as a field holds it; nothing for a moment, which no field holds."""
    return moment.day.isoformat() if isinstance(moment, tree.Day) else ""


def _day(part: Part) -> tree.Day | None:
    if not part.on or part.fact is None or part.fact.history is None:
        return None
    return tree.Day(day=date.fromisoformat(part.on))


def _duration(amount: str, unit: str) -> tree.Duration:
    return tree.Duration(amount=int(amount), unit=tree.Span(unit))


def _some(text: str) -> str:
    if not text:
        raise ValueError
    return text


def _value(text: str, fact: Fact, currency: str) -> Any:
    """Return the value that a field's text is."""
    if fact.type in TEMPORAL:
        return tree.Day(day=date.fromisoformat(text))
    if fact.type is FactType.MONEY:
        minor = Decimal(text).scaleb(minor_digits(currency))
        if minor != minor.to_integral_value():
            raise ValueError
        return tree.Money(minor=int(minor), currency=currency)
    if fact.type in NUMERIC:
        number = Decimal(text)
        return int(number) if number == number.to_integral_value() and "." not in text else float(number)
    return _some(text)


def _written(value: Any, currency: str) -> str:
    """Return a value as a field holds it; what a field cannot hold comes back as something else, and is seen to."""
    match value:
        case tree.Money(minor=minor):
            return f"{Decimal(minor).scaleb(-minor_digits(currency)):f}"
        case tree.Day(day=day):
            return day.isoformat()
        case bool() | tree.Relative():
            return ""
        case float():
            return format(Decimal(repr(value)), "f")
    return str(value)


def lines_of(condition: tree.Condition | None, catalogue: Catalogue, currency: str) -> tuple[str, list[Part]]:
    """Return the lines of a condition, and whether all of them are to hold (`all`) or one (`any`)."""
    if condition is None:
        return "all", []
    if isinstance(condition, tree.All | tree.AnyOf):
        return condition.kind, [part_of(each, catalogue, currency) for each in condition.of]
    return "all", [part_of(condition, catalogue, currency)]


def joined(kind: str, conditions: Sequence[tree.Condition]) -> tree.Condition | None:
    """Return the condition of some lines; None where there is none."""
    if not conditions:
        return None
    if len(conditions) == 1:
        return conditions[0]
    return (tree.AnyOf if kind == "any" else tree.All)(of=tuple(conditions))
