"""Who stays: cohorts by the periods after their first purchase, as a table whose cells are coloured by their share."""

from __future__ import annotations

from dataclasses import dataclass

from regulars.kit import formats
from regulars.kit.i18n import gettext as _
from regulars.kit.i18n import ngettext
from regulars.report.contracts import Cohort, Report
from regulars.report.page.figures import Cell, Column, Figure
from regulars.report.page.names import period_words

COHORTS_SHOWN = 13
PERIODS_SHOWN = 12
HEAT_LEVELS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """The share that bought in a period after the first; `level` is its colour, 0 the palest."""

    text: str
    spoken: str
    level: int
    partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """One cohort: when it came, how many, and how many of them came back."""

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
    """Return the map; None where no cohort has been followed beyond its first period."""
    shown = [cohort for cohort in report.cohorts if cohort.size][-COHORTS_SHOWN:]
    width = min(PERIODS_SHOWN, max((len(cohort.retained) - 1 for cohort in shown), default=0))
    if width < 1:
        return None
    letter = period_words(report.cohort_period)[2]
    highest = max((_share(c, k) for c in shown for k in range(1, min(width + 1, len(c.retained)))), default=0.0)
    open_end = any(period.partial for period in report.activity[-1:])
    return CohortMap(
        heads=tuple(letter.format(n=formats.number(k)) for k in range(1, width + 1)),
        rows=tuple(_row(report, cohort, width, highest, open_end=open_end) for cohort in shown),
        figure=_figure(report),
    )


def _row(report: Report, cohort: Cohort, width: int, highest: float, *, open_end: bool) -> HeatRow:
    last = len(cohort.retained) - 1
    label = _label(report, cohort)
    cells = []
    for k in range(1, min(width, last) + 1):
        share = _share(cohort, k)
        cells.append(
            HeatCell(
                text=formats.number(100 * share),
                spoken=formats.percent(share),
                level=_level(share, highest),
                partial=open_end and k == last,
            )
        )
    return HeatRow(label=label, size=formats.number(cohort.size), cells=tuple(cells))


def _share(cohort: Cohort, k: int) -> float:
    return cohort.retained[k] / cohort.size


def _level(share: float, highest: float) -> int:
    return 0 if highest <= 0 else min(HEAT_LEVELS - 1, int(share / highest * HEAT_LEVELS))


def _label(report: Report, cohort: Cohort) -> str:
    if report.cohort_period == "week":
        return formats.day(cohort.period)
    if report.cohort_period == "quarter":
        return _("Q{quarter} {year}").format(quarter=(cohort.period.month + 2) // 3, year=cohort.period.year)
    return formats.month(cohort.period)


def _figure(report: Report) -> Figure:
    noun = period_words(report.cohort_period)[1]
    currency = report.meta.currency
    rows: list[tuple[Cell, ...]] = [
        (_label(report, cohort), cohort.size, k, cohort.retained[k], _share(cohort, k), cohort.revenue_minor[k])
        for cohort in report.cohorts
        if cohort.size
        for k in range(len(cohort.retained))
    ]
    cohorts = sum(1 for cohort in report.cohorts if cohort.size)
    return Figure(
        name="cohorts",
        title=_("Who comes back, by when they first bought"),
        unit=_("% of the cohort that bought again, by {period} after the first").format(period=noun),
        summary=ngettext("{n} cohort.", "{n} cohorts.", cohorts).format(n=formats.number(cohorts)),
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
