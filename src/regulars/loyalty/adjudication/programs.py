"""The programmes that are in force, ready to be evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from regulars.business.contracts import Business
from regulars.business.queries import get_business
from regulars.facts.catalogue import get_catalogue
from regulars.facts.contracts import Catalogue
from regulars.facts.language.binding import Setting
from regulars.facts.language.moments import Clock
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import Reward, VoucherSeries
from regulars.loyalty.definitions.document.rules import OnOrder, Trigger
from regulars.loyalty.definitions.queries import get_version_of, list_version_keys, list_versions_at
from regulars.loyalty.rules.compiling import Compiled, compile_program
from regulars.loyalty.rules.conditions import ReadyCondition, Surroundings, read_condition
from regulars.loyalty.rules.vocabulary import catalogue_for

__all__ = [
    "by_version",
    "compiled",
    "concern_strangers",
    "conditions_of",
    "list_triggers",
    "list_versions_at",
    "read_once",
]
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class _Around:
    """What conditions are read with, beside the version: the business, and the facts of people."""

    business: Business
    catalogue: Catalogue
    # By these catalogues are told apart.
    facts: Sequence[tuple[str, str]]


_around: ContextVar[_Around | None] = ContextVar("around", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Let business and facts be read once, and hold until the end: a look at a cart asks for them several times."""
    token = _around.set(_read())
    try:
        yield
    finally:
        _around.reset(token)


def compiled(version: ProgramVersion) -> Compiled:
    """Return a version's rules ready to be evaluated; made once in a process, while the facts stay the same."""
    return _compiled(_Key(version, _around.get() or _read()))


def business_known() -> Business:
    """Return the business, as it was read within `read_once`, or else as it is."""
    around = _around.get()
    return around.business if around else get_business()


def setting_at(moment: datetime) -> Setting:
    """Return where the facts of people are asked for at a moment, by what was read within `read_once`, or else anew."""
    around = _around.get() or _read()
    clock = Clock(moment, around.business.zone_info)
    return Setting(catalogue=around.catalogue, clock=clock, currency=around.business.reporting_currency)


def conditions_of(version: ProgramVersion) -> Mapping[tuple[str, str], ReadyCondition]:
    """Return the conditions of a version's rewards and voucher series, by `reward` or `voucher` and the key."""
    return _conditions(_Key(version, _around.get() or _read()))


def _read() -> _Around:
    catalogue = get_catalogue()
    facts = tuple(sorted((name, fact.type.value) for name, fact in catalogue.facts.items()))
    return _Around(get_business(), catalogue, facts)


def by_version(judged: Iterable[tuple[One, Iterable[ProgramVersion]]]) -> list[tuple[ProgramVersion, list[One]]]:
    """Return versions by programme, older ones of each first, with what each judges, in its sequence."""
    found: dict[tuple[str, int], tuple[ProgramVersion, list[One]]] = {}
    for one, versions in judged:
        for version in versions:
            found.setdefault((version.program_key, version.number), (version, []))[1].append(one)
    return [found[key] for key in sorted(found)]


def list_triggers() -> set[Trigger]:
    """Return what sets off rules of any published version, in force or not; each version is read once in a process."""
    return {trigger for key in list_version_keys() for trigger in _triggers(*key)}


@lru_cache(maxsize=4_096)
def _triggers(program_id: UUID, number: int, digest: str) -> frozenset[Trigger]:  # noqa: ARG001  # As in `_document`.
    version = get_version_of(program_id, number)
    return frozenset(rule.on for rule in version.document.rules)


def concern_strangers() -> bool:
    """Tell whether orders of who is no member can concern anybody, by any published version; each is read once."""
    return any(_concerns_strangers(*key) for key in list_version_keys())


@lru_cache(maxsize=4_096)
def _concerns_strangers(program_id: UUID, number: int, digest: str) -> bool:  # noqa: ARG001  # As in `_document`.
    document = get_version_of(program_id, number).document
    return document.enrolment.by == "ordering" or any(rule.beneficiary != "member" for rule in document.rules)


class _Key:
    """What a compiled version depends on, by value."""

    def __init__(self, version: ProgramVersion, around: _Around) -> None:
        self.version, self.around = version, around
        self._key = (
            version.program_id,
            version.number,
            version.digest,
            around.facts,
            around.business.reporting_currency,
        )

    @property
    def currency(self) -> str:
        """The reporting currency."""
        return self.around.business.reporting_currency

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other._key == self._key


@lru_cache(maxsize=64)
def _compiled(key: _Key) -> Compiled:
    return compile_program(
        key.version.document,
        catalogue=key.around.catalogue,
        zone=key.version.zone,
        reporting=key.currency,
        now=key.version.effective_at,
    )


@lru_cache(maxsize=64)
def _conditions(key: _Key) -> Mapping[tuple[str, str], ReadyCondition]:
    """Return the conditions that there are. Those of vouchers ask for the cart too, as they are checked."""
    version, people = key.version, key.around.catalogue
    clock = Clock(version.effective_at, version.zone)
    told: Mapping[str, tuple[Sequence[Reward | VoucherSeries], Catalogue]] = {
        "reward": (version.document.rewards, people),
        "voucher": (version.document.vouchers, catalogue_for(OnOrder(kind="order"), people)),
    }
    return {
        (kind, part.key): read_condition(
            part.condition,
            Surroundings(catalogue=catalogue, clock=clock, currency=key.currency),
        )
        for kind, (parts, catalogue) in told.items()
        for part in parts
        if part.condition
    }
