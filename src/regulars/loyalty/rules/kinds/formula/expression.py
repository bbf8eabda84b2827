"""A small arithmetic: numbers, + - * /, min, max, floor, ceil, round (half up), and the names of numeric facts.

Amounts of money are in major units of the reporting currency, as a number without a currency is in a condition. Values
are exact fractions; with so few parts and so short numbers they cannot grow without bounds. Nothing of Python is run:
its parser reads the text, and what is not listed here is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from regulars.facts.contracts import NUMERIC, Catalogue
from regulars.facts.language.nearest import nearest
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

MOST_PARTS = 100
DEEPEST = 30
MOST_DIGITS = 15

FactValue = Callable[[str], Fraction | None]
Evaluate = Callable[[FactValue], Fraction]


class WrongFormula(DomainError):
    """An expression cannot be meant; `column` is the place in its text, from 0."""

    code = "wrong_formula"

    def __init__(self, message: str, *, code: str, column: int) -> None:
        super().__init__(message)
        self.code, self.column = code, column


class DividedByZero(ArithmeticError):
    """A formula divides by what is nought this time."""


class UnknownFact(LookupError):
    """A formula asks for a fact that is not known this time."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that is right, and the facts that it asks for."""

    value: Evaluate
    facts: frozenset[str]


def _divided(left: Fraction, right: Fraction) -> Fraction:
    if not right:
        raise DividedByZero
    return left / right


_OPERATORS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: _divided,
}
_FUNCTIONS: Mapping[str, Callable[..., Fraction]] = {
    "min": min,
    "max": max,
    "floor": lambda value: Fraction(floor(value)),
    "ceil": lambda value: Fraction(ceil(value)),
    "round": lambda value: Fraction(floor(value + Fraction(1, 2))),
}
_OF_ONE = frozenset({"floor", "ceil", "round"})


def read_formula(text: str, catalogue: Catalogue) -> Expression:
    """Return the expression of a text.

    Raises
    ------
    WrongFormula
        It cannot be meant; the error is the first of `find_faults`.
    """
    reader = _Reader(text, catalogue)
    found = reader.whole()
    if reader.faults:
        raise reader.faults[0]
    return Expression(found, frozenset(reader.facts))


def find_faults(text: str, catalogue: Catalogue) -> list[WrongFormula]:
    """Return all that is wrong with a text, by its place."""
    reader = _Reader(text, catalogue)
    reader.whole()
    return sorted(reader.faults, key=lambda fault: fault.column)


def _nothing(_: FactValue) -> Fraction:
    raise AssertionError("what has faults is not evaluated")


class _Reader:
    """Walks the tree that Python's parser makes of the text, and notes what is wrong instead of stopping."""

    def __init__(self, text: str, catalogue: Catalogue) -> None:
        self.text, self.catalogue = text, catalogue
        self.facts: set[str] = set()
        self.faults: list[WrongFormula] = []
        self.parts = 0

    def whole(self) -> Evaluate:
        # A text over several lines, or with a comment, would be read otherwise than it looks.
        odd = next((place for place, each in enumerate(self.text) if each in "\n\r\f\\#;"), None)
        if odd is not None:
            return self.wrong("unexpected", gettext("A formula has numbers, facts, + - * / and functions."), odd)
        lead = len(self.text) - len(self.text.lstrip())
        try:
            body = ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            column = max(0, (getattr(error, "offset", 1) or 1) - 1) + lead
            return self.wrong("unexpected", gettext("This formula cannot be read."), min(column, len(self.text)))
        return self.node(body, 1)

    def node(self, node: ast.expr, depth: int) -> Evaluate:
        self.parts += 1
        if self.parts > MOST_PARTS or depth > DEEPEST:
            message = gettext("A formula has at most {parts} parts, and is at most {levels} levels deep.")
            return self.wrong("too_large", message.format(parts=MOST_PARTS, levels=DEEPEST), node)
        match node:
            case ast.Constant(value=value):
                return self.number(value, node)
            case ast.Name() | ast.Attribute():
                return self.fact(node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                inner, is_minus = self.node(operand, depth + 1), isinstance(node.op, ast.USub)
                return (lambda facts: -inner(facts)) if is_minus else inner
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
                return self.operation(_OPERATORS[type(operator)], (left, right), depth)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                return self.call(name, args, node, depth)
        message = gettext("A formula has numbers, facts, + - * /, and {functions}.")
        return self.wrong("unexpected", message.format(functions=", ".join(_FUNCTIONS)), node)

    def number(self, value: object, node: ast.expr) -> Evaluate:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self.wrong("unexpected", gettext("Here a number was expected."), node)
        # As it is written, since a float has lost what it cannot hold.
        written = ast.get_source_segment(self.text.strip(), node) or ""
        if not written.replace(".", "", 1).isdecimal() or len(written.replace(".", "")) > MOST_DIGITS:
            return self.wrong("number_too_large", gettext("A number is written plainly, as 1.5, and is short."), node)
        number = Fraction(Decimal(written))
        return lambda _: number

    def fact(self, node: ast.expr) -> Evaluate:
        name = _dotted(node)
        fact = self.catalogue.facts.get(name)
        if not self.catalogue.property_named(name):
            if fact is None:
                return self.wrong(*self.no_such(name), node)
            if fact.type not in NUMERIC:
                return self.wrong("not_a_number", gettext("{name} is no number.").format(name=name), node)
        self.facts.add(name)

        def value(facts: FactValue) -> Fraction:
            found = facts(name)
            if found is None:
                raise UnknownFact(name)
            return found

        return value

    def no_such(self, name: str) -> tuple[str, str]:
        if name in self.catalogue.withheld:
            return "fact_withheld", gettext("{name} is sensitive.").format(name=name)
        message = gettext("There is no fact {name}.").format(name=name)
        numeric = (each.name for each in self.catalogue.facts.values() if each.type in NUMERIC)
        if similar := nearest(name, numeric):
            message += " " + gettext("Is {similar} meant?").format(similar=similar)
        return "no_such_fact", message

    def operation(self, apply: Callable[..., Fraction], operands: tuple[ast.expr, ...], depth: int) -> Evaluate:
        parts = [self.node(each, depth + 1) for each in operands]
        return lambda facts: apply(*[part(facts) for part in parts])

    def call(self, name: str, arguments: list[ast.expr], node: ast.expr, depth: int) -> Evaluate:
        fits = len(arguments) == 1 if name in _OF_ONE else len(arguments) >= 2
        if not fits or any(isinstance(each, ast.Starred) for each in arguments):
            of_one = gettext("{name} takes one value.").format(name=name)
            of_more = gettext("{name} takes two values or more.").format(name=name)
            return self.wrong("wrong_arguments", of_one if name in _OF_ONE else of_more, node)
        return self.operation(_FUNCTIONS[name], tuple(arguments), depth)

    def wrong(self, code: str, message: str, at: ast.expr | int) -> Evaluate:
        self.faults.append(WrongFormula(message, code=code, column=at if isinstance(at, int) else self.column(at)))
        return _nothing

    def column(self, node: ast.expr) -> int:
        """Return where a node begins; Python's parser counts bytes."""
        stripped = self.text.strip()
        begins = len(stripped.encode()[: node.col_offset].decode(errors="ignore"))
        return begins + len(self.text) - len(self.text.lstrip())


def _dotted(node: ast.expr) -> str:
    return ".".join(reversed(list(_steps(node))))


def _steps(node: Any) -> Iterator[str]:
    while isinstance(node, ast.Attribute):
        yield node.attr
        node = node.value
    yield node.id if isinstance(node, ast.Name) else ""
