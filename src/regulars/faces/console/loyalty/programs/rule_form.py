"""What is filled in for a rule. Which fields show follows from its kinds; the document says what can be meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from regulars.faces.console.finding.fact_words import label_of
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.loyalty.programs.hours_words import day_names
from regulars.faces.console.loyalty.programs.rule_words import Language
from regulars.faces.console.loyalty.programs.words import FUNDING_WORDS, PERIOD_WORDS, ROUNDING_WORDS
from regulars.facts.contracts import TEMPORAL
from regulars.kit.i18n import gettext, mark
from regulars.loyalty.definitions.document.rules import Multiplier, Rule

TRIGGERS: Mapping[str, str] = {
    "order": mark("An order"),
    "line": mark("The lines of an order"),
    "event": mark("Something that happens"),
    "profile": mark("Something becomes known"),
    "enrolment": mark("Becoming a member"),
    "schedule": mark("Days of the calendar"),
    "anniversary": mark("A day of each year"),
}
GRANTS: Mapping[str, str] = {
    "per_amount": mark("Points for each amount"),
    "per_item": mark("Points for each piece"),
    "percentage": mark("A percentage back"),
    "fixed": mark("So many points"),
    "multiplier": mark("Multiply what others give"),
    "formula": mark("By a formula"),
}
# What needs an order to be counted of.
OF_ORDERS = frozenset({"per_amount", "per_item", "percentage", "multiplier"})
_HOURS = {"": mark("At any hour"), "weekly": mark("On some days of the week"), "rrule": mark("By an iCal rule")}
_ACTIVATIONS = {
    "now": mark("At once"),
    "delay": mark("After a while"),
    "on": mark("On a day"),
    "event": mark("After delivery or payment"),
}
_EXPIRIES = {
    "": mark("As points of this currency"),
    "never": mark("Good for ever"),
    "rolling": mark("Some time after they are active"),
    "calendar": mark("On a day of the year"),
    "on": mark("On one day"),
    "inactivity": mark("After a while without earning or spending"),
}
BY_TIER = "per_tier"
_ROUND_TO = {
    "": mark("Not moved"),
    "month": mark("To the end of the month"),
    "quarter": mark("To the end of the quarter"),
    "year": mark("To the end of the year"),
}
_UNITS = {"days": mark("days"), "weeks": mark("weeks"), "months": mark("months"), "years": mark("years")}
_OTHERS = {"nothing": mark("Nothing"), "convert": mark("By the business's rates")}
SCOPES = {
    "member": mark("For each member"),
    "transaction": mark("At once"),
    "rule": mark("For all members together"),
}
MEASURES = {"points": mark("points"), "money": mark("worth in money")}
_OVER = {"cut": mark("cut to it"), "refuse": mark("then nothing")}


def _choice(label: Any, help_text: Any = "") -> Any:
    return forms.ChoiceField(label=label, help_text=help_text, required=False)


def _text(label: Any, help_text: Any = "", **more: Any) -> Any:
    return forms.CharField(label=label, help_text=help_text, required=False, **more)


def _whole(label: Any, help_text: Any = "") -> Any:
    return forms.IntegerField(label=label, help_text=help_text, required=False)


def _decimal(label: Any, help_text: Any = "") -> Any:
    widget = forms.NumberInput(attrs={"step": "any"})
    return forms.DecimalField(label=label, help_text=help_text, required=False, widget=widget)


def _day(label: Any, help_text: Any = "") -> Any:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, required=False, widget=widget)


def _time(label: Any) -> Any:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


def _tick(label: Any, help_text: Any = "") -> Any:
    return forms.BooleanField(label=label, help_text=help_text, required=False)


class RuleForm(DesignedForm):
    """A rule. Nothing is required here: what is missing, the document's own check says at its field."""

    name = _text(gettext_lazy("Name"), max_length=200)
    key = _text(
        gettext_lazy("Key"), gettext_lazy("Small letters, digits and _. It never changes; empty, it comes of the name.")
    )
    description = _text(gettext_lazy("Description"), widget=forms.Textarea)
    trigger = _choice(gettext_lazy("What sets it off"))
    event = _text(gettext_lazy("Type of the event"), gettext_lazy("As review.written."))
    profile_field = _text(gettext_lazy("Field of the profile"), gettext_lazy("As birthday, or the key of a trait."))
    schedule_rrule = _text(
        gettext_lazy("Which days"), gettext_lazy("An iCal rule, as FREQ=MONTHLY;BYMONTHDAY=1 for each first.")
    )
    schedule_start = _day(gettext_lazy("First day"))
    anniversary_of = _choice(gettext_lazy("Which day"))
    condition = _text(gettext_lazy("Condition"), strip=False, widget=forms.Textarea)
    grant = _choice(gettext_lazy("How many points"))
    currency = _choice(gettext_lazy("Points of which currency"))
    points = _decimal(gettext_lazy("Points"))
    percent = _decimal(gettext_lazy("Percent"))
    expression = _text(
        gettext_lazy("Formula"),
        gettext_lazy("Numbers, + - * /, min, max, floor, ceil, round and facts: floor(cart.total / 3)."),
    )
    factor = _decimal(gettext_lazy("Times"), gettext_lazy("2 doubles what is multiplied."))
    multiplied = forms.MultipleChoiceField(
        label=gettext_lazy("What is multiplied"),
        help_text=gettext_lazy("None chosen: all rules of amounts, pieces and percentages."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    other_currencies = _choice(gettext_lazy("Orders in other currencies earn"))
    base_discounts = _choice(gettext_lazy("Prices count"))
    base_tax = _tick(gettext_lazy("Tax counts"))
    base_shipping = _tick(gettext_lazy("Shipping counts"))
    base_gift_cards = _tick(gettext_lazy("What gift cards paid counts"))
    base_points = _tick(gettext_lazy("What points paid counts"))
    rounding = _choice(gettext_lazy("Fractions are"))
    round_per = _choice(gettext_lazy("Rounded"))
    start = _day(gettext_lazy("First day"))
    end = _day(gettext_lazy("Last day"))
    hours = _choice(gettext_lazy("Hours"))
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days of the week"), required=False, widget=forms.CheckboxSelectMultiple
    )
    hours_from = _time(gettext_lazy("From"))
    hours_until = _time(gettext_lazy("Until"))
    hours_rrule = _text(gettext_lazy("iCal rule"), gettext_lazy("When each begins."))
    hours_minutes = _whole(gettext_lazy("How many minutes"))
    budgets = forms.MultipleChoiceField(
        label=gettext_lazy("Budgets that it draws on"), required=False, widget=forms.CheckboxSelectMultiple
    )
    group = _text(
        gettext_lazy("Exclusive group"), gettext_lazy("Of the rules of one group that apply, one alone counts.")
    )
    priority = _whole(gettext_lazy("Priority"), gettext_lazy("The highest counts; of equal ones the first."))
    activation = _choice(gettext_lazy("Points become active"))
    activation_after = _whole(gettext_lazy("How long after"))
    activation_unit = _choice(gettext_lazy("Unit of time"))
    activation_on = _day(gettext_lazy("First day"))
    activation_event = _choice(gettext_lazy("After"))
    cancel_after = _whole(gettext_lazy("Cancelled if it has not come in"))
    cancel_unit = _choice(gettext_lazy("Unit of time"))
    expiry = _choice(gettext_lazy("Points are good"))
    expiry_after = _whole(gettext_lazy("How long"))
    expiry_unit = _choice(gettext_lazy("Unit of time"))
    expiry_round = _choice(gettext_lazy("The last day is moved"))
    expiry_month = _whole(gettext_lazy("Month"))
    expiry_day = _whole(gettext_lazy("Day"))
    expiry_years = _whole(gettext_lazy("Years later"))
    expiry_on = _day(gettext_lazy("Last day"))
    opt_in = _tick(gettext_lazy("Only for who has activated the offer"))
    beneficiary = _text(
        gettext_lazy("Granted to another member"),
        gettext_lazy("The order's attribute that holds the member's number, as seller; empty for who bought."),
    )
    funding = _choice(gettext_lazy("Whose money the points are"))
    counts_for_tiers = _tick(gettext_lazy("The points count for tiers"))

    def __init__(self, *args: Any, told: Language, rule: Rule | None, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule, self.is_new = rule, is_new
        self._offer_words()
        self._offer_parts(told, rule)
        if not is_new:
            # A rule's key never changes.
            self.fields["key"].disabled = True
            self.fields["key"].help_text = gettext("It never changes.")
        self.fields["condition"].widget.attrs |= {"class": "textarea mono", "rows": 4, "spellcheck": "false"}

    def clean(self) -> dict[str, Any]:
        """Refuse hours of the week that are not whole: they would else be none."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("hours") == "weekly":
            for name in ("days", "hours_from", "hours_until"):
                if not told.get(name) and name not in self.errors:
                    self.add_error(name, gettext("This is missing."))
        return told

    def chosen(self, name: str) -> str:
        """Return what is chosen in a field, whether it was sent or is there from the beginning."""
        value = self[name].value()
        return "" if value is None else str(value)

    def _offer_words(self) -> None:
        for name, words in {
            "trigger": TRIGGERS,
            "grant": GRANTS,
            "hours": _HOURS,
            "activation": _ACTIVATIONS,
            "activation_unit": _UNITS,
            "cancel_unit": _UNITS,
            "expiry_unit": _UNITS,
            "expiry_round": _ROUND_TO,
            "other_currencies": _OTHERS,
            "activation_event": {"order.delivered": mark("delivery"), "order.paid": mark("payment")},
            "base_discounts": {"after": mark("after discounts"), "before": mark("before discounts")},
            "round_per": {"order": mark("once for the order"), "line": mark("for each line")},
            "funding": {each.value: words for each, words in FUNDING_WORDS.items()},
            "rounding": {"": mark("as the currency says")}
            | {each.value: text for each, text in ROUNDING_WORDS.items()},
        }.items():
            self.offer(name, in_words(words))
        self.offer("days", list(day_names().items()))

    def _offer_parts(self, told: Language, rule: Rule | None) -> None:
        expiries = dict(_EXPIRIES)
        if rule and rule.expiry and rule.expiry.kind == BY_TIER:
            expiries[BY_TIER] = mark("As long as the tier says, as the document has it")
        self.offer("expiry", in_words(expiries))
        own = rule.key if rule else ""
        temporal = [each for each in told.catalogue.facts.values() if each.type in TEMPORAL and each.source]
        others = [each for each in told.program.rules if not isinstance(each.grant, Multiplier) and each.key != own]
        # What the rule names is offered in any case: what leads nowhere is the check's to say.
        names = {
            "anniversary_of": ({each.name: label_of(each) for each in temporal}, getattr(rule and rule.on, "of", "")),
            "currency": ({each.key: each.name for each in told.program.currencies}, rule.currency if rule else ""),
            "budgets": ({each.key: each.name for each in told.program.budgets}, *(rule.budgets if rule else ())),
            "multiplied": ({each.key: each.name for each in others}, *getattr(rule and rule.grant, "of", ())),
        }
        for name, (known, *named) in names.items():
            self.offer(name, list(({each: each for each in named if each} | known).items()))


class AmountForm(DesignedForm):
    """An amount in a currency; an empty one is none."""

    amount = _decimal(gettext_lazy("Amount"))
    currency = _text(gettext_lazy("Currency"), max_length=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label(self)
        self.fields["currency"].widget.attrs |= {"class": "input short", "autocapitalize": "characters"}


class CapForm(DesignedForm):
    """At most so much; an empty one is none."""

    amount = _decimal(gettext_lazy("At most"))
    measure = _choice(gettext_lazy("Measured in"))
    period = _choice(gettext_lazy("In which time"))
    scope = _choice(gettext_lazy("For whom"))
    over = _choice(gettext_lazy("What goes over it"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in {
            "measure": MEASURES,
            "period": {each.value: text for each, text in PERIOD_WORDS.items()},
            "scope": SCOPES,
            "over": _OVER,
        }.items():
            self.offer(name, in_words(words))
        label(self)


def label(form: forms.BaseForm) -> None:
    """Let each field of a row say what it is: there is no room for labels in it."""
    for field in form.fields.values():
        field.widget.attrs["aria-label"] = field.label


def in_words(choices: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Return choices in the reader's language."""
    return [(code, gettext(words)) for code, words in choices.items()]
