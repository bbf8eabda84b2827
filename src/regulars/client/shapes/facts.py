"""Facts and conditions."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

FactType = Literal["integer", "number", "fraction", "money", "boolean", "text", "choice", "texts", "day", "moment"]


class FactProperty(TypedDict):
    """A property by which the occurrences that a fact counts can be chosen."""

    name: str
    type: FactType
    label: str
    choices: list[str]


class Fact(TypedDict):
    """Something that is known of customers."""

    name: str
    type: FactType
    unit: str
    label: str
    description: str
    classification: str
    choices: list[str]
    is_sortable: bool
    takes_window: bool
    properties: list[FactProperty]


class Known(TypedDict):
    """What is known of a customer, by the names of facts."""

    customer_id: str
    facts: dict[str, Any]


class CheckedCondition(TypedDict):
    """A condition in both of its forms."""

    text: str
    tree: dict[str, Any]


class CountOfCustomers(TypedDict):
    """How many customers there are: exactly, or by a sample, with the bounds of the 95 % interval."""

    value: int
    low: int
    high: int
    is_exact: bool


class ExplainedCondition(TypedDict):
    """A part of a condition, whether it is true of the customer, and its own parts."""

    text: str
    holds: bool
    value: Any
    parts: list[ExplainedCondition]


class Suggestion(TypedDict):
    """A text that could replace the characters from `start` to the place of writing."""

    text: str
    start: int
    label: str
