"""What a schema cannot say of a programme: that names lead somewhere, and that its parts can be meant together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Protocol

from regulars.kit.i18n import gettext
from regulars.kit.money import minor_digits
from regulars.loyalty.definitions.contracts import Checks, Fault
from regulars.loyalty.definitions.document.common import Amounts
from regulars.loyalty.definitions.document.currencies import CurrencyKind, PointCurrency
from regulars.loyalty.definitions.document.program import PROGRAM_ROLE, AuthorityLimits, Program
from regulars.loyalty.definitions.document.rewards import (
    AmountOff,
    Donation,
    GivesVoucher,
    PercentOff,
    Reward,
    StoreCredit,
    VoucherSeries,
)
from regulars.loyalty.definitions.document.tiers import Invitation, PointsEarned, TierSet
from regulars.loyalty.definitions.rule_checking import faults_of_rule
from regulars.loyalty.definitions.surroundings import Surroundings, fault, unknown

# 32 characters to the eighth are 40 bits. With the limits on guessing that is enough for a code that is taken once;
# one that is taken more than once is told to many, and is no secret.
LEAST_RANDOM = 8


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


def check_program(
    program: Program, checks: Checks | None = None, *, reporting_currency: str | None = None
) -> list[Fault]:
    """Return what is wrong with a programme that the schema allows, in the order of the document.

    Conditions and formulas are looked at where `checks` is given; that a cost of points is in the reporting currency,
    where that is.
    """
    around = Surroundings(program, checks, reporting_currency)
    return [*_faults(program, around)]


def _faults(program: Program, around: Surroundings) -> Iterator[Fault]:
    if program.zone is not None and around.zone is None:
        yield fault("unknown_zone", gettext("There is no zone {name}.").format(name=program.zone), "/zone")
    yield from _duplicates(program.currencies, "/currencies")
    for number, currency in enumerate(program.currencies):
        yield from _of_currency(currency, f"/currencies/{number}", around)
    yield from _duplicates(program.rules, "/rules")
    for number, rule in enumerate(program.rules):
        yield from faults_of_rule(rule, f"/rules/{number}", around)
    yield from _duplicates(program.budgets, "/budgets")
    yield from _duplicates(program.tier_sets, "/tier_sets")
    for number, tier_set in enumerate(program.tier_sets):
        yield from _of_tier_set(tier_set, f"/tier_sets/{number}", around)
    yield from _duplicates(program.vouchers, "/vouchers")
    for number, series in enumerate(program.vouchers):
        yield from _of_series(series, f"/vouchers/{number}", around)
    yield from _duplicates(program.rewards, "/rewards")
    for number, reward in enumerate(program.rewards):
        yield from _of_reward(reward, f"/rewards/{number}", around)
    yield from _of_authority(program.authority)


def _duplicates(items: Sequence[_Keyed], at: str) -> Iterator[Fault]:
    seen: Counter[str] = Counter()
    for number, item in enumerate(items):
        if seen[item.key]:
            message = gettext("There is another one with the key {key}.").format(key=item.key)
            yield fault("duplicate_key", message, f"{at}/{number}/key")
        seen[item.key] += 1


def _of_currency(currency: PointCurrency, at: str, around: Surroundings) -> Iterator[Fault]:
    yield from around.of_expiry(currency.expiry, f"{at}/expiry")
    reporting = around.reporting_currency
    if currency.cost is not None and reporting is not None and reporting not in currency.cost:
        message = gettext("What a point costs is told in {currency} too, in which is reported.")
        yield fault("cost_not_in_reporting_currency", message.format(currency=reporting), f"{at}/cost")


def _of_tier_set(tier_set: TierSet, at: str, around: Surroundings) -> Iterator[Fault]:
    yield from _duplicates(tier_set.tiers, f"{at}/tiers")
    match tier_set.basis:
        case PointsEarned(currency=currency) if currency not in around.currencies:
            yield unknown("no_such_currency", currency, f"{at}/basis/currency")
        case Invitation():
            pass
        case _:
            yield from _of_thresholds(tier_set, at)
    for number, tier in enumerate(tier_set.tiers):
        of_tier = f"{at}/tiers/{number}/benefits"
        for key in tier.benefits.multipliers:
            if key not in around.currencies:
                yield unknown("no_such_currency", key, f"{of_tier}/multipliers/{key}")
        given = tier.benefits.birthday_reward
        if given is not None and given not in around.rewards:
            yield unknown("no_such_reward", given, f"{of_tier}/birthday_reward")
        elif given is not None and around.rewards[given].gives.kind == "pay_with_points":
            message = gettext("To pay with points is nothing that can be given without points.")
            yield fault("no_gift", message, f"{of_tier}/birthday_reward")


def _of_thresholds(tier_set: TierSet, at: str) -> Iterator[Fault]:
    thresholds = [tier.threshold for tier in tier_set.tiers]
    if thresholds[0] != 0:
        message = gettext("The first tier begins at 0: everybody has one.")
        yield fault("first_threshold", message, f"{at}/tiers/0/threshold")
    for number, (before, after) in enumerate(pairwise(thresholds), start=1):
        if after <= before:
            message = gettext("Each tier begins above the one before it.")
            yield fault("threshold_not_above", message, f"{at}/tiers/{number}/threshold")


def _of_series(series: VoucherSeries, at: str, around: Surroundings) -> Iterator[Fault]:
    yield from around.of_dates(series.dates, f"{at}/dates")
    yield from around.of_condition(series.condition, "voucher", f"{at}/condition")
    if series.pattern is not None and series.pattern.count("#") < LEAST_RANDOM and series.uses == 1:
        message = gettext("A code that is taken once has {count} random characters (#) or more.")
        yield fault("guessable_pattern", message.format(count=LEAST_RANDOM), f"{at}/pattern")
    match series.off:
        case PercentOff(most=amounts) if amounts is not None:
            yield from _of_amounts(amounts, f"{at}/off/most")
        case AmountOff(amount=amounts):
            yield from _of_amounts(amounts, f"{at}/off/amount")
    if series.minimum is not None:
        yield from _of_amounts(series.minimum, f"{at}/minimum")


def _of_reward(reward: Reward, at: str, around: Surroundings) -> Iterator[Fault]:
    match reward.gives:
        case GivesVoucher(series=key) if key not in around.series:
            yield unknown("no_such_series", key, f"{at}/gives/series")
        case StoreCredit(amount=amount, currency=currency) | Donation(amount=amount, currency=currency):
            yield from _of_amount(amount, currency, f"{at}/gives/amount")
    for number, key in enumerate(reward.currencies):
        if key not in around.currencies:
            yield unknown("no_such_currency", key, f"{at}/currencies/{number}")
        elif around.currencies[key].kind is CurrencyKind.STATUS:
            message = gettext("{key} are status points, and buy nothing.").format(key=key)
            yield fault("status_buys_nothing", message, f"{at}/currencies/{number}")
    for number, name in enumerate(reward.tiers):
        tier_set, _, tier = name.partition(".")
        yield from around.of_tier(tier_set, tier, f"{at}/tiers/{number}")
    yield from around.of_condition(reward.condition, "reward", f"{at}/condition")
    yield from around.of_dates(reward.dates, f"{at}/dates")


def _of_authority(authority: AuthorityLimits) -> Iterator[Fault]:
    second_above = authority.second_above
    if second_above is None:
        return
    most_of_program = authority.by_role.get(PROGRAM_ROLE, 0)
    most = max((points for role, points in authority.by_role.items() if role != PROGRAM_ROLE), default=0)
    if max(most, most_of_program) <= second_above:
        message = gettext("Nobody may give or take more than this, so that nothing is ever approved.")
        yield fault("second_above_all", message, "/authority/second_above")
    elif most_of_program > max(most, second_above):
        message = gettext("No person may approve as many points as a program may ask for.")
        yield fault("nobody_approves", message, f"/authority/by_role/{PROGRAM_ROLE}")


def _of_amounts(amounts: Amounts, at: str) -> Iterable[Fault]:
    for currency, amount in amounts.items():
        yield from _of_amount(amount, currency, f"{at}/{currency}")


def _of_amount(amount: Decimal, currency: str, at: str) -> Iterator[Fault]:
    """Look at an amount that changes hands: unlike a rate, it is no finer than its currency's coins."""
    digits = minor_digits(currency)
    if amount != round(amount, digits):
        message = gettext("{currency} has {digits} digits behind the point.").format(currency=currency, digits=digits)
        yield fault("too_fine_amount", message, at)
