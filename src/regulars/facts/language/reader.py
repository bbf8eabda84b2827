"""Read the words of a condition one by one, and remember where each part of the tree stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from regulars.facts.language import tree
from regulars.facts.language.faults import Place, WrongCondition
from regulars.facts.language.lexer import Kind, Token
from regulars.facts.language.tree import Node, children_of
from regulars.kit.i18n import gettext

Found = TypeVar("Found", bound=Node)


@dataclass(frozen=True, slots=True)
class Hint:
    """What could stand at the end of a text: a word as it is, or something of a kind, for an operand if there is one.

    Kinds are `word`, `argument` (a word in the parentheses of the operand), `fact`, `yearly` (a fact that comes again
    each year), `property`, `value`, `number`, `currency`, `text`, `moment` and `event`. Behind `where` it is spoken of
    the properties of what is `counted`, a fact's occurrences or an event.
    """

    kind: str
    word: str = ""
    operand: tree.Operand | None = None
    counted: tree.Operand | None = None


@dataclass(slots=True)
class Reader:
    """Reads words one by one; remembers where each node stands, and what could have come at the end."""

    tokens: Sequence[Token]
    position: int = 0
    depth: int = 0
    in_where: bool = False
    # The fact or the event whose properties are spoken of.
    counted: tree.Operand | None = None
    hints: list[Hint] = field(default_factory=list)
    # By the identity of nodes, which the tree keeps as they are; of scalars by that of their node, and their pointers.
    spans: dict[int, Place] = field(default_factory=dict)
    scalars: dict[int, dict[str, Place]] = field(default_factory=dict)

    @property
    def token(self) -> Token:
        """The next word."""
        return self.tokens[self.position]

    @property
    def stopped_at_end(self) -> bool:
        """Whether no word is left."""
        return self.token.kind is Kind.END

    def places_in(self, node: Node, pointer: str = "") -> dict[str, Place]:
        """Return the places of a node and all within it, by pointer."""
        places = {pointer: self.spans[id(node)]} if id(node) in self.spans else {}
        places |= {f"{pointer}{step}": place for step, place in self.scalars.get(id(node), {}).items()}
        for step, child in children_of(node):
            places |= self.places_in(child, pointer + step)
        return places

    def take(self) -> Token:
        """Take the next word."""
        token = self.token
        self.position += 1
        return token

    def took(self, word: str, operand: tree.Operand | None = None, *, kind: str = "word") -> bool:
        """Take the next word if it is this one."""
        self.may_come(word, operand=operand, kind=kind)
        if self.token.value == word and self.token.kind in {Kind.NAME, Kind.SIGN}:
            self.position += 1
            return True
        return False

    def need(self, word: str) -> None:
        """Take the next word, which has to be this one.

        Raises
        ------
        WrongCondition
            It is another.
        """
        if not self.took(word):
            raise self.wrong(gettext("Here {word} was expected.").format(word=word))

    def may_come(self, *words: str, operand: tree.Operand | None = None, kind: str = "word") -> None:
        """Note that these words could come next, where the text ends."""
        for word in words:
            self.hint(kind, word, operand)

    def hint(self, kind: str, word: str = "", operand: tree.Operand | None = None) -> None:
        """Note that something of a kind could come next, where the text ends."""
        if self.stopped_at_end:
            self.hints.append(Hint(kind, word, operand, self.counted))

    def wrong(self, message: str) -> WrongCondition:
        """Return the fault of the next word."""
        return WrongCondition(
            message, code="unfinished" if self.stopped_at_end else "unexpected", place=self.token.place
        )

    def made(self, start: int, kind: Callable[..., Found], **fields: Any) -> Found:
        """Return a node, and remember where it stands, and those of its values whose places are given.

        Raises
        ------
        WrongCondition
            It is out of bounds; the error tells the value's place, if it is given.
        """
        place = Place(start, self.tokens[self.position - 1].place.end)
        given = {name[:-1]: fields.pop(name) for name in list(fields) if name.endswith("@")}
        places = {pointer: each for name, of in given.items() for pointer, each in _by_pointer(name, of)}
        try:
            node = kind(**fields)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            at = next((each for step, each in places.items() if _leads_to(step, problem["loc"])), place)
            raise WrongCondition(_told(problem), code="out_of_bounds", place=at) from None
        self.spans[id(node)], self.scalars[id(node)] = place, places
        return node


def _by_pointer(name: str, of: Place | Sequence[Place]) -> list[tuple[str, Place]]:
    """Return the place of a value, or those of the values in a list, with their pointers from their node."""
    if isinstance(of, Place):
        return [(f"/{name}", of)]
    return [(f"/{name}/{number}", place) for number, place in enumerate(of)]


def _leads_to(pointer: str, location: Sequence[int | str]) -> bool:
    steps = pointer.split("/")[1:]
    return [str(step) for step in location[: len(steps)]] == steps


def _told(problem: ErrorDetails) -> str:
    """Return what a node refused, in words of ours."""
    if problem["type"] in {"greater_than_equal", "less_than_equal"}:
        return gettext("This number is too large or too small.")
    if problem["type"] == "too_long":
        return gettext("This has too many parts.")
    if problem["type"] == "string_too_long":
        return gettext("This text is too long.")
    if problem["type"] == "string_pattern_mismatch":
        return gettext("This is no name of a fact; names are like orders.count.")
    if problem["type"] == "string_too_short":
        return gettext("This text is empty.")
    return gettext("This cannot be meant.")
