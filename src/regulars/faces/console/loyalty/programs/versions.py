"""The versions of a programme: who published which when, what differs between them, and the draft's check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.loyalty.programs.diff_words import Part, parts_between
from regulars.faces.console.loyalty.programs.field_words import field_words
from regulars.faces.console.loyalty.programs.sight import Sight, around, faults_of, language_of, sight_of
from regulars.faces.console.permission import needs
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.definitions import queries, services
from regulars.loyalty.definitions.contracts import Fault, VersionSummary
from regulars.loyalty.definitions.document.program import Program
from regulars.staff.queries import map_names

DRAFT = "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A version as the list shows it."""

    number: int
    name: str
    effective_at: Any
    state: str
    tone: str
    who: str
    published_at: Any
    note: str
    changes: str
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that keeps a document from being published: what, in which part, and where it is mended."""

    message: str
    part: str
    address: str


@needs("loyalty.read")
@require_safe
def versions(request: HttpRequest, key: str) -> HttpResponse:
    """Show the draft with its check and changes, the history, and what differs between any two."""
    sight = sight_of(request, key)
    summaries = queries.list_versions(key)
    context = around(request, sight, "loyalty.versions") | {
        "rows": _rows(sight, summaries),
        "sentence": _sentence(sight, len(summaries)),
        "draft_who": map_names([sight.draft.made_by])[sight.draft.made_by] if sight.draft else "",
        "found": found_in(request, sight, sight.document) if sight.draft else (),
        "count": _count_of_changes(request, sight),
        **_compared(request, sight, summaries),
    }
    return render(request, "console/loyalty/programs/versions.html", context)


@needs("loyalty.manage")
@require_POST
def discard(request: HttpRequest, key: str) -> HttpResponse:
    """Take the draft away; what is published stays."""
    who = acting(request)
    services.discard_draft(program=key, now=who.now, actor=who.actor)
    messages.success(request, gettext("The draft is discarded. What is published stays as it is."))
    summary = queries.get_program(key)
    return redirect("console:loyalty.versions", key) if summary.newest_number else redirect("console:loyalty.programs")


def found_in(request: HttpRequest, sight: Sight, document: Program) -> list[Found]:
    """Return what keeps a document from being published, with the pages where it is mended."""
    return [_found(fault, sight, document) for fault in faults_of(request, sight, document)]


def changes_of(request: HttpRequest, sight: Sight, document: Program) -> list[Part]:
    """Return what a document changes against the newest version, in words."""
    newest = sight.newest.document if sight.newest else None
    return parts_between(newest, document, language_of(request, document))


def _found(fault: Fault, sight: Sight, document: Program) -> Found:
    steps = fault.pointer.split("/")[1:]
    text = reverse("console:loyalty.text", args=[sight.key])
    part: Any = None
    if len(steps) > 1 and steps[1].isdecimal():
        part = getattr(document, steps[0])[int(steps[1])]
    where = " · ".join([str(part.name), *map(field_words, steps[2:])] if part else map(field_words, steps))
    is_rule = part is not None and steps[0] == "rules"
    address = reverse("console:loyalty.rule", args=[sight.key, part.key]) if is_rule else text
    return Found(message=fault.message, part=where, address=address)


def _rows(sight: Sight, summaries: Sequence[VersionSummary]) -> list[Row]:
    names = map_names({each.published_by for each in summaries})
    in_force = sight.in_force.number if sight.in_force else None
    address = reverse("console:loyalty.versions", args=[sight.key])
    rows = []
    for each in summaries:
        state, tone = _state(each, in_force, sight)
        note = each.note
        if each.from_version is not None:
            back = gettext("Version {number} again.").format(number=each.from_version)
            note = f"{back} {note}".strip()
        rows.append(
            Row(
                number=each.number,
                name=gettext("Version {number}").format(number=formats.number(each.number)),
                effective_at=each.effective_at,
                state=state,
                tone=tone,
                who=names[each.published_by],
                published_at=each.published_at,
                note=note,
                changes=f"{address}?from={each.number - 1}&to={each.number}#changes" if each.number > 1 else "",
                back=f"{reverse('console:loyalty.publish', args=[sight.key])}?version={each.number}"
                if each.digest != summaries[0].digest
                else "",
            )
        )
    return rows


def _state(each: VersionSummary, in_force: int | None, sight: Sight) -> tuple[str, str]:
    if each.number == in_force:
        return gettext("in force"), "good"
    if each.effective_at > sight.now:
        return gettext("to come"), "info"
    return gettext("before"), ""


def _sentence(sight: Sight, count: int) -> str:
    if sight.in_force is None:
        return gettext("Nothing is in force yet. A version never changes once it is published.")
    words = ngettext("{count} version was published", "{count} versions were published", count)
    day = formats.day(sight.in_force.effective_at.astimezone(sight.zone))
    rest = gettext("version {number} is in force since {day}.").format(number=sight.in_force.number, day=day)
    return f"{words.format(count=formats.number(count))}; {rest}"


def _count_of_changes(request: HttpRequest, sight: Sight) -> str:
    if sight.draft is None:
        return ""
    count = len(changes_of(request, sight, sight.document))
    words = ngettext("{count} part changes", "{count} parts change", count)
    return words.format(count=formats.number(count))


def _compared(request: HttpRequest, sight: Sight, summaries: Sequence[VersionSummary]) -> dict[str, Any]:
    """Return what differs between the two that the address names: usually the newest and the draft."""
    known = [str(each.number) for each in summaries] + ([DRAFT] if sight.draft else [])
    numbers = [str(each.number) for each in summaries]
    usual_to = DRAFT if sight.draft else numbers[0]
    usual_from = (numbers[:1] if sight.draft else numbers[1:2]) or [""]
    to = request.GET.get("to", "") if request.GET.get("to", "") in known else usual_to
    asked = request.GET.get("from", "")
    since = asked if asked in known else usual_from[0]
    before, after = _document(sight, since), _document(sight, to) or sight.document
    choices = [(each, _named(each)) for each in known]
    return {
        "parts": parts_between(before, after, language_of(request, after)),
        "since": since,
        "to": to,
        "choices": choices,
        "since_words": _named(since) if since else gettext("nothing"),
        "to_words": _named(to),
        "can_compare": len(known) > 1,
    }


def _document(sight: Sight, name: str) -> Program | None:
    if name == DRAFT:
        return sight.document
    return queries.get_version(sight.key, int(name)).document if name else None


def _named(name: str) -> str:
    return gettext("the draft") if name == DRAFT else gettext("version {number}").format(number=name)
