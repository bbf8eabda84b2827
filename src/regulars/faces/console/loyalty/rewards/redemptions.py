"""What was redeemed: of all members, by what stands of it; confirmed, handed over, cancelled, refunded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.loyalty.choosing import chosen_of
from regulars.faces.console.loyalty.members.naming import Person, people_of
from regulars.faces.console.loyalty.rewards.listing import tabs
from regulars.faces.console.loyalty.rewards.words import STATE_WORDS, WAITING_WORDS, paid_words, state_words
from regulars.faces.console.paging import read_id
from regulars.faces.console.permission import needs
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.rewards import services
from regulars.loyalty.rewards.contracts import Redemption, RedemptionState
from regulars.loyalty.rewards.overseeing import Sieve, count_given, list_redemptions_of_program
from regulars.loyalty.rewards.undoing import CannotBeUndone, WhenKept

ROWS = 50
# What the address calls those that wait to be handed over.
WAITING = "waiting"
REASON_LENGTH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A redemption as lists show it, with what can be done about it."""

    found: Redemption
    id: str
    name: str
    paid: str
    state: str
    tone: str
    person: Person | None
    may_confirm: bool
    may_fulfil: bool
    may_cancel: bool
    may_refund: bool


@needs("loyalty.read")
@require_safe
def redemptions(request: HttpRequest) -> HttpResponse:
    """Show what was redeemed, the latest first."""
    chosen = chosen_of(request)
    if chosen is None:
        return redirect("console:rewards")
    asked, place, who = request.GET.get("state", ""), request.GET.get("before", ""), acting(request)
    reward = request.GET.get("reward", "")
    state = RedemptionState(asked) if asked in list(RedemptionState) else None
    sieve = Sieve(state=state, reward=reward, waits=asked == WAITING)
    found = list_redemptions_of_program(
        chosen.version.program_id, sieve, limit=ROWS + 1, now=who.now, before=read_id(place)
    )
    query = {"program": chosen.key} | ({"reward": reward} if reward else {})
    shown = query | ({"state": asked} if asked else {})
    rows = rows_of(found[:ROWS], chosen.version.document, request, with_people=True)
    waiting = sum(each.waiting for each in count_given(chosen.version.program_id, now=who.now).values())
    names = {each.key: each.name for each in chosen.version.document.rewards}
    context = {
        "rows": rows,
        "program": chosen.key,
        "programs": chosen.chips(reverse("console:rewards.redemptions")),
        "tabs": tabs(chosen, "redemptions", waiting),
        "chips": _chips(query, asked),
        "reward": names.get(reward, reward),
        "all_rewards": _address({"program": chosen.key} | ({"state": asked} if asked else {})),
        "back": request.get_full_path(),
        "newest": _address(shown) if place else "",
        "earlier": _address(shown | {"before": str(found[ROWS - 1].id)}) if len(found) > ROWS else "",
    }
    return render(request, "console/loyalty/redemptions.html", context)


@needs("loyalty.write")
@require_POST
def confirm(request: HttpRequest, redemption_id: UUID) -> HttpResponse:
    """Give what was reserved."""

    def act(told: Mapping[str, Any]) -> str:
        services.confirm_redemption(redemption_id=redemption_id, **told)
        return gettext("The reward is given.")

    return _act(request, act)


@needs("loyalty.write")
@require_POST
def fulfil(request: HttpRequest, redemption_id: UUID) -> HttpResponse:
    """Keep that a reward is in the member's hands."""

    def act(told: Mapping[str, Any]) -> str:
        services.fulfil_redemption(redemption_id=redemption_id, **told)
        return gettext("The reward is handed over.")

    return _act(request, act)


@needs("loyalty.write")
@require_POST
def cancel(request: HttpRequest, redemption_id: UUID) -> HttpResponse:
    """Let go of what was reserved."""

    def act(told: Mapping[str, Any]) -> str:
        services.cancel_redemption(redemption_id=redemption_id, reason=_reason(request), **told)
        return gettext("The reservation is cancelled; the points are back.")

    return _act(request, act)


@needs("loyalty.write")
@require_POST
def refund(request: HttpRequest, redemption_id: UUID) -> HttpResponse:
    """Take back what was given, and give the points back; what stays given is asked for in so many words."""
    when_kept = WhenKept.REFUND if request.POST.get("kept") else WhenKept.REFUSE

    def act(told: Mapping[str, Any]) -> str:
        services.refund_redemption(redemption_id=redemption_id, reason=_reason(request), when_kept=when_kept, **told)
        return gettext("The points are back.")

    return _act(request, act)


def rows_of(
    found: Sequence[Redemption], program: Program, request: HttpRequest, *, with_people: bool = False
) -> list[Row]:
    """Return redemptions as lists show them."""
    now, may_write = acting(request).now, request.user.has_perm("loyalty.write")
    people = people_of({each.member_id for each in found}) if with_people else {}
    names = {each.key: each.name for each in program.rewards}
    rows = []
    for each in found:
        state, tone = state_words(each, now)
        is_open = each.state is RedemptionState.RESERVED and each.reserved_until > now
        is_given = each.state is RedemptionState.CONFIRMED
        rows.append(
            Row(
                found=each,
                id=str(each.id),
                name=names.get(each.reward, each.reward),
                paid=paid_words(each, program),
                state=state,
                tone=tone,
                person=people.get(each.member_id),
                may_confirm=may_write and is_open,
                may_fulfil=may_write and is_given and each.fulfilled_at is None,
                may_cancel=may_write and is_open,
                may_refund=may_write and is_given,
            )
        )
    return rows


def _act(request: HttpRequest, act: Callable[[Mapping[str, Any]], str]) -> HttpResponse:
    """Do something about a redemption, and go back to where it was asked for."""
    who = acting(request)
    try:
        done = act({"now": who.now, "actor": who.actor})
    except CannotBeUndone as error:
        more = gettext("Choose to give the points back all the same, if that is meant.")
        messages.error(request, f"{error.message} {more}")
    except DomainError as error:
        if error.code.startswith("no_such_"):
            raise
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    back = request.POST.get("back", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if is_ours else reverse("console:rewards.redemptions"))


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "").strip()[:REASON_LENGTH] or gettext("by hand")


def _chips(query: Mapping[str, str], asked: str) -> list[dict[str, Any]]:
    choices = [("", gettext("Everything")), (WAITING, gettext(WAITING_WORDS[0]))]
    choices += [(state.value, gettext(words)) for state, (words, _) in STATE_WORDS.items()]
    return [
        {
            "text": text,
            "address": _address({**query, **({"state": state} if state else {})}),
            "current": state == asked,
        }
        for state, text in choices
    ]


def _address(query: Mapping[str, str]) -> str:
    return f"{reverse('console:rewards.redemptions')}?{urlencode(query)}"
