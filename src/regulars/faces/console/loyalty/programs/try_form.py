"""The sample cart: lines, who buys, when and where; and which document it is tried on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.loyalty.programs.rule_form import in_words, label
from regulars.kit.i18n import gettext, mark
from regulars.kit.money import minor_digits
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.rules.contracts import Cart, CartLine, CartTender
from regulars.orders.contracts import TenderKind

_MOST_LINES = 50
_MOMENT = "%Y-%m-%dT%H:%M"
DRAFT, PUBLISHED = "draft", "published"
# What stands in the cart before somebody changes it.
_SAMPLE = (
    {"product": "Espresso", "category": "Coffee", "price": Decimal("24.90"), "quantity": Decimal(2)},
    {"product": "Cup", "category": "Home", "price": Decimal("14.50"), "quantity": Decimal(1)},
)


class TryForm(DesignedForm):
    """Who buys, when, where and in which currency."""

    on = forms.ChoiceField(label=gettext_lazy("Tried on"), required=False)
    at = forms.DateTimeField(
        label=gettext_lazy("Moment"),
        required=False,
        input_formats=[_MOMENT, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT),
    )
    money = forms.CharField(label=gettext_lazy("Currency"), max_length=3, required=False)
    channel = forms.CharField(label=gettext_lazy("Channel"), max_length=100, required=False)
    member = forms.CharField(
        label=gettext_lazy("Member's number"),
        help_text=gettext_lazy("Empty: a member of whom nothing is known."),
        max_length=60,
        required=False,
    )
    is_first = forms.BooleanField(label=gettext_lazy("It is the first order"), required=False)
    wants = forms.BooleanField(label=gettext_lazy("Offers are activated"), required=False)

    def __init__(self, *args: Any, program: Program, versions: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="try_%s", **kwargs)
        words = {DRAFT: mark("the draft"), PUBLISHED: mark("what is in force")}
        self.offer("on", in_words({name: words[name] for name in versions}))
        self.tier_sets = [tier_set for tier_set in program.tier_sets if tier_set.tiers]
        for tier_set in self.tier_sets:
            choices = [(tier.key, tier.name) for tier in tier_set.tiers]
            name = f"tier_{tier_set.key}"
            self.fields[name] = forms.ChoiceField(label=tier_set.name, choices=choices, required=False)
            self.fields[name].widget.attrs["class"] = "select"

    @property
    def tiers(self) -> list[forms.BoundField]:
        """The fields in which a tier of each set is chosen."""
        return [self[f"tier_{tier_set.key}"] for tier_set in self.tier_sets]

    def chosen_tiers(self) -> dict[str, str]:
        """Return the chosen tier of each set; the lowest where none is."""
        told = self.cleaned_data
        return {each.key: told.get(f"tier_{each.key}") or each.tiers[0].key for each in self.tier_sets}


class LineForm(DesignedForm):
    """A line of the cart; an empty one is none."""

    product = forms.CharField(label=gettext_lazy("Product"), max_length=200, required=False)
    category = forms.CharField(label=gettext_lazy("Category"), max_length=200, required=False)
    price = forms.DecimalField(
        label=gettext_lazy("Unit price"),
        min_value=0,
        max_value=10**9,
        required=False,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    quantity = forms.DecimalField(
        label=gettext_lazy("Pieces"),
        min_value=0,
        max_value=10**6,
        required=False,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="try_%s", **kwargs)
        label(self)


def sample_forms(program: Program, versions: Sequence[str], *, now: datetime, zone: ZoneInfo, currency: str) -> Any:
    """Return the forms as they stand before anything is filled in: the cart's, and one for each line."""
    initial = {"at": now.astimezone(zone).strftime(_MOMENT), "money": currency}
    lines = [LineForm(initial=each, prefix=f"line-{number}") for number, each in enumerate((*_SAMPLE, {}))]
    return TryForm(initial=initial, program=program, versions=versions), lines


def sent_forms(sent: QueryDict, program: Program, versions: Sequence[str]) -> Any:
    """Return the forms as they are filled in: the cart's, and one for each line."""
    numbers = [number for number in range(_MOST_LINES) if f"line-{number}-price" in sent]
    lines = [LineForm(sent, prefix=f"line-{number}") for number in numbers]
    return TryForm(sent, program=program, versions=versions), lines


def cart_of(form: TryForm, lines: Sequence[LineForm], *, now: datetime, zone: ZoneInfo, currency: str) -> Cart | None:
    """Return the cart that is filled in, all of it paid by card; None where a field cannot be meant."""
    if any(not each.is_valid() for each in (form, *lines)):
        return None
    told = form.cleaned_data
    money = told["money"].strip().upper() or currency
    found = [_line(each.cleaned_data, money) for each in lines if each.cleaned_data.get("price") is not None]
    counted = [CartLine(number=number, **each) for number, each in enumerate(found, start=1)]
    total = sum(each.total_minor for each in counted)
    return Cart(
        source="console",
        external_id="sample",
        currency=money,
        placed_at=told["at"].replace(tzinfo=zone) if told["at"] else now,
        lines=counted,
        tenders=[CartTender(kind=TenderKind.CARD, amount_minor=total)],
        total_minor=total,
        channel=told["channel"],
    )


def has_no_lines(lines: Sequence[LineForm]) -> bool:
    """Tell whether nothing is in the cart."""
    return not any(each.cleaned_data.get("price") is not None for each in lines)


def missing_words() -> str:
    """Return what to do where nothing is in the cart."""
    return gettext("Nothing is in the cart: give a line a price.")


def _line(told: dict[str, Any], currency: str) -> dict[str, Any]:
    quantity = told["quantity"] if told["quantity"] is not None else Decimal(1)
    price = round(told["price"].scaleb(minor_digits(currency)))
    return {
        "product": told["product"],
        "name": told["product"],
        "category": told["category"],
        "quantity": quantity,
        "unit_price_minor": price,
        "total_minor": round(price * quantity),
    }
