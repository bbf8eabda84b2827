"""What is done with many customers at once: tags, which can be undone, and a file of the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from regulars.customers import queries as customers
from regulars.customers import services
from regulars.customers.contracts import TagChange
from regulars.exports.contracts import ExportFormat, ExportKind
from regulars.exports.services import ask_for
from regulars.faces.console.acting import Acting, acting
from regulars.faces.console.finding.asked import Asked, read_asked
from regulars.faces.console.finding.fact_words import label_of
from regulars.faces.console.permission import needs, sees_sensitive
from regulars.facts import asking
from regulars.facts.contracts import Fact, FactType
from regulars.kit.cells import csv_line
from regulars.kit.i18n import gettext, ngettext
from regulars.kit.money import minor_digits
from regulars.orders.queries import find_customers
from regulars.staff.services import record

UNDO = "undo_tags"
MOST_TAGGED = 5_000
MOST_EXPORTED = 1_000_000
_AT_ONCE = 500


@needs("customers.write")
@require_POST
def tag(request: HttpRequest) -> HttpResponse:
    """Give the chosen customers a tag, or take it away; all that the list finds, where that is asked for."""
    told = request.POST
    name, removes = told.get("tag", "").replace("\0", ""), told.get("do") == "remove"
    if told.get("all") == "on":
        ids = _all(read_asked(_as_list(request), now=timezone.now()), MOST_TAGGED + 1)
    else:
        ids = _chosen(request)
    back = _back(request)
    if len(ids) > MOST_TAGGED:
        most = gettext("At most {most} customers are tagged at once; the list finds more. Narrow it first.")
        messages.error(request, most.format(most=MOST_TAGGED))
        return redirect(back)
    changed, refused = _change(request, ids, name, removes=removes)
    if refused:
        messages.error(request, refused)
        return redirect(back)
    request.session[UNDO] = {"ids": [str(each) for each in changed], "tag": name, "removes": not removes}
    words = (
        ngettext(
            "The tag “{tag}” was taken from {count} customer.",
            "The tag “{tag}” was taken from {count} customers.",
            len(changed),
        )
        if removes
        else ngettext("“{tag}”: {count} customer was tagged.", "“{tag}”: {count} customers were tagged.", len(changed))
    )
    said = words.format(tag=" ".join(name.split()), count=len(changed))
    messages.success(request, said, extra_tags="undo" if changed else "")
    return redirect(back)


@needs("customers.write")
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take the last change of tags back, of those whom it changed."""
    last = request.session.pop(UNDO, None)
    if last:
        ids = [UUID(each) for each in last["ids"]]
        changed, _ = _change(request, ids, last["tag"], removes=last["removes"])
        words = ngettext("Undone for {count} customer.", "Undone for {count} customers.", len(changed))
        messages.success(request, words.format(count=len(changed)))
    return redirect(_back(request))


