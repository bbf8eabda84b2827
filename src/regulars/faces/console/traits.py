"""Traits: what this business keeps of its customers beyond the usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from regulars.customers.contracts import Trait, TraitKind
from regulars.customers.queries import list_traits
from regulars.customers.services import save_trait
from regulars.customers.traits import WrongDefinition
from regulars.faces.console.acting import acting
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.permission import needs
from regulars.faces.console.settings_tabs import tabs
from regulars.kit.classification import Classification
from regulars.kit.i18n import gettext, mark

KIND_WORDS: Mapping[TraitKind, str] = {
    TraitKind.TEXT: mark("Text"),
    TraitKind.NUMBER: mark("Number"),
    TraitKind.BOOLEAN: mark("Yes or no"),
    TraitKind.DATE: mark("Day"),
    TraitKind.CHOICE: mark("One of a list"),
    TraitKind.CHOICES: mark("Several of a list"),
}
CLASSIFICATION_WORDS: Mapping[Classification, str] = {
    Classification.NONE: mark("Says nothing of the person"),
    Classification.PERSONAL: mark("Personal"),
    Classification.SENSITIVE: mark("Sensitive, as health or belief"),
}


class TraitForm(DesignedForm):
    """What a trait is. One that is kept already keeps its key and its kind."""

    label = forms.CharField(label=gettext_lazy("Label"), max_length=100)
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("What programs and files call it: lower-case letters, digits and _, as shoe_size."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        widget=forms.Textarea,
        help_text=gettext_lazy("One on each line; only for a kind that chooses from a list."),
    )
    classification = forms.ChoiceField(label=gettext_lazy("How closely it touches the person"))
    description = forms.CharField(label=gettext_lazy("What it means"), required=False, max_length=500)

    def __init__(self, *args: Any, kept: Trait | None = None, **kwargs: Any) -> None:
        if kept:
            kwargs |= {"auto_id": f"id_{kept.key}_%s", "initial": _initial(kept)}
        super().__init__(*args, **kwargs)
        self.offer("kind", [(kind.value, gettext(words)) for kind, words in KIND_WORDS.items()])
        classes = [(each.value, gettext(words)) for each, words in CLASSIFICATION_WORDS.items()]
        self.offer("classification", classes)
        if kept:
            self.fields["key"].disabled = self.fields["kind"].disabled = True
        else:
            self.fields["classification"].initial = Classification.PERSONAL.value

    def trait(self) -> Trait:
        """Return what was filled in."""
        told = self.cleaned_data
        lines = [" ".join(line.split()) for line in told["choices"].replace("\0", "").splitlines()]
        return Trait(
            key=told["key"],
            kind=TraitKind(told["kind"]),
            label=told["label"],
            description=told["description"],
            classification=Classification(told["classification"]),
            choices=list(dict.fromkeys(line for line in lines if line)),
        )


def _initial(kept: Trait) -> dict[str, str]:
    return {
        "key": kept.key,
        "kind": kept.kind.value,
        "label": kept.label,
        "description": kept.description,
        "classification": kept.classification.value,
        "choices": "\n".join(kept.choices),
    }


@needs("business.read")
@require_safe
def traits(request: HttpRequest) -> HttpResponse:
    """Show the traits."""
    return _page(request)


@needs("business.manage")
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep a trait that is new, or describe one anew."""
    kept = next((trait for trait in list_traits() if trait.key == request.POST.get("kept")), None)
    form = TraitForm(request.POST, kept=kept)
    if form.is_valid():
        trait, who = form.trait(), acting(request)
        if kept is None and any(each.key == trait.key for each in list_traits()):
            form.add_error("key", gettext("There is a trait of this key already."))
            return _page(request, form)
        try:
            save_trait(trait=trait, now=who.now, actor=who.actor)
        except WrongDefinition as error:
            form.add_error(error.pointer.removeprefix("/"), error.message)
        else:
            messages.success(request, gettext("The trait {label} is saved.").format(label=trait.label))
            return redirect("console:settings.traits")
    return _page(request, form, kept)


def _page(request: HttpRequest, sent: TraitForm | None = None, kept: Trait | None = None) -> HttpResponse:
    shown = []
    for trait in list_traits():
        is_sent = kept is not None and trait.key == kept.key
        form = sent if is_sent and sent else TraitForm(kept=trait)
        words = gettext(KIND_WORDS[trait.kind]), gettext(CLASSIFICATION_WORDS[trait.classification])
        shown.append((trait, *words, form, is_sent))
    context = {
        "traits": shown,
        "form": sent if sent and not kept else TraitForm(),
        "asked": sent is not None and kept is None,
        "may_manage": request.user.has_perm("business.manage"),
        "tabs": tabs("settings.traits"),
    }
    return render(request, "console/traits.html", context, status=422 if sent else 200)
