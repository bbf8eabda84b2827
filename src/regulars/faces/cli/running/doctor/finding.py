"""What the doctor finds: how it stands with one thing, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands."""

    GOOD = "good"
    NOTICE = "notice"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at, in a sentence; where it is not good, another one says how to mend it."""

    name: str
    state: State
    sentence: str
    mend: str = ""


def good(name: str, sentence: str) -> Finding:
    """Return that all is well."""
    return Finding(name=name, state=State.GOOD, sentence=sentence)


def notice(name: str, sentence: str, mend: str) -> Finding:
    """Return what one should know, though all works."""
    return Finding(name=name, state=State.NOTICE, sentence=sentence, mend=mend)


def bad(name: str, sentence: str, mend: str) -> Finding:
    """Return what is wrong."""
    return Finding(name=name, state=State.BAD, sentence=sentence, mend=mend)