@needs("customers.export")
@require_POST
def export(request: HttpRequest) -> StreamingHttpResponse | HttpResponse:
    """Give the list as a file, with its columns, or those of it who are chosen; who took it out is on the audit trail.

    Parquet is written by a worker, by the list's condition.
    """
    asked, who = read_asked(_as_list(request), now=timezone.now()), acting(request)
    if asked.left_out:
        # A file without what it was asked for would be taken for the whole.
        messages.error(request, " ".join(asked.left_out))
        return redirect(asked.address())
    if request.POST.get("format") == ExportFormat.PARQUET:
        return _as_parquet(request, asked, who)
    has_chosen = request.POST.get("all") != "on" and "customer" in request.POST
    ids = _there(_chosen(request)) if has_chosen else _all(asked, MOST_EXPORTED)
    details = {"customers": len(ids), "columns": [fact.name for fact in asked.columns]}
    record(who.actor, "customers.exported", "list", "customers", now=who.now, details=details)
    answer = StreamingHttpResponse(_lines(ids, asked), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="customers-{who.now:%Y-%m-%d}.csv"'
    return answer


def _as_parquet(request: HttpRequest, asked: Asked, who: Acting) -> HttpResponse:
    if asked.fault:
        raise asked.fault
    if asked.search:
        messages.error(request, gettext("What words find is taken out as CSV; Parquet is made by the filter."))
        return redirect(asked.address())
    ask_for(
        kind=ExportKind.FACTS,
        form=ExportFormat.PARQUET,
        condition=asked.where,
        facts=[fact.name for fact in asked.columns],
        now=who.now,
        actor=who.actor,
        sees_sensitive=sees_sensitive(request),
    )
    messages.success(request, gettext("The file is being written; it stands here when it is done."))
    return redirect("console:exports")


def _change(request: HttpRequest, ids: Sequence[UUID], name: str, *, removes: bool) -> tuple[list[UUID], str]:
    """Change a tag of some customers; return whose it changed, and why it was refused if it was."""
    who = acting(request)
    told = [] if name.strip() else [gettext("Say which tag.")]
    changed: list[UUID] = []
    for first in range(0, 0 if told else len(ids), _AT_ONCE):
        changes = [
            TagChange(customer_id=each, add=() if removes else (name,), remove=(name,) if removes else ())
            for each in ids[first : first + _AT_ONCE]
        ]
        outcomes = services.tag_customers(changes=changes, now=who.now, actor=who.actor)
        changed += [each.customer_id for each in outcomes if each.outcome == "updated"]
        told += [each.message for each in outcomes if each.outcome == "refused"]
    return changed, "" if changed else next(iter(told), "")


def _chosen(request: HttpRequest) -> list[UUID]:
    return [UUID(each) for each in dict.fromkeys(request.POST.getlist("customer")) if _is_id(each)]


def _there(ids: Sequence[UUID]) -> list[UUID]:
    """Return those of the ids that are customers' own, each once."""
    there = {each.id for each in customers.list_customers(ids)}
    return [each for each in dict.fromkeys(ids) if each in there]


def _all(asked: Asked, most: int) -> list[UUID]:
    if asked.fault:
        raise asked.fault
    if asked.search:
        ids = list(find_customers(asked.search).ids[:most])
        return asking.choose(asked.meaning, ids, setting=asked.setting) if asked.meaning else ids
    return asking.list_all(asked.meaning, setting=asked.setting, order=asked.order, most=most)


def _lines(ids: Sequence[UUID], asked: Asked) -> Iterator[str]:
    heads = [gettext("Customer"), gettext("Name"), gettext("E-mail"), gettext("Phone")]
    yield csv_line([*heads, *(label_of(fact) for fact in asked.columns)])
    names = [fact.name for fact in asked.columns]
    for first in range(0, len(ids), _AT_ONCE):
        part = ids[first : first + _AT_ONCE]
        found = {each.id: each for each in customers.list_customers(part)}
        known = asking.read_values(names, part, setting=asked.setting)
        yield "".join(
            csv_line(
                [
                    str(each),
                    found[each].name,
                    found[each].email,
                    found[each].phone,
                    *(
                        _cell(fact, known.get(each, {}).get(fact.name), asked.setting.currency)
                        for fact in asked.columns
                    ),
                ]
            )
            for each in part
            if each in found
        )


def _cell(fact: Fact, value: object, currency: str) -> object:
    """Return a value as a file holds it: amounts in major units, moments with their zone."""
    if value is None:
        return ""
    if fact.type is FactType.MONEY:
        return Decimal(str(value)).scaleb(-minor_digits(currency))
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _as_list(request: HttpRequest) -> HttpRequest:
    """Return the request as that of the list which the form stands on."""
    request.GET = request.POST
    return request


def _back(request: HttpRequest) -> str:
    told = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(told, allowed_hosts=None) and told.startswith("/customers")
    return told if is_ours else reverse("console:customers")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
