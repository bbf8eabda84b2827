"""Score all customers on a snapshot, and find what is further to be known of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from regulars.insights import keeping
from regulars.insights.alarms.judging import judge
from regulars.insights.asking import Asked, Found
from regulars.insights.attention import find_attention
from regulars.insights.catalogue import NO_WINDOW
from regulars.insights.contracts import ATTENTION, METRICS, REPORT, Boundaries
from regulars.insights.kept import json_of_alarm
from regulars.insights.lake.ahead import ReadAhead
from regulars.insights.lake.place import Snapshot
from regulars.insights.lake.reading import read_orders, stored
from regulars.insights.lake.workspace import workspace
from regulars.insights.scoring import Scores, score_customers, staged_rows
from regulars.insights.sections import Ground, find_of_days, find_of_orders
from regulars.insights.sections.metrics import STOCK
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress, part_of
from regulars.report.json_form import to_json
from regulars.report.wording import say
from retention.reasons import RetentionError

# How far it has come when the orders are read, the scores are to be staged, the report is made, and so on.
_READ, _SCORED, _ANALYSED, _OF_DAYS, _JUDGED = 0.05, 0.36, 0.55, 0.7, 0.75


class NothingToAnalyse(DomainError):
    """The orders hold nothing that could be analysed, for example because all were refunded."""

    code = "nothing_to_analyse"


class EngineFailed(DomainError):
    """The engine gave up, most likely for want of memory or disk."""

    code = "engine_failed"


def analyse(snapshot: Snapshot, ahead: ReadAhead, asked: Asked, folder: Path, *, progress: Progress) -> Found:
    """Score all customers on a snapshot, of which some was read ahead, and go on as `finding.find` says.

    Raises
    ------
    DomainError
        There is nothing to be analysed, or the engine gave up.
    """
    business = asked.business
    try:
        with workspace(folder) as connection:
            progress(gettext("Reading the orders"), 0.0)
            with read_orders(connection, snapshot, zone=business.zone, ahead=ahead) as bought:
                steps = part_of(progress, _READ, _ANALYSED)
                today = asked.now.astimezone(business.zone_info).date()

                def take_scores(found: Scores) -> None:
                    progress(gettext("Writing the scores"), _SCORED)
                    rows = staged_rows(found, as_of=asked.as_of)
                    wait = keeping.waiting(progress, _SCORED)
                    keeping.stage(rows, run_id=asked.run_id, now=asked.now, wait=wait)

                scored = score_customers(
                    bought, business=business, as_of=asked.as_of, today=today, take_scores=take_scores, progress=steps
                )
                report = scored.analysis.report
                ground = Ground(
                    snapshot=snapshot,
                    bought=bought,
                    connection=connection,
                    business=business,
                    as_of=asked.as_of,
                    now=asked.now,
                    scored=scored,
                )
                sections = find_of_days(ground, progress=part_of(progress, _ANALYSED, _OF_DAYS))
                progress(gettext("Looking whether the figures can be trusted"), _OF_DAYS)
                with stored(bought) as kept:
                    # Nobody holds what was in memory any more.
                    del bought
                    ground = replace(ground, bought=kept)
                    alarms, spread = judge(scored, kept, as_of=asked.as_of, before=asked.before)
                    sections |= find_of_orders(ground, progress=part_of(progress, _JUDGED, 1.0))
    except RetentionError as error:
        raise NothingToAnalyse(say(error.reason)) from error
    except duckdb.Error as error:
        # What it says may quote what it read; its kind says enough.
        raise EngineFailed(gettext("The analysis ran out of room: {why}").format(why=type(error).__name__)) from error
    attention = find_attention(report, scored.analysis.scores, sections, stock_before=asked.stock_before)
    cuts = scored.boundaries
    return Found(
        customers=len(scored.analysis.scores),
        orders=report.metrics.orders,
        boundaries=Boundaries(recency=cuts.recency, frequency=cuts.frequency, monetary=cuts.monetary),
        seen_until=snapshot.manifest.seen_until,
        sections={REPORT: to_json(report), ATTENTION: attention, **sections},
        alarms=[json_of_alarm(alarm) for alarm in alarms],
        spread=spread,
        stock={name: sections[METRICS]["series"][name][str(NO_WINDOW)][0] for name in STOCK},
    )
