"""How points were computed: what counted, by which rate, how it was rounded, and what bounds cut off."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from regulars.faces.console.loyalty.programs.rule_words import Language, bound_words, grant_words
from regulars.faces.console.loyalty.programs.words import ROUNDING_WORDS, decimal_words
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.kit.money import minor_digits
from regulars.loyalty.definitions.document.common import Rounding
from regulars.loyalty.definitions.document.rules import (
    Fixed,
    Formula,
    Measured,
    Multiplier,
    PerAmount,
    Percentage,
    PerItem,
    Rule,
)
from regulars.loyalty.rules.contracts import SHIPPING, Cart, RuleOutcome

_TIER = "tier:"


def computed_words(outcome: RuleOutcome, rule: Rule | None, told: Language, cart: Cart) -> list[str]:
    """Return how an outcome came about, a sentence for each step."""
    return [each for each in _steps(outcome, rule, told, cart) if each]


def name_of(outcome: RuleOutcome, rule: Rule | None, told: Language) -> str:
    """Return what granted something: the name of the rule, or of the tier whose multiplier it is."""
    if rule is not None:
        return rule.name
    for tier_set in told.program.tier_sets:
        for tier in tier_set.tiers:
            if outcome.rule == f"{_TIER}{tier_set.key}.{tier.key}":
                return gettext("Tier {name}").format(name=tier.name)
    return outcome.rule


def _steps(outcome: RuleOutcome, rule: Rule | None, told: Language, cart: Cart) -> Iterator[str]:
    if rule is None:
        yield _of_tier(outcome, told)
    else:
        yield _counted(outcome, rule, told, cart)
    if outcome.rate is not None:
        words = gettext("1 {source} is {rate} {target}.")
        yield words.format(
            source=outcome.rate.source, target=outcome.rate.target, rate=decimal_words(round(outcome.rate.rate, 6))
        )
    if outcome.wanted != outcome.unrounded:
        rounding = (rule.rounding if rule else None) or _rounding_of(outcome.currency, told)
        words = gettext("{unrounded} {rounded} is {wanted}.")
        yield words.format(
            unrounded=_short(outcome.unrounded),
            rounded=gettext(ROUNDING_WORDS[rounding]),
            wanted=formats.number(outcome.wanted),
        )
    yield from _cuts(outcome, told)
    if len(outcome.shares) > 1:
        yield _shares(outcome)


def _counted(outcome: RuleOutcome, rule: Rule, told: Language, cart: Cart) -> str:
    result = _short(outcome.unrounded)
    match rule.grant:
        case Fixed():
            return gettext("{grant}, whatever the order comes to.").format(grant=grant_words(rule, told.program))
        case PerAmount(points=points, per=per):
            currency = outcome.rate.target if outcome.rate else cart.currency
            counted = outcome.unrounded * per[currency] / points
            return _times(counted, currency, rule, told, result)
        case Percentage(percent=percent, value=value):
            currency = outcome.rate.target if outcome.rate else cart.currency
            counted = outcome.unrounded * value[currency] * 100 / percent
            return _times(counted, currency, rule, told, result)
        case PerItem(points=points):
            pieces = outcome.unrounded / points
            words = ngettext(
                "{grant}: {pieces} piece gives {result}.",
                "{grant}: {pieces} pieces give {result}.",
                1 if pieces == 1 else 2,
            )
            return words.format(grant=grant_words(rule, told.program), pieces=_short(pieces), result=result)
        case Formula(expression=expression):
            return gettext("{expression} gives {result}.").format(expression=expression, result=result)
        case Multiplier(factor=factor):
            return _more(factor, outcome.unrounded)


def _times(counted: Decimal, currency: str, rule: Rule, told: Language, result: str) -> str:
    words = gettext("{grant}: {amount} count, and give {result}.")
    amount = formats.money(float(counted.scaleb(minor_digits(currency))), currency)
    return words.format(grant=grant_words(rule, told.program), amount=amount, result=result)


def _of_tier(outcome: RuleOutcome, told: Language) -> str:
    for tier_set in told.program.tier_sets:
        for tier in tier_set.tiers:
            if outcome.rule == f"{_TIER}{tier_set.key}.{tier.key}":
                return _more(tier.benefits.multipliers[outcome.currency], outcome.unrounded)
    return ""


def _more(factor: Decimal, unrounded: Decimal) -> str:
    words = gettext("×{factor}: {more} times {counted} more, which is {result}.")
    counted = unrounded / (factor - 1)
    return words.format(
        factor=decimal_words(factor),
        more=decimal_words(factor - 1),
        counted=_short(counted),
        result=_short(unrounded),
    )


def _cuts(outcome: RuleOutcome, told: Language) -> Iterator[str]:
    for use in outcome.uses:
        bound = _bound(use.bound, told)
        if use.cut_points and bound is not None:
            words = gettext("{bound}: {cut} of it are cut off.")
            said = bound_words(bound, outcome.currency, told)
            yield words.format(bound=f"{said[:1].upper()}{said[1:]}", cut=formats.number(use.cut_points))


def _bound(key: str, told: Language) -> Measured | None:
    """Return the cap (`<rule>/cap/<number>`) or budget (`budget/<key>`) that a bound is."""
    first, _, rest = key.partition("/")
    if first == "budget":
        return next((each for each in told.program.budgets if each.key == rest), None)
    rule = next((each for each in told.program.rules if each.key == first), None)
    number = int(rest.rpartition("/")[2])
    return rule.caps[number] if rule else None


def _shares(outcome: RuleOutcome) -> str:
    parts = [
        gettext("{points} of shipping").format(points=formats.number(points))
        if number == SHIPPING
        else gettext("{points} of line {number}").format(points=formats.number(points), number=number)
        for number, points in sorted(outcome.shares.items(), key=lambda share: share[0] or 1_000_000)
    ]
    return gettext("Of these: {parts}.").format(parts=", ".join(parts))


def _rounding_of(currency: str, told: Language) -> Rounding:
    return next(each.rounding for each in told.program.currencies if each.key == currency)


def _short(value: Decimal) -> str:
    return decimal_words(round(value, 4))
