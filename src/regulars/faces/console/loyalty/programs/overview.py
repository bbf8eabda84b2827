"""A programme at a glance: what was earned and spent, its members, its currencies, and the way to its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from regulars.faces.console.figures import shown
from regulars.faces.console.loyalty.programs.earn_and_burn import Months, figure_of, months_of
from regulars.faces.console.loyalty.programs.sight import Sight, around, sight_of
from regulars.faces.console.loyalty.programs.words import amounts_words, expiry_words
from regulars.faces.console.permission import needs
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.definitions.calendar import local_day
from regulars.loyalty.definitions.document.currencies import CurrencyKind, PointCurrency
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.membership.queries import get_overview


@needs("loyalty.read")
@require_safe
def overview(request: HttpRequest, key: str) -> HttpResponse:
    """Show how a programme goes, in one of its currencies."""
    sight = sight_of(request, key)
    chosen = _chosen(sight, request.GET.get("currency", ""))
    months = months_of(sight.summary.program_id, chosen.key, today=local_day(sight.now, sight.zone), zone=sight.zone)
    context = around(request, sight, "loyalty.program") | {
        "sentence": _sentence(sight, chosen, months),
        "kpis": _kpis(sight, months),
        "figure": shown(figure_of(months, chosen.name)) if months.has_any else None,
        "chips": _chips(sight, chosen),
        "currency": chosen,
        "currencies": [_currency(each) for each in sight.shown.currencies],
        "parts": _parts(sight),
    }
    return render(request, "console/loyalty/programs/program.html", context)


def _chosen(sight: Sight, asked: str) -> PointCurrency:
    currencies = sight.shown.currencies
    return next((each for each in currencies if each.key == asked), currencies[0])


def _sentence(sight: Sight, currency: PointCurrency, months: Months) -> str:
    if sight.in_force is None:
        if sight.newest is None:
            # The notice says that nothing is published yet.
            return ""
        day = formats.day(sight.newest.effective_at.astimezone(sight.zone))
        return gettext("It begins on {day}; until then nobody earns by it.").format(day=day)
    if not months.has_any:
        return gettext("It is in force, and nobody has earned {currency} yet.").format(currency=currency.name)
    earned, spent = formats.number(months.earned), formats.number(months.spent)
    if currency.kind is CurrencyKind.STATUS:
        words = gettext("In twelve months members earned {earned} {currency}, which count for tiers alone.")
        return words.format(earned=earned, currency=currency.name)
    if months.earned <= 0:
        words = gettext("In twelve months members earned no {currency}, and spent {spent}.")
        return words.format(spent=spent, currency=currency.name)
    if not months.spent:
        words = gettext("In twelve months members earned {earned} {currency}, and have spent none yet.")
        return words.format(earned=earned, currency=currency.name)
    words = gettext("In twelve months members earned {earned} {currency} and spent {spent} ({share}).")
    share = formats.percent(months.spent / months.earned)
    return words.format(earned=earned, spent=spent, currency=currency.name, share=share)


def _kpis(sight: Sight, months: Months) -> Sequence[Mapping[str, Any]]:
    meant = gettext("What stands on all accounts, pending points included and debts deducted.")
    standing = _kpi("outstanding", gettext("On accounts"), formats.number(months.outstanding), gettext("today"), meant)
    if sight.in_force is None:
        return [standing]
    told = get_overview(sight.key, now=sight.now)
    lately = ngettext("{count} enrolled in 30 days", "{count} enrolled in 30 days", told.enrolled_lately)
    return [
        _kpi(
            "members",
            gettext("Members"),
            formats.number(told.members[MemberState.ACTIVE]),
            lately.format(count=formats.number(told.enrolled_lately)),
            gettext("Who is enrolled, and has neither left nor been erased."),
        ),
        _kpi(
            "active",
            gettext("Active"),
            formats.percent(told.active_rate),
            gettext("{count} earned or spent in 90 days").format(count=formats.number(told.active)),
            gettext("Of the members, those who earned by a rule or had a reward in the last 90 days."),
        ),
        _kpi(
            "participation",
            gettext("Orders by members"),
            formats.percent(told.participation),
            gettext("{part} of {whole} orders").format(
                part=formats.number(told.of_members), whole=formats.number(told.orders)
            ),
            gettext("Of the orders since {day}, those of somebody who was a member by then.").format(
                day=formats.day(told.since.astimezone(sight.zone))
            ),
        ),
        standing,
    ]


def _kpi(name: str, label: str, value: str, more: str, definition: str) -> Mapping[str, Any]:
    return {
        "name": f"loyalty-{name}",
        "label": label,
        "value": value,
        "more": more,
        "definition": definition,
    }


def _chips(sight: Sight, chosen: PointCurrency) -> Sequence[Mapping[str, Any]]:
    currencies = sight.shown.currencies
    if len(currencies) < 2:
        return ()
    return [
        {"text": each.name, "address": f"?{urlencode({'currency': each.key})}", "current": each == chosen}
        for each in currencies
    ]


def _currency(each: PointCurrency) -> Mapping[str, str]:
    words = [expiry_words(each.expiry)]
    if each.kind is CurrencyKind.STATUS:
        words.insert(0, gettext("counts for tiers alone"))
    if each.cost:
        words.append(gettext("a point costs {amounts}").format(amounts=amounts_words(each.cost)))
    return {"name": each.name, "key": each.key, "words": ", ".join(words)}


def _parts(sight: Sight) -> Sequence[Mapping[str, str]]:
    """Return what a programme is made of: how many of each, and the page that tells of them."""
    program = sight.shown
    rungs = sum(len(each.tiers) for each in program.tier_sets)
    rules = ngettext("{count} earning rule", "{count} earning rules", len(program.rules))
    tiers = ngettext("{count} tier", "{count} tiers", rungs)
    rewards = ngettext("{count} reward", "{count} rewards", len(program.rewards))
    number = sight.newest.number if sight.newest else 0
    versions = ngettext("{count} version", "{count} versions", number)
    found = [
        (rules.format(count=formats.number(len(program.rules))), "loyalty.rules"),
        (tiers.format(count=formats.number(rungs)), "loyalty.tiers"),
        (versions.format(count=formats.number(number)), "loyalty.versions"),
    ]
    lines = [{"text": text, "address": reverse(f"console:{name}", args=[sight.key])} for text, name in found]
    # The members and rewards are those of what is in force.
    query = f"?{urlencode({'program': sight.key})}" if sight.in_force else ""
    given = rewards.format(count=formats.number(len(program.rewards)))
    lines.insert(2, {"text": given, "address": f"{reverse('console:rewards')}{query}" if query else ""})
    if query:
        lines.append({"text": gettext("Its members"), "address": f"{reverse('console:members')}{query}"})
    return lines
