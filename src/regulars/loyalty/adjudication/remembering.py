"""What was known when an order was first adjudicated, kept so that its returns are judged by the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from regulars.facts.interpreters.memory import Occurrence, Subject
from regulars.loyalty.rules.judging import Given


def kept(given: Given, is_first: bool | None) -> dict[str, Any]:  # noqa: FBT001  # What is known or not.
    """Return what was known, as JSON can hold it."""
    return {
        "member": given.member and _subject(given.member),
        "tiers": dict(given.tiers),
        "opted_in": sorted(given.opted_in),
        "rates": {currency: str(rate) for currency, rate in given.rates.items()},
        "is_first": is_first,
    }


def recalled(told: Mapping[str, Any]) -> Given:
    """Return what was known then; headroom stands beside it."""
    return Given(
        member=told["member"] and _recalled_subject(told["member"]),
        tiers=told["tiers"],
        opted_in=frozenset(told["opted_in"]),
        rates={currency: Decimal(rate) for currency, rate in told["rates"].items()},
    )


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "id": str(subject.id),
        "facts": {name: _write(value) for name, value in subject.facts.items()},
        "occurrences": {name: [_occurrence(each) for each in found] for name, found in subject.occurrences.items()},
        "events": {name: [_occurrence(each) for each in found] for name, found in subject.events.items()},
        "history": {
            name: [[day.isoformat(), _write(value)] for day, value in found] for name, found in subject.history.items()
        },
    }


def _recalled_subject(told: Mapping[str, Any]) -> Subject:
    return Subject(
        id=UUID(told["id"]),
        facts={name: _read(value) for name, value in told["facts"].items()},
        occurrences={name: [_recalled(each) for each in found] for name, found in told["occurrences"].items()},
        events={name: [_recalled(each) for each in found] for name, found in told["events"].items()},
        history={
            name: [(date.fromisoformat(day), _read(value)) for day, value in found]
            for name, found in told["history"].items()
        },
    )


def _occurrence(occurrence: Occurrence) -> list[Any]:
    properties = {name: _write(value) for name, value in occurrence.properties.items()}
    return [occurrence.at.isoformat(), properties]


def _recalled(told: list[Any]) -> Occurrence:
    at, properties = told
    return Occurrence(datetime.fromisoformat(at), {name: _read(value) for name, value in properties.items()})


def _write(value: Any) -> Any:
    """Return a value as JSON can hold it: what JSON has no form for stands under the name of its type."""
    match value:
        case bool() | int() | float() | str() | None:
            return value
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case list() | tuple() | set() | frozenset():
            return [_write(each) for each in value]
    raise TypeError(f"a fact of {type(value).__name__} cannot be kept")


def _read(told: Any) -> Any:
    match told:
        case {"decimal": text}:
            return Decimal(text)
        case {"moment": text}:
            return datetime.fromisoformat(text)
        case {"day": text}:
            return date.fromisoformat(text)
        case list():
            return [_read(each) for each in told]
    return told
