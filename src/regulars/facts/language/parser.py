"""From a condition's text to its tree, with the place of each part; and what could come next at the end of a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from regulars.facts.language import tree
from regulars.facts.language.faults import Place, WrongCondition
from regulars.facts.language.lexer import Kind, read_tokens
from regulars.facts.language.reader import Hint, Reader
from regulars.facts.language.tree import DEEPEST, Condition, Node
from regulars.kit.i18n import gettext
from regulars.kit.money import minor_digits

COMPARATORS = tuple(each.value for each in tree.Comparator)
SPANS = tuple(each.value for each in tree.Span)
WORDS = frozenset(
    {
        *("and", "or", "not", "in", "between", "contains", "starts", "with", "exists", "has", "been", "for", "last"),
        *("next", "where", "since", "until", "within", "event", "sequence", "anniversary", "bucket", "of", "segment"),
        *("property", "today", "now", "true", "false"),
    }
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A tree, and where its parts stand in the text, by their JSON pointers."""

    tree: Condition
    places: dict[str, Place]


def parse(text: str) -> Parsed:
    """Return the tree of a text.

    Raises
    ------
    WrongCondition
        It is none; the error tells the place.
    """
    parser = _Parser(read_tokens(text))
    found = parser.whole()
    return Parsed(found, parser.places_in(found))


def hints_at_end(text: str) -> list[Hint]:
    """Return what could come next behind a text that is right so far; nothing behind one that is not."""
    try:
        parser = _Parser(read_tokens(text))
    except WrongCondition:
        return []
    try:
        parser.whole()
    except WrongCondition:
        if not parser.stopped_at_end:
            return []
    return list(dict.fromkeys(parser.hints))


