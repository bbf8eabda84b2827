"""The voucher series of a programme with what became of their codes, and codes that are made in the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.loyalty.choosing import chosen_of, must_choose
from regulars.faces.console.loyalty.programs.words import amounts_words, dates_words
from regulars.faces.console.loyalty.rewards.words import off_words, product_names
from regulars.faces.console.permission import needs
from regulars.kit import formats
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import VoucherSeries
from regulars.loyalty.rewards.batches import ask_for_codes
from regulars.loyalty.rewards.contracts import Batch
from regulars.loyalty.rewards.downloading import download_codes
from regulars.loyalty.rewards.generating import MOST_CODES
from regulars.loyalty.rewards.overseeing import SeriesCount, count_series, list_batches
from regulars.loyalty.rewards.queries import get_batch

BATCHES = 20
# What is asked for at once on this page; programs can ask for more.
MOST_AT_ONCE = min(1_000_000, MOST_CODES)


class CodesForm(DesignedForm):
    """How many codes of which series are to be made."""

    series = forms.ChoiceField(label=gettext_lazy("Series"))
    count = forms.IntegerField(label=gettext_lazy("How many codes"), min_value=1, max_value=MOST_AT_ONCE, initial=100)

    def __init__(self, *args: Any, series: Sequence[VoucherSeries], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("series", [(each.key, each.name) for each in series])
        self.fields["count"].help_text = gettext("Up to {most}; they are made in the background.").format(
            most=formats.number(MOST_AT_ONCE)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A series as the list shows it."""

    series: VoucherSeries
    off: str
    looks: str
    terms: Sequence[str]
    count: SeriesCount


@needs("loyalty.read")
@require_safe
def vouchers(request: HttpRequest) -> HttpResponse:
    """Show the series of a programme, or only how far codes are that are being made, where that part asks."""
    if request.headers.get("HX-Target") == "batches":
        return render(request, "console/loyalty/_batches.html", _batches(request, must_choose(request).version))
    return _page(request)


@needs("loyalty.manage")
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Have codes made."""
    chosen = must_choose(request)
    form = CodesForm(request.POST, series=chosen.version.document.vouchers)
    if form.is_valid():
        who = acting(request)
        try:
            ask_for_codes(version=chosen.version, **form.cleaned_data, now=who.now, actor=who.actor)
        except DomainError as error:
            form.add_error("count", error.message)
        else:
            messages.success(request, gettext("The codes are being made. You can leave this page."))
            return redirect(f"{reverse('console:vouchers')}?{urlencode({'program': chosen.key})}")
    return _page(request, form)


@needs("loyalty.manage")
@require_safe
def codes_csv(request: HttpRequest, batch_id: UUID) -> StreamingHttpResponse:
    """Send the codes of a batch; who fetched them is on the audit trail."""
    who, batch = acting(request), get_batch(batch_id)
    lines = download_codes(batch_id=batch_id, now=who.now, actor=who.actor)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="codes-{batch.series}-{str(batch_id)[-8:]}.csv"'
    return response


def _page(request: HttpRequest, form: CodesForm | None = None, told: Mapping[str, Any] | None = None) -> HttpResponse:
    chosen = chosen_of(request)
    context: dict[str, Any] = {"rows": [], "wrong": "", **(told or {})}
    if chosen is not None:
        series = chosen.version.document.vouchers
        counts = count_series(chosen.version.program_id, now=acting(request).now)
        products = product_names(chosen.version.document)
        rows = [_row(each, counts.get(each.key, SeriesCount()), products) for each in series]
        context |= _batches(request, chosen.version) | {
            "rows": rows,
            "program": chosen.key,
            "chips": chosen.chips(reverse("console:vouchers")),
            "sentence": _sentence(rows),
            "form": form or CodesForm(series=series),
            "asked": form is not None,
            "may_manage": request.user.has_perm("loyalty.manage"),
            "may_look": request.user.has_perm("loyalty.write"),
        }
    wrong = (form is not None and form.errors) or context["wrong"]
    return render(request, "console/loyalty/vouchers.html", context, status=422 if wrong else 200)


def page_with(request: HttpRequest, **told: Any) -> HttpResponse:
    """Return the page with something that is wrong about what was looked up."""
    return _page(request, told=told)


def _batches(request: HttpRequest, version: ProgramVersion) -> dict[str, Any]:
    found = list_batches(version.program_id, limit=BATCHES)
    names = {each.key: each.name for each in version.document.vouchers}
    return {
        "batches": [(each, names.get(each.series, each.series), _progress(each)) for each in found],
        "is_running": any(each.finished_at is None for each in found),
        "here": f"{reverse('console:vouchers')}?{urlencode({'program': version.program_key})}",
        "may_manage": request.user.has_perm("loyalty.manage"),
    }


def _progress(batch: Batch) -> str:
    words = gettext("{made} of {wanted} codes")
    return words.format(made=formats.number(batch.made), wanted=formats.number(batch.wanted))


def _sentence(rows: Sequence[Row]) -> str:
    still = sum(row.count.open for row in rows)
    used = sum(row.count.used for row in rows)
    words = ngettext("{count} code is open", "{count} codes are open", still).format(count=formats.number(still))
    more = ngettext("{count} was used.", "{count} were used.", used).format(count=formats.number(used))
    return f"{words}, {more}"


def _row(series: VoucherSeries, count: SeriesCount, products: Mapping[str, str]) -> Row:
    terms = [dates_words(series.dates)]
    if series.minimum:
        terms.append(gettext("from {amount} on").format(amount=amounts_words(series.minimum)))
    if series.uses > 1:
        terms.append(
            ngettext("each code is taken {count} time", "each code is taken {count} times", series.uses).format(
                count=formats.number(series.uses)
            )
        )
    if not series.combines:
        terms.append(gettext("alone"))
    return Row(
        series=series,
        off=off_words(series.off, products),
        looks=series.pattern or gettext("17 random characters"),
        terms=[each for each in terms if each],
        count=count,
    )
