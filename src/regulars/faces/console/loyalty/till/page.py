"""The till's first page: one field that takes a number, a card, a phone number, an address, or a voucher's code."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from regulars.customers.contracts import Person, Profile
from regulars.customers.services import put_customer
from regulars.faces.console.acting import Acting, acting
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.loyalty.choosing import Chosen, chosen_of, must_choose
from regulars.faces.console.loyalty.till.reading import identifiers_of, newcomer_of, typed
from regulars.faces.console.permission import needs
from regulars.faces.console.zone import business_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.adjudication.selling import SOURCE
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.membership import queries
from regulars.loyalty.membership.contracts import Found
from regulars.loyalty.membership.services import enrol
from regulars.loyalty.rewards.queries import find_voucher


class NewcomerForm(DesignedForm):
    """Who becomes a member on the spot."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a name that finds the customer again."""
        told: dict[str, Any] = super().clean() or {}
        if not self.errors and not (told.get("phone") or told.get("email")):
            self.add_error("phone", gettext("A phone number or an e-mail address is needed."))
        return told


@needs("loyalty.write")
@require_safe
def till(request: HttpRequest) -> HttpResponse:
    """Show the field."""
    return render(request, "console/loyalty/till/start.html", around(request, chosen_of(request)))


@needs("loyalty.write")
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Find who or what was typed or scanned: lead to a member, offer several, take a voucher, or enrol."""
    chosen, what, who = must_choose(request), typed(request.POST.get("what", "")), acting(request)
    context = around(request, chosen)
    if not what:
        return render(request, "console/loyalty/till/start.html", context)
    found = find_people(chosen, what, who)
    if len(found) == 1 and (member := member_of(found[0])):
        return redirect("console:till.member", member.id)
    if not found and (voucher := find_voucher(what)) and voucher.program_id == chosen.version.program_id:
        return redirect("console:till.voucher", voucher.id)
    context |= {"what": what, "found": [(each, member_of(each)) for each in found], "is_unknown": not found}
    if not found:
        newcomer = newcomer_of(what)
        context["form"] = NewcomerForm(initial={"email": newcomer.email, "phone": newcomer.phone})
    return render(request, "console/loyalty/till/start.html", context)


@needs("loyalty.write")
@require_POST
def enrol_here(request: HttpRequest) -> HttpResponse:
    """Let somebody become a member on the spot: a customer whom we know, or somebody new."""
    chosen, who = must_choose(request), acting(request)
    if known := request.POST.get("customer", ""):
        try:
            return _enrolled(chosen, UUID(known), who, request)
        except ValueError:
            return redirect("console:till")
    form = NewcomerForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        person = Person(
            identifiers=identifiers_of(email=told["email"], phone=told["phone"]),
            profile=Profile(name=told["name"] or None),
            since=who.now,
        )
        put = put_customer(person=person, source=SOURCE, now=who.now, actor=who.actor)
        if put.customer_id is not None:
            return _enrolled(chosen, put.customer_id, who, request)
        form.add_error("phone", put.message)
    context = around(request, chosen) | {"form": form, "is_unknown": True}
    return render(request, "console/loyalty/till/start.html", context, status=422)


def _enrolled(chosen: Chosen, customer_id: UUID, who: Acting, request: HttpRequest) -> HttpResponse:
    try:
        member = enrol(program=chosen.key, customer_id=customer_id, now=who.now, actor=who.actor)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("console:till")
    messages.success(request, gettext("Welcome: a new member of {program}.").format(program=_name(chosen)))
    return redirect("console:till.member", member.id)


def find_people(chosen: Chosen, what: str, who: Acting) -> list[Found]:
    """Return the members and customers that a text finds."""
    return queries.find_member_by(program=chosen.key, what=what, now=who.now, also_customers=True)


def member_of(found: Found) -> Member | None:
    """Return the member that somebody is; who has left is none, and can become one again."""
    return found.member if found.member and found.member.state is MemberState.ACTIVE else None


def around(request: HttpRequest, chosen: Chosen | None) -> dict[str, Any]:
    """Return what each page of the till shows around itself."""
    return {
        "program": chosen.key if chosen else "",
        "program_name": _name(chosen) if chosen else "",
        "programs": [(each.program_key, each.document.name) for each in chosen.versions] if chosen else [],
        "shop": business_of(request).name,
    }


def _name(chosen: Chosen) -> str:
    return chosen.version.document.name
