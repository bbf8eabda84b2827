"""`regulars insights`: have all customers scored, and say how the last run ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.faces.cli.progress import progress_bar
from regulars.faces.cli.running.setting_up import one_sentence, set_up_django
from regulars.kit.i18n import gettext as _

if TYPE_CHECKING:
    from uuid import UUID

    from regulars.insights.contracts import Run
    from regulars.kit.progress import Progress

_LOOK_EVERY_SECONDS = 0.5
NOT_DONE = 1

insights = typer.Typer(no_args_is_help=True, help=_("Score all customers, and say how that went."))


@insights.command(help=_("Score all customers as of yesterday: the worker does, or this command with --wait."))
def run(
    wait: Annotated[bool, typer.Option("--wait", help=_("Do it here and now, and show the progress."))] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help=_("Show no progress."))] = False,
) -> None:
    """Ask for a run; with `wait` see it through, and exit with 1 where it fails."""
    with one_sentence():
        set_up_django()
        from django.utils import timezone

        from regulars.faces.cli.running.connecting import be_ready
        from regulars.insights.services import request_run
        from regulars.stream.contracts import system

        be_ready()
        asked = request_run(now=timezone.now(), actor=system("cli"))
        if not wait:
            typer.echo(_("The worker scores all customers as of {day}.").format(day=asked.as_of))
            return
        with progress_bar(quiet=quiet) as progress:
            done = _see_through(asked.id, progress)
        _tell(done)
    if done.error_code:
        raise typer.Exit(NOT_DONE)


@insights.command(help=_("Say how the last run ended, or how far the one that is under way has come."))
def status() -> None:
    """Tell of the last run; exit with 1 where it failed."""
    with one_sentence():
        set_up_django()
        from regulars.faces.cli.running.connecting import be_ready
        from regulars.insights.queries import find_latest_run

        be_ready()
        latest = find_latest_run()
        if latest is None:
            typer.echo(_("Customers have not been scored yet."))
            return
        _tell(latest)
    if latest.error_code:
        raise typer.Exit(NOT_DONE)


def _see_through(run_id: UUID, progress: Progress) -> Run:
    """Do the work, or watch the worker who took it first, until nothing is left to do."""
    from django.utils import timezone

    from regulars.insights.carrying_on import carry_on
    from regulars.insights.contracts import RunState
    from regulars.insights.queries import get_run

    carry_on(run_id, clock=timezone.now, shown=progress)
    while (found := get_run(run_id)).state is RunState.RUNNING:
        progress(found.step, found.share_done)
        time.sleep(_LOOK_EVERY_SECONDS)
    return found


def _tell(run: Run) -> None:
    from regulars.report.wording import say

    if run.error_code:
        typer.echo(_("Scoring as of {day} failed: {why}").format(day=run.as_of, why=run.error_message), err=True)
        return
    if run.finished_at is None:
        share = f"{run.share_done:.0%}"
        typer.echo(_("{step}, {share} done, as of {day}.").format(step=run.step or "…", share=share, day=run.as_of))
        return
    seconds = round((run.finished_at - run.started_at).total_seconds())
    sentence = _("{customers} customers with {orders} orders scored as of {day}, in {seconds} s.")
    typer.echo(sentence.format(customers=run.customers, orders=run.orders, day=run.as_of, seconds=seconds))
    for alarm in run.alarms:
        typer.echo(f"{alarm.code}: {say(alarm.reason)}")
