"""The rules of a programme: each in words with how it stands, taken away, and put in another order."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.loyalty.programs.rule_lines import lines_of
from regulars.faces.console.loyalty.programs.sight import Sight, around, faults_of, language_of, sight_of
from regulars.faces.console.loyalty.programs.trying import trying_context
from regulars.faces.console.permission import needs
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.definitions import services
from regulars.loyalty.definitions.document.rules import Rule


@needs("loyalty.read")
@require_safe
def rules(request: HttpRequest, key: str) -> HttpResponse:
    """Show the rules of the draft, or of the newest version where there is no draft, and try them out."""
    sight = sight_of(request, key)
    faults = faults_of(request, sight, sight.document)
    lines = lines_of(sight, language_of(request, sight.document), faults)
    context = around(request, sight, "loyalty.rules") | {
        "lines": lines,
        "sentence": _sentence(sight, len(lines)),
        **trying_context(request, sight),
    }
    return render(request, "console/loyalty/programs/rules.html", context)


@needs("loyalty.manage")
@require_POST
def remove(request: HttpRequest, key: str, rule: str) -> HttpResponse:
    """Take a rule out of the draft; what is in force stays so until the draft is published."""
    sight = sight_of(request, key)
    kept = [each for each in sight.document.rules if each.key != rule]
    if len(kept) < len(sight.document.rules) and _save(request, sight, kept):
        words = gettext("The rule is taken out of the draft. What members earn changes once it is published.")
        messages.success(request, words)
    return redirect("console:loyalty.rules", key)


@needs("loyalty.manage")
@require_POST
def move(request: HttpRequest, key: str, rule: str) -> HttpResponse:
    """Move a rule by one place: of equal priorities the first counts, and budgets are drawn in this order."""
    sight = sight_of(request, key)
    found = list(sight.document.rules)
    place = next((number for number, each in enumerate(found) if each.key == rule), None)
    other = None if place is None else place + (-1 if request.POST.get("to") == "up" else 1)
    if place is not None and other is not None and 0 <= other < len(found):
        found[place], found[other] = found[other], found[place]
        _save(request, sight, found)
    return redirect("console:loyalty.rules", key)


def _save(request: HttpRequest, sight: Sight, kept: Sequence[Rule]) -> bool:
    """Keep other rules in the draft, and say whether they were."""
    who = acting(request)
    document = sight.document.model_copy(update={"rules": tuple(kept)})
    begun = request.POST.get("digest") or sight.digest
    try:
        services.save_draft(document=document, expected_digest=begun, now=who.now, actor=who.actor)
    except services.DraftChanged as error:
        messages.error(request, error.message)
        return False
    return True


def _sentence(sight: Sight, count: int) -> str:
    if not count:
        return gettext("No rules yet: nothing is earned.")
    words = ngettext("One rule says what is earned.", "{count} rules say what is earned.", count)
    told = words.format(count=formats.number(count))
    if sight.in_force is None:
        return told
    return gettext("{rules} Version {number} is in force.").format(rules=told, number=sight.in_force.number)
