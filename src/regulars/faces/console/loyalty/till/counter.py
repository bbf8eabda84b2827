"""A member at the till: a sale is seen before it is kept, kept once, and undone within a minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import Acting, acting, person_of
from regulars.faces.console.loyalty.choosing import Chosen
from regulars.faces.console.loyalty.till.page import around, find_people, member_of
from regulars.faces.console.loyalty.till.reading import amount_minor, typed
from regulars.faces.console.loyalty.till.sight import earned_words, offers_of, points_of, sums_words
from regulars.faces.console.permission import needs
from regulars.faces.console.zone import business_of
from regulars.kit import formats
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.selling import (
    NotFresh,
    Payment,
    Sale,
    list_earned,
    list_payments,
    see_sale,
    sell,
    undo_sale,
)
from regulars.loyalty.definitions.queries import list_versions_at
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.membership.contracts import MemberInFull
from regulars.loyalty.membership.queries import get_member_in_full
from regulars.loyalty.rewards.codes import looks_mistyped
from regulars.loyalty.rewards.contracts import Purchase, Refusal, VoucherReason
from regulars.loyalty.rewards.looking import Shown
from regulars.loyalty.rewards.queries import find_voucher
from regulars.loyalty.rewards.sentences import sentence_of
from regulars.loyalty.rewards.services import validate_vouchers
from regulars.orders.contracts import TenderKind
from regulars.orders.queries import get_order

# So long the person at the till is told that something can be undone.
UNDO_FOR = timedelta(seconds=60)
TENDERS = (TenderKind.CARD, TenderKind.CASH)
_MOST_VOUCHERS = 5
# What a code lacks as long as no amount is typed.
_BY_AMOUNT = {VoucherReason.BELOW_MINIMUM, VoucherReason.CURRENCY_NOT_COVERED, VoucherReason.CONDITION_FALSE}


@dataclass(slots=True, kw_only=True)
class Counter:
    """A member at the till, and what stands on its form."""

    found: MemberInFull
    chosen: Chosen
    currency: str
    text: str = ""
    amount: int | None = None
    tender: TenderKind = TenderKind.CARD
    vouchers: Sequence[str] = ()
    pays_with: str = ""
    key: str = ""
    wrong: str = ""

    @property
    def payments(self) -> Sequence[Payment]:
        """How points can pay for the amount."""
        standings = self.found.standings
        spendable = {
            reward.key: sum(standings[each].balance.available for each in reward.currencies if each in standings)
            for reward in self.found.program.document.rewards
            if reward.gives.kind == "pay_with_points"
        }
        if not self.amount or not spendable:
            return ()
        return [
            each
            for key, available in spendable.items()
            for each in list_payments(
                self.found.program, available=available, currency=self.currency, amount_minor=self.amount
            )
            if each.reward == key
        ]

    def sale(self, staff: str = "") -> Sale:
        """Return the sale that the form tells."""
        paid = next((each for each in self.payments if each.reward == self.pays_with), None)
        return Sale(
            program=self.chosen.key,
            member_id=self.found.member.id,
            reference=f"till-{self.key}",
            amount_minor=self.amount or 0,
            currency=self.currency,
            tender=self.tender,
            vouchers=self.vouchers,
            pays_with=self.pays_with if paid else "",
            points=paid.most if paid else 0,
            staff=staff,
        )


@needs("loyalty.write")
@require_safe
def member(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Show a member, ready for an amount."""
    return _page(request, _counter(request, member_id))


