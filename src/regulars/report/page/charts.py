"""The report's charts, each from the typed result to a `Figure`; None where there is nothing to draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from regulars.kit import formats
from regulars.kit.i18n import gettext as _
from regulars.kit.money import minor_digits
from regulars.report.contracts import Period, Report
from regulars.report.page.figures import Column, Figure, Key, line
from regulars.report.page.names import period_words
from regulars.report.page.trust_charts import backtest_by_frequency, backtest_weekly, calibration
from regulars.report.wording import cash, exists

# More bars than this cannot be told apart; the table and the download keep them all.
MAX_PERIODS = 26
MOST_FOLLOWED_DAYS = 730

T = TypeVar("T")


def all_figures(report: Report) -> dict[str, Figure]:
    """Return the figures that can be drawn, by name."""
    makers: tuple[Callable[[Report], Figure | None], ...] = (
        revenue_by_buyer,
        won_and_lost,
        concentration,
        second_purchase,
        backtest_weekly,
        backtest_by_frequency,
        calibration,
    )
    figures = (make(report) for make in makers)
    return {figure.name: figure for figure in figures if figure is not None}


def revenue_by_buyer(report: Report) -> Figure | None:
    """Draw stacked bars of revenue by who bought."""
    periods = report.activity
    if not periods:
        return None
    currency = report.meta.currency
    adverb = period_words(report.activity_period)[0]
    series = (
        (_("Returning"), "returning", "who_returning", [p.revenue_returning_minor for p in periods]),
        (_("Reactivated"), "reactivated", "who_reactivated", [p.revenue_reactivated_minor for p in periods]),
        (_("New"), "new", "who_new", [p.revenue_new_minor for p in periods]),
    )
    totals = [sum(values) for values in zip(*(each[3] for each in series), strict=True)]
    best = max(range(len(totals)), key=totals.__getitem__)
    columns = [Column(label=_("Period"))]
    columns += [Column(label=name, form="money", definition=term, currency=currency) for name, _t, term, _v in series]
    columns.append(Column(label=_("Total"), form="money", definition="revenue", currency=currency))
    return Figure(
        name="revenue-by-buyer",
        title=_("Revenue by who bought"),
        unit=_("{currency}, {period}").format(currency=currency or _("amounts"), period=adverb),
        summary=_("Stacked bars. The highest is {period} with {revenue}.").format(
            period=_label(report, periods[best]), revenue=cash(totals[best], currency)
        ),
        columns=tuple(columns),
        rows=tuple(
            (_label(report, period), *(each[3][i] for each in series), totals[i]) for i, period in enumerate(periods)
        ),
        spec={
            "kind": "bars",
            "stacked": True,
            **_periods_axis(report),
            "y": _money_axis(currency),
            "labelled": _labelled(periods, totals),
            "series": [
                {"name": name, "tone": tone, "values": _recent([_major(v, currency) for v in values])}
                for name, tone, _term, values in series
            ],
        },
        legend=tuple(Key(label=name, tone=tone, definition=term) for name, tone, term, _v in series),
        note=_periods_note(report),
    )


def won_and_lost(report: Report) -> Figure | None:
    """Draw who was won above the line and who lapsed below it."""
    periods = report.activity
    if not periods:
        return None
    series = (
        (_("New"), "new", "who_new", [p.new for p in periods]),
        (_("Reactivated"), "reactivated", "who_reactivated", [p.reactivated for p in periods]),
        (_("Lapsed"), "lapsed", "who_lapsed", [p.lapsed for p in periods]),
    )
    columns = [Column(label=_("Period"))]
    columns += [Column(label=name, form="number", definition=term) for name, _t, term, _v in series]
    won = sum(p.new + p.reactivated for p in periods)
    lost = sum(p.lapsed for p in periods)
    return Figure(
        name="won-and-lost",
        title=_("Customers won and lost"),
        unit=_("customers, {period}").format(period=period_words(report.activity_period)[0]),
        summary=_("Bars: {won} won above the line, {lost} lapsed below it, over all periods.").format(
            won=formats.number(won), lost=formats.number(lost)
        ),
        columns=tuple(columns),
        rows=tuple((_label(report, p), p.new, p.reactivated, p.lapsed) for p in periods),
        spec={
            "kind": "bars",
            "stacked": True,
            **_periods_axis(report),
            "y": {"format": "number", "signless": True},
            "series": [
                {"name": name, "tone": tone, "values": _recent([-v if tone == "lapsed" else v for v in values])}
                for name, tone, _term, values in series
            ],
        },
        legend=tuple(Key(label=name, tone=tone, definition=term) for name, tone, term, _v in series),
        note=_periods_note(report),
    )


def concentration(report: Report) -> Figure | None:
    """Draw which share of customers, best first, brings which share of revenue."""
    points = _best_first(report.concentration)
    if len(points) < 3:
        return None
    share = report.metrics.revenue_share_of_top_tenth
    return Figure(
        name="concentration",
        title=_("How much of the revenue the best customers bring"),
        unit=_("share of revenue, by share of customers, best first"),
        summary=_("A curve. The best tenth of customers brings {share} of the revenue.").format(
            share=formats.percent(share)
        ),
        columns=(
            Column(label=_("Best share of customers"), form="percent"),
            Column(label=_("Share of revenue"), form="percent"),
        ),
        rows=tuple(_thinned(points, 21)),
        spec={
            "kind": "lines",
            "x": {"format": "percent", "min": 0, "max": 1, "name": _("share of customers, best first")},
            "y": {"format": "percent", "min": 0, "max": 1},
            "series": [
                line(_("Revenue"), "returning", [p[1] for p in points], at=[p[0] for p in points]),
                line(_("If all spent the same"), "reference", [0.0, 1.0], at=[0.0, 1.0], dashed=True, thin=True),
            ],
        },
        legend=(
            Key(label=_("Revenue"), tone="returning", line=True),
            Key(label=_("If all spent the same"), tone="reference", line=True),
        ),
        definition="gini",
    )


def second_purchase(report: Report) -> Figure | None:
    """Draw the share of customers who have bought again, by days since the first purchase."""
    survival = report.second_purchase
    if survival is None or len(survival.days) < 2:
        return None
    kept = [i for i, days in enumerate(survival.days) if days <= MOST_FOLLOWED_DAYS]
    rows = [(survival.days[i], 1 - survival.share[i], 1 - survival.high[i], 1 - survival.low[i]) for i in kept]
    steps = _thinned([row for row in rows if all(map(exists, row))], 200)
    if len(steps) < 2:
        return None
    last = steps[-1]
    return Figure(
        name="second-purchase",
        title=_("How soon customers come back for the first time"),
        unit=_("share with a second purchase, by days since the first"),
        summary=_("A rising curve that reaches {share} after {days} days.").format(
            share=formats.percent(last[1]), days=formats.number(last[0])
        ),
        columns=(
            Column(label=_("Days since the first purchase"), form="number"),
            Column(label=_("Bought again"), form="percent", definition="second_purchase"),
            Column(label=_("95% from"), form="percent", definition="interval"),
            Column(label=_("95% to"), form="percent"),
        ),
        rows=tuple(_thinned(steps, 25)),
        spec={
            "kind": "lines",
            "endLabels": True,
            "x": {"format": "number", "name": _("days since the first purchase"), "min": 0, "max": last[0]},
            "y": {"format": "percent", "min": 0},
            "series": [
                line(
                    _("Bought again"),
                    "returning",
                    [s[1] for s in steps],
                    at=[s[0] for s in steps],
                    low=[s[2] for s in steps],
                    high=[s[3] for s in steps],
                    step=True,
                    endLabel=True,
                )
            ],
        },
        legend=(Key(label=_("Bought again, with its 95% interval"), tone="returning", line=True),),
        definition="second_purchase",
    )


def _major(minor: int, currency: str | None) -> float:
    return minor / 10.0 ** minor_digits(currency)


def _money_axis(currency: str | None) -> dict[str, Any]:
    return {"format": "money" if currency else "number", "currency": currency}


def _label(report: Report, period: Period) -> str:
    if report.activity_period == "week":
        return formats.day(period.period)
    if report.activity_period == "quarter":
        quarter = (period.period.month + 2) // 3
        return _("Q{quarter} {year}").format(quarter=quarter, year=period.period.year)
    return formats.month(period.period)


def _recent(values: list[T]) -> list[T]:
    return values[-MAX_PERIODS:]


def _periods_axis(report: Report) -> dict[str, Any]:
    shown = report.activity[-MAX_PERIODS:]
    return {
        "x": {"labels": [_label(report, period) for period in shown]},
        "partial": [period.partial for period in shown],
        "partialLabel": _("(not all of it)"),
    }


def _periods_note(report: Report) -> str | None:
    notes = []
    if any(period.partial for period in report.activity):
        notes.append(_("Pale bars: the data do not cover all of the period."))
    if len(report.activity) > MAX_PERIODS:
        notes.append(_("The chart shows the last {n} periods, the table all.").format(n=MAX_PERIODS))
    return " ".join(notes) or None


def _labelled(periods: Sequence[Period], totals: Sequence[int]) -> list[int]:
    """Choose the bars that carry their total: the highest and the last whole one shown."""
    first = max(0, len(periods) - MAX_PERIODS)
    shown = [i for i in range(first, len(periods)) if not periods[i].partial]
    if not shown:
        return []
    return sorted({max(shown, key=totals.__getitem__) - first, shown[-1] - first})


def _best_first(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the curve of concentration with the best customers first, however it was given."""
    known = sorted(point for point in points if exists(point[0]) and exists(point[1]))
    if any(y < x - 1e-12 for x, y in known):
        known = sorted((1 - x, 1 - y) for x, y in known)
    return known


def _thinned(rows: Sequence[T], most: int) -> list[T]:
    """Return at most `most` of the rows, evenly spread, the first and the last among them."""
    if len(rows) <= most:
        return list(rows)
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]
