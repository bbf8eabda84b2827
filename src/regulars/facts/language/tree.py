"""A condition as a tree: closed, typed, the same in JSON and in Python. Its text form is `printer` and `parser`.

Every node forbids what it does not know. What a fact's name or a value's type means is for `binding` to check.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    Tag,
    WithJsonSchema,
    model_validator,
)

LONGEST_TEXT = 2_000
# Of the text of a whole condition, in parentheses and behind `not`, and in characters.
DEEPEST = 20
LONGEST = 20_000
MOST_PARTS = 100
MOST_VALUES = 1_000
MOST_STEPS = 5
LARGEST = 2**63 - 1
# Whole numbers have up to 19 digits, others of double precision up to some thirty, unless they are next to nought.
MOST_DIGITS = 30


def _storable(text: str) -> str:
    """Return a text that the database can keep.

    Raises
    ------
    ValueError
        It holds a nought character or half a pair of surrogates.
    """
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("the text holds a character that cannot be kept")
    return text


def write_number(number: float) -> str:
    """Return a number of double precision as it stands in a text.

    It never has an exponent, and always a point, which tells it from a whole number.
    """
    text = format(Decimal(repr(number)), "f")
    return text if "." in text else f"{text}.0"


def _writable(number: float) -> float:
    """Return a number that can stand in a text.

    Raises
    ------
    ValueError
        It has too many digits.
    """
    if sum(map(str.isdigit, write_number(number))) > MOST_DIGITS:
        raise ValueError(f"the number has more than {MOST_DIGITS} digits")
    return number


Text = Annotated[str, Field(max_length=LONGEST_TEXT, strict=True), AfterValidator(_storable)]
Name = Annotated[str, Field(min_length=1, max_length=200, strict=True), AfterValidator(_storable)]
# Whatever is written as a name is read, so that a wrong one is answered with the fact that was likely meant.
FactName = Annotated[
    str,
    Field(max_length=200, pattern=r"^[^\W\d]\w*(\.\w+)*$", strict=True),
    WithJsonSchema({"type": "string", "maxLength": 200, "pattern": r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$"}),
]
Whole = Annotated[StrictInt, Field(ge=-LARGEST, le=LARGEST)]
Broken = Annotated[StrictFloat, Field(allow_inf_nan=False, ge=-1e15, le=1e15), AfterValidator(_writable)]


class Node(BaseModel):
    """A part of a tree."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Span(StrEnum):
    """A unit of time."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Duration(Node):
    """So many units of time; days and longer by the business's calendar."""

    amount: Annotated[StrictInt, Field(ge=1, le=9_999)]
    unit: Span


class Money(Node):
    """An amount in minor units."""

    minor: Whole
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def _no_number(day: object) -> object:
    """Return what is to be a day.

    Raises
    ------
    ValueError
        It is a number, which would be taken for seconds since 1970.
    """
    if isinstance(day, int | float):
        raise ValueError("a day is written as 2026-01-31")  # noqa: TRY004  # What Pydantic tells as a fault.
    return day


class Day(Node):
    """A day of the calendar."""

    day: Annotated[date, BeforeValidator(_no_number)]


class Relative(Node):
    """A day or moment that moves on: `today` or `now`, some time before it or after it."""

    relative_to: Literal["today", "now"]
    plus: Duration | None = None
    minus: Duration | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Relative:
        if self.plus and self.minus:
            raise ValueError("a time is before another or after it, not both")
        return self


def _kind_of_value(value: object) -> str:
    names = value.keys() if isinstance(value, dict) else type(value).model_fields if isinstance(value, Node) else ()
    for name, kind in (("minor", "money"), ("currency", "money"), ("day", "day"), ("relative_to", "relative")):
        if name in names:
            return kind
    return {bool: "boolean", int: "whole", float: "broken"}.get(type(value), "text")


Value = Annotated[
    Annotated[StrictBool, Tag("boolean")]
    | Annotated[Whole, Tag("whole")]
    | Annotated[Broken, Tag("broken")]
    | Annotated[Text, Tag("text")]
    | Annotated[Money, Tag("money")]
    | Annotated[Day, Tag("day")]
    | Annotated[Relative, Tag("relative")],
    Discriminator(_kind_of_value),
]
Moment = Annotated[
    Annotated[Day, Tag("day")] | Annotated[Relative, Tag("relative")],
    Discriminator(_kind_of_value),
]


class Window(Node):
    """Which time counts: the last so much, or since one moment and until before another."""

    last: Duration | None = None
    since: Moment | None = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Window:
        if bool(self.last) == bool(self.since or self.until):
            raise ValueError("a window has either last, or since and until")
        return self


