"""Say why, in a form that a program can test and a person can read in their language.

`retention` never answers a comfortable number: what cannot be computed raises, or is NaN with a `Reason`. A reason is
a stable code, an English template and the values for it, so that `str(reason)` reads in English and a caller that has
translations can look the template up first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


def mark(template: str) -> str:
    """Return `template` unchanged; the name tells the extractor of messages that it is to be translated."""
    return template


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a result is what it is, or why there is none.

    Parameters
    ----------
    code : str
        Stable snake_case name that programs may test.
    template : str
        English text in `str.format` form, written `mark("…")` where the reason is made.
    values : Mapping[str, object]
        The values that the template names.
    """

    code: str
    template: str
    values: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        return self.template.format(**self.values)


class RetentionError(ValueError):
    """What was asked cannot be computed; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class NotEnoughData(RetentionError):
    """The data are too few, too short or too alike for what was asked."""


class InvalidInput(RetentionError):
    """The input breaks the function's contract."""
