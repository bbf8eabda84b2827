"""What people fill in. Whether it can be meant, the services say; forms say what a field is."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from babel import Locale
from babel.core import get_global
from django import forms
from django.utils.translation import gettext_lazy

from regulars.business.contracts import Business
from regulars.kit import formats
from regulars.kit.errors import DomainError
from regulars.kit.i18n import LANGUAGES, gettext, mark
from regulars.staff.contracts import Role
from regulars.staff.permissions import PERMISSIONS

ROLE_WORDS: Mapping[Role, str] = {
    Role.OWNER: mark("Owner"),
    Role.MANAGER: mark("Manager"),
    Role.ANALYST: mark("Analyst"),
    Role.AGENT: mark("Agent"),
    Role.TILL: mark("Till"),
}
_CLASSES: Mapping[type[forms.Widget], str] = {
    forms.Select: "select",
    forms.Textarea: "textarea",
    forms.CheckboxInput: "checkbox",
    forms.CheckboxSelectMultiple: "checkbox",
}

# What the locales name beside countries: unions, and "unknown".
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "ZZ"})


def dress(form: forms.BaseForm) -> None:
    """Give each field of a form the look of the design."""
    for field in form.fields.values():
        field.widget.attrs.setdefault("class", _CLASSES.get(type(field.widget), "input"))
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 3


class DesignedForm(forms.Form):
    """A form in the look of the design."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """Let a field's value be one of `choices`."""
        cast("forms.ChoiceField", self.fields[name]).choices = choices

    def refuse(self, error: DomainError) -> None:
        """Show what a service refused, at its field where the error names one."""
        name = getattr(error, "field", None)
        self.add_error(name if name in self.fields else None, error.message)


class BusinessForm(DesignedForm):
    """What the business is."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Days, weeks and cohorts are counted in it.")
    )
    reporting_currency = forms.ChoiceField(
        label=gettext_lazy("Reporting currency"),
        help_text=gettext_lazy("Amounts in other currencies are converted to it by the rate of their day."),
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        help_text=gettext_lazy("Phone numbers without a country's prefix are read as numbers of this country."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the business"), choices=list(LANGUAGES.items()))
    brand_colour = forms.CharField(
        label=gettext_lazy("Brand colour"),
        max_length=7,
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text=gettext_lazy("Members see it in the portal."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in {
            "zone": [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())],
            "reporting_currency": currency_choices(),
            "country": country_choices(),
        }.items():
            self.offer(name, choices)

    def business(self) -> Business:
        """Return what was filled in."""
        return Business(**self.cleaned_data)


class RateForm(DesignedForm):
    """What a currency is worth."""

    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    valid_on = forms.DateField(
        label=gettext_lazy("From this day on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    rate = forms.DecimalField(label=gettext_lazy("Rate"), max_digits=20, decimal_places=10)

    def __init__(self, *args: Any, reporting_currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("currency", [("", "–"), *_named(_currencies() - {reporting_currency}, formats.currency_name)])
        self.fields["rate"].help_text = gettext_lazy("What one unit is worth in %(currency)s.") % {
            "currency": reporting_currency
        }


class InvitationForm(DesignedForm):
    """Whom to ask."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"))
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("role", _roles())
        # Who does not choose gives away the least.
        self.fields["role"].initial = Role.TILL.value


class AccountForm(DesignedForm):
    """What somebody is here for. Several stand on one page, so that `prefix_ids` tells their fields apart."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))
    is_active = forms.BooleanField(label=gettext_lazy("May sign in"), required=False)

    def __init__(self, *args: Any, prefix_ids: object = "", **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_{prefix_ids}_%s", **kwargs)
        self.offer("role", _roles())


class JoinForm(DesignedForm):
    """Who joins."""

    name = forms.CharField(label=gettext_lazy("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Ten characters or more; a sentence is a good one."),
    )


class KeyForm(DesignedForm):
    """A key for a program."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("What uses the key, as “Online shop”.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(name, name) for name in PERMISSIONS],
    )


def country_choices() -> list[tuple[str, str]]:
    """Return the countries by name."""
    return _named(_countries(), formats.territory)


def currency_choices() -> list[tuple[str, str]]:
    """Return the currencies in which somewhere is paid today, by name."""
    return _named(_currencies(), formats.currency_name)


def _roles() -> list[tuple[str, str]]:
    return [(role.value, gettext(words)) for role, words in ROLE_WORDS.items()]


def _named(codes: Iterable[str], name: Callable[[str], str]) -> list[tuple[str, str]]:
    return sorted(((code, f"{name(code)} ({code})") for code in codes), key=lambda pair: pair[1])


def _currencies() -> set[str]:
    """Return the currencies in which somewhere is paid today."""
    used = (use for uses in get_global("territory_currencies").values() for use in uses)
    return {code for code, _, until, is_tender in used if is_tender and until is None}


def _countries() -> list[str]:
    known = map(str, Locale("en").territories)
    return [code for code in known if len(code) == 2 and code not in _NO_COUNTRIES]