class FactOperand(Node):
    """A fact; in a window, or of the occurrences that fit a condition on their properties; or as it was `on` a day."""

    fact: FactName
    window: Window | None = None
    where: Condition | None = None
    on: Moment | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the fact is asked for as it stands."""
        return self.window is None and self.where is None and self.on is None

    @model_validator(mode="after")
    def _one_way(self) -> FactOperand:
        if self.on and (self.window or self.where):
            raise ValueError("a fact is either as it was on a day, or counted in a window")
        return self


class EventOperand(Node):
    """How often an event happened."""

    event: Name
    window: Window | None = None
    where: Condition | None = None


class PropertyOperand(Node):
    """A property of the occurrence or event that is looked at; a dot leads into what stands in it."""

    property: Name


class AnniversaryOperand(Node):
    """The day of the year of a fact that comes again each year."""

    anniversary_of: FactName


class BucketOperand(Node):
    """A number from nought to below `of` that is drawn once for each customer and name; other names, other draws."""

    bucket: Name
    of: Annotated[StrictInt, Field(ge=2, le=1_000_000)] = 100


_OPERANDS = ("fact", "event", "property", "anniversary_of", "bucket")


def _kind_of_operand(value: object) -> str | None:
    names = value.keys() if isinstance(value, dict) else type(value).model_fields if isinstance(value, Node) else ()
    return next((name for name in _OPERANDS if name in names), None)


Operand = Annotated[
    Annotated[FactOperand, Tag("fact")]
    | Annotated[EventOperand, Tag("event")]
    | Annotated[PropertyOperand, Tag("property")]
    | Annotated[AnniversaryOperand, Tag("anniversary_of")]
    | Annotated[BucketOperand, Tag("bucket")],
    Discriminator(_kind_of_operand),
]


class All(Node):
    """Each part holds."""

    kind: Literal["all"] = "all"
    of: Annotated[tuple[Condition, ...], Field(min_length=2, max_length=MOST_PARTS)]


class AnyOf(Node):
    """At least one part holds."""

    kind: Literal["any"] = "any"
    of: Annotated[tuple[Condition, ...], Field(min_length=2, max_length=MOST_PARTS)]


class Not(Node):
    """The part does not hold; where nothing is known of what it asks, it does not."""

    kind: Literal["not"] = "not"
    of: Condition


class Comparator(StrEnum):
    """How two values compare."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


class Compare(Node):
    """A value is known, and compares so with another."""

    kind: Literal["compare"] = "compare"
    what: Operand
    operator: Comparator
    value: Value


class OneOf(Node):
    """A value is one of some."""

    kind: Literal["in"] = "in"
    what: Operand
    values: Annotated[tuple[Value, ...], Field(min_length=1, max_length=MOST_VALUES)]


class Between(Node):
    """A value lies between two, both included."""

    kind: Literal["between"] = "between"
    what: Operand
    low: Value
    high: Value


class Contains(Node):
    """A text holds another within it, or a list holds it as one of its texts; case counts."""

    kind: Literal["contains"] = "contains"
    what: Operand
    value: Text


class StartsWith(Node):
    """A text begins with another; case counts."""

    kind: Literal["starts_with"] = "starts_with"
    what: Operand
    value: Text


class Exists(Node):
    """Something is known."""

    kind: Literal["exists"] = "exists"
    what: Operand


class Holds(Node):
    """What is yes or no is yes; an event happened."""

    kind: Literal["holds"] = "holds"
    what: Operand


class Within(Node):
    """A day, moment or anniversary lies in the last or the next so much time."""

    kind: Literal["within"] = "within"
    what: Operand
    direction: Literal["last", "next"]
    duration: Duration


class HasBeen(Node):
    """A fact has had one of some values all the time for so long."""

    kind: Literal["has_been"] = "has_been"
    what: FactOperand
    values: Annotated[tuple[Value, ...], Field(min_length=1, max_length=MOST_VALUES)]
    duration: Duration


class Step(Node):
    """An event in a sequence; the last one may be `absent`: it did not happen in the time that it had."""

    event: Name
    where: Condition | None = None
    absent: bool = False


class Sequence(Node):
    """Events happened one after the other, all within so much time of the first."""

    kind: Literal["sequence"] = "sequence"
    steps: Annotated[tuple[Step, ...], Field(min_length=2, max_length=MOST_STEPS)]
    within: Duration
    window: Window | None = None


class InSegment(Node):
    """The condition of a segment holds."""

    kind: Literal["segment"] = "segment"
    segment: Name


Condition = Annotated[
    All
    | AnyOf
    | Not
    | Compare
    | OneOf
    | Between
    | Contains
    | StartsWith
    | Exists
    | Holds
    | Within
    | HasBeen
    | Sequence
    | InSegment,
    Field(discriminator="kind"),
]
NODES: tuple[type[Node], ...] = (All, AnyOf, Not, FactOperand, EventOperand, Step)
for _node in NODES:
    _node.model_rebuild()


def is_enclosed(part: Condition, whole: Condition) -> bool:
    """Tell whether a part of a condition stands in parentheses in the text of the whole."""
    if isinstance(whole, AnyOf):
        return isinstance(part, AnyOf)
    return isinstance(part, All | AnyOf)


def levels_within(whole: Condition, part: Condition) -> int:
    """Return how many levels deeper than the whole a part stands in its text: in parentheses, and behind `not`."""
    is_behind_not = isinstance(whole, Not) and not isinstance(part, OneOf)
    return is_enclosed(part, whole) + is_behind_not


def children_of(node: Node) -> list[tuple[str, Any]]:
    """Return the nodes within a node, each with its JSON pointer from there."""
    found: list[tuple[str, Any]] = []
    for name in type(node).model_fields:
        value = getattr(node, name)
        if isinstance(value, Node):
            found.append((f"/{name}", value))
        elif isinstance(value, tuple):
            found.extend((f"/{name}/{number}", each) for number, each in enumerate(value) if isinstance(each, Node))
    return found
