"""The one catalogue of facts. The top of the house assembles it; what a business adds is read each time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from regulars.facts.contracts import Catalogue, EventsSay, Fact, Ground
from regulars.kit.classification import may_see

Facts = Callable[[], Sequence[Fact]]
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


class _Installed:
    """What is installed in this process."""

    catalogue: Catalogue | None = None
    added: Sequence[Facts] = ()


def install(
    ground: Ground,
    facts: Iterable[Fact],
    added: Sequence[Facts] = (),
    events: EventsSay = dict,
) -> None:
    """Keep the facts of all features, what reads those that the business has added, and what events say.

    Raises
    ------
    ValueError
        Two facts have one name, or a name is none.
    """
    _Installed.catalogue = Catalogue(ground=ground, facts=_by_name(facts), events=events)
    _Installed.added = added


def declared_catalogue() -> Catalogue:
    """Return the facts that features declare, whoever may see them, without those of the business.

    Raises
    ------
    LookupError
        None are installed.
    """
    if _Installed.catalogue is None:
        raise LookupError("no facts are installed")
    return _Installed.catalogue


def get_catalogue(*, sees_sensitive: bool = False) -> Catalogue:
    """Return the facts that somebody may see, those that the business has added included; others are withheld."""
    declared = declared_catalogue()
    added = [fact for read in _Installed.added for fact in read()]
    known = {**declared.facts, **_by_name(added)}
    seen = {name: each for name, each in known.items() if may_see(each.classification, sees_sensitive=sees_sensitive)}
    return replace(declared, facts=seen, withheld=frozenset(known.keys() - seen.keys()))


def _by_name(facts: Iterable[Fact]) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.name in found or not _NAME.fullmatch(fact.name):
            raise ValueError(f"{fact.name} comes twice, or is no name of a fact")
        found[fact.name] = fact
    return found
