"""What a day of the calendar sets off: schedules and anniversaries, for all members of a programme.

Members are taken in batches. Conditions are asked in the database, of a batch at once; those alike in all that counts
are judged once, and what is granted alike is granted in one go. Rules with caps or budgets go by the desk, since what
one takes is what the next one lacks. Each batch is kept as it is done: a night that was killed goes on where it was.
"""

from __future__ import annotations

from calendar import isleap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from regulars.customers.queries import map_survivors
from regulars.facts.asking import choose
from regulars.facts.contracts import FactType
from regulars.facts.interpreters.memory import Subject
from regulars.facts.language import meaning
from regulars.facts.language.binding import Setting
from regulars.facts.language.meaning import Meaning
from regulars.facts.language.moments import Clock
from regulars.facts.needs import Needs
from regulars.facts.subjects import read_subjects
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress, silent
from regulars.loyalty.adjudication.granting import Candidate, Occurrence, grant_upon
from regulars.loyalty.adjudication.models import Day
from regulars.loyalty.adjudication.opting import map_opted
from regulars.loyalty.adjudication.programs import compiled, read_once
from regulars.loyalty.adjudication.progress import points_progress
from regulars.loyalty.adjudication.statements import rows_of
from regulars.loyalty.definitions.calendar import first_instant_of
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rules import CapScope, OnAnniversary
from regulars.loyalty.ledger.bulk import grant_to_many
from regulars.loyalty.ledger.contracts import Grant
from regulars.loyalty.ledger.members import list_members_by_id, open_missing_accounts
from regulars.loyalty.rules.bounds import Bound
from regulars.loyalty.rules.compiling import Compiled, ReadyRule, of_day
from regulars.loyalty.rules.contracts import DayCame
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given
from regulars.loyalty.rules.vocabulary import is_of_people
from regulars.loyalty.tiers.queries import map_tiers
from regulars.loyalty.tiers.services import record_progress
from regulars.stream.contracts import Actor

# So many members are asked at once, and so many stand at one desk.
AT_ONCE = 5_000
AT_ONE_DESK = 100
_NOBODY = UUID(int=0)


class DayNotBegun(DomainError):
    """A day sets off nothing before it has begun."""

    code = "day_not_begun"


def run_day(version: ProgramVersion, day: date, *, now: datetime, actor: Actor, progress: Progress = silent) -> int:
    """Grant what a local day sets off in a programme, and return how many grants that were; again, it grants nothing.

    `version` is the one in force when the day began, and members are those of that moment. It is called outside of any
    transaction. What of it counts for tiers is recorded, and the members are due to be evaluated.

    Raises
    ------
    DayNotBegun
        It is yet to come.
    """
    at = first_instant_of(day, version.zone)
    if at > now:
        raise DayNotBegun(gettext("This day has not begun yet."))
    if Day.objects.filter(program_id=version.program_id, day=day).exists():
        return 0
    night = _Night(version=version, day=day, at=at, now=now, actor=actor)
    with read_once():
        granted = night.run(progress) if night.rules else 0
    Day.objects.get_or_create(
        program_id=version.program_id,
        day=day,
        defaults={"id": night.id, "program_version": version.number, "granted": granted, "done_at": now},
    )
    return granted


