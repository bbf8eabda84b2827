"""From a condition's tree to its text: what `parser` reads back as the same tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from regulars.facts.language import tree
from regulars.facts.language.lexer import quoted
from regulars.facts.language.parser import WORDS
from regulars.facts.language.tree import Condition
from regulars.kit.money import minor_digits

_PROPERTY = re.compile(r"[^\W\d]\w*(\.\w+)*")
_WIDE = 100


def write(condition: Condition) -> str:
    """Return the text of a condition, on one line."""
    match condition:
        case tree.All(of=parts):
            return " and ".join(_part(each, condition) for each in parts)
        case tree.AnyOf(of=parts):
            return " or ".join(_part(each, condition) for each in parts)
        case tree.Not(of=tree.OneOf(what=what, values=values)):
            return f"{_operand(what)} not in {_listed(values)}"
        case tree.Not(of=part):
            return f"not {_part(part, condition)}"
        case tree.Sequence():
            return _sequence(condition)
        case tree.InSegment(segment=name):
            return f"segment({quoted(name)})"
    return f"{_operand(condition.what)}{_predicate(condition)}"


def write_in_lines(condition: Condition) -> str:
    """Return the text of a condition, each part of a long one on a line of its own."""
    line = write(condition)
    if len(line) <= _WIDE or not isinstance(condition, tree.All | tree.AnyOf):
        return line
    word = "and" if isinstance(condition, tree.All) else "or"
    return f"\n{word} ".join(_part(each, condition) for each in condition.of)


def write_value(value: Any) -> str:
    """Return the text of a value."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return tree.write_number(value)
        case tree.Money(minor=minor, currency=currency):
            digits = minor_digits(currency)
            return f"{Decimal(minor).scaleb(-digits):f} {currency}"
        case tree.Day(day=day):
            return day.isoformat()
        case tree.Relative(relative_to=word, plus=plus, minus=minus):
            return word + (f" + {_duration(plus)}" if plus else "") + (f" - {_duration(minus)}" if minus else "")
    return quoted(value)


def write_property(name: str) -> str:
    """Return the text of a property: its name, where that is a word that means nothing else."""
    plain = _PROPERTY.fullmatch(name) and name not in WORDS
    return name if plain else f"property({quoted(name)})"


def _part(part: Condition, whole: Condition) -> str:
    text = write(part)
    return f"({text})" if tree.is_enclosed(part, whole) else text


def _predicate(condition: Condition) -> str:
    match condition:
        case tree.Compare(operator=operator, value=value):
            return f" {operator} {write_value(value)}"
        case tree.OneOf(values=values):
            return f" in {_listed(values)}"
        case tree.Between(low=low, high=high):
            return f" between {write_value(low)} and {write_value(high)}"
        case tree.Contains(value=value):
            return f" contains {quoted(value)}"
        case tree.StartsWith(value=value):
            return f" starts with {quoted(value)}"
        case tree.Exists():
            return " exists"
        case tree.Within(direction=direction, duration=duration):
            return f" in {direction} {_duration(duration)}"
        case tree.HasBeen(values=(value,), duration=duration):
            return f" has been {write_value(value)} for {_duration(duration)}"
        case tree.HasBeen(values=values, duration=duration):
            return f" has been in {_listed(values)} for {_duration(duration)}"
    return ""


def _operand(what: tree.Operand) -> str:
    match what:
        case tree.FactOperand(fact=name, window=window, where=where, on=on):
            arguments = f"on: {write_value(on)}" if on else _arguments(window, where)
            return f"{name}({arguments})" if arguments else name
        case tree.EventOperand(event=name, window=window, where=where):
            return f"event({', '.join(filter(None, (quoted(name), _arguments(window, where))))})"
        case tree.AnniversaryOperand(anniversary_of=name):
            return f"anniversary({name})"
        case tree.BucketOperand(bucket=name, of=of):
            return f"bucket({quoted(name)}, of: {of})"
        case tree.PropertyOperand(property=name):
            return write_property(name)


def _arguments(window: tree.Window | None, where: Condition | None) -> str:
    parts = [f"where: {write(where)}"] if where else []
    return ", ".join(parts + ([_window(window)] if window else []))


def _window(window: tree.Window) -> str:
    parts: Iterable[str] = (
        f"last: {_duration(window.last)}" if window.last else "",
        f"since: {write_value(window.since)}" if window.since else "",
        f"until: {write_value(window.until)}" if window.until else "",
    )
    return ", ".join(filter(None, parts))


def _sequence(condition: tree.Sequence) -> str:
    steps = [
        f"{'not ' if step.absent else ''}event({quoted(step.event)}{_filter(step.where)})" for step in condition.steps
    ]
    parts = [*steps, f"within: {_duration(condition.within)}"]
    return f"sequence({', '.join(parts + ([_window(condition.window)] if condition.window else []))})"


def _filter(where: Condition | None) -> str:
    return f", where: {write(where)}" if where else ""


def _duration(duration: tree.Duration) -> str:
    unit = duration.unit.value
    return f"{duration.amount} {unit.removesuffix('s') if duration.amount == 1 else unit}"


def _listed(values: Iterable[Any]) -> str:
    return f"({', '.join(map(write_value, values))})"
