"""The whole document as a text, and what is wrong with it, each fault at its line; documents as files in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.importing.uploads import BoundedFiles
from regulars.faces.console.loyalty.programs.sight import Sight, around, faults_of, sight_of, trail_to
from regulars.faces.console.loyalty.programs.trying import trying_context
from regulars.faces.console.permission import needs
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.definitions import services
from regulars.loyalty.definitions.contracts import Fault
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.nodes import LARGEST_BYTES
from regulars.loyalty.definitions.queries import get_version
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.writing import to_json, to_yaml
from regulars.staff.queries import map_names

_MOST_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A fault at its line, with what stands there."""

    number: int
    message: str
    text: str


@dataclass(slots=True, kw_only=True)
class Read:
    """A text that was read: the programme, where it is one, and what is wrong with it."""

    program: Program | None
    lines: Sequence[Line] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """What is to be said of the text."""
        if self.program is None:
            return gettext("It cannot be kept like this.")
        if not self.lines:
            return gettext("Nothing is wrong with it: it could be published.")
        words = ngettext(
            "It can be kept; {count} thing keeps it from being published.",
            "It can be kept; {count} things keep it from being published.",
            len(self.lines),
        )
        return words.format(count=len(self.lines))

    @property
    def tone(self) -> str:
        """The tone of the sentence."""
        return "bad" if self.program is None else "attention" if self.lines else "good"


class UploadForm(DesignedForm):
    """A document as a file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("YAML or JSON, 1 MB at most. It becomes the draft."),
        widget=forms.FileInput(attrs={"class": "input", "accept": ".yaml,.yml,.json"}),
    )


@needs("loyalty.read")
@require_http_methods(["GET", "HEAD", "POST"])
def text(request: HttpRequest, key: str) -> HttpResponse:
    """Show the document as a text, and keep what is written as the draft."""
    sight = sight_of(request, key)
    if request.method != "POST":
        return _page(request, sight, to_yaml(sight.document), sight.digest)
    told, begun = request.POST.get("text", ""), request.POST.get("digest", "")
    if "save" not in request.POST or not request.user.has_perm("loyalty.manage"):
        return _page(request, sight, told, begun)
    return _save(request, sight, told, sight.digest if "over" in request.POST else begun)


@needs("loyalty.read")
@require_POST
def check(request: HttpRequest, key: str) -> HttpResponse:
    """Say what is wrong with a text, as one writes it."""
    read = _read(request, sight_of(request, key), request.POST.get("text", ""))
    return render(request, "console/loyalty/programs/_text_faults.html", {"read": read})


# The token is checked once it is known how much may come: reading it reads the file before it.
@needs("loyalty.manage")
@csrf_exempt
@require_POST
def upload(request: HttpRequest, key: str) -> HttpResponse:
    """Take a document that is sent as a file, and show it as it is to be kept."""
    bound = BoundedFiles(most_bytes=LARGEST_BYTES)
    request.upload_handlers = [bound]
    answer: HttpResponse = csrf_protect(_receive)(request, key, bound)
    return answer


@needs("loyalty.read")
@require_safe
def download(request: HttpRequest, key: str) -> HttpResponse:
    """Send a document as a file: of a version, or of what is worked on; as YAML or JSON."""
    sight, number = sight_of(request, key), request.GET.get("version", "")
    document, name = sight.document, f"{key}-draft" if sight.draft else key
    if number.isascii() and number.isdecimal() and len(number) < 10:
        document, name = get_version(key, int(number)).document, f"{key}-{number}"
    is_json = request.GET.get("form") == "json"
    content = to_json(document) if is_json else to_yaml(document).encode()
    answer = HttpResponse(content, content_type="application/json" if is_json else "application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.{"json" if is_json else "yaml"}"'
    return answer


def _receive(request: HttpRequest, key: str, bound: BoundedFiles) -> HttpResponse:
    sight = sight_of(request, key)
    form = UploadForm(request.POST, request.FILES)
    if bound.is_too_large or not form.is_valid():
        too_large = gettext("A document has 1 MB at most.")
        messages.error(request, too_large if bound.is_too_large else gettext("Choose a file that holds a document."))
        return redirect("console:loyalty.text", key)
    told = form.cleaned_data["file"].read()
    try:
        return _page(request, sight, told.decode("utf-8-sig"), sight.digest, is_new=True)
    except UnicodeDecodeError:
        messages.error(request, gettext("The file is not UTF-8, and so no document."))
        return redirect("console:loyalty.text", key)


def _save(request: HttpRequest, sight: Sight, told: str, begun: str) -> HttpResponse:
    read = _read(request, sight, told)
    if read.program is None:
        return _page(request, sight, told, begun)
    who = acting(request)
    try:
        services.save_draft(document=read.program, expected_digest=begun, now=who.now, actor=who.actor)
    except services.DraftChanged as error:
        return _page(request, sight, told, begun, conflict=f"{error.message} {_who_changed(sight)}".strip())
    messages.success(request, gettext("The draft is kept. Nothing changes for members until it is published."))
    return redirect("console:loyalty.text", sight.key)


def _page(
    request: HttpRequest, sight: Sight, told: str, begun: str, *, conflict: str = "", is_new: bool = False
) -> HttpResponse:
    told = told.replace("\r\n", "\n")
    context: dict[str, Any] = around(request, sight, "loyalty.rules") | {
        "trail": trail_to(sight, "loyalty.rules"),
        "text": told,
        "rows": min(40, told.count("\n") + 4),
        "begun": begun,
        "conflict": conflict,
        "is_new": is_new,
        "read": _read(request, sight, told),
        "upload": UploadForm(),
        "check_address": reverse("console:loyalty.text.check", args=[sight.key]),
        **trying_context(request, sight),
    }
    return render(request, "console/loyalty/programs/text.html", context)


def _read(request: HttpRequest, sight: Sight, told: str) -> Read:
    told = told.replace("\r\n", "\n")
    reading = read_program(told)
    if reading.program is None:
        return Read(program=None, lines=_lines(reading.faults, told))
    if reading.program.program != sight.key:
        words = gettext("This is the programme {key}, whose key never changes; the document names {other}.")
        message = words.format(key=sight.key, other=reading.program.program)
        other = Fault(code="other_program", message=message, pointer="/program")
        return Read(program=None, lines=_lines(reading.placed([other]), told))
    faults = reading.placed(faults_of(request, sight, reading.program))
    return Read(program=reading.program, lines=_lines(faults, told))


def _lines(faults: Sequence[Fault], told: str) -> list[Line]:
    lines = told.split("\n")
    return [
        Line(
            number=each.line,
            message=each.message,
            text=lines[each.line - 1].strip() if 0 < each.line <= len(lines) else "",
        )
        for each in faults[:_MOST_SHOWN]
    ]


def _who_changed(sight: Sight) -> str:
    if sight.draft is None:
        return ""
    name = map_names([sight.draft.made_by])[sight.draft.made_by]
    return gettext("The last was {name}.").format(name=name)
