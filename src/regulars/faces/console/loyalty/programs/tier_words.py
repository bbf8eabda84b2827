"""Tier sets in words: what reaches a tier, in which time, how one climbs and falls, and what a tier gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from regulars.faces.console.loyalty.programs.words import decimal_words, span_words
from regulars.kit import formats
from regulars.kit.i18n import gettext, mark, ngettext
from regulars.kit.money import minor_digits
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.tiers import (
    AnniversaryPeriod,
    CalendarPeriod,
    Downgrade,
    Invitation,
    Orders,
    PointsEarned,
    RollingPeriod,
    Spend,
    Tier,
    TierSet,
    Upgrade,
)

_SOME_YEAR = 2000
_UPGRADES: Mapping[Upgrade, str] = {
    Upgrade.AT_ONCE: mark("one climbs at once"),
    Upgrade.PERIOD_END: mark("one climbs at the end of the period"),
}
_DOWNGRADES: Mapping[Downgrade, str] = {
    Downgrade.NONE: mark("nobody falls"),
    Downgrade.ONE_STEP: mark("who does not qualify again falls by one step"),
    Downgrade.FULL: mark("who does not qualify again falls to where the progress leads"),
}


def tier_set_words(tier_set: TierSet, program: Program) -> str:
    """Return how members climb and fall, as a sentence."""
    if isinstance(tier_set.basis, Invitation):
        return gettext("The business invites; nobody climbs by oneself.")
    words = [
        gettext("{what} {when} count").format(what=_what(tier_set, program), when=_when(tier_set)),
        gettext(_UPGRADES[tier_set.upgrade]),
        gettext(_DOWNGRADES[tier_set.downgrade]),
    ]
    if tier_set.grace_days and tier_set.downgrade is not Downgrade.NONE:
        days = ngettext("after {count} day of grace", "after {count} days of grace", tier_set.grace_days)
        words[-1] = f"{words[-1]} {days.format(count=formats.number(tier_set.grace_days))}"
    joined = "; ".join(words)
    return f"{joined[:1].upper()}{joined[1:]}."


def threshold_words(tier: Tier, tier_set: TierSet, program: Program) -> str:
    """Return what reaches a tier."""
    if isinstance(tier_set.basis, Invitation):
        return gettext("by invitation")
    if tier.threshold == 0:
        return gettext("from the beginning")
    return gettext("from {amount}").format(amount=_so_much(Decimal(tier.threshold), tier_set, program))


def progress_words(progress: int, tier_set: TierSet, program: Program) -> str:
    """Return so much progress, which is in minor units where it is money."""
    amount = Decimal(progress)
    if isinstance(tier_set.basis, Spend):
        amount = amount.scaleb(-minor_digits(tier_set.basis.currency))
    return _so_much(amount, tier_set, program)


def benefits_words(tier: Tier, program: Program) -> list[str]:
    """Return what a tier gives, a few words for each benefit."""
    given, names = tier.benefits, {each.key: each.name for each in program.currencies}
    words = [f"×{decimal_words(factor)} {names.get(key, key)}" for key, factor in given.multipliers.items()]
    if given.free_shipping:
        words.append(gettext("free shipping"))
    if given.early_access_hours:
        hours = ngettext("{count} hour of early access", "{count} hours of early access", given.early_access_hours)
        words.append(hours.format(count=formats.number(given.early_access_hours)))
    if given.birthday_reward:
        rewards = {each.key: each.name for each in program.rewards}
        reward = rewards.get(given.birthday_reward, given.birthday_reward)
        words.append(gettext("on the birthday: {reward}").format(reward=reward))
    return words


def _so_much(amount: Decimal, tier_set: TierSet, program: Program) -> str:
    match tier_set.basis:
        case PointsEarned(currency=key):
            names = {each.key: each.name for each in program.currencies}
            return f"{decimal_words(amount)} {names.get(key, key)}"
        case Spend(currency=currency):
            minor = amount.scaleb(minor_digits(currency))
            return formats.money(float(minor), currency, whole=amount == amount.to_integral_value())
        case Orders():
            count = int(amount)
            return ngettext("{count} order", "{count} orders", count).format(count=formats.number(count))
    return decimal_words(amount)


def _what(tier_set: TierSet, program: Program) -> str:
    match tier_set.basis:
        case PointsEarned(currency=key):
            return next((each.name for each in program.currencies if each.key == key), key)
        case Spend(currency=currency, tax=tax):
            words = gettext("amounts in {currency}") if tax else gettext("amounts in {currency} without tax")
            return words.format(currency=currency)
    return gettext("orders")


def _when(tier_set: TierSet) -> str:
    match tier_set.period:
        case RollingPeriod(span=span):
            return gettext("of the last {span}").format(span=span_words(span))
        case CalendarPeriod(first_month=1):
            return gettext("of the calendar year")
        case CalendarPeriod(first_month=month):
            return gettext("of the year from {month} on").format(month=formats.month_name(date(_SOME_YEAR, month, 1)))
        case AnniversaryPeriod():
            return gettext("of the year of membership")
