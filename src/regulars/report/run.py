"""Files of orders in, files of results out: what the command and the demo shop do."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from regulars.intake.contracts import Intake, Settings
from regulars.intake.reading import read
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _
from regulars.kit.i18n import language
from regulars.kit.progress import Progress, part_of, silent
from regulars.kit.scratch import scratch_folder
from regulars.report.analyse import analyse
from regulars.report.contracts import Analysis, Options
from regulars.report.json_form import to_json
from regulars.report.outputs import Outputs, check_goal, write_table, written_whole
from regulars.report.wording import say
from retention.reasons import RetentionError

MEMORY_LIMIT = "400MB"
TABLE_FORMS = (".csv", ".parquet")


class WrongGoal(DomainError):
    """A result cannot be written in the form that the file's name asks for."""

    code = "wrong_goal"


class NothingToAnalyse(DomainError):
    """The orders hold nothing that could be analysed, for example because all were refunded."""

    code = "nothing_to_analyse"


class EngineFailed(DomainError):
    """The engine gave up, most likely for want of memory or disk."""

    code = "engine_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goals:
    """Where each result goes; None where it is not wanted.

    `refused` is written only when rows were refused.
    """

    html: Path | None = None
    json: Path | None = None
    scores: Path | None = None
    refused: Path | None = None

    def __post_init__(self) -> None:
        """Refuse forms that cannot be written.

        Raises
        ------
        WrongGoal
            `scores` or `refused` is neither CSV nor Parquet.
        """
        for goal in (self.scores, self.refused):
            if goal is not None and goal.suffix.lower() not in TABLE_FORMS:
                raise WrongGoal(_("{path} should end in .csv or .parquet.").format(path=goal))

    def check(self, files: Sequence[Path]) -> None:
        """Refuse, before any work, goals that cannot be written or would overwrite an input or one another.

        Raises
        ------
        WrongGoal
            Two goals are one file, or a goal is an input.
        OutputImpossible
            A goal cannot be written.
        """
        goals = [goal for goal in (self.html, self.json, self.scores, self.refused) if goal is not None]
        for goal in goals:
            check_goal(goal)
        inputs = {path.resolve() for path in files}
        resolved = [goal.resolve() for goal in goals]
        for goal, place in zip(goals, resolved, strict=True):
            if place in inputs or resolved.count(place) > 1:
                raise WrongGoal(_("{path} is named twice; an input or another result would be lost.").format(path=goal))


def run(
    files: Sequence[Path],
    *,
    settings: Settings,
    options: Options,
    goals: Goals,
    engine: str = "duckdb",
    progress: Progress = silent,
) -> Analysis:
    """Read the files, analyse them, and write the results, all of them or none.

    Returns
    -------
    Analysis
        What was found.

    Raises
    ------
    DomainError
        The input or the wishes cannot be served; the message says why and what to do.
    """
    goals.check(files)
    with (
        scratch_folder() as folder,
        written_whole() as outputs,
    ):
        connection = _open_workspace(folder)
        try:
            intake = read(files, settings, connection=connection, progress=part_of(progress, 0.0, 0.35))
            orders = intake.orders if engine == "duckdb" else _on_spark(intake, folder)
            analysis = analyse(
                dataclasses.replace(intake, orders=orders),
                options,
                engine=engine,
                progress=part_of(progress, 0.35, 0.9),
            )
            progress(_("Writing"), 0.9)
            _write(analysis, intake, goals, outputs)
        except RetentionError as error:
            raise NothingToAnalyse(say(error.reason)) from error
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except duckdb.Error as error:
            raise EngineFailed(
                _("The analysis ran out of room: {why}").format(why=str(error).split("\n")[0])
            ) from error
        finally:
            connection.disconnect()
    progress(_("Done"), 1.0)
    return analysis


def _open_workspace(folder: Path) -> Backend:
    connection = ibis.duckdb.connect(folder / "workspace.duckdb", temp_directory=str(folder), memory_limit=MEMORY_LIMIT)
    # Progress is ours to show, and the order of rows carries no meaning that we keep.
    connection.raw_sql("SET enable_progress_bar = false")
    return connection


def _on_spark(intake: Intake, folder: Path) -> Table:
    from regulars.report.on_spark import orders_on_spark

    return orders_on_spark(intake.orders, folder, rows=intake.quality.used)


def _write(analysis: Analysis, intake: Intake, goals: Goals, outputs: Outputs) -> None:
    if goals.html:
        from regulars.report.page import render_html

        outputs.path_for(goals.html).write_text(render_html(analysis.report, language=language()), encoding="utf-8")
    if goals.json:
        text = json.dumps(to_json(analysis.report), indent=2, ensure_ascii=False, allow_nan=False)
        outputs.path_for(goals.json).write_text(text + "\n", encoding="utf-8")
    if goals.scores:
        _write_table(analysis.scores, goals.scores, outputs)
    if goals.refused and analysis.report.data.refused:
        _write_table(intake.refused.to_pyarrow(), goals.refused, outputs)


def _write_table(table: pa.Table, goal: Path, outputs: Outputs) -> None:
    write_table(table, outputs.path_for(goal), goal.suffix.lower())
