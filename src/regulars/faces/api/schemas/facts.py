"""Facts and conditions on the wire."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from regulars.customers.questions import read_condition
from regulars.faces.api.schemas.wire import In, Out
from regulars.facts.contracts import Fact, FactType, Unit
from regulars.facts.language.parser import Parsed
from regulars.kit.classification import Classification
from regulars.kit.i18n import gettext

FactName = Annotated[str, Field(min_length=1, max_length=200)]
# Its own bounds are told better than a schema could: with the place, in words.
ConditionText = Annotated[str, Field(max_length=100_000)]
Told = Annotated[
    ConditionText | dict[str, Any],
    Field(
        description="A condition: its text, or its tree (the JSON Schema of trees is `docs/condition.schema.json`).",
        examples=['orders.count(last: 90 days) >= 3 and not profile.tags contains "vip"'],
    ),
]
Value = bool | int | float | Decimal | datetime | date | str | list[str] | None


class ConditionIn(In):
    """A condition to ask for."""

    condition: Told

    def parsed(self) -> Parsed:
        """Return its tree, and the places of its parts.

        Raises
        ------
        WrongCondition
            It is none.
        """
        return read_condition(self.condition)


class QueryIn(ConditionIn):
    """Which customers to list, by which fact they are sorted, and which facts to tell of each."""

    sort: FactName = "profile.since"
    direction: Literal["descending", "ascending"] = "descending"
    facts: Annotated[tuple[FactName, ...], Field(max_length=30)] = ()
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=1_000)] = None


class ExplainIn(ConditionIn):
    """Of which customer a condition is to be explained."""

    customer_id: UUID


class CompleteIn(In):
    """A text that is being written, and the place of writing in it; the end where none is told."""

    text: ConditionText
    at: Annotated[int | None, Field(ge=0, le=100_000)] = None


class PropertyOut(Out):
    """A property by which the occurrences that a fact counts can be chosen."""

    name: str
    type: FactType
    label: str
    choices: list[str]


class FactOut(Out):
    """Something that is known of customers. Amounts are in minor units of the reporting currency."""

    name: str
    type: FactType
    unit: Unit
    label: str
    description: str
    classification: Classification
    choices: list[str]
    is_sortable: bool
    takes_window: bool
    properties: list[PropertyOut]

    @classmethod
    def of(cls, fact: Fact) -> FactOut:
        """Return a fact as it is told."""
        properties = fact.aggregate.occurrences.properties if fact.aggregate else {}
        return cls(
            name=fact.name,
            type=fact.type,
            unit=fact.unit,
            label=gettext(fact.label),
            description=gettext(fact.description),
            classification=fact.classification,
            choices=list(fact.choices),
            is_sortable=fact.is_indexed,
            takes_window=fact.aggregate is not None,
            properties=[
                PropertyOut(name=name, type=each.type, label=gettext(each.label), choices=list(each.choices))
                for name, each in properties.items()
            ],
        )


class FactsOut(Out):
    """The catalogue of facts."""

    items: list[FactOut]


class KnownOut(Out):
    """What is known of a customer, by the names of facts; null where nothing is."""

    customer_id: UUID
    facts: dict[str, Value]


class CheckedOut(Out):
    """A condition as it is understood, in both of its forms."""

    text: str
    tree: dict[str, Any]


class CountedOut(Out):
    """How many customers there are: exactly, or by a sample, with the bounds of the 95 % interval."""

    value: int
    low: int
    high: int
    is_exact: bool


class QueriedOut(Out):
    """A page of customers; `count` is how many there are in all, where that was found on the way."""

    items: list[KnownOut]
    count: int | None
    next: str | None


class ExplainedOut(Out):
    """A part of a condition, whether it is true of the customer, and its own parts; `value` is the customer's."""

    text: str
    holds: bool
    value: Value
    parts: list[ExplainedOut]


class SuggestionOut(Out):
    """A text that could replace the characters from `start` to the place of writing."""

    text: str
    start: int
    label: str


class SuggestionsOut(Out):
    """What could come next."""

    items: list[SuggestionOut]
