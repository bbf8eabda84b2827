"""The rewards of a programme: what each costs and gives, what is left, and how often it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.loyalty.choosing import Chosen, chosen_of, must_choose
from regulars.faces.console.loyalty.programs.words import dates_words
from regulars.faces.console.loyalty.rewards.words import (
    cost_words,
    gives_words,
    kind_words,
    limits_words,
    product_names,
    tier_names,
)
from regulars.faces.console.permission import needs
from regulars.kit import formats
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.definitions.document.rewards import Reward
from regulars.loyalty.rewards.overseeing import GivenCount, Supply, count_given, list_supplies
from regulars.loyalty.rewards.redemptions import reward_of
from regulars.loyalty.rewards.services import add_stock
from regulars.loyalty.rewards.stock import PoolSight, see_pools
from regulars.staff.queries import map_names

SUPPLIES = 5


class StockForm(DesignedForm):
    """How many pieces come to a stock, and why. Several stand on one page, each with ids of its own."""

    pieces = forms.IntegerField(
        label=gettext_lazy("Pieces"),
        min_value=-(10**9),
        max_value=10**9,
        help_text=gettext_lazy("With a minus they are taken away; what members have is not taken from them."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    def __init__(self, *args: Any, reward: str, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_{reward}_%s", **kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A reward as the list shows it."""

    reward: Reward
    kind: str
    gives: str
    cost: str
    left: str
    is_out: bool
    of_period: Sequence[str]
    bounds: Sequence[str]
    given: GivenCount
    form: StockForm | None
    supplies: Sequence[tuple[Supply, str]]
    redemptions: str


@needs("loyalty.read")
@require_safe
def rewards(request: HttpRequest) -> HttpResponse:
    """Show the rewards of a programme."""
    return _page(request)


@needs("loyalty.manage")
@require_POST
def stock(request: HttpRequest, reward_key: str) -> HttpResponse:
    """Add pieces to the stock of a reward, or take some away."""
    chosen = must_choose(request)
    reward = reward_of(chosen.version, reward_key)
    form = StockForm(request.POST, reward=reward.key)
    if form.is_valid():
        who = acting(request)
        try:
            left = add_stock(version=chosen.version, reward=reward, **form.cleaned_data, now=who.now, actor=who.actor)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            words = ngettext("{reward}: {count} piece is left.", "{reward}: {count} pieces are left.", left)
            messages.success(request, words.format(reward=reward.name, count=formats.number(left)))
            return redirect(f"{reverse('console:rewards')}?{urlencode({'program': chosen.key})}")
    return _page(request, form=form, asked=reward.key)


def _page(request: HttpRequest, form: StockForm | None = None, asked: str = "") -> HttpResponse:
    chosen = chosen_of(request)
    context: dict[str, Any] = {"asked": asked, "rows": []}
    if chosen is not None:
        who = acting(request)
        found = chosen.version.document.rewards
        given = count_given(chosen.version.program_id, now=who.now)
        pools = see_pools(found, chosen.version, now=who.now)
        products = product_names(chosen.version.document)
        may_manage = request.user.has_perm("loyalty.manage")
        rows = []
        for reward in found:
            own = form if form is not None and reward.key == asked else StockForm(reward=reward.key)
            rows.append(
                _row(
                    reward,
                    chosen,
                    pools[reward.key],
                    given.get(reward.key, GivenCount()),
                    own if may_manage and reward.stock is not None else None,
                    products=products,
                )
            )
        waiting = sum(each.waiting for each in given.values())
        context |= {
            "rows": rows,
            "program": chosen.key,
            "chips": chosen.chips(reverse("console:rewards")),
            "sentence": _sentence(rows, waiting),
            "tabs": tabs(chosen, "rewards", waiting),
        }
    status = 422 if form is not None and form.errors else 200
    return render(request, "console/loyalty/rewards.html", context, status=status)


def tabs(chosen: Chosen, page: str, waiting: int) -> list[dict[str, Any]]:
    """Return the pages about rewards; how many wait to be handed over stands beside the second."""
    query = f"?{urlencode({'program': chosen.key})}"
    redeemed = gettext("Redemptions")
    if waiting:
        redeemed = gettext("Redemptions · {count} to hand over").format(count=formats.number(waiting))
    return [
        {"text": gettext("Rewards"), "address": reverse("console:rewards") + query, "current": page == "rewards"},
        {
            "text": redeemed,
            "address": reverse("console:rewards.redemptions") + query,
            "current": page == "redemptions",
        },
    ]


def _sentence(rows: Sequence[Row], waiting: int) -> str:
    given = sum(row.given.month for row in rows)
    words = ngettext(
        "{count} reward was given in the last 30 days.", "{count} rewards were given in the last 30 days.", given
    ).format(count=formats.number(given))
    out = [row.reward.name for row in rows if row.is_out]
    if out:
        words += " " + gettext("Nothing is left of {rewards}.").format(rewards=", ".join(out))
    if waiting:
        more = ngettext("{count} waits to be handed over.", "{count} wait to be handed over.", waiting)
        words += " " + more.format(count=formats.number(waiting))
    return words


def _row(
    reward: Reward,
    chosen: Chosen,
    pools: Sequence[PoolSight],
    given: GivenCount,
    form: StockForm | None,
    *,
    products: Mapping[str, str],
) -> Row:
    program = chosen.version.document
    stock_left = next((sight.left for sight in pools if sight.pool.period is None), None)
    supplies = list_supplies(chosen.version.program_id, reward.key, limit=SUPPLIES) if reward.stock is not None else []
    names = map_names({each.actor for each in supplies})
    bounds = [*limits_words(reward.limits), dates_words(reward.dates)]
    if reward.tiers:
        bounds.insert(0, gettext("only for {tiers}").format(tiers=", ".join(tier_names(reward.tiers, program))))
    query = urlencode({"program": chosen.key, "reward": reward.key})
    return Row(
        reward=reward,
        kind=kind_words(reward.gives.kind),
        gives=gives_words(reward, program, products),
        cost=cost_words(reward, program),
        left=formats.MISSING if stock_left is None else formats.number(stock_left),
        is_out=any(sight.left <= 0 for sight in pools),
        of_period=[
            gettext("{count} left until {day}").format(
                count=formats.number(sight.left), day=formats.day(sight.pool.ends_at)
            )
            for sight in pools
            if sight.pool.period is not None and sight.pool.ends_at is not None
        ],
        bounds=[each for each in bounds if each],
        given=given,
        form=form,
        supplies=[(each, names.get(each.actor, each.actor)) for each in supplies],
        redemptions=f"{reverse('console:rewards.redemptions')}?{query}",
    )
