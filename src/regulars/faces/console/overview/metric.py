"""One metric: what it means, how it went, how far it can be trusted, what it is wanted to be, what others publish."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.figures import shown
from regulars.faces.console.forms import DesignedForm
from regulars.faces.console.latest import find_latest
from regulars.faces.console.overview.cards import line_of
from regulars.faces.console.overview.page import periods, read_window
from regulars.faces.console.overview.reading import Reading, read_all
from regulars.faces.console.overview.words import metric_address, people_address, value_in_words
from regulars.faces.console.permission import needs
from regulars.faces.console.zone import business_of
from regulars.insights.catalogue import METRICS, NO_WINDOW, STEP_DAYS, Metric, MetricUnit
from regulars.insights.contracts import Point
from regulars.insights.services import set_target
from regulars.kit import formats
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.money import minor_digits
from regulars.report.page.figures import Column, Figure, Key, line
from regulars.report.wording import span

_FORMS = {
    MetricUnit.SHARE: "percent",
    MetricUnit.MONEY: "money",
    MetricUnit.CUSTOMERS: "number",
    MetricUnit.NUMBER: "decimal",
}


class TargetForm(DesignedForm):
    """What a metric is wanted to be: shares in percent, amounts in major units; empty for no target."""

    value = forms.FloatField(label=gettext_lazy("Wanted"), required=False, min_value=0, localize=True)


@needs("insights.read")
@require_safe
def metric(request: HttpRequest, name: str) -> HttpResponse:
    """Show a metric."""
    return _page(request, _known(name), read_window(request), None)


@needs("business.manage")
@require_POST
def target(request: HttpRequest, name: str) -> HttpResponse:
    """Set what a metric is wanted to be, or that nothing is."""
    known, days, form = _known(name), read_window(request), TargetForm(request.POST)
    if not form.is_valid():
        return _page(request, known, days, form)
    who, value = acting(request), form.cleaned_data["value"]
    factor = _factor(known, business_of(request).reporting_currency)
    try:
        set_target(
            metric=name,
            window_days=days if known.windowed else NO_WINDOW,
            value=None if value is None else value / factor,
            now=who.now,
            actor=who.actor,
        )
    except DomainError as error:
        form.refuse(error)
        return _page(request, known, days, form)
    messages.success(request, gettext("The target is set.") if value is not None else gettext("The target is gone."))
    return redirect(metric_address(name, days if known.windowed else NO_WINDOW))


def _known(name: str) -> Metric:
    known = METRICS.get(name)
    if known is None:
        raise Http404
    return known


def _page(request: HttpRequest, known: Metric, days: int, form: TargetForm | None) -> HttpResponse:
    latest, currency = find_latest(), business_of(request).reporting_currency
    readings = read_all(latest, days) if latest else None
    reading = readings[known.name] if readings else None
    unit = {MetricUnit.SHARE: "%", MetricUnit.MONEY: currency}.get(known.unit, "")
    context: dict[str, Any] = {
        "metric": known,
        "label": gettext(known.label),
        "definition": gettext(known.definition),
        "line": line_of(reading, currency) if reading else None,
        "periods": periods("console:metric", days, known.name) if known.windowed else [],
        "span": span(days),
        "people": people_address(reading) if reading else "",
        "figure": shown(_figure(reading, currency)) if reading else None,
        "benchmarks": [
            (value_in_words(known, each.value, currency), gettext(each.who), each.source, each.address)
            for each in known.benchmarks
        ],
        "form": form or TargetForm(initial={"value": _wanted(reading, currency)}),
        "form_unit": unit,
        "may_set": request.user.has_perm("business.manage"),
        "window": days,
        "trail": [(gettext("Overview"), reverse("console:overview"))],
    }
    return render(request, "console/metric.html", context, status=400 if form else 200)


def _factor(known: Metric, currency: str) -> float:
    """Return by what a value is multiplied where people write it."""
    return {MetricUnit.SHARE: 100.0, MetricUnit.MONEY: 10.0 ** -minor_digits(currency)}.get(known.unit, 1.0)


def _wanted(reading: Reading | None, currency: str) -> float | None:
    if reading is None or reading.target is None:
        return None
    return round(reading.target.value * _factor(reading.metric, currency), 4)


def _figure(reading: Reading, currency: str) -> Figure | None:
    """Draw how a metric went, with its interval where all of it has one, and its target."""
    points = _steps(reading)
    if len(points) < 2:
        return None
    known, money = reading.metric, currency if reading.metric.unit is MetricUnit.MONEY else None
    label = gettext(known.label)
    form = _FORMS[known.unit]
    bounded = all(point.low is not None and point.high is not None for point in points)
    drawn = line(label, "returning", _major([point.value for point in points], money))
    if bounded:
        drawn |= {
            "low": _major([point.low for point in points], money),
            "high": _major([point.high for point in points], money),
        }
    series, legend = [drawn], [Key(label=label, tone="returning", line=True)]
    if reading.target is not None:
        wanted = _major([reading.target.value], money) * len(points)
        series.append(line(gettext("Target"), "reference", wanted, dashed=True, thin=True))
        legend.append(Key(label=gettext("Target"), tone="reference", line=True))
    bounds = (Column(label=gettext("95% from"), form=form, currency=money, definition="interval"),)
    columns = [Column(label=gettext("Up to"), form="day"), Column(label=label, form=form, currency=money)]
    if bounded:
        columns += [*bounds, Column(label=gettext("95% to"), form=form, currency=money)]
    return Figure(
        name=known.name,
        title=label,
        unit=gettext("of the {span} up to each day").format(span=span(reading.window_days))
        if reading.window_days
        else gettext("on each day"),
        summary=gettext("A line that ends at {value}.").format(value=value_in_words(known, points[-1].value, currency)),
        columns=tuple(columns),
        rows=tuple(
            (point.until, point.value, point.low, point.high) if bounded else (point.until, point.value)
            for point in points
        ),
        spec={
            "kind": "lines",
            "x": {"labels": [formats.day(point.until) for point in points]},
            "y": _axis(known, currency),
            "series": series,
        },
        legend=tuple(legend) if len(legend) > 1 else (),
    )


def _steps(reading: Reading) -> list[Point]:
    """Return the points that lie whole steps apart, oldest first; what the models told, as runs told it."""
    known = [point for point in reversed(reading.points) if point.value is not None]
    if not reading.metric.windowed or not known:
        return known
    return [point for point in known if (known[-1].until - point.until).days % STEP_DAYS == 0]


def _axis(known: Metric, currency: str) -> dict[str, Any]:
    match known.unit:
        case MetricUnit.SHARE:
            return {"format": "percent"}
        case MetricUnit.MONEY:
            return {"format": "money", "currency": currency}
        case MetricUnit.NUMBER:
            return {"format": "number", "digits": 2}
    return {"format": "number"}


def _major(values: Sequence[float | None], currency: str | None) -> list[float]:
    digits = minor_digits(currency) if currency else 0
    return [math.nan if value is None else value / 10.0**digits for value in values]
