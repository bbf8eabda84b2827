"""The first step: send a file in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from regulars.faces.console.acting import acting
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.importing.steps import steps
from regulars.faces.console.importing.uploads import BoundedFiles
from regulars.faces.console.importing.words import KIND_WORDS
from regulars.faces.console.permission import needs
from regulars.imports import files
from regulars.imports.contracts import ImportKind
from regulars.imports.queries import list_imports
from regulars.imports.services import receive_file
from regulars.kit import formats
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

_MEGABYTE = 2**20


class SendForm(DesignedForm):
    """A file, what it holds, and whose numbers stand in it."""

    kind = forms.ChoiceField(label=gettext_lazy("What the file holds"))
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=100,
        help_text=gettext_lazy(
            "Whose numbers it holds, as “shop”. Give files of one shop the same source, and the one that its programs"
            " send: then both tell of the same orders and customers."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={"class": "input", "accept": ".csv,.tsv,.txt,.xlsx,.parquet,.gz,text/csv", "data-most-bytes": ""}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("kind", [(kind.value, gettext(words)) for kind, words in KIND_WORDS.items()])
        most = formats.number(files.MOST_BYTES // _MEGABYTE)
        self.fields["file"].help_text = gettext(
            "CSV, TSV, XLSX or Parquet, as it was exported; packed with gzip or not. Up to {most} MB."
        ).format(most=most)
        attributes = self.fields["file"].widget.attrs
        attributes["data-most-bytes"], attributes["data-too-large"] = str(files.MOST_BYTES), _too_large()


# The token is checked once it is known how much may come: reading it reads the file before it.
@needs("imports.run")
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a file, and keep it."""
    if request.method != "POST":
        return _page(request, SendForm(initial={"source": _last_source()}))
    bound = BoundedFiles(most_bytes=files.MOST_BYTES)
    request.upload_handlers = [bound]
    answer: HttpResponse = csrf_protect(_receive)(request, bound)
    return answer


def _receive(request: HttpRequest, bound: BoundedFiles) -> HttpResponse:
    form = SendForm(request.POST, request.FILES)
    form.is_valid()
    if bound.is_too_large:
        form.errors.pop("file", None)
        form.add_error("file", _too_large())
    elif form.is_valid():
        sent, who = form.cleaned_data["file"], acting(request)
        try:
            received = receive_file(
                kind=ImportKind(form.cleaned_data["kind"]),
                file_name=sent.name,
                chunks=sent.chunks(),
                source=form.cleaned_data["source"],
                now=who.now,
                actor=who.actor,
            )
        except DomainError as error:
            form.add_error("source" if error.code == "wrong_source" else "file", error.message)
        else:
            return redirect("console:imports.columns", received.id)
    return _page(request, form, status=422)


def _page(request: HttpRequest, form: SendForm, *, status: int = 200) -> HttpResponse:
    return render(request, "console/import_new.html", {"form": form, "steps": steps("file")}, status=status)


def _last_source() -> str:
    latest = list_imports(limit=1)
    return latest[0].source if latest else ""


def _too_large() -> str:
    return gettext("The file is larger than {most} MB; split it into several.").format(
        most=files.MOST_BYTES // _MEGABYTE
    )
