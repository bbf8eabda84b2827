"""Every component of the design in each of its states, in light, dark and narrow."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from regulars.design.assets import ICONS_DIR
from regulars.faces.console.figures import shown
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.permission import for_staff
from regulars.faces.console.preferences import chosen_theme
from regulars.kit.i18n import gettext
from regulars.report.page.figures import Column, Figure, Key


class Specimen(DesignedForm):
    """One field of each kind."""

    text = forms.CharField(max_length=40)
    several = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    one = forms.ChoiceField()
    long = forms.CharField(widget=forms.Textarea, required=False)
    closed = forms.CharField(required=False, disabled=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("one", "several"):
            self.offer(name, [("shop", gettext("In the shop")), ("net", gettext("Online"))])
        labels = {
            "text": gettext("A text"),
            "one": gettext("One of a list"),
            "long": gettext("A long text"),
            "several": gettext("Several of a list"),
            "closed": gettext("Closed"),
        }
        for name, label in labels.items():
            self.fields[name].label = label
            self.fields[name].help_text = gettext("Help stands below and says what the field is for.")
        self.fields["closed"].initial = gettext("Cannot be changed")


@for_staff
@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Show the components as a page, and the same page narrow in light and dark."""
    return render(request, "console/design.html", _specimens())


@for_staff
@require_safe
def specimens(request: HttpRequest) -> HttpResponse:
    """Show the components alone, in the theme that the address asks for."""
    theme = request.GET.get("theme", chosen_theme(request))
    shown = {"theme": theme if theme in {"light", "dark"} else ""}
    return render(request, "console/specimens.html", _specimens() | shown)


def _specimens() -> dict[str, Any]:
    return {
        "filled": Specimen(initial={"text": gettext("Corner Coffee"), "one": "shop", "several": ["net"]}),
        "wrong": Specimen({"text": "", "one": "nowhere"}, prefix="wrong"),
        "now": timezone.now(),
        "address": "#",
        "chips": [
            {"text": gettext("Everything"), "address": "#", "current": True},
            {"text": gettext("Orders"), "address": "#", "current": False},
        ],
        "steps": [
            {"text": gettext("File"), "state": "done", "address": "#"},
            {"text": gettext("Columns"), "state": "current", "address": ""},
            {"text": gettext("Preview"), "state": "", "address": ""},
        ],
        "trail": [(gettext("Customers"), "#"), ("Ines Kovač", "#")],
        "figure": shown(_figure()),
        "tones": ["", "good", "attention", "bad", "info"],
        "icons": [f"design/icons/{path.name}" for path in sorted(ICONS_DIR.glob("*.html"))],
    }


def _figure() -> Figure:
    names = [gettext("Winter"), gettext("Spring"), gettext("Summer")]
    came, left = [41, 63, 58], [12, 9, 17]
    series = ((gettext("Returning"), "returning", came), (gettext("Lapsed"), "lapsed", left))
    return Figure(
        name="specimen",
        title=gettext("A chart says what one sees"),
        unit=gettext("customers, by season"),
        summary=gettext("Bars for three seasons."),
        columns=(
            Column(label=gettext("Season")),
            *(Column(label=name, form="number", definition=f"who_{tone}") for name, tone, _ in series),
        ),
        rows=tuple(zip(names, came, left, strict=True)),
        spec={
            "kind": "bars",
            "x": {"labels": names},
            "y": {"format": "number"},
            "series": [{"name": name, "tone": tone, "values": values} for name, tone, values in series],
        },
        legend=tuple(Key(label=name, tone=tone) for name, tone, _ in series),
    )
