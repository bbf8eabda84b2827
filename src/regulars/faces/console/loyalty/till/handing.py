"""Rewards and vouchers at the till: handed out with a clear end, and undone within a minute."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.loyalty.choosing import Chosen
from regulars.faces.console.loyalty.rewards.words import gives_words, off_words, paid_words, product_names
from regulars.faces.console.loyalty.till.counter import member_at_till, refusals_of, seconds_left
from regulars.faces.console.loyalty.till.page import around
from regulars.faces.console.loyalty.till.reading import amount_minor, typed
from regulars.faces.console.loyalty.till.sight import points_of
from regulars.faces.console.permission import needs
from regulars.faces.console.zone import business_of
from regulars.kit import formats
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.conditions import judge_rewards
from regulars.loyalty.definitions.queries import list_versions_at
from regulars.loyalty.rewards.contracts import Purchase, Redemption, RedemptionState, Voucher
from regulars.loyalty.rewards.issuing import NoSuchVoucher
from regulars.loyalty.rewards.looking import Shown
from regulars.loyalty.rewards.queries import get_redemption, get_voucher
from regulars.loyalty.rewards.sentences import sentence_of
from regulars.loyalty.rewards.services import redeem_reward, redeem_vouchers, refund_redemption
from regulars.loyalty.rewards.undoing import WhenKept
from regulars.loyalty.rewards.using import VoucherRefused
from regulars.loyalty.rewards.wishing import Wish


@needs("loyalty.write")
@require_POST
def redeem(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Give a member a reward; sent twice, it is given once."""
    who = acting(request)
    found, chosen = member_at_till(member_id, who.now)
    wish = Wish(
        program=chosen.key,
        reward=typed(request.POST.get("reward", "")),
        member_id=found.member.id,
        judged=judge_rewards(found.program, found.member.id, at=who.now),
    )
    key = typed(request.POST.get("key", "")) or str(new_id())
    try:
        given = redeem_reward(wish=wish, now=who.now, actor=who.actor, idempotency_key=f"till-{key}")
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("console:till.member", member_id)
    return redirect("console:till.redemption", given.id)


@needs("loyalty.write")
@require_safe
def redemption(request: HttpRequest, redemption_id: UUID) -> HttpResponse:
    """Say what was given, and what is to be done: hand it over, or tell the code."""
    given, who = get_redemption(redemption_id), acting(request)
    found, chosen = member_at_till(given.member_id, who.now)
    program = chosen.version.document
    reward = next((each for each in program.rewards if each.key == given.reward), None)
    context = around(request, chosen) | {
        "given": given,
        "member": found,
        "points": points_of(found),
        "name": reward.name if reward else given.reward,
        "gives": gives_words(reward, program, product_names(program)) if reward else "",
        "paid": paid_words(given, program),
        "voucher": _voucher_of(given),
        "is_undone": given.state is RedemptionState.REFUNDED,
        "undo_seconds": seconds_left(given.confirmed_at, who.now) if given.confirmed_at else 0,
    }
    return render(request, "console/loyalty/till/given.html", context)


@needs("loyalty.write")
@require_POST
def undo(request: HttpRequest, redemption_id: UUID) -> HttpResponse:
    """Undo a reward that was given a moment ago: it was not handed over after all."""
    given, who = get_redemption(redemption_id), acting(request)
    if given.confirmed_at is None or not seconds_left(given.confirmed_at, who.now):
        messages.error(request, gettext("This reward can no longer be undone here; refund it on the member's page."))
        return redirect("console:till.redemption", given.id)
    try:
        refund_redemption(
            redemption_id=given.id,
            reason="undone_at_the_till",
            when_kept=WhenKept.REFUND if _voucher_of(given) is None else WhenKept.REFUSE,
            now=who.now,
            actor=who.actor,
        )
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("console:till.redemption", given.id)


@needs("loyalty.write")
@require_http_methods(["GET", "HEAD", "POST"])
def voucher(request: HttpRequest, voucher_id: UUID) -> HttpResponse:
    """Show a voucher that somebody brings without being known, and redeem it for an amount."""
    found, who = get_voucher(voucher_id), acting(request)
    chosen = _program_of(found, request)
    currency = business_of(request).reporting_currency
    series = next((each for each in chosen.version.document.vouchers if each.key == found.series), None)
    context: dict[str, Any] = around(request, chosen) | {
        "found": found,
        "series": series,
        "off": off_words(series.off, product_names(chosen.version.document)) if series else "",
        "currency": currency,
        "key": typed(request.POST.get("key", "")) or str(new_id()),
        "text": typed(request.POST.get("amount", "")),
    }
    status = 200
    if request.method == "POST":
        amount = amount_minor(context["text"], currency)
        try:
            context |= _used(found, chosen, amount or 0, context["key"], request)
        except VoucherRefused as error:
            status = 422
            context["wrong"] = " ".join(sentence_of(each) for verdict in error.verdicts for each in verdict.refusals)
    else:
        refusals = refusals_of(found.code, chosen, who, currency, found.member_id)
        context["why_not"] = " ".join(map(sentence_of, refusals))
    return render(request, "console/loyalty/till/voucher.html", context, status=status)


def _used(found: Voucher, chosen: Chosen, amount: int, key: str, request: HttpRequest) -> dict[str, Any]:
    who, currency = acting(request), business_of(request).reporting_currency
    shown = Shown(
        program=chosen.key,
        codes=[found.code],
        purchase=Purchase(reference=f"till-{key}", currency=currency, total_minor=amount, at=who.now),
        client=None,
        member_id=found.member_id,
        may_know=True,
    )
    [verdict] = redeem_vouchers(shown=shown, now=who.now, actor=who.actor).verdicts
    lines = []
    if amount:
        lines = [
            (gettext("Taken off"), formats.money(verdict.discount_minor, currency)),
            (gettext("To pay"), formats.money(max(amount - verdict.discount_minor, 0), currency)),
        ]
    return {"is_used": True, "lines": lines}


def _program_of(found: Voucher, request: HttpRequest) -> Chosen:
    versions = list_versions_at(acting(request).now)
    version = next((each for each in versions if each.program_id == found.program_id), None)
    if version is None:
        raise NoSuchVoucher(gettext("There is no such voucher."))
    return Chosen(version=version, versions=versions)


def _voucher_of(given: Redemption) -> Voucher | None:
    """Return the voucher that a reward gave."""
    voucher_id = given.given.get("voucher_id")
    return get_voucher(UUID(str(voucher_id))) if voucher_id else None
