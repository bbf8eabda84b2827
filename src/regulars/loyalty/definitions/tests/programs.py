"""Programmes for tests: a small one to change, and any that the schema allows."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from regulars.loyalty.definitions.contracts import Fault
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.reference import schema as schema_of_programs

SMALL: dict[str, Any] = {
    "program": "club",
    "name": "Club",
    "zone": "Europe/Vienna",
    "currencies": [{"key": "beans", "name": "Beans"}],
    "rules": [
        {
            "key": "shopping",
            "name": "Shopping",
            "on": {"kind": "order"},
            "currency": "beans",
            "grant": {"kind": "per_amount", "points": 1, "per": {"EUR": 1}},
        }
    ],
}
CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "CHF"])


def small(**parts: Any) -> Program:
    """A small programme with other parts."""
    return Program.model_validate(SMALL | parts)


def rule(**parts: Any) -> dict[str, Any]:
    """The rule of the small programme with other parts."""
    made: dict[str, Any] = SMALL["rules"][0]
    return made | parts


class Strict:
    """Stands in for the rules: a condition or formula with the word `wrong` in it is wrong."""

    def condition(self, text: str, trigger: str, zone: ZoneInfo | None) -> list[Fault]:
        return [Fault(code="wrong_condition", message=f"{text} of {trigger}")] if "wrong" in text else []

    def formula(self, text: str, trigger: str) -> list[Fault]:
        return [Fault(code="wrong_formula", message=text)] if "wrong" in text else []


@cache
def programs() -> st.SearchStrategy[Program]:
    """Any programme that the schema allows."""
    schema = schema_of_programs()
    return _of({"properties": schema["properties"], "required": schema["required"], "type": "object"}, schema).map(
        Program.model_validate
    )


def _of(part: dict[str, Any], schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in part:
        return _named(part["$ref"].rpartition("/")[2])
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if kinds := part.get("oneOf") or part.get("anyOf"):
        is_number = any(kind.get("type") == "number" for kind in kinds)
        kinds = [kind for kind in kinds if not (is_number and kind.get("type") == "string")]
        return st.one_of([_of(kind, schema) for kind in kinds])
    match part["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(part.get("minimum"), part.get("maximum"))
        case "number":
            return _decimals(part)
        case "string":
            return _texts(part)
        case "array":
            least = part.get("minItems", 0)
            return st.lists(_of(part["items"], schema), min_size=least, max_size=max(2, least))
        case "object" if "properties" in part:
            return _objects(part, schema)
        case _:
            return _mappings(part, schema)


@cache
def _named(name: str) -> st.SearchStrategy[Any]:
    schema = schema_of_programs()
    part = schema["$defs"][name]
    found = st.deferred(lambda: _of(part, schema))
    if name == "Reward":
        # What pays with points has no cost, and all else has one.
        return found.map(lambda made: made | {"cost": None if made["gives"]["kind"] == "pay_with_points" else 5})
    if name in {"Cap", "Budget"}:
        return st.tuples(found, st.booleans()).map(
            lambda pair: pair[0] | ({"points": 5, "money": None} if pair[1] else {"points": None, "money": "2.50"})
        )
    return found


def _decimals(part: dict[str, Any]) -> st.SearchStrategy[Decimal]:
    least = Decimal(str(part.get("exclusiveMinimum", part.get("minimum", 0)))) + Decimal("0.0001")
    most = min(Decimal(str(part.get("maximum", 1_000))), Decimal(10**9))
    return st.decimals(least, most, places=4)


def _texts(part: dict[str, Any]) -> st.SearchStrategy[str]:
    if part.get("format") == "date":
        return st.dates().map(str)
    if "pattern" in part:
        return _patterned(part["pattern"])
    # Some that look like something else, and lines.
    texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12) | st.sampled_from(
        [
            "yes",
            "null",
            "~",
            "1",
            "1.50",
            "2026-01-01",
            "a: b",
            "- a",
            "# a",
            "{a}",
            "a\nb",
            "a\n\n b\n",
            " a",
            "on",
            "é, ü",
        ]
    )
    return texts.filter(lambda text: len(text) >= part.get("minLength", 0))


def _objects(part: dict[str, Any], schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {key: _of(each, schema) for key, each in part["properties"].items()}
    needed = set(part.get("required", ()))
    return st.fixed_dictionaries(
        {key: each for key, each in fields.items() if key in needed},
        optional={key: each for key, each in fields.items() if key not in needed},
    )


def _mappings(part: dict[str, Any], schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    [(pattern, values)] = part["patternProperties"].items()
    least = part.get("minProperties", 0)
    return st.dictionaries(_patterned(pattern), _of(values, schema), min_size=least, max_size=2)


@cache
def _patterned(pattern: str) -> st.SearchStrategy[str]:
    if pattern == "^[A-Z]{3}$":
        return CURRENCIES
    return st.from_regex(pattern.replace("$", r"\Z"), fullmatch=True)
