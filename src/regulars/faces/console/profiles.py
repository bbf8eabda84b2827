"""Add a customer by hand; change what is known of one, and the names one goes by."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from regulars.customers import queries as customers
from regulars.customers import services
from regulars.customers.contracts import Customer, Identifier, IdentifierKind, Person, Profile, Trait, TraitKind
from regulars.customers.traits import WrongTrait
from regulars.faces.console.acting import acting
from regulars.faces.console.forms import DesignedForm, country_choices
from regulars.faces.console.permission import needs
from regulars.faces.console.words import IDENTIFIER_WORDS
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

_TEXTS = ("name", "given_name", "family_name", "language", "country", "city", "postcode")
_TRAIT = "trait-"
_BY_HAND = (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.CARD, IdentifierKind.EXTERNAL_ID)


class NewCustomerForm(DesignedForm):
    """Who is to be added. One identifier is enough; what a field is called is the identifier's kind."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    email = forms.CharField(
        label=gettext_lazy("E-mail"), max_length=254, required=False, widget=forms.TextInput(attrs={"type": "email"})
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    external_id = forms.CharField(label=gettext_lazy("Customer number"), max_length=300, required=False)
    source = forms.CharField(
        label=gettext_lazy("Source of the number"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Whose number it is, as “shop”; the same as in files and in the API."),
    )

    def person(self) -> Person:
        """Return what was filled in."""
        told = self.cleaned_data
        kinds = (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.EXTERNAL_ID)
        identifiers = [
            Identifier(kind, told[kind.value], told["source"] if kind is IdentifierKind.EXTERNAL_ID else "")
            for kind in kinds
            if told[kind.value]
        ]
        return Person(identifiers=identifiers, profile=Profile(name=told["name"] or None))

    def clean(self) -> dict[str, Any]:
        """Ask for the source of a number: without it the number is nobody's."""
        told: dict[str, Any] = super().clean() or {}
        if told.get("external_id") and not told.get("source"):
            self.add_error("source", gettext("Say whose number it is."))
        return told


class ProfileForm(DesignedForm):
    """What is known of a customer, with a field for each trait."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    given_name = forms.CharField(label=gettext_lazy("Given name"), max_length=200, required=False)
    family_name = forms.CharField(label=gettext_lazy("Family name"), max_length=200, required=False)
    birthday = forms.DateField(
        label=gettext_lazy("Birthday"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    language = forms.CharField(
        label=gettext_lazy("Language"), max_length=8, required=False, help_text=gettext_lazy("As de or pt-BR.")
    )
    country = forms.ChoiceField(label=gettext_lazy("Country"), required=False)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=200, required=False)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        self._traits = {f"{_TRAIT}{trait.key}": trait for trait in customers.list_traits()}
        initial = {name: getattr(customer, name) for name in (*_TEXTS, "birthday")}
        initial |= {f"{_TRAIT}{key}": _shown(value) for key, value in customer.traits.items()}
        super().__init__(*args, initial=initial, **kwargs)
        countries = country_choices()
        known = {code for code, _ in countries}
        own = [(customer.country, customer.country)] if customer.country and customer.country not in known else []
        self.offer("country", [("", "–"), *own, *countries])
        for name, trait in self._traits.items():
            self.fields[name] = _field_of(trait)

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The fields that every business has."""
        return [self[name] for name in self.fields if name not in self._traits]

    @property
    def trait_fields(self) -> list[tuple[forms.BoundField, bool]]:
        """The fields of this business's traits, each with whether it is several checkboxes."""
        return [(self[name], trait.kind is TraitKind.CHOICES) for name, trait in self._traits.items()]

    def profile(self) -> tuple[Profile, list[str]]:
        """Return what was filled in, and which fields are empty."""
        told = self.cleaned_data
        cleared = [name for name in (*_TEXTS, "birthday") if not told[name]]
        if "name" in cleared and (told["given_name"] or told["family_name"]):
            # The name to show is made of these.
            cleared.remove("name")
        kept = {name: told[name] for name in (*_TEXTS, "birthday") if told[name]}
        traits = {trait.key: _value(trait, told[name]) for name, trait in self._traits.items()}
        return Profile(**kept, traits=traits), cleared

    def refuse(self, error: DomainError) -> None:
        """Show what was refused at its trait's field."""
        name = f"{_TRAIT}{error.key}" if isinstance(error, WrongTrait) else None
        self.add_error(name if name in self.fields else None, error.message)


def _field_of(trait: Trait) -> forms.Field:
    choices = [(choice, choice) for choice in trait.choices]
    told: dict[str, Any] = {"label": trait.label, "help_text": trait.description, "required": False}
    match trait.kind:
        case TraitKind.NUMBER:
            return forms.FloatField(**told, widget=forms.NumberInput(attrs={"class": "input", "step": "any"}))
        case TraitKind.BOOLEAN:
            answers = [("", "–"), ("yes", gettext("Yes")), ("no", gettext("No"))]
            return forms.ChoiceField(**told, choices=answers, widget=forms.Select(attrs={"class": "select"}))
        case TraitKind.DATE:
            attributes = {"class": "input", "type": "date"}
            return forms.DateField(**told, widget=forms.DateInput(attrs=attributes, format="%Y-%m-%d"))
        case TraitKind.CHOICE:
            widget = forms.Select(attrs={"class": "select"})
            return forms.ChoiceField(**told, choices=[("", "–"), *choices], widget=widget)
        case TraitKind.CHOICES:
            boxes = forms.CheckboxSelectMultiple(attrs={"class": "checkbox"})
            return forms.MultipleChoiceField(**told, choices=choices, widget=boxes)
        case TraitKind.TEXT:
            return forms.CharField(**told, max_length=2_000, widget=forms.TextInput(attrs={"class": "input"}))


def _shown(value: object) -> object:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _value(trait: Trait, told: Any) -> Any:
    """Return a field's value as the trait's; None, which takes it away, where it is empty."""
    if told in (None, "", []):
        return None
    match trait.kind:
        case TraitKind.BOOLEAN:
            return told == "yes"
        case TraitKind.DATE:
            return told.isoformat()
        case TraitKind.NUMBER:
            return int(told) if told == int(told) else told
        case _:
            return told


@needs("customers.write")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Add a customer who is not there yet."""
    form = NewCustomerForm(request.POST or None)
    taken: Customer | None = None
    if request.method == "POST" and form.is_valid():
        who, person = acting(request), form.person()
        try:
            added = services.add_customer(person=person, now=who.now, actor=who.actor)
        except services.IdentifierTaken:
            owner = next(found for each in person.identifiers if (found := customers.find_by_identifier(each)))
            taken = customers.get_customer(owner)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, gettext("The customer is added."))
            return redirect("console:customer", added)
    context = {"form": form, "taken": taken, "trail": [(gettext("Customers"), reverse("console:customers"))]}
    return render(request, "console/customer_new.html", context, status=422 if form.errors or taken else 200)


@needs("customers.write")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Change what is known of a customer."""
    customer = customers.get_customer(customer_id)
    form = ProfileForm(request.POST or None, customer=customer)
    if request.method == "POST" and form.is_valid():
        who = acting(request)
        profile, cleared = form.profile()
        try:
            services.change_profile(
                customer_id=customer.id, profile=profile, cleared=cleared, now=who.now, actor=who.actor
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, gettext("What is known is saved."))
            return redirect("console:customer", customer.id)
    trail = [
        (gettext("Customers"), reverse("console:customers")),
        (customer.label, reverse("console:customer", args=[customer.id])),
    ]
    context = {"form": form, "customer": customer, "trail": trail}
    return render(request, "console/customer_edit.html", context, status=422 if form.errors else 200)


@needs("customers.write")
@require_POST
def add_identifier(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Let a customer go by one more name."""
    identifier = _identifier(request)
    if identifier.kind is IdentifierKind.EXTERNAL_ID and not identifier.source:
        messages.error(request, gettext("Say whose number it is."))
        return redirect("console:customer", customer_id)
    who = acting(request)
    try:
        services.add_identifier(customer_id=customer_id, identifier=identifier, now=who.now, actor=who.actor)
    except (services.NobodyNamed, services.IdentifierTaken) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("The identifier is kept."))
    return redirect("console:customer", customer_id)


@needs("customers.write")
@require_POST
def remove_identifier(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Let a customer no longer go by a name."""
    who = acting(request)
    try:
        services.remove_identifier(
            customer_id=customer_id, identifier=_identifier(request), now=who.now, actor=who.actor
        )
    except services.LastIdentifier as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("The identifier is gone."))
    return redirect("console:customer", customer_id)


def kinds_by_hand() -> list[tuple[str, str]]:
    """Return the kinds of identifiers that people know of."""
    return [(kind.value, gettext(IDENTIFIER_WORDS[kind])) for kind in _BY_HAND]


def _identifier(request: HttpRequest) -> Identifier:
    told = {name: request.POST.get(name, "").replace("\0", "").strip() for name in ("kind", "value", "source")}
    kind = told["kind"]
    known = IdentifierKind(kind) if kind in list(IdentifierKind) else IdentifierKind.EXTERNAL_ID
    return Identifier(known, told["value"], told["source"] if known is IdentifierKind.EXTERNAL_ID else "")
