"""How closely a column touches a person. Each feature classifies its own in `personal_data.py`; a test counts them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Classification(StrEnum):
    """How closely a value touches a person."""

    NONE = "none"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    # Not a person's, but to be shown to nobody: hashes of passwords and keys, sealed tokens.
    HIDDEN = "hidden"


NONE, PERSONAL, SENSITIVE, HIDDEN = Classification
Columns = Mapping[str, Mapping[str, Classification]]
_SEEN_BY_ALL = frozenset({NONE, PERSONAL})


def may_see(classification: Classification, *, sees_sensitive: bool) -> bool:
    """Tell whether somebody may see a value of a class, and find people by it. This is decided nowhere else."""
    return classification in _SEEN_BY_ALL or (classification is SENSITIVE and sees_sensitive)


def columns(table: str, **classified: str) -> Columns:
    """Return the columns of a table, each class given as words: `columns("a", none="id at", personal="name")`."""
    return {table: {column: Classification(kind) for kind, names in classified.items() for column in names.split()}}
