"""All that a run finds, before any of it is kept: a snapshot, the scores on it, and what is to be known of them."""

from __future__ import annotations

from pathlib import Path

import duckdb

from regulars.insights.alarms.judging import judge
from regulars.insights.asking import Asked, Found, Further, PutInPlace
from regulars.insights.attention import find_attention
from regulars.insights.catalogue import NO_WINDOW
from regulars.insights.contracts import ATTENTION, METRICS, REPORT, Boundaries
from regulars.insights.kept import json_of_alarm
from regulars.insights.lake.parts import ReadAhead
from regulars.insights.lake.reading import read_orders, stored
from regulars.insights.lake.workspace import workspace
from regulars.insights.lake.writing import write_snapshot
from regulars.insights.scoring import Scores, score_customers, write_staged
from regulars.insights.sections import Ground, find_sections
from regulars.insights.sections.metrics import STOCK
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress, part_of
from regulars.report.json_form import to_json
from regulars.report.wording import say
from retention.reasons import RetentionError

# What the analysis does before it hands over the scores is six tenths of it.
_SNAPSHOT, _READ, _WRITTEN, _ANALYSED, _JUDGED = 0.1, 0.15, 0.39, 0.55, 0.6


class NothingToAnalyse(DomainError):
    """The orders hold nothing that could be analysed, for example because all were refunded."""

    code = "nothing_to_analyse"


class EngineFailed(DomainError):
    """The engine gave up, most likely for want of memory or disk."""

    code = "engine_failed"


def find(asked: Asked, scores: Path, *, put_in_place: PutInPlace, progress: Progress) -> Further:
    """Write a snapshot, score all customers on it, and go on to what is further to be known of them.

    The rows to be staged are written to the file `scores`.

    Raises
    ------
    DomainError
        There is nothing to be analysed, or the engine gave up.
    """
    business = asked.business
    try:
        with workspace(scores.parent) as connection:
            ahead = ReadAhead(scores.parent, business.zone)
            snapshot = write_snapshot(now=asked.now, kept=ahead.begin, progress=part_of(progress, 0.0, _SNAPSHOT))
            progress(gettext("Reading the orders"), _SNAPSHOT)
            with read_orders(connection, snapshot, zone=business.zone, ahead=ahead) as bought:
                steps = part_of(progress, _READ, _ANALYSED)
                today = asked.now.astimezone(business.zone_info).date()

                def take_scores(found: Scores) -> None:
                    write_staged(found, scores, run_id=asked.run_id, as_of=asked.as_of, now=asked.now)
                    progress(gettext("Putting the scores in place"), _WRITTEN)
                    cuts = found.boundaries
                    put_in_place(
                        Found(
                            customers=len(found.table),
                            boundaries=Boundaries(
                                recency=cuts.recency, frequency=cuts.frequency, monetary=cuts.monetary
                            ),
                            seen_until=snapshot.manifest.seen_until,
                        )
                    )

                scored = score_customers(
                    bought, business=business, as_of=asked.as_of, today=today, take_scores=take_scores, progress=steps
                )
                report = scored.analysis.report
                progress(gettext("Looking whether the figures can be trusted"), _ANALYSED)
                with stored(bought) as kept:
                    del bought
                    alarms, spread = judge(scored, kept, as_of=asked.as_of, before=asked.before)
                    ground = Ground(
                        snapshot=snapshot,
                        bought=kept,
                        connection=connection,
                        business=business,
                        as_of=asked.as_of,
                        scored=scored,
                    )
                    sections = find_sections(ground, progress=part_of(progress, _JUDGED, 1.0))
    except RetentionError as error:
        raise NothingToAnalyse(say(error.reason)) from error
    except duckdb.Error as error:
        # What it says may quote what it read; its kind says enough.
        raise EngineFailed(gettext("The analysis ran out of room: {why}").format(why=type(error).__name__)) from error
    attention = find_attention(report, scored.analysis.scores, sections, stock_before=asked.stock_before)
    return Further(
        orders=report.metrics.orders,
        sections={REPORT: to_json(report), ATTENTION: attention, **sections},
        alarms=[json_of_alarm(alarm) for alarm in alarms],
        spread=spread,
        stock={name: sections[METRICS]["series"][name][str(NO_WINDOW)][0] for name in STOCK},
    )
