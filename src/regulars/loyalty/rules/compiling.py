"""Make a programme's rules ready, once for each version, so that a cart is judged by those that can apply to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from regulars.facts.contracts import Catalogue
from regulars.facts.language.binding import FindSegment, no_segment
from regulars.facts.language.moments import Clock
from regulars.facts.needs import Needs
from regulars.loyalty.definitions.document.common import Dates, Rounding
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rules import (
    Multiplier,
    OnAnniversary,
    OnEnrolment,
    OnEvent,
    OnLine,
    OnOrder,
    OnProfile,
    OnSchedule,
    Rule,
    Trigger,
)
from regulars.loyalty.rules.bounds import Bound, bounds_of
from regulars.loyalty.rules.conditions import ReadyCondition, Sign, Surroundings, read_condition
from regulars.loyalty.rules.contracts import (
    BecameKnown,
    DayCame,
    Enrolled,
    Happened,
    Occasion,
    Ordered,
    Reason,
    Refusal,
    RuleOutcome,
)
from regulars.loyalty.rules.kinds import KINDS
from regulars.loyalty.rules.recurrence import Recurrence, read_recurrence
from regulars.loyalty.rules.sight import About, Kind, Ready
from regulars.loyalty.rules.times import HappyHours, Span, happy_hours, span_of
from regulars.loyalty.rules.vocabulary import catalogue_for, formula_catalogue, is_of_people


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyRule:
    """A rule, or a tier's multiplier, that is ready to be judged."""

    key: str
    # The place in the document.
    place: int
    currency: str
    kind: Kind
    grant: Ready
    multiplier: Multiplier | None = None
    rounding: Rounding
    rounds_by_part: bool = False
    trigger: Trigger
    condition: ReadyCondition
    time: Span
    hours: HappyHours | None = None
    recurrence: Recurrence | None = None
    opt_in: bool = False
    # The attribute that names who is granted; the member of the occasion where it is empty.
    attribute: str = ""
    group: str | None = None
    priority: int = 0
    bounds: Sequence[Bound] = ()
    # The set and key of the tier that gives it.
    tier: tuple[str, str] | None = None
    false: RuleOutcome

    @property
    def is_of_lines(self) -> bool:
        """Whether it looks at lines one by one."""
        return isinstance(self.trigger, OnLine)


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """The rules that one sort of occasion sets off, in the document's order; they are found by the signs of a cart."""

    rules: Sequence[ReadyRule] = ()
    tiers: Sequence[ReadyRule] = ()
    always: frozenset[int] = frozenset()
    by_sign: Mapping[Sign, Sequence[int]] = field(default_factory=dict)
    needs: Needs = field(default_factory=Needs)
    bounds: Sequence[Bound] = ()

    def candidates(self, signs: Iterable[Sign]) -> set[int]:
        """Return the places of the rules that can apply where these signs are seen."""
        found = set(self.always)
        for sign in signs:
            found.update(self.by_sign.get(sign, ()))
        return found


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A version of a programme that is ready to be evaluated."""

    program: Program
    zone: ZoneInfo
    reporting: str
    catalogue: Catalogue
    sets: Mapping[str, RuleSet]

    def rules_for(self, occasion: Occasion) -> RuleSet:
        """Return the rules that an occasion can set off; of it the caller reads what is needed, and the bounds."""
        return self.sets.get(setting_off(occasion), NO_RULES)

    @cached_property
    def is_compound(self) -> bool:
        """Whether multipliers multiply each other."""
        return self.program.multipliers == "compound"


NO_RULES = RuleSet()


def compile_program(
    program: Program,
    *,
    catalogue: Catalogue,
    zone: ZoneInfo,
    reporting: str,
    now: datetime,
    find_segment: FindSegment = no_segment,
) -> Compiled:
    """Return a programme's rules ready: `catalogue` holds the facts of people, `zone` is the business's.

    The document has passed its checks: see `checking.find_faults`.

    Raises
    ------
    WrongCondition, WrongFormula, WrongRecurrence, LookupError
        It has not.
    """
    zone = ZoneInfo(program.zone) if program.zone else zone
    compiler = _Compiler(program, catalogue, zone, reporting, Clock(now, zone), find_segment)
    rules = defaultdict[str, list[ReadyRule]](list)
    for place, rule in enumerate(program.rules):
        rules[_set_off_by(rule.on)].append(compiler.rule(rule, place))
    rules.setdefault("order", [])
    sets = {name: _set_of(found, list(compiler.tiers()) if name == "order" else []) for name, found in rules.items()}
    return Compiled(program=program, zone=zone, reporting=reporting, catalogue=catalogue, sets=sets)


def of_day(compiled: Compiled, keys: Collection[str]) -> Compiled:
    """Return a programme of which a day sets off some rules alone, for whom their conditions are known to be true.

    Who asks the database for all members at once of whom they are judges so what each is granted.
    """
    rules = [rule for rule in compiled.sets["day"].rules if rule.key in keys]
    free = [
        replace(
            rule,
            trigger=OnEnrolment(kind="enrolment"),
            recurrence=None,
            condition=read_condition("", rule.condition.surroundings),
        )
        for rule in rules
    ]
    return replace(compiled, sets={"day": _set_of(free, [])})


def setting_off(occasion: Occasion) -> str:
    """Return the name of the rules that an occasion sets off."""
    match occasion:
        case Ordered():
            return "order"
        case Happened(type=event):
            return f"event {event}"
        case BecameKnown(field=name):
            return f"profile {name}"
        case Enrolled():
            return "enrolment"
        case DayCame():
            return "day"


def _set_off_by(trigger: Trigger) -> str:
    match trigger:
        case OnOrder() | OnLine():
            return "order"
        case OnEvent(event=event):
            return f"event {event}"
        case OnProfile(field=name):
            return f"profile {name}"
        case OnEnrolment():
            return "enrolment"
        case OnSchedule() | OnAnniversary():
            return "day"


def _set_of(rules: Sequence[ReadyRule], tiers: Sequence[ReadyRule]) -> RuleSet:
    by_sign = defaultdict[Sign, list[int]](list)
    for rule in rules:
        for sign in rule.condition.signs or ():
            by_sign[sign].append(rule.place)
    needs = Needs()
    for rule in rules:
        needs |= rule.condition.needs | Needs(facts=frozenset(filter(is_of_people, rule.grant.facts)))
        if isinstance(rule.trigger, OnAnniversary):
            needs |= Needs(facts=frozenset({rule.trigger.of}))
    return RuleSet(
        rules=rules,
        tiers=tiers,
        always=frozenset(rule.place for rule in rules if rule.condition.signs is None),
        by_sign=dict(by_sign),
        needs=needs,
        bounds=list({bound.key: bound for rule in rules for bound in rule.bounds}.values()),
    )


@dataclass(slots=True)
class _Compiler:
    program: Program
    catalogue: Catalogue
    zone: ZoneInfo
    reporting: str
    clock: Clock
    find_segment: FindSegment
    # Rules of one sort that have the same condition share it, and what it means at a moment is found once.
    conditions: dict[tuple[str, Trigger], ReadyCondition] = field(default_factory=dict)

    def rule(self, rule: Rule, place: int) -> ReadyRule:
        catalogue, kind = catalogue_for(rule.on, self.catalogue), KINDS[rule.grant.kind]
        about = self.about(rule.currency)
        return ReadyRule(
            key=rule.key,
            place=place,
            currency=rule.currency,
            kind=kind,
            grant=kind.prepare(rule.grant, about),
            multiplier=rule.grant if isinstance(rule.grant, Multiplier) else None,
            rounding=rule.rounding or self.rounding_of(rule.currency),
            rounds_by_part=rule.round_per == "line",
            trigger=rule.on,
            condition=self.condition(rule.condition, rule.on, catalogue),
            time=span_of(rule.dates, self.zone),
            hours=happy_hours(rule.hours, rule.dates, self.zone) if rule.hours else None,
            recurrence=self.recurrence(rule.on),
            opt_in=rule.opt_in,
            attribute=rule.beneficiary.removeprefix("attribute:") if rule.beneficiary != "member" else "",
            group=rule.group,
            priority=rule.priority,
            bounds=bounds_of(rule, self.program, self.reporting),
            false=_false(rule.key, rule.currency, rule.condition),
        )

    def tiers(self) -> Iterator[ReadyRule]:
        """Return the multipliers of tiers, each as a rule that its members have."""
        trigger = OnOrder(kind="order")
        nothing = self.condition("", trigger, self.catalogue)
        for tier_set in self.program.tier_sets:
            for tier in tier_set.tiers:
                for currency, factor in tier.benefits.multipliers.items():
                    grant = Multiplier(kind="multiplier", factor=factor)
                    key = f"tier:{tier_set.key}.{tier.key}"
                    yield ReadyRule(
                        key=key,
                        place=-1,
                        currency=currency,
                        kind=KINDS["multiplier"],
                        grant=KINDS["multiplier"].prepare(grant, self.about(currency)),
                        multiplier=grant,
                        rounding=self.rounding_of(currency),
                        trigger=trigger,
                        condition=nothing,
                        time=span_of(Dates(), self.zone),
                        tier=(tier_set.key, tier.key),
                        false=_false(key, currency, ""),
                    )

    def condition(self, text: str, trigger: Trigger, catalogue: Catalogue) -> ReadyCondition:
        if (text, trigger) not in self.conditions:
            surroundings = Surroundings(
                catalogue=catalogue, clock=self.clock, currency=self.reporting, find_segment=self.find_segment
            )
            self.conditions[text, trigger] = read_condition(text, surroundings)
        return self.conditions[text, trigger]

    def about(self, currency: str) -> About:
        return About(points_currency=currency, catalogue=formula_catalogue(self.catalogue))

    def rounding_of(self, currency: str) -> Rounding:
        return next(each.rounding for each in self.program.currencies if each.key == currency)

    def recurrence(self, trigger: Trigger) -> Recurrence | None:
        if isinstance(trigger, OnSchedule):
            return read_recurrence(trigger.rrule, start=trigger.start)
        return None


def _false(key: str, currency: str, condition: str) -> RuleOutcome:
    """Return the outcome of a rule whose condition is false, which is the same each time."""
    return RuleOutcome(rule=key, currency=currency, refusal=Refusal(Reason.CONDITION_FALSE, {"condition": condition}))
