"""Charts that tell how far to trust the report: the backtest, and the calibration of the risk."""

from __future__ import annotations

from regulars.kit import formats
from regulars.kit.i18n import gettext as _
from regulars.report.contracts import Backtest, Report, Risk
from regulars.report.page.figures import Column, Figure, Key, line
from regulars.report.wording import exists, span


def backtest_weekly(report: Report) -> Figure | None:
    """Draw what was forecast for each week after the cut beside what then happened."""
    backtest = report.backtest
    if backtest is None or len(backtest.weekly) < 2:
        return None
    weeks = backtest.weekly
    return Figure(
        name="backtest",
        title=_("The forecast of {cut}, and what then happened").format(cut=formats.day(backtest.cut)),
        unit=_("purchases per week by customers acquired by the cut"),
        summary=_("Two lines over {span}: {predicted} purchases forecast, {actual} made.").format(
            span=span((backtest.until - backtest.cut).days),
            predicted=formats.number(backtest.predicted),
            actual=formats.number(backtest.actual),
        ),
        columns=(
            Column(label=_("Week from"), form="day"),
            Column(label=_("Actual"), form="number"),
            Column(label=_("Forecast"), form="number", definition="backtest"),
        ),
        rows=tuple((week.week, week.actual, week.predicted) for week in weeks),
        spec={
            "kind": "lines",
            "x": {"labels": [formats.day(week.week) for week in weeks]},
            "y": {"format": "number", "min": 0},
            "series": [
                line(_("Actual"), "actual", [week.actual for week in weeks], thin=True),
                line(_("Forecast"), "predicted", [week.predicted for week in weeks]),
            ],
        },
        legend=(
            Key(label=_("Actual"), tone="actual", line=True),
            Key(label=_("Forecast"), tone="predicted", line=True),
        ),
        definition="backtest",
    )


def backtest_by_frequency(report: Report) -> Figure | None:
    """Draw mean purchases after the cut by how often customers had come back before it."""
    backtest = report.backtest
    if backtest is None or len(backtest.by_frequency) < 2:
        return None
    labels = _frequency_labels(backtest)
    groups = backtest.by_frequency
    return Figure(
        name="by-frequency",
        title=_("Is it right for rare and for frequent buyers?"),
        unit=_("mean purchases after the cut, by repeat purchases before it"),
        summary=_("Pairs of bars for {n} groups of customers: what happened and what was forecast.").format(
            n=formats.number(len(groups))
        ),
        columns=(
            Column(label=_("Repeat purchases before")),
            Column(label=_("Customers"), form="number"),
            Column(label=_("Actual, mean"), form="decimal"),
            Column(label=_("Forecast, mean"), form="decimal"),
        ),
        rows=tuple((label, *group[1:]) for label, group in zip(labels, groups, strict=True)),
        spec={
            "kind": "bars",
            "x": {"labels": labels, "name": _("repeat purchases before the cut")},
            "y": {"format": "number", "digits": 1},
            "series": [
                {"name": _("Actual"), "tone": "reference", "values": [group[2] for group in groups]},
                {"name": _("Forecast"), "tone": "predicted", "values": [group[3] for group in groups]},
            ],
        },
        legend=(
            Key(label=_("Actual"), tone="reference"),
            Key(label=_("Forecast"), tone="predicted"),
        ),
    )


def calibration(report: Report) -> Figure | None:
    """Draw the share that placed no order against the predicted risk, by tenths."""
    risk = report.risk
    points = _calibration_points(risk)
    if len(points) < 2:
        return None
    return Figure(
        name="calibration",
        title=_("Does a risk of 70% mean 70%?"),
        unit=_("share without an order, by predicted risk"),
        summary=_("Points by tenths of customers; on the dashed line predicted and actual shares are equal."),
        columns=(
            Column(label=_("Predicted risk, mean"), form="percent", definition="risk"),
            Column(label=_("No order placed"), form="percent"),
            Column(label=_("Customers"), form="number"),
        ),
        rows=tuple(points),
        spec={
            "kind": "lines",
            "x": {"format": "percent", "min": 0, "max": 1, "name": _("predicted risk")},
            "y": {"format": "percent", "min": 0, "max": 1},
            "series": [
                line(
                    _("No order placed"),
                    "predicted",
                    [point[1] for point in points],
                    at=[point[0] for point in points],
                    symbols=True,
                ),
                line(_("Perfect"), "reference", [0.0, 1.0], at=[0.0, 1.0], dashed=True, thin=True),
            ],
        },
        legend=(
            Key(label=_("No order placed"), tone="predicted", line=True),
            Key(label=_("Perfect"), tone="reference", line=True),
        ),
        definition="calibration",
    )


def _frequency_labels(backtest: Backtest) -> list[str]:
    labels = [formats.number(group[0]) for group in backtest.by_frequency]
    labels[-1] = _("{n} or more").format(n=labels[-1])
    return labels


def _calibration_points(risk: Risk | None) -> list[tuple[float, float, int]]:
    points = [] if risk is None else [p for p in risk.calibration if exists(p[0]) and exists(p[1])]
    return sorted(points)
