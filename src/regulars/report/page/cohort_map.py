"""Who stays: cohorts by the periods after their first purchase, as a table whose cells are coloured by their share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from regulars.kit import formats
from regulars.kit.i18n import gettext as _
from regulars.kit.i18n import ngettext
from regulars.report.contracts import Cohort, Report
from regulars.report.page.figures import Cell, Column, Figure
from regulars.report.page.names import period_words

COHORTS_SHOWN = 13
PERIODS_SHOWN = 12
HEAT_LEVELS = 7

SHARE, REVENUE = "share", "revenue"
"""What a cell may show: who bought in the period, as a share; what a customer has spent by its end, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """What a cohort did by a period after its first, the `periods`-th; `level` is its colour, 0 the palest."""

    periods: int
    text: str
    spoken: str
    level: int
    partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """One cohort: when it came, how many, and how many of them came back."""

    start: date
    label: str
    size: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortMap:
    """The map of the latest cohorts, and the figure that holds all of them for the table and the download."""

    heads: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    figure: Figure

    @property
    def has_partial(self) -> bool:
        """Tell whether a cell stands for a period that is not over."""
        return any(cell.partial for row in self.rows for cell in row.cells)


def cohort_map(report: Report) -> CohortMap | None:
    """Return the map of a report; None where no cohort has been followed beyond its first period."""
    return map_of(
        report.cohorts,
        period=report.cohort_period,
        open_end=any(period.partial for period in report.activity[-1:]),
        currency=report.meta.currency,
    )


def map_of(
    cohorts: Sequence[Cohort],
    *,
    period: str,
    open_end: bool,
    currency: str | None,
    most: int = COHORTS_SHOWN,
    measure: str = SHARE,
) -> CohortMap | None:
    """Return the map of the latest cohorts; None where none has been followed beyond its first period.

    `open_end` says that the last period is not over. Money is in whole units in the map, and in full in the table.
    """
    shown = [cohort for cohort in cohorts if cohort.size][-most:]
    width = min(PERIODS_SHOWN, max((len(cohort.retained) - 1 for cohort in shown), default=0))
    if width < 1:
        return None
    letter = period_words(period)[2]
    highest = max(
        (_value(c, k, measure) for c in shown for k in range(1, min(width + 1, len(c.retained)))), default=0.0
    )
    return CohortMap(
        heads=tuple(letter.format(n=formats.number(k)) for k in range(1, width + 1)),
        rows=tuple(
            HeatRow(
                start=cohort.period,
                label=cohort_label(period, cohort.period),
                size=formats.number(cohort.size),
                cells=tuple(
                    _cell(cohort, k, measure, highest, currency, open_end=open_end)
                    for k in range(1, min(width, len(cohort.retained) - 1) + 1)
                ),
            )
            for cohort in shown
        ),
        figure=_figure(cohorts, period, currency, measure),
    )


def cohort_label(period: str, start: date) -> str:
    """Return when a cohort came: its week by the Monday, its month, or its quarter."""
    if period == "week":
        return formats.day(start)
    if period == "quarter":
        return _("Q{quarter} {year}").format(quarter=(start.month + 2) // 3, year=start.year)
    return formats.month(start)


def _cell(cohort: Cohort, k: int, measure: str, highest: float, currency: str | None, *, open_end: bool) -> HeatCell:
    value = _value(cohort, k, measure)
    is_share = measure == SHARE
    return HeatCell(
        periods=k,
        text=formats.number(100 * value) if is_share else formats.money(value, currency, whole=True),
        spoken=formats.percent(value) if is_share else formats.money(value, currency),
        level=_level(value, highest),
        partial=open_end and k == len(cohort.retained) - 1,
    )


def _value(cohort: Cohort, k: int, measure: str) -> float:
    if measure == REVENUE:
        return sum(cohort.revenue_minor[: k + 1]) / cohort.size
    return cohort.retained[k] / cohort.size


def _level(value: float, highest: float) -> int:
    return 0 if highest <= 0 else min(HEAT_LEVELS - 1, max(0, int(value / highest * HEAT_LEVELS)))


def _figure(cohorts: Sequence[Cohort], period: str, currency: str | None, measure: str) -> Figure:
    noun = period_words(period)[1]
    rows: list[tuple[Cell, ...]] = [
        (
            cohort_label(period, cohort.period),
            cohort.size,
            k,
            cohort.retained[k],
            _value(cohort, k, SHARE),
            cohort.revenue_minor[k],
        )
        for cohort in cohorts
        if cohort.size
        for k in range(len(cohort.retained))
    ]
    count = sum(1 for cohort in cohorts if cohort.size)
    return Figure(
        name="cohorts",
        title=_("What customers have spent, by when they first bought")
        if measure == REVENUE
        else _("Who comes back, by when they first bought"),
        unit=_("% of the cohort that bought again, by {period} after the first").format(period=noun),
        summary=ngettext("{n} cohort.", "{n} cohorts.", count).format(n=formats.number(count)),
        columns=(
            Column(label=_("First bought")),
            Column(label=_("Customers"), form="number", definition="cohort"),
            Column(label=_("Periods after"), form="number"),
            Column(label=_("Bought"), form="number"),
            Column(label=_("Share"), form="percent"),
            Column(label=_("Revenue"), form="money", currency=currency, definition="revenue"),
        ),
        rows=tuple(rows),
        definition="cohort",
    )
