"""The shops of the business, on the street and on the net."""

from __future__ import annotations

import zoneinfo
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from regulars.business.contracts import Shop
from regulars.business.queries import get_business, list_shops
from regulars.business.services import WrongBusiness, save_shop
from regulars.faces.console.acting import acting
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.permission import needs
from regulars.faces.console.settings_tabs import tabs
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id


class ShopForm(DesignedForm):
    """What a shop is. One that is kept already keeps its code."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=60,
        help_text=gettext_lazy("What programs call it: lower-case letters, digits and -, as old-town."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    closed_on = forms.DateField(
        label=gettext_lazy("Closed on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Its last day. Leave it empty while the shop is open."),
    )

    def __init__(self, *args: Any, kept: Shop | None = None, **kwargs: Any) -> None:
        if kept:
            initial = {"name": kept.name, "code": kept.code, "zone": kept.zone, "closed_on": kept.closed_on}
            kwargs |= {"auto_id": f"id_{kept.code}_%s", "initial": initial}
        super().__init__(*args, **kwargs)
        zones = sorted(zoneinfo.available_timezones())
        self.offer("zone", [(zone, zone.replace("_", " ")) for zone in zones])
        if kept:
            self.fields["code"].disabled = True
        else:
            self.fields["zone"].initial = get_business().zone
            del self.fields["closed_on"]

    def shop(self) -> Shop:
        """Return what was filled in; a shop is known by its code."""
        told = self.cleaned_data
        closed: date | None = told.get("closed_on")
        return Shop(id=new_id(), code=told["code"], name=told["name"], zone=told["zone"], closed_on=closed)


@needs("business.read")
@require_safe
def shops(request: HttpRequest) -> HttpResponse:
    """Show the shops."""
    return _page(request)


@needs("business.manage")
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Open a shop."""
    form = ShopForm(request.POST)
    if form.is_valid():
        if any(each.code == form.cleaned_data["code"] for each in list_shops()):
            form.add_error("code", gettext("There is a shop of this code already."))
        elif _save(request, form):
            messages.success(request, gettext("{name} is open.").format(name=form.cleaned_data["name"]))
            return redirect("console:settings.shops")
    return _page(request, form)


@needs("business.manage")
@require_POST
def change(request: HttpRequest, shop_id: UUID) -> HttpResponse:
    """Rename a shop, or close it."""
    kept = next((each for each in list_shops() if each.id == shop_id), None)
    if kept is None:
        messages.error(request, gettext("There is no such shop."))
        return redirect("console:settings.shops")
    form = ShopForm(request.POST, kept=kept)
    if form.is_valid() and _save(request, form):
        messages.success(request, gettext("{name} is saved.").format(name=form.cleaned_data["name"]))
        return redirect("console:settings.shops")
    return _page(request, form, kept)


def _save(request: HttpRequest, form: ShopForm) -> bool:
    who = acting(request)
    try:
        save_shop(shop=form.shop(), now=who.now, actor=who.actor)
    except WrongBusiness as error:
        form.refuse(error)
        return False
    return True


def _page(request: HttpRequest, sent: ShopForm | None = None, kept: Shop | None = None) -> HttpResponse:
    today = timezone.localdate()
    shown = []
    for shop in list_shops():
        is_sent = kept is not None and shop.id == kept.id
        is_closed = shop.closed_on is not None and shop.closed_on <= today
        shown.append((shop, is_closed, sent if is_sent and sent else ShopForm(kept=shop), is_sent))
    context = {
        "shops": shown,
        "form": sent if sent and not kept else ShopForm(),
        "asked": sent is not None and kept is None,
        "may_manage": request.user.has_perm("business.manage"),
        "tabs": tabs("settings.shops"),
    }
    return render(request, "console/shops.html", context, status=422 if sent else 200)