@dataclass(slots=True)
class _Parser(Reader):
    """Each method reads one thing of the grammar, and returns its node."""

    def whole(self) -> Condition:
        found = self.either()
        self.may_come("and", "or")
        if not self.stopped_at_end:
            raise self.wrong(gettext("Here and, or, or the end was expected."))
        return found

    # --- Conditions -----------------------------------------------------------------------------------------------

    def either(self) -> Condition:
        return self.joined("or", self.both, tree.AnyOf)

    def both(self) -> Condition:
        return self.joined("and", self.negated, tree.All)

    def joined(self, word: str, part: Callable[[], Condition], kind: Callable[..., Condition]) -> Condition:
        start = self.token.place.start
        parts = [part()]
        while self.took(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else self.made(start, kind, of=tuple(parts))

    def negated(self) -> Condition:
        start = self.token.place.start
        if self.token.value == "not" and self.token.kind is Kind.NAME:
            self.deeper()
            self.take()
            found = self.made(start, tree.Not, of=self.negated())
            self.depth -= 1
            return found
        self.may_come("not")
        return self.primary()

    def primary(self) -> Condition:
        if self.took("("):
            self.deeper()
            found = self.either()
            self.need(")")
            self.depth -= 1
            return found
        start = self.token.place.start
        if not self.in_where:
            if self.took("sequence"):
                return self.sequence(start)
            if self.took("segment"):
                self.need("(")
                name = self.text("text")
                self.need(")")
                return self.made(start, tree.InSegment, segment=name)
        return self.predicate(start)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            message = gettext("A condition is at most {most} levels deep.").format(most=DEEPEST)
            raise WrongCondition(message, code="too_deep", place=self.token.place)

    def sequence(self, start: int) -> Condition:
        self.need("(")
        steps = [self.step()]
        while True:
            self.need(",")
            if self.took("within"):
                break
            steps.append(self.step())
        self.need(":")
        within = self.duration()
        window = self.window() if self.took(",") else None
        self.need(")")
        return self.made(start, tree.Sequence, steps=tuple(steps), within=within, window=window)

    def step(self) -> tree.Step:
        start = self.token.place.start
        absent = self.took("not")
        self.need("event")
        self.need("(")
        named = self.made(start, tree.EventOperand, event=self.text("event"))
        where = None
        if self.took(","):
            self.need("where")
            where = self.where(named)
        self.need(")")
        return self.made(start, tree.Step, event=named.event, where=where, absent=absent)

    def predicate(self, start: int) -> Condition:
        what = self.operand()
        self.may_come(*COMPARATORS, "not", operand=what)
        if self.token.kind is Kind.SIGN and self.token.value in COMPARATORS:
            operator = self.take().value
            return self.made(start, tree.Compare, what=what, operator=operator, **self.one_value("value", what))
        if self.took("between", what):
            low = self.one_value("low", what)
            self.need("and")
            return self.made(start, tree.Between, what=what, **low, **self.one_value("high", what))
        if self.took("contains", what):
            return self.made(start, tree.Contains, what=what, **self.one_text(what))
        if self.took("starts", what):
            self.need("with")
            return self.made(start, tree.StartsWith, what=what, **self.one_text(what))
        if self.took("exists", what):
            return self.made(start, tree.Exists, what=what)
        if self.took("has", what):
            return self.has_been(start, what)
        if self.took("in", what):
            return self.within_or_one_of(start, what)
        if self.token.value == "not" and self.token.kind is Kind.NAME:
            self.take()
            self.need("in")
            return self.made(start, tree.Not, of=self.one_of(start, what))
        return self.made(start, tree.Holds, what=what)

    def has_been(self, start: int, what: tree.Operand) -> Condition:
        if not isinstance(what, tree.FactOperand):
            raise self.wrong(gettext("Only a fact has been something for some time."))
        self.need("been")
        values = self.list_of_values(what) if self.took("in") else self.lone_value(what)
        self.need("for")
        return self.made(start, tree.HasBeen, what=what, **values, duration=self.duration())

    def within_or_one_of(self, start: int, what: tree.Operand) -> Condition:
        self.may_come("last", "next", operand=what)
        if self.token.kind is Kind.NAME and self.token.value in {"last", "next"}:
            direction = self.take().value
            return self.made(start, tree.Within, what=what, direction=direction, duration=self.duration())
        return self.one_of(start, what)

    def one_of(self, start: int, what: tree.Operand) -> Condition:
        return self.made(start, tree.OneOf, what=what, **self.list_of_values(what))

    # --- Operands -------------------------------------------------------------------------------------------------

    def operand(self) -> tree.Operand:
        start = self.token.place.start
        self.may_be_operand()
        if self.token.kind is not Kind.NAME:
            raise self.wrong(gettext("Here the name of something known was expected."))
        if self.took("property"):
            self.need("(")
            name = self.text("property")
            self.need(")")
            return self.made(start, tree.PropertyOperand, property=name)
        if self.in_where:
            if self.token.value in WORDS:
                raise self.wrong(gettext("Here the name of a property was expected."))
            return self.made(start, tree.PropertyOperand, property=self.take().value)
        if self.took("event"):
            self.need("(")
            named = self.made(start, tree.EventOperand, event=self.text("event"))
            window, where = self.arguments(named) if self.took(",") else (None, None)
            self.need(")")
            return self.made(start, tree.EventOperand, event=named.event, window=window, where=where)
        if self.took("anniversary"):
            self.need("(")
            name = self.fact_name("yearly")
            self.need(")")
            return self.made(start, tree.AnniversaryOperand, anniversary_of=name)
        if self.took("bucket"):
            return self.bucket(start)
        fact = self.made(start, tree.FactOperand, fact=self.fact_name())
        return self.fact_with(start, fact) if self.took("(", fact) else fact

    def fact_with(self, start: int, named: tree.FactOperand) -> tree.FactOperand:
        """Read what stands in the parentheses of a fact."""
        if self.took("on", named, kind="argument"):
            self.need(":")
            on = self.moment()
            self.need(")")
            return self.made(start, tree.FactOperand, fact=named.fact, on=on)
        window, where = self.arguments(named)
        self.need(")")
        return self.made(start, tree.FactOperand, fact=named.fact, window=window, where=where)

    def may_be_operand(self) -> None:
        if self.in_where:
            self.hint("property")
        else:
            self.hint("fact")
            self.may_come("(", "event", "sequence", "anniversary", "bucket", "segment")

    def fact_name(self, kind: str = "fact") -> str:
        self.hint(kind)
        if self.token.kind is not Kind.NAME or self.token.value in WORDS:
            raise self.wrong(gettext("Here the name of a fact was expected, as orders.count."))
        return self.take().value

    def bucket(self, start: int) -> tree.BucketOperand:
        self.need("(")
        name, of = self.text("text"), {}
        if self.took(","):
            self.need("of")
            self.need(":")
            of = {"of@": self.token.place, "of": self.whole_number()}
        self.need(")")
        return self.made(start, tree.BucketOperand, bucket=name, **of)

    def arguments(self, of: tree.Operand) -> tuple[tree.Window | None, Condition | None]:
        """Read in which time and of which occurrences a fact or an event is counted."""
        window, where = None, None
        self.may_come("last", "since", "until", "where", operand=of, kind="argument")
        if self.token.value != "where":
            window = self.window(of)
            if not self.took(","):
                return window, None
        self.need("where")
        where = self.where(of)
        if window is None and self.took(","):
            window = self.window()
        return window, where

    def window(self, of: tree.Operand | None = None) -> tree.Window:
        start = self.token.place.start
        if self.took("last", of, kind="argument"):
            self.need(":")
            return self.made(start, tree.Window, last=self.duration())
        found: dict[str, Node] = {}
        while True:
            words = [word for word in ("since", "until") if word not in found]
            name = next((word for word in words if self.took(word, of, kind="argument")), None)
            if name is None:
                raise self.wrong(gettext("Here a time was expected: last, since or until."))
            self.need(":")
            found[name] = self.moment()
            following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
            if not (self.token.value == "," and following.value in {"since", "until"}):
                return self.made(start, tree.Window, **found)
            self.take()

    def where(self, counted: tree.Operand) -> Condition:
        self.need(":")
        if self.in_where:
            raise self.wrong(gettext("A condition on properties holds no other one."))
        self.in_where, self.counted = True, counted
        found = self.either()
        self.may_come("and", "or")
        self.in_where, self.counted = False, None
        return found

    # --- Values ---------------------------------------------------------------------------------------------------

    def list_of_values(self, what: tree.Operand) -> dict[str, Any]:
        """Return values in parentheses as the field of a node, and remember their places for it."""
        self.need("(")
        found = [self.placed_value(what)]
        while self.took(","):
            found.append(self.placed_value(what))
        self.need(")")
        return {"values": tuple(value for value, _ in found), "values@": [place for _, place in found]}

    def lone_value(self, what: tree.Operand) -> dict[str, Any]:
        """Return a value as the only one in the field of a node, and remember its place for it."""
        value, place = self.placed_value(what)
        return {"values": (value,), "values@": [place]}

    def one_value(self, name: str, what: tree.Operand) -> dict[str, Any]:
        """Return a value as the field of a node, and remember its place for it."""
        value, place = self.placed_value(what)
        return {name: value, f"{name}@": place}

    def one_text(self, what: tree.Operand) -> dict[str, Any]:
        """Return a text as the field of a node, and remember its place for it."""
        place = self.token.place
        return {"value": self.text("value", what), "value@": place}

    def placed_value(self, what: tree.Operand) -> tuple[Any, Place]:
        start = self.token.place.start
        value = self.value(what)
        return value, Place(start, self.tokens[self.position - 1].place.end)

    def value(self, what: tree.Operand) -> Any:
        self.hint("value", operand=what)
        token = self.token
        if token.kind is Kind.TEXT:
            return self.take().value
        if token.kind is Kind.NUMBER or self.took("-", what):
            return self.number(token.place.start)
        if self.took("true", what):
            return True
        if self.took("false", what):
            return False
        return self.moment(what)

    def number(self, start: int) -> int | float | tree.Money:
        """Read a number whose sign has been taken; with a currency behind it, it is an amount."""
        sign = "-" if start < self.token.place.start else ""
        text = sign + self.digits()
        self.hint("currency")
        if self.token.kind is Kind.NAME and len(self.token.value) == 3 and self.token.value.isupper():
            return self.amount(start, text, self.take().value)
        return float(text) if "." in text else int(text)

    def digits(self) -> str:
        if self.token.kind is not Kind.NUMBER:
            raise self.wrong(gettext("Here a number was expected."))
        return self.take().value

    def amount(self, start: int, text: str, currency: str) -> tree.Money:
        whole, _, broken = text.partition(".")
        digits = minor_digits(currency)
        if len(broken) > digits:
            message = gettext("{currency} has no smaller unit than that.").format(currency=currency)
            place = Place(start, self.tokens[self.position - 1].place.end)
            raise WrongCondition(message, code="wrong_amount", place=place)
        return self.made(start, tree.Money, minor=int(whole + broken.ljust(digits, "0")), currency=currency)

    def whole_number(self) -> int:
        self.hint("number")
        if self.token.kind is not Kind.NUMBER or not self.token.value.isdecimal():
            raise self.wrong(gettext("Here a whole number was expected."))
        return int(self.take().value)

    def moment(self, what: tree.Operand | None = None) -> Any:
        start = self.token.place.start
        self.hint("moment", operand=what)
        if self.token.kind is Kind.DAY:
            return self.made(start, tree.Day, day=self.day())
        word = next((word for word in ("today", "now") if self.took(word, what)), None)
        if word is None:
            raise self.wrong(gettext("Here a value was expected: a number, a text in quotation marks, or a day."))
        offset: dict[str, Any] = {}
        for sign, name in (("+", "plus"), ("-", "minus")):
            if not offset and self.took(sign):
                offset = {name: self.duration()}
        return self.made(start, tree.Relative, relative_to=word, **offset)

    def day(self) -> date:
        token = self.take()
        try:
            return date.fromisoformat(token.value)
        except ValueError:
            message = gettext("{day} is no day of the calendar.").format(day=token.value)
            raise WrongCondition(message, code="no_day", place=token.place) from None

    def duration(self) -> tree.Duration:
        start = self.token.place.start
        amount = self.whole_number()
        self.may_come(*SPANS)
        unit = self.token.value
        # One day is a day.
        unit = unit if unit.endswith("s") else f"{unit}s"
        if self.token.kind is not Kind.NAME or unit not in SPANS:
            raise self.wrong(gettext("Here a unit of time was expected: hours, days, weeks, months or years."))
        self.take()
        return self.made(start, tree.Duration, amount=amount, unit=unit)

    def text(self, kind: str, what: tree.Operand | None = None) -> str:
        self.hint(kind, operand=what)
        if self.token.kind is not Kind.TEXT:
            raise self.wrong(gettext("Here a text in quotation marks was expected."))
        return self.take().value