@dataclass(slots=True, kw_only=True)
class _Night:
    """A day before a programme."""

    version: ProgramVersion
    day: date
    at: datetime
    now: datetime
    actor: Actor
    # Members that are alike in what counts are judged once.
    _judged: dict[Any, list[tuple[str, Grant]]] = field(default_factory=dict)
    _variants: dict[frozenset[str], Compiled] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """By which the day's lots name it: the same whenever it is run."""
        return uuid5(self.version.program_id, self.day.isoformat())

    @property
    def ready(self) -> Compiled:
        return compiled(self.version)

    @property
    def occasion(self) -> DayCame:
        return DayCame(on=self.day, at=self.at)

    @property
    def occurrence(self) -> Occurrence:
        return Occurrence(
            version=self.version,
            occasion=self.occasion,
            name=f"day {self.day.isoformat()}",
            source_kind="day",
            source_id=self.id,
        )

    @property
    def setting(self) -> Setting:
        ready = self.ready
        return Setting(catalogue=ready.catalogue, clock=Clock(self.at, ready.zone), currency=ready.reporting)

    @property
    def rules(self) -> list[ReadyRule]:
        """The rules that the day can set off."""
        found = self.ready.rules_for(self.occasion).rules
        return [rule for rule in found if rule.recurrence is None or rule.recurrence.is_on(self.day)]

    @property
    def bounded(self) -> frozenset[str]:
        """The rules of which what one takes is what the next one lacks, or has less of next time."""
        return frozenset(rule.key for rule in self.rules if any(map(_outlives, rule.bounds)))

    def run(self, progress: Progress) -> int:
        """Grant to all."""
        granted = 0
        for share, batch in self._batches():
            granted += self._grant(batch)
            progress(gettext("Schedules and anniversaries"), share)
        self._record_progress()
        return granted

    def _batches(self) -> Iterator[tuple[float, dict[UUID, UUID]]]:
        """Yield members with their customers, and about which share of all has been seen by then."""
        after, seen = _NOBODY, 0
        while True:
            told = {"program_id": self.version.program_id, "at": self.at, "after": after, "limit": AT_ONCE}
            rows = rows_of("members_of_day", told)
            if not rows:
                return
            seen += len(rows)
            after = rows[-1][0]
            yield (1.0 if len(rows) < AT_ONCE else seen / (seen + AT_ONCE)), dict(rows)

    def _grant(self, batch: Mapping[UUID, UUID]) -> int:
        leads = map_survivors(batch.values())
        survivors = {member: leads[customer] for member, customer in batch.items()}
        chosen: dict[UUID, set[str]] = defaultdict(set)
        for rule in self.rules:
            fitting = self._choose(rule, sorted(set(survivors.values())))
            for member, survivor in survivors.items():
                if survivor in fitting:
                    chosen[member].add(rule.key)
        if not chosen:
            return 0
        open_missing_accounts(sorted(chosen), [currency.key for currency in self.version.document.currencies])
        given = self._given(sorted(chosen), survivors)
        candidates = {member: self._variant(frozenset(rules)) for member, rules in chosen.items()}
        return self._grant_alike(candidates, given) + self._grant_at_desks(candidates, given)

    def _choose(self, rule: ReadyRule, customers: Sequence[UUID]) -> set[UUID]:
        """Return of whom a rule's condition is true, and whose anniversary it is."""
        clock = Clock(self.at, self.ready.zone)
        asked = rule.condition.at(clock)
        if asked is None or rule.time.refuse(self.at):
            return set()
        parts = [asked.whole] if asked.whole else []
        if isinstance(rule.trigger, OnAnniversary):
            parts += self._anniversary(rule.trigger.of)
        if not parts:
            return set(customers)
        return set(choose(meaning.Both(parts), customers, setting=self.setting))

    def _anniversary(self, name: str) -> list[Meaning]:
        """Return what asks for a later year of a day; of 29 February the 28th where there is none."""
        fact = self.ready.catalogue.facts[name]
        days = {(self.day.month, self.day.day)}
        if (2, 28) in days and not isleap(self.day.year):
            days.add((2, 29))
        first = date(self.day.year, 1, 1)
        begin = first_instant_of(first, self.ready.zone) if fact.type is FactType.MOMENT else first
        return [
            meaning.Test(meaning.AnniversaryReading(fact), meaning.FallsOn(frozenset(days))),
            meaning.Test(meaning.FactReading(fact), meaning.Compares("<", begin)),
        ]

    def _given(self, members: Sequence[UUID], survivors: Mapping[UUID, UUID]) -> dict[UUID, Given]:
        """Return what is known of members, as far as it can make a difference between them."""
        names = frozenset(name for rule in self.rules for name in rule.grant.facts if is_of_people(name))
        facts: dict[UUID, Subject] = {}
        if names:
            ids = sorted({survivors[member] for member in members})
            facts = read_subjects(Needs(facts=names), ids, setting=self.setting, at=self.at)
        opted = map_opted(members, self.at) if any(rule.opt_in for rule in self.rules) else {}
        tiers = map_tiers(members, self.at) if self.version.document.tier_sets else {}
        return {
            member: Given(
                member=Subject(id=_NOBODY, facts=known.facts if (known := facts.get(survivors[member])) else {}),
                opted_in=opted.get(member, frozenset()),
                tiers=tiers.get(member, {}),
            )
            for member in members
        }

    def _variant(self, rules: frozenset[str]) -> Compiled:
        if rules not in self._variants:
            self._variants[rules] = of_day(self.ready, rules)
        return self._variants[rules]

    def _free(self, ready: Compiled, given: Given) -> Sequence[tuple[str, Grant]]:
        """Return what a member is granted that has no bounds which outlive it, by currency."""
        facts = given.member.facts if given.member else {}
        key = (id(ready), tuple(sorted(facts.items())), given.opted_in, tuple(sorted(given.tiers.items())))
        if key not in self._judged:
            bounded, occurrence = self.bounded, self.occurrence
            self._judged[key] = [
                (outcome.currency, occurrence.grant(outcome, given.tiers))
                for outcome in evaluate(ready, self.occasion, given).granted
                if outcome.rule not in bounded
            ]
        return self._judged[key]

    def _grant_alike(self, candidates: Mapping[UUID, Compiled], given: Mapping[UUID, Given]) -> int:
        """Grant what has no bounds that outlive it, to all at once to whom the same is granted."""
        alike: dict[tuple[str, Grant], list[UUID]] = defaultdict(list)
        for member, ready in candidates.items():
            for granted in self._free(ready, given[member]):
                alike[granted].append(member)
        return sum(
            grant_to_many(
                what=what,
                currency=currency,
                occurrence=self.occurrence.name,
                version=self.version,
                now=self.now,
                actor=self.actor,
                member_ids=members,
                memo={"occurrence": self.occurrence.name, "rule": what.rule},
            )
            for (currency, what), members in alike.items()
        )

    def _grant_at_desks(self, candidates: Mapping[UUID, Compiled], given: Mapping[UUID, Given]) -> int:
        """Grant what has bounds, in the order in which members came."""
        bounded = self.bounded
        members = sorted(
            member for member, ready in candidates.items() if any(rule.key in bounded for rule in _rules(ready))
        )
        bounds = list({bound.key: bound for rule in self.rules for bound in rule.bounds}.values())
        granted = 0
        for first in range(0, len(members), AT_ONE_DESK):
            there = members[first : first + AT_ONE_DESK]
            granted += self._grant_at_desk(there, candidates, given, bounds)
        return granted

    @transaction.atomic
    def _grant_at_desk(
        self,
        members: Sequence[UUID],
        candidates: Mapping[UUID, Compiled],
        given: Mapping[UUID, Given],
        bounds: Sequence[Bound],
    ) -> int:
        occurrence = self.occurrence
        there = {member.id: member for member in list_members_by_id(members)}
        who = [
            Candidate(
                member=there[each], occurrence=occurrence, compiled=candidates[each], bounds=bounds, given=given[each]
            )
            for each in members
        ]
        found = grant_upon(who, rules=self.bounded, now=self.now, actor=self.actor)
        return sum(1 for one in found for effect in one.effects if effect.points)

    def _record_progress(self) -> None:
        """Count what was granted for tiers; each lot once, however often this is told."""
        if not self.version.document.tier_sets:
            return
        for (transaction_id,) in rows_of("transactions_of_source", {"source_id": self.id}):
            rows = points_progress(self.version, [transaction_id])
            for first in range(0, len(rows), AT_ONCE):
                record_progress(rows=rows[first : first + AT_ONCE], now=self.now)


def _outlives(bound: Bound) -> bool:
    """Tell whether a bound adds up over more than one grant."""
    return bound.scope is not CapScope.TRANSACTION


def _rules(ready: Compiled) -> Sequence[ReadyRule]:
    return ready.sets["day"].rules
