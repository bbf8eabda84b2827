"""Settings of the business: what it is, and what currencies are worth."""

from __future__ import annotations

import dataclasses

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from regulars.business.contracts import Rate
from regulars.business.queries import get_business, list_rates
from regulars.business.services import save_business, save_rates
from regulars.faces.console.acting import acting
from regulars.faces.console.forms import BusinessForm, RateForm
from regulars.faces.console.permission import needs
from regulars.faces.console.settings_tabs import tabs
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext


@needs("business.read")
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """Show the settings."""
    return _page(request)


@needs("business.manage")
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what the business is."""
    form = BusinessForm(request.POST)
    if form.is_valid():
        who = acting(request)
        try:
            save_business(business=form.business(), now=who.now, actor=who.actor)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, gettext("The settings are saved."))
            return redirect("console:settings")
    return _page(request, form=form)


@needs("business.manage")
@require_POST
def save_rate(request: HttpRequest) -> HttpResponse:
    """Keep a rate."""
    form = RateForm(request.POST, reporting_currency=get_business().reporting_currency)
    if form.is_valid():
        who = acting(request)
        rate = Rate(**form.cleaned_data, source=gettext("by hand"))
        try:
            save_rates(rates=[rate], now=who.now, actor=who.actor)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, gettext("The rate of {currency} is saved.").format(currency=rate.currency))
            return redirect("console:settings")
    return _page(request, rate_form=form)


def _page(request: HttpRequest, form: BusinessForm | None = None, rate_form: RateForm | None = None) -> HttpResponse:
    present = get_business()
    may_change = request.user.has_perm("business.manage")
    form = form or BusinessForm(initial=dataclasses.asdict(present))
    for field in form.fields.values():
        field.disabled = not may_change
    context = {
        "form": form,
        "rate_form": rate_form or RateForm(reporting_currency=present.reporting_currency),
        "rates": list_rates(),
        "tabs": tabs("settings"),
        "may_change": may_change,
        "reporting_currency": present.reporting_currency,
    }
    wrong = form.is_bound or (rate_form is not None)
    return render(request, "console/settings.html", context, status=422 if wrong else 200)
