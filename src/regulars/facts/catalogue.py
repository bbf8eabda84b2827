"""The one catalogue of facts. The top of the house assembles it; what a business adds is read each time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from regulars.facts.contracts import Catalogue, Fact, Ground

Facts = Callable[[], Sequence[Fact]]
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


class _Installed:
    """What is installed in this process."""

    catalogue: Catalogue | None = None
    added: Sequence[Facts] = ()


def install(ground: Ground, facts: Iterable[Fact], added: Sequence[Facts] = ()) -> None:
    """Keep the facts of all features, and what reads those that the business has added.

    Raises
    ------
    ValueError
        Two facts have one name, or a name is none.
    """
    _Installed.catalogue = Catalogue(ground=ground, facts=_by_name(facts))
    _Installed.added = added


def declared_catalogue() -> Catalogue:
    """Return the facts that features declare, without those of the business.

    Raises
    ------
    LookupError
        None are installed.
    """
    if _Installed.catalogue is None:
        raise LookupError("no facts are installed")
    return _Installed.catalogue


def get_catalogue() -> Catalogue:
    """Return all facts, those that the business has added included."""
    declared = declared_catalogue()
    added = [fact for read in _Installed.added for fact in read()]
    return Catalogue(ground=declared.ground, facts={**declared.facts, **_by_name(added)})


def _by_name(facts: Iterable[Fact]) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.name in found or not _NAME.fullmatch(fact.name):
            raise ValueError(f"{fact.name} comes twice, or is no name of a fact")
        found[fact.name] = fact
    return found
