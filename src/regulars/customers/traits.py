"""Hold the values of traits to what this business keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from regulars.customers.contracts import Trait, TraitKind
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

_LONGEST_TEXT = 2_000
# Up to here whole numbers are exact in double precision, in which analyses and conditions read them.
_LARGEST_NUMBER = 10**15


class WrongTrait(DomainError):
    """A trait is not kept by this business, or its value cannot be meant. `pointer` is its place among the traits."""

    code = "wrong_trait"

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key
        self.pointer = f"/traits/{key}"


class WrongDefinition(WrongTrait):
    """What a trait is to be cannot be meant. `pointer` is the field of the definition that is wrong."""

    def __init__(self, key: str, field: str, message: str) -> None:
        super().__init__(key, message)
        self.pointer = f"/{field}"


def check_traits(values: Mapping[str, Any], traits: Mapping[str, Trait]) -> None:
    """Hold values to what is kept; None takes a value away.

    Raises
    ------
    WrongTrait
        A key is not kept, or a value is none of its kind.
    """
    for key, value in values.items():
        if key not in traits:
            raise WrongTrait(key, gettext("This business keeps no trait {key}.").format(key=key))
        if value is not None and not _fits(value, traits[key]):
            raise WrongTrait(key, gettext("{key} takes {kind}.").format(key=key, kind=describe_kind(traits[key])))


def _fits(value: object, trait: Trait) -> bool:
    match trait.kind:
        case TraitKind.TEXT:
            return isinstance(value, str) and len(value) <= _LONGEST_TEXT
        case TraitKind.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER
        case TraitKind.BOOLEAN:
            return isinstance(value, bool)
        case TraitKind.DATE:
            return isinstance(value, str) and _is_date(value)
        case TraitKind.CHOICE:
            return value in trait.choices
        case TraitKind.CHOICES:
            return isinstance(value, list) and all(each in trait.choices for each in value)


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def describe_kind(trait: Trait) -> str:
    """Return what a trait's values are, as a person reads it."""
    return {
        TraitKind.TEXT: gettext("a text"),
        TraitKind.NUMBER: gettext("a number"),
        TraitKind.BOOLEAN: gettext("true or false"),
        TraitKind.DATE: gettext("a day as 2026-11-20"),
        TraitKind.CHOICE: gettext("one of {choices}").format(choices=", ".join(trait.choices)),
        TraitKind.CHOICES: gettext("a list from {choices}").format(choices=", ".join(trait.choices)),
    }[trait.kind]
