"""Read runs, scores, their history, and segments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from regulars.insights import catalogue
from regulars.insights.contracts import (
    ATTENTION,
    METRICS,
    REPORT,
    RFM_MAP,
    VALUE,
    Attention,
    Boundaries,
    Point,
    ReportJson,
    RfmMap,
    Run,
    RunQuality,
    RunState,
    Score,
    ScoreChange,
    SectionJson,
    Target,
    ValueSpread,
)
from regulars.insights.kept import (
    attention_of,
    change_of,
    point_of,
    rfm_map_of,
    run_of,
    score_of,
    target_of,
    value_of,
)
from regulars.insights.models import Run as RunRow
from regulars.insights.models import Score as ScoreRow
from regulars.insights.models import ScoreHistory as HistoryRow
from regulars.insights.models import Section as SectionRow
from regulars.insights.models import Target as TargetRow
from regulars.insights.statements import rows_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

Found = TypeVar("Found")

_AT_ONCE = 5_000
# A run of so many days ago may stand for the one four weeks ago.
_BEFORE_DAYS = (21, 42)
# A year has so many steps of four weeks, and so many days from one a run may still stand for it.
_YEAR_STEPS = 13
_ABOUT_DAYS = 10


class NoSuchRun(DomainError):
    """No run has this id."""

    code = "no_such_run"


def get_run(run_id: UUID) -> Run:
    """Return a run.

    Raises
    ------
    NoSuchRun
        There is none.
    """
    row = RunRow.objects.filter(id=run_id).first()
    if row is None:
        raise NoSuchRun(gettext("There is no such run."))
    return run_of(row)


def find_latest_run(*, state: RunState | None = None) -> Run | None:
    """Return the run that began last, of those in a state where one is given; None where there is none."""
    rows = RunRow.objects.order_by("-started_at", "id")
    row = (rows if state is None else rows.filter(state=state.value)).first()
    return None if row is None else run_of(row)


def list_runs(*, limit: int, before: tuple[datetime, UUID] | None = None) -> list[Run]:
    """Return runs, the latest first, those of the same moment by id; after a moment and id in that order."""
    rows = RunRow.objects.order_by("-started_at", "id")
    if before is not None:
        moment, identity = before
        rows = rows.filter(started_at__lte=moment).exclude(started_at=moment, id__lte=identity)
    return [run_of(row) for row in rows[:limit]]


def find_report(run_id: UUID) -> ReportJson | None:
    """Return a run's report, as `regulars report --json` writes it; None where the run has none, as one that failed."""
    return find_section(run_id, REPORT)


def find_section(run_id: UUID, name: str) -> SectionJson | None:
    """Return a part of what a run found, by its name in `sections`; None where it has none."""
    rows = SectionRow.objects.filter(run_id=run_id, name=name)
    found: SectionJson | None = rows.values_list("content", flat=True).first()
    return found


def find_metrics(run_id: UUID) -> Mapping[str, Mapping[int, Sequence[Point]]] | None:
    """Return the metrics that a run told, by name and length of window, the latest first; None where it told none."""
    kept = find_section(run_id, METRICS)
    if kept is None:
        return None
    series = kept["series"]
    return {
        name: {int(days): [point_of(point) for point in series[name][days]] for days in sorted(series[name], key=int)}
        for name in catalogue.METRICS
        if name in series
    }


def list_attention(run_id: UUID) -> list[Attention]:
    """Return what a run found to need somebody."""
    kept = find_section(run_id, ATTENTION)
    return [] if kept is None else [attention_of(item) for item in kept["items"]]


def find_stock_before(as_of: date) -> dict[str, Any]:
    """Return `as_of` and `values`, the stock that a run about four weeks before a day told, and `steps`.

    These are the values of each of the four weeks of a year before, the latest first, None where no run told any. What
    no run told is left out.
    """
    row = _about_four_weeks_before(as_of, RunRow.objects.exclude(stock={}))
    found: dict[str, Any] = {} if row is None else {"as_of": row.as_of.isoformat(), "values": row.stock}
    steps = _stock_by_steps(as_of)
    return found | {"steps": steps} if any(steps) else found


def _stock_by_steps(as_of: date) -> list[dict[str, Any] | None]:
    days = [as_of - timedelta(days=catalogue.STEP_DAYS * step) for step in range(1, _YEAR_STEPS + 1)]
    about = timedelta(days=_ABOUT_DAYS)
    rows = RunRow.objects.filter(state=RunState.SUCCEEDED.value, as_of__range=(days[-1] - about, days[0] + about))
    told = rows.exclude(stock={}).order_by("as_of", "-started_at").distinct("as_of").values_list("as_of", "stock")
    stock = dict(told)
    near = [[on for on in stock if abs(on - day) <= about] for day in days]
    return [
        stock[min(each, key=lambda on: abs(on - day))] if each else None for day, each in zip(days, near, strict=True)
    ]


def list_stock(*, after: date) -> list[tuple[date, Mapping[str, Point]]]:
    """Return the stock of each day after one that a run told, by the last run of the day, the latest first."""
    rows = RunRow.objects.filter(state=RunState.SUCCEEDED.value, as_of__gt=after).exclude(stock={})
    told = rows.order_by("-as_of", "-started_at").distinct("as_of").values_list("as_of", "stock")
    return [(as_of, {name: point_of(point) for name, point in stock.items()}) for as_of, stock in told]


def find_people(metric: catalogue.Metric, *, until: date, window_days: int) -> str:
    """Return the condition that holds for those behind a metric of a window up to a day; empty where nobody is."""
    end = until + timedelta(days=1)
    start = end - timedelta(days=window_days)
    days = {"end": end, "start": start, "before": start - timedelta(days=window_days)}
    return metric.people.format(**{name: day.isoformat() for name, day in days.items()})


