"""What stands around a part of a programme that is checked: what its names may lead to, and who knows conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from zoneinfo import ZoneInfo, available_timezones

from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import Checks, Fault
from regulars.loyalty.definitions.document.common import Dates
from regulars.loyalty.definitions.document.currencies import Expiry, PerTier, PointCurrency
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rewards import Reward
from regulars.loyalty.definitions.document.rules import Budget, Rule


@dataclass(frozen=True)
class Surroundings:
    """A programme and its parts by key; of a key that comes twice, the last."""

    program: Program
    checks: Checks | None
    reporting_currency: str | None

    @cached_property
    def zone(self) -> ZoneInfo | None:
        """The zone that it names, if there is such a one."""
        return ZoneInfo(self.program.zone) if self.program.zone in available_timezones() else None

    @cached_property
    def currencies(self) -> dict[str, PointCurrency]:
        """The point currencies."""
        return {each.key: each for each in self.program.currencies}

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The earning rules."""
        return {each.key: each for each in self.program.rules}

    @cached_property
    def budgets(self) -> dict[str, Budget]:
        """The budgets."""
        return {each.key: each for each in self.program.budgets}

    @cached_property
    def tiers(self) -> dict[str, set[str]]:
        """The keys of the tiers of each tier set."""
        return {each.key: {tier.key for tier in each.tiers} for each in self.program.tier_sets}

    @cached_property
    def series(self) -> set[str]:
        """The keys of the voucher series."""
        return {each.key for each in self.program.vouchers}

    @cached_property
    def rewards(self) -> dict[str, Reward]:
        """The rewards."""
        return {each.key: each for each in self.program.rewards}

    def of_condition(self, text: str, trigger: str, at: str) -> Iterator[Fault]:
        """Return what is wrong with a condition; an empty one is everybody's."""
        if self.checks is not None and text.strip():
            yield from _placed(self.checks.condition(text, trigger, self.zone), at)

    def of_formula(self, text: str, trigger: str, at: str) -> Iterator[Fault]:
        """Return what is wrong with a formula."""
        if self.checks is not None:
            yield from _placed(self.checks.formula(text, trigger), at)

    def of_tier(self, tier_set: str, tier: str, at: str) -> Iterator[Fault]:
        """Return that there is no such tier or tier set, if there is none."""
        if tier_set not in self.tiers:
            yield unknown("no_such_tier_set", tier_set, at)
        elif tier not in self.tiers[tier_set]:
            yield unknown("no_such_tier", f"{tier_set}.{tier}", at)

    def of_expiry(self, expiry: Expiry | None, at: str) -> Iterator[Fault]:
        """Return which tiers of an expiry there are not."""
        if isinstance(expiry, PerTier):
            if expiry.tier_set not in self.tiers:
                yield unknown("no_such_tier_set", expiry.tier_set, f"{at}/tier_set")
                return
            for tier in expiry.tiers:
                yield from self.of_tier(expiry.tier_set, tier, f"{at}/tiers/{tier}")

    def of_dates(self, dates: Dates, at: str) -> Iterator[Fault]:
        """Return that dates end before they start, if they do."""
        if dates.start is not None and dates.end is not None and dates.end < dates.start:
            yield fault("ends_before_start", gettext("It ends before it starts."), f"{at}/end")


def fault(code: str, message: str, pointer: str) -> Fault:
    """Return a fault of a document whose text is not at hand."""
    return Fault(code=code, message=message, pointer=pointer)


def unknown(code: str, name: str, pointer: str) -> Fault:
    """Return that a name leads to nothing in the document; the code says to what it should."""
    return fault(code, gettext("There is no {name} in this programme.").format(name=name), pointer)


def _placed(faults: Sequence[Fault], at: str) -> Iterator[Fault]:
    return (replace(each, pointer=at) for each in faults)
