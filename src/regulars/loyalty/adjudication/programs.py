"""The programmes that are in force, ready to be evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from regulars.business.queries import get_business
from regulars.facts.catalogue import get_catalogue
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import get_version_at, list_programs
from regulars.loyalty.rules.compiling import Compiled, compile_program


def list_versions_at(moment: datetime) -> list[ProgramVersion]:
    """Return the version of each programme that was in force at a moment; one that came later is left out."""
    found = (get_version_at(program.key, moment) for program in list_programs())
    return [version for version in found if version is not None]


def compiled(version: ProgramVersion) -> Compiled:
    """Return a version's rules ready to be evaluated; made once in a process, while the facts stay the same."""
    catalogue = get_catalogue()
    facts = tuple(sorted((name, fact.type.value) for name, fact in catalogue.facts.items()))
    return _compiled(_Key(version, facts, get_business().reporting_currency))


class _Key:
    """What a compiled version depends on, by value."""

    def __init__(self, version: ProgramVersion, facts: Sequence[tuple[str, str]], currency: str) -> None:
        self.version, self.currency = version, currency
        self._key = (version.program_id, version.number, version.digest, facts, currency)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other._key == self._key


@lru_cache(maxsize=64)
def _compiled(key: _Key) -> Compiled:
    return compile_program(
        key.version.document,
        catalogue=get_catalogue(),
        zone=key.version.zone,
        reporting=key.currency,
        now=key.version.effective_at,
    )