def list_targets() -> list[Target]:
    """Return what the metrics are wanted to be."""
    return [target_of(row) for row in TargetRow.objects.order_by("metric", "window_days")]


def find_boundaries() -> tuple[UUID, Boundaries] | None:
    """Return by which boundaries orders move RFM scores, and of which run they are; None before the first run."""
    row = _succeeded().first()
    run = None if row is None else run_of(row)
    return None if run is None or run.boundaries is None else (run.id, run.boundaries)


def find_seen_until() -> int:
    """Return the number below which the last run that succeeded has seen each transaction; 0 before the first."""
    return _succeeded().values_list("seen_until", flat=True).first() or 0


def find_spreads(as_of: date) -> dict[str, Any]:
    """Return how scores were spread: `last` at the last run that succeeded, `earlier` about four weeks before a day.

    Each is empty where there is no such run; the earlier one says its `as_of`.
    """
    last = _succeeded().values_list("spread", flat=True).first() or {}
    row = _about_four_weeks_before(as_of, RunRow.objects.exclude(spread={}))
    return {"last": last, "earlier": {} if row is None else row.spread | {"as_of": row.as_of.isoformat()}}


def _about_four_weeks_before(as_of: date, rows: QuerySet[RunRow]) -> RunRow | None:
    """Return the run that succeeded whose day is the nearest to four weeks before; of several on a day the last."""
    days = (as_of - timedelta(days=_BEFORE_DAYS[1]), as_of - timedelta(days=_BEFORE_DAYS[0]))
    found = rows.filter(state=RunState.SUCCEEDED.value, as_of__range=days).order_by("-started_at", "id")
    wanted = as_of - timedelta(days=catalogue.STEP_DAYS)
    known = found.values_list("id", "as_of")
    nearest = min(known, key=lambda each: abs(each[1] - wanted), default=None)
    return None if nearest is None else RunRow.objects.get(id=nearest[0])


def _succeeded() -> QuerySet[RunRow]:
    """Return the runs that succeeded, the last one first."""
    return RunRow.objects.filter(state=RunState.SUCCEEDED.value).order_by("-started_at", "id")


def has_purchases() -> bool:
    """Tell whether any customer has bought anything."""
    [(any_purchase,)] = rows_of("any_purchase")
    return bool(any_purchase)


def map_scores(customer_ids: Collection[UUID]) -> dict[UUID, Score]:
    """Return the scores of some customers; those who never bought are left out."""
    return {row.customer_id: score_of(row) for row in ScoreRow.objects.filter(customer_id__in=customer_ids)}


def find_score(customer_id: UUID) -> Score | None:
    """Return the scores of one customer, or None."""
    return map_scores([customer_id]).get(customer_id)


def iter_scores() -> Iterator[Score]:
    """Yield the scores of all customers, by id."""
    after = UUID(int=0)
    while found := list(ScoreRow.objects.filter(customer_id__gt=after).order_by("customer_id")[:_AT_ONCE]):
        yield from map(score_of, found)
        after = found[-1].customer_id


def list_scores(*, limit: int, after: UUID | None, until: UUID) -> list[Score]:
    """Return scores by the customer's id, between two ids."""
    rows = ScoreRow.objects.filter(customer_id__gt=after or UUID(int=0), customer_id__lt=until)
    return [score_of(row) for row in rows.order_by("customer_id")[:limit]]


def count_scores(*, until: UUID) -> int:
    """Return how many scores `list_scores` would list."""
    return ScoreRow.objects.filter(customer_id__lt=until).count()


def list_changes(customer_ids: Collection[UUID], *, limit: int) -> list[ScoreChange]:
    """Return how a customer's segment and deciles changed, under all of its ids, the latest first."""
    rows = HistoryRow.objects.filter(customer_id__in=customer_ids).order_by("-changed_on", "customer_id")
    return [change_of(row) for row in rows[:limit]]


def find_rfm_map(run_id: UUID) -> RfmMap | None:
    """Return the RFM map of a run with its flows; None where it has none, or has it in the form of another version."""
    return _read(find_section(run_id, RFM_MAP), rfm_map_of)


def find_value_spread(run_id: UUID) -> ValueSpread | None:
    """Return how value and risk are spread over the customers of a run; None as `find_rfm_map` does."""
    return _read(find_section(run_id, VALUE), value_of)


def _read(told: SectionJson | None, read: Callable[[SectionJson], Found]) -> Found | None:
    if told is None:
        return None
    try:
        return read(told)
    except (KeyError, TypeError, ValueError):
        return None


def list_at_risk(*, limit: int, before: tuple[int, UUID] | None = None) -> list[Score]:
    """Return the scores of customers at risk, those with the most at stake first; after an amount and id in that order.

    Who has ordered since the run stays among them until the next one, as their risk does.
    """
    stake, identity = before or (None, None)
    rows = rows_of("at_risk", {"stake": stake, "customer_id": identity, "limit": limit})
    scores = map_scores([customer_id for (customer_id,) in rows])
    return [scores[customer_id] for (customer_id,) in rows]


def list_run_qualities(*, limit: int) -> list[RunQuality]:
    """Return how well the models of the last runs stood their tests, the latest run first."""
    return [
        RunQuality(
            run_id=run_id,
            as_of=as_of,
            finished_at=finished_at,
            customers=customers,
            model=model,
            auc=auc,
            brier=brier,
            backtest_error=error,
            backtest_predicted=predicted,
            backtest_actual=actual,
        )
        for run_id, as_of, finished_at, customers, model, auc, brier, error, predicted, actual in rows_of(
            "run_qualities", {"limit": limit}
        )
    ]