@needs("loyalty.write")
@require_POST
def preview(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Show what the sale would come to; nothing is kept."""
    counter = _counter(request, member_id)
    return render(request, "console/loyalty/till/_preview.html", _seen(counter, acting(request)))


@needs("loyalty.write")
@require_POST
def sale(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Keep a sale. What is no amount was scanned: a voucher is laid beside the sale, somebody else is the next one."""
    counter, who = _counter(request, member_id), acting(request)
    if gone := request.POST.get("without", ""):
        counter.vouchers = [each for each in counter.vouchers if each != gone]
        return _page(request, counter)
    if counter.amount is None:
        return _scanned(request, counter, who)
    try:
        order = sell(sale=counter.sale(person_of(request).name), now=who.now, actor=who.actor)
    except DomainError as error:
        counter.wrong = error.message
        return _page(request, counter)
    return redirect("console:till.sale", member_id, order.head.id)


@needs("loyalty.write")
@require_safe
def sold(request: HttpRequest, member_id: UUID, order_id: UUID) -> HttpResponse:
    """Say what a sale came to, and how to undo it as long as it is fresh."""
    counter, order, who = _counter(request, member_id), get_order(order_id), acting(request)
    version = counter.found.program
    earned: dict[str, int] = {}
    for each in list_earned(order_id):
        if each.program_id == version.program_id and each.member_id == counter.found.member.id:
            earned[each.currency] = earned.get(each.currency, 0) + each.points
    taken_off = sum(each.amount_minor for each in order.discounts)
    paid = sum(each.amount_minor for each in order.tenders if each.kind is TenderKind.POINTS)
    context = _around(request, counter) | {
        "order": order,
        "earned": sums_words(earned, version),
        "lines": _lines(order.head.total_minor, taken_off, paid, counter.currency),
        "is_undone": order.head.cancelled_at is not None,
        "undo_seconds": seconds_left(order.received_at, who.now),
    }
    return render(request, "console/loyalty/till/sold.html", context)


@needs("loyalty.write")
@require_POST
def undo(request: HttpRequest, member_id: UUID, order_id: UUID) -> HttpResponse:
    """Undo a sale."""
    who = acting(request)
    try:
        undo_sale(order_id=order_id, now=who.now, actor=who.actor)
    except NotFresh as error:
        messages.error(request, error.message)
    return redirect("console:till.sale", member_id, order_id)


def seconds_left(done_at: datetime, now: datetime) -> int:
    """Return for how many seconds something can still be undone."""
    return max(int((done_at + UNDO_FOR - now).total_seconds()), 0)


def member_at_till(member_id: UUID, now: datetime) -> tuple[MemberInFull, Chosen]:
    """Return an active member whose programme is in force.

    Raises
    ------
    NoSuchMember
        There is none, it has left, or its programme is not in force.
    """
    found = get_member_in_full(member_id, now=now)
    versions = list_versions_at(now)
    version = next((each for each in versions if each.program_id == found.member.program_id), None)
    if version is None or found.member.state is not MemberState.ACTIVE:
        raise NoSuchMember(gettext("There is no such member."))
    return found, Chosen(version=version, versions=versions)


def _counter(request: HttpRequest, member_id: UUID) -> Counter:
    """Return a member with what was sent with the form."""
    found, chosen = member_at_till(member_id, acting(request).now)
    told, currency = request.POST, business_of(request).reporting_currency
    text = typed(told.get("amount", ""))
    tender = told.get("tender", "")
    return Counter(
        found=found,
        chosen=chosen,
        currency=currency,
        text=text,
        amount=amount_minor(text, currency),
        tender=TenderKind(tender) if tender in TENDERS else TenderKind.CARD,
        vouchers=list(dict.fromkeys(map(typed, told.getlist("voucher"))))[:_MOST_VOUCHERS],
        pays_with=told.get("pays_with", ""),
        key=_key(told.get("key", "")),
    )


def _key(text: str) -> str:
    """Return the name of a sale, that of the form which was sent or a new one."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(new_id())


def _page(request: HttpRequest, counter: Counter) -> HttpResponse:
    who = acting(request)
    version, identity = counter.found.program, counter.found.member.id
    available, others = offers_of(version, identity, who.now)
    context = (
        _around(request, counter)
        | _seen(counter, who)
        | {
            "offers": available,
            "others": others,
            "reward_key": new_id(),
            "tenders": [
                (TenderKind.CARD.value, gettext("Card"), counter.tender is TenderKind.CARD),
                (TenderKind.CASH.value, gettext("Cash"), counter.tender is TenderKind.CASH),
            ],
        }
    )
    return render(request, "console/loyalty/till/member.html", context, status=422 if counter.wrong else 200)


def _around(request: HttpRequest, counter: Counter) -> dict[str, Any]:
    return around(request, counter.chosen) | {
        "counter": counter,
        "member": counter.found,
        "points": points_of(counter.found),
        "tiers": [each.tier_name for each in counter.found.tiers if each.tier],
    }


def _seen(counter: Counter, who: Acting) -> dict[str, Any]:
    """Return what the sale on the form would come to; with no amount, what is known of its vouchers alone."""
    context: dict[str, Any] = {"counter": counter, "payments": counter.payments, "seen": None, "codes": []}
    if counter.amount is None:
        context["codes"] = [(code, _name_of(code, counter), "") for code in counter.vouchers]
        return context
    try:
        seen = see_sale(sale=counter.sale(), now=who.now, actor=who.actor)
    except DomainError as error:
        context["wrong"] = error.message
        return context
    identity = counter.found.member.id
    return context | {
        "seen": seen,
        "earned": earned_words(seen.effects, counter.found.program, identity),
        "lines": _lines(seen.due_minor + seen.points_minor, seen.discount_minor, seen.points_minor, counter.currency),
        "codes": [
            (each.code, each.name or each.code, " ".join(map(sentence_of, each.refusals)))
            for each in seen.validation.verdicts
        ],
    }


def _lines(total: int, taken_off: int, paid: int, currency: str) -> list[tuple[str, str]]:
    """Return what makes the amount that is due another than the one that was typed."""
    if not (taken_off or paid):
        return []
    lines = []
    if taken_off:
        lines.append((gettext("Vouchers"), formats.money(-taken_off, currency)))
    if paid:
        lines.append((gettext("Paid with points"), formats.money(-paid, currency)))
    return [*lines, (gettext("To pay"), formats.money(total - paid, currency))]


def _scanned(request: HttpRequest, counter: Counter, who: Acting) -> HttpResponse:
    """Take what is no amount for a voucher of this programme, or for the next customer."""
    text, voucher = counter.text, find_voucher(counter.text) if counter.text else None
    counter.text = ""
    if not text:
        counter.wrong = gettext("Type an amount, or scan a voucher.")
    elif voucher is not None and voucher.program_id == counter.found.program.program_id:
        counter.wrong = _lay_beside(text, counter, who)
    else:
        people = find_people(counter.chosen, text, who)
        if len(people) == 1 and (member := member_of(people[0])):
            return redirect("console:till.member", member.id)
        counter.text = text
        counter.wrong = gettext("This is no amount, and nobody and no voucher is known by it.")
        if looks_mistyped(text):
            counter.wrong = gettext("This code is mistyped: one of its characters is wrong.")
    return _page(request, counter)


def _lay_beside(code: str, counter: Counter, who: Acting) -> str:
    """Lay a voucher beside the sale; return why it cannot be, whatever the amount will be."""
    refusals = refusals_of(code, counter.chosen, who, counter.currency, counter.found.member.id)
    if refusals:
        return " ".join(map(sentence_of, refusals))
    counter.vouchers = list(dict.fromkeys([*counter.vouchers, code]))[:_MOST_VOUCHERS]
    return ""


def refusals_of(code: str, chosen: Chosen, who: Acting, currency: str, member_id: UUID | None) -> Sequence[Refusal]:
    """Return why a code is not taken, but for what an amount could mend; wrong codes are counted for who types them."""
    shown = Shown(
        program=chosen.key,
        codes=[code],
        purchase=Purchase(reference="till", currency=currency, total_minor=0, at=who.now),
        client=f"till:{who.actor}",
        member_id=member_id,
        may_know=True,
    )
    [verdict] = validate_vouchers(shown=shown, now=who.now, actor=who.actor).verdicts
    return [each for each in verdict.refusals if each.reason not in _BY_AMOUNT]


def _name_of(code: str, counter: Counter) -> str:
    voucher = find_voucher(code)
    series = {each.key: each.name for each in counter.found.program.document.vouchers}
    return series.get(voucher.series, code) if voucher else code
