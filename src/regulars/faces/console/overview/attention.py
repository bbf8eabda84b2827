"""What needs somebody today: found by the last run, missed by a target, or gone wrong since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from regulars.faces.console.latest import Latest
from regulars.faces.console.overview.reading import Reading
from regulars.faces.console.overview.words import metric_address, target_state, value_in_words
from regulars.faces.console.permission import WhoAsks
from regulars.imports.contracts import Import, ImportState
from regulars.imports.queries import count_by_reason, list_unsuccessful
from regulars.insights import queries as insights
from regulars.insights.catalogue import METRICS, NO_WINDOW, STEP_DAYS
from regulars.insights.contracts import Attention, Run, RunState, Severity
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.report.wording import say
from regulars.stream.queries import count_dead_letters

MOST_IMPORTS = 20
# A failed import of longer ago is no news.
RECENTLY = timedelta(days=7)
_COLUMNS = ("rfm.segment", "orders.last", "orders.revenue", "churn.at_stake")
_TONES = {Severity.WARNING: "bad", Severity.NOTICE: "attention"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that needs somebody: why, and the next step."""

    code: str
    tone: str
    title: str
    reason: str
    step: str
    address: str


def needs_of(
    latest: Latest | None, readings: Mapping[str, Reading] | None, who: WhoAsks, *, currency: str, now: datetime
) -> list[Need]:
    """Return what needs somebody who may see it, what is lost first."""
    found = [
        *(_found(latest, currency) if latest else ()),
        *_missed(readings or {}, currency),
        *_runs(insights.find_latest_run(), latest),
        *(_imports(now) if who.has_perm("imports.read") else ()),
        *(_dead_letters() if who.has_perm("stream.manage") else ()),
    ]
    return sorted(found, key=lambda need: ("bad", "attention", "good", "info").index(need.tone))


def _found(latest: Latest, currency: str) -> Iterator[Need]:
    for item in insights.list_attention(latest.run.id):
        title, step, address = _worded(item)
        yield Need(
            code=item.code,
            tone=_tone(item),
            title=title,
            reason=say(item.reason, currency),
            step=step,
            address=address,
        )


def _tone(item: Attention) -> str:
    """Return the tone of something found; what is unusual and no warning is good news."""
    good_news = item.code == "metric_unusual" and item.severity is Severity.NOTICE
    return "good" if good_news else _TONES[item.severity]


def _worded(item: Attention) -> tuple[str, str, str]:
    """Return the title, the next step, and where it leads."""
    customers = _customers_address(item.condition)
    match item.code:
        case "best_gone_quiet":
            count = item.customers or 0
            words = ngettext(
                "{count} of your best customers has gone quiet", "{count} of your best customers have gone quiet", count
            )
            return words.format(count=formats.number(count)), gettext("See who"), customers
        case "more_at_stake":
            return gettext("More revenue is at stake than four weeks ago"), gettext("See whose"), customers
        case "product_without_return":
            title = gettext("Few come back whose first order held “{name}”").format(name=item.name)
            return title, gettext("See the product"), reverse("console:product", args=[item.about])
    metric = METRICS[item.about]
    figures = _figures(item)
    lower = figures["now"] < figures["low"]
    words = gettext("{label}: lower than usual") if lower else gettext("{label}: higher than usual")
    title = words.format(label=gettext(metric.label))
    return title, gettext("Look at it"), metric_address(item.about, STEP_DAYS if metric.windowed else NO_WINDOW)


def _figures(item: Attention) -> dict[str, float]:
    values = item.reason.values.items()
    return {key.removesuffix("_minor"): value for key, value in values if isinstance(value, int | float)}


def _missed(readings: Mapping[str, Reading], currency: str) -> Iterator[Need]:
    for name, reading in readings.items():
        if target_state(reading) != "missed" or reading.target is None or reading.now is None:
            continue
        words = gettext("It is {now}, and {target} is wanted.")
        yield Need(
            code="target_missed",
            tone="attention",
            title=gettext("{label}: the target is missed").format(label=gettext(reading.metric.label)),
            reason=words.format(
                now=value_in_words(reading.metric, reading.now.value, currency),
                target=value_in_words(reading.metric, reading.target.value, currency),
            ),
            step=gettext("Look at it"),
            address=metric_address(name, reading.window_days),
        )


def _runs(run: Run | None, latest: Latest | None) -> Iterator[Need]:
    step, address = gettext("To the scoring"), reverse("console:rfm")
    if run is not None and run.state is RunState.FAILED:
        yield Need(
            code="run_failed",
            tone="bad",
            title=gettext("The last scoring failed"),
            reason=run.error_message,
            step=step,
            address=address,
        )
    for alarm in latest.run.alarms if latest else ():
        yield Need(
            code=alarm.code,
            tone="attention" if alarm.severity is Severity.WARNING else "info",
            title=gettext("Before you trust the figures"),
            reason=say(alarm.reason),
            step=step,
            address=address,
        )


def _imports(now: datetime) -> Iterator[Need]:
    for each in list_unsuccessful(since=now - RECENTLY, limit=MOST_IMPORTS):
        failed = each.state is ImportState.FAILED
        title = gettext("The import of {file} failed") if failed else gettext("No row of {file} was taken in")
        yield Need(
            code="import_failed" if failed else "import_refused",
            tone="bad",
            title=title.format(file=each.file_name),
            reason=each.error_message if failed else _why_refused(each),
            step=gettext("See why"),
            address=reverse("console:imports.one", args=[each.id]),
        )


def _why_refused(each: Import) -> str:
    """Say how many rows were refused, and why most of them."""
    why = next((why for why, _ in count_by_reason(each.id, most=1)), "")
    words = ngettext(
        "{count} row was refused: {why}", "{count} rows were refused, most of them for this: {why}", each.counts.refused
    )
    return words.format(count=formats.number(each.counts.refused), why=why)


def _dead_letters() -> Iterator[Need]:
    if count := count_dead_letters():
        yield Need(
            code="dead_letters",
            tone="bad",
            title=ngettext("{count} event could not be taken in", "{count} events could not be taken in", count).format(
                count=formats.number(count)
            ),
            reason=gettext("What hangs on them waits until they are taken in again."),
            step=gettext("See which"),
            address=reverse("console:dead-letters"),
        )


def _customers_address(condition: str) -> str:
    query = {"where": condition, "show": _COLUMNS, "sort": "orders.revenue"}
    return f"{reverse('console:customers')}?{urlencode(query, doseq=True)}"
