"""A rule is added or changed: its fields follow from its kinds, and what is kept is the draft."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from regulars.faces.console.acting import acting
from regulars.faces.console.loyalty.programs.condition import condition_context
from regulars.faces.console.loyalty.programs.rule_filled import Filled, drawn_of, find_rule, sent_of, shown_of
from regulars.faces.console.loyalty.programs.rule_form import RuleForm
from regulars.faces.console.loyalty.programs.rule_lines import standing_of
from regulars.faces.console.loyalty.programs.rule_words import Language, sentence_of
from regulars.faces.console.loyalty.programs.sight import Sight, around, language_of, sight_of, trail_to
from regulars.faces.console.loyalty.programs.trying import trying_context
from regulars.faces.console.permission import needs
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions import services
from regulars.loyalty.definitions.document.rules import Rule


@needs("loyalty.read")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, key: str, rule: str) -> HttpResponse:
    """Show a rule, and keep what is changed of it in the draft."""
    sight = sight_of(request, key)
    found = find_rule(sight.document, rule)
    if found is None:
        raise Http404
    return _answer(request, sight, found)


@needs("loyalty.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Add a rule to the draft."""
    return _answer(request, sight_of(request, key), None)


def _answer(request: HttpRequest, sight: Sight, rule: Rule | None) -> HttpResponse:
    told = language_of(request, sight.document)
    may_save = request.user.has_perm("loyalty.manage")
    if request.method != "POST":
        return _page(request, sight, told, shown_of(sight, rule, told))
    if "save" not in request.POST or not may_save:
        return _page(request, sight, told, drawn_of(sight, rule, told, request.POST))
    filled = sent_of(request, sight, rule, told)
    if not filled.is_right or filled.program is None:
        return _page(request, sight, told, filled)
    who = acting(request)
    begun = request.POST.get("digest", "")
    try:
        services.save_draft(document=filled.program, expected_digest=begun, now=who.now, actor=who.actor)
    except services.DraftChanged as error:
        again = gettext("Save once more to put this rule into what stands there now.")
        filled.form.add_error(None, f"{error.message} {again}")
        return _page(request, sight, told, filled)
    messages.success(request, gettext("The rule is kept in the draft. Nobody earns by it until it is published."))
    return redirect("console:loyalty.rules", sight.key)


def _page(request: HttpRequest, sight: Sight, told: Language, filled: Filled) -> HttpResponse:
    form, rule = filled.form, filled.form.rule
    title = rule.name if rule else gettext("New rule")
    context: dict[str, Any] = around(request, sight, "loyalty.rules") | {
        "title": title,
        "sentence": _sentence(rule, told),
        "standing": standing_of(sight, rule) if rule else None,
        "trail": trail_to(sight, "loyalty.rules"),
        "rule": rule,
        "rule_form": form,
        "amounts": filled.amounts,
        "caps": filled.caps,
        "shows": _shows(form),
        "address": reverse("console:loyalty.rule", args=[sight.key, rule.key])
        if rule
        else reverse("console:loyalty.new-rule", args=[sight.key]),
        **condition_context(request, sight, form.chosen("trigger"), form.chosen("condition")),
        **trying_context(request, sight),
    }
    return render(request, "console/loyalty/programs/rule.html", context)


def _sentence(rule: Rule | None, told: Language) -> str:
    if rule is not None:
        return sentence_of(rule, told)
    return gettext("Say what sets it off, how many points it grants, and within which bounds.")


def _shows(form: RuleForm) -> dict[str, Any]:
    names = ("trigger", "grant", "hours", "activation", "expiry")
    return {name: form.chosen(name) for name in names} | {"orders": form.chosen("trigger") in {"order", "line"}}
