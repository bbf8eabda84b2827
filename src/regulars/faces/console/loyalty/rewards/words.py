"""Rewards, redemptions and vouchers in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from regulars.faces.console.loyalty.programs.words import PERIOD_WORDS, amounts_words, any_of, decimal_words
from regulars.kit import formats
from regulars.kit.i18n import gettext, mark, ngettext
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rewards import (
    AmountOff,
    Donation,
    EventAccess,
    External,
    FreeItem,
    FreeShipping,
    Gift,
    GivesVoucher,
    Limit,
    Off,
    PayWithPoints,
    PercentOff,
    Reward,
    StoreCredit,
)
from regulars.loyalty.rewards.contracts import Redemption, RedemptionState, Refusal, RewardReason
from regulars.loyalty.rewards.sentences import sentence_of
from regulars.orders.queries import name_products

STATE_WORDS: Mapping[RedemptionState, tuple[str, str]] = {
    RedemptionState.RESERVED: (mark("Reserved"), "info"),
    RedemptionState.CONFIRMED: (mark("Given"), "good"),
    RedemptionState.REFUNDED: (mark("Refunded"), "attention"),
    RedemptionState.CANCELLED: (mark("Cancelled"), ""),
    RedemptionState.EXPIRED: (mark("Expired"), ""),
}
WAITING_WORDS = (mark("To hand over"), "attention")
_KIND_WORDS: Mapping[str, str] = {
    "voucher": mark("Voucher"),
    "pay_with_points": mark("Pays with points"),
    "store_credit": mark("Store credit"),
    "gift": mark("Gift"),
    "event_access": mark("A place at an event"),
    "donation": mark("Donation"),
    "experience": mark("Experience"),
    "external": mark("Given by another system"),
}


def kind_words(kind: str) -> str:
    """Return a kind of reward as one says it."""
    return gettext(_KIND_WORDS[kind]) if kind in _KIND_WORDS else kind


def product_names(program: Program) -> Mapping[str, str]:
    """Return the names of the products that rewards and vouchers of a programme give, by their numbers."""
    given = [*(reward.gives for reward in program.rewards), *(series.off for series in program.vouchers)]
    numbers = {each.product for each in given if isinstance(each, (Gift, FreeItem)) and each.product}
    return name_products(numbers) if numbers else {}


def gives_words(reward: Reward, program: Program, products: Mapping[str, str]) -> str:
    """Return what a reward gives, in words, with the names of products that are known."""
    match reward.gives:
        case GivesVoucher(series=key):
            series = next((each for each in program.vouchers if each.key == key), None)
            return (
                off_words(series.off, products) if series else gettext("A voucher of a series that there is no longer")
            )
        case PayWithPoints(value=value, most_percent=most):
            words = gettext("Each point pays {amount}, up to {share} % of an order")
            return words.format(amount=amounts_words(value), share=decimal_words(most))
        case StoreCredit(amount=amount, currency=currency):
            return gettext("{amount} of store credit").format(amount=f"{decimal_words(amount)} {currency}")
        case Gift(shipped=shipped, product=product):
            words = gettext("A gift that is shipped") if shipped else gettext("A gift, handed over at once")
            return f"{words} · {products.get(product, product)}" if product else words
        case EventAccess(event=event):
            return gettext("A place at {event}").format(event=event)
        case Donation(to=to, amount=amount, currency=currency):
            return gettext("{amount} to {to}").format(amount=f"{decimal_words(amount)} {currency}", to=to)
        case External(reference=reference):
            return gettext("Given by another system, as {reference}").format(reference=reference)
        case each:
            return each.details or gettext("Something to live through")


def off_words(off: Off, products: Mapping[str, str]) -> str:
    """Return what a voucher takes off, in words, with the names of products that are known."""
    match off:
        case PercentOff(percent=percent, most=most):
            words = gettext("{percent} % off").format(percent=decimal_words(percent))
            return gettext("{words}, up to {most}").format(words=words, most=amounts_words(most)) if most else words
        case AmountOff(amount=amount):
            return gettext("{amount} off").format(amount=amounts_words(amount))
        case FreeItem(product=product):
            return gettext("{product} for nothing").format(product=products.get(product, product))
        case FreeShipping():
            return gettext("Free shipping")


def cost_words(reward: Reward, program: Program) -> str:
    """Return what a reward costs, in points of its currencies."""
    names = [each.name for each in program.currencies if each.key in reward.currencies]
    if reward.cost is None:
        return gettext("as many {points} as one likes").format(points=any_of(names))
    return f"{formats.number(reward.cost)} {any_of(names)}"


def limits_words(limits: Sequence[Limit]) -> list[str]:
    """Return how often a reward is given at most."""
    return [_limit(each) for each in limits]


def _limit(limit: Limit) -> str:
    times = ngettext("once", "{count} times", limit.times).format(count=formats.number(limit.times))
    words = gettext("{times} {period} for each member") if limit.of == "member" else gettext("{times} {period} in all")
    return words.format(times=times, period=gettext(PERIOD_WORDS[limit.period]))


def tier_names(tiers: Sequence[str], program: Program) -> list[str]:
    """Return the names of tiers that are told as `status.gold`."""
    known = {f"{ladder.key}.{tier.key}": tier.name for ladder in program.tier_sets for tier in ladder.tiers}
    return [known.get(each, each) for each in tiers]


def refusal_words(refusal: Refusal, program: Program) -> str:
    """Return why a reward or voucher cannot be had, with the names that a programme has for things."""
    values = refusal.values
    if refusal.reason is RewardReason.TIER_NEEDED:
        words = gettext("Only for {tiers}.")
        return words.format(tiers=any_of(tier_names(values.get("tiers", ()), program)))
    if refusal.reason is RewardReason.POINTS_MISSING:
        missing = int(values["missing"])
        words = ngettext("{count} point is missing.", "{count} points are missing.", missing)
        return words.format(count=formats.number(missing))
    if refusal.reason is RewardReason.LIMIT_REACHED and values.get("until"):
        until = formats.day(datetime.fromisoformat(str(values["until"])))
        return gettext("Given as often as it is, until {day}.").format(day=until)
    return sentence_of(refusal)


def state_words(redemption: Redemption, now: datetime) -> tuple[str, str]:
    """Return what stands of a redemption, and its tone; a reservation whose time is over is none."""
    state = redemption.state
    if state is RedemptionState.RESERVED and redemption.reserved_until <= now:
        state = RedemptionState.EXPIRED
    if state is RedemptionState.CONFIRMED and redemption.fulfilled_at is None:
        return gettext(WAITING_WORDS[0]), WAITING_WORDS[1]
    return gettext(STATE_WORDS[state][0]), STATE_WORDS[state][1]


def paid_words(redemption: Redemption, program: Program) -> str:
    """Return what was paid for a redemption."""
    if not redemption.cost:
        return gettext("without points")
    names = {each.key: each.name for each in program.currencies}
    return ", ".join(f"{formats.number(points)} {names.get(key, key)}" for key, points in redemption.cost.items())
