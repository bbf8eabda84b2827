"""Make a report from the lake: the same function, page and JSON as `regulars report`."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import duckdb

from regulars.insights.analysing import EngineFailed, NothingToAnalyse
from regulars.insights.lake.reading import read_orders
from regulars.insights.lake.workspace import workspace
from regulars.insights.lake.writing import current_snapshot
from regulars.insights.reports.apart import JSON, PAGE, Asked, Made
from regulars.insights.reports.written import json_text
from regulars.insights.scoring import intake_of
from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress, part_of
from regulars.report.analyse import analyse
from regulars.report.contracts import Analysis, Options, Report
from regulars.report.page import render_html
from regulars.report.page.render import content_policy
from regulars.report.wording import say
from retention.reasons import RetentionError

_SNAPSHOT, _READ, _ANALYSED = 0.25, 0.3, 0.95


def make(asked: Asked, folder: Path, *, progress: Progress) -> Made:
    """Bring the lake up to date, analyse what was asked for, and write page and JSON into a folder.

    Raises
    ------
    DomainError
        There is nothing to be analysed, or the engine gave up.
    """
    snapshot = current_snapshot(now=asked.now, progress=part_of(progress, 0.0, _SNAPSHOT))
    zone, narrowing = asked.business.zone, asked.wishes.narrowing
    try:
        progress(gettext("Reading the orders"), _SNAPSHOT)
        with (
            workspace(folder) as connection,
            read_orders(connection, snapshot, zone=zone, narrowing=narrowing) as bought,
        ):
            intake = intake_of(bought, currency=asked.business.reporting_currency)
            steps = part_of(progress, _READ, _ANALYSED)
            analysis = analyse(intake, _options(asked), rows=bought.rows, progress=steps)
    except RetentionError as error:
        raise NothingToAnalyse(say(error.reason)) from error
    except duckdb.Error as error:
        # What it says may quote what it read; its kind says enough.
        raise EngineFailed(gettext("The analysis ran out of room: {why}").format(why=type(error).__name__)) from error
    progress(gettext("Writing"), _ANALYSED)
    return _write(analysis, folder, language=asked.wishes.language)


def _options(asked: Asked) -> Options:
    wishes = asked.wishes
    return Options(
        as_of=asked.as_of,
        horizon_days=wishes.horizon_days,
        unit=wishes.unit,
        grain=wishes.grain,
        margin=wishes.margin,
        zone=asked.business.zone,
        title=wishes.title,
    )


def _write(analysis: Analysis, folder: Path, *, language: str) -> Made:
    report = analysis.report
    (folder / PAGE).write_text(render_html(report, language=language), encoding="utf-8")
    (folder / JSON).write_text(json_text(report, language=language), encoding="utf-8")
    return Made(
        customers=report.metrics.customers,
        orders=report.metrics.orders,
        policy=content_policy(),
        named=named_in(report),
    )


def named_in(report: Report) -> tuple[UUID, ...]:
    """Return the customers whom a report's lists of people name."""
    return tuple(dict.fromkeys(UUID(row.customer) for row in (*report.at_risk, *report.best)))
