"""`regulars insights`: have all customers scored, and say how the last run ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.faces.cli.progress import progress_bar
from regulars.faces.cli.running.setting_up import one_sentence, set_up_django
from regulars.faces.cli.wishes import day_or_week, parse_day, parse_horizon, parse_share, refuse
from regulars.kit.i18n import LANGUAGES, preferred_language
from regulars.kit.i18n import gettext as _

if TYPE_CHECKING:
    from uuid import UUID

    from regulars.insights.contracts import Run
    from regulars.insights.reports.contracts import KeptReport, Wishes
    from regulars.kit.progress import Progress

_LOOK_EVERY_SECONDS = 0.5
NOT_DONE = 1

insights = typer.Typer(no_args_is_help=True, help=_("Score all customers, say how that went, and make reports."))


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


@insights.command(help=_("Make a report of what this installation knows, and keep it beside those of the console."))
def report(
    title: Annotated[str | None, typer.Option(help=_("Title of the report. Default: the business's name."))] = None,
    html: Annotated[Path | None, typer.Option(help=_("Write the report here too."))] = None,
    json: Annotated[Path | None, typer.Option(help=_("Write the result as JSON here too."))] = None,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help=_("The day on which the report stands. Default: yesterday.")),
    ] = None,
    horizon: Annotated[
        str | None, typer.Option(metavar="90d|39w|6m", help=_("How far to look ahead. Default: as the history allows."))
    ] = None,
    margin: Annotated[
        str, typer.Option(metavar="SHARE", help=_("Share of revenue that is kept, for lifetime value: 0.35 or 35%."))
    ] = "1",
    grain: Annotated[
        str,
        typer.Option(
            metavar="day|week", help=_("What counts as one purchase: all orders of a customer's day, or of a week.")
        ),
    ] = "day",
    only: Annotated[
        str | None,
        typer.Option(metavar="BY=VALUE", help=_("Only some orders: channel=online, location=till-1 or country=AT.")),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(metavar="|".join(LANGUAGES), help=_("Language of the report. Default: the environment's.")),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help=_("Show no progress."))] = False,
) -> None:
    """Ask for a report and see it through; exit with 1 where it fails."""
    with one_sentence():
        from regulars.report.outputs import check_goal

        goals = {"html": html, "json": json}
        for goal in filter(None, goals.values()):
            check_goal(goal)
        wishes = _wishes(title or "", horizon, margin, grain, only, language or preferred_language())
        day = parse_day("--as-of", as_of)
        set_up_django()
        with progress_bar(quiet=quiet) as progress:
            done = _make(wishes, day, progress)
        if not done.error_code:
            _write_copies(done, goals)
    if done.error_code:
        typer.echo(done.error_message, err=True)
        raise typer.Exit(NOT_DONE)
    sentence = _("“{title}”, as of {day}: {customers} customers with {orders} orders. It is kept under {address}.")
    address = f"/reports/{done.id}"
    told = {"title": done.wishes.title, "day": done.as_of, "customers": done.customers, "orders": done.orders}
    typer.echo(sentence.format(**told, address=address))


def _wishes(title: str, horizon: str | None, margin: str, grain: str, only: str | None, language: str) -> Wishes:
    from regulars.insights.reports.contracts import NarrowedBy, Narrowing, Wishes

    by, equals, value = (only or "").partition("=")
    if only is not None and (by not in list(NarrowedBy) or not equals):
        refuse(_("--only is channel=, location= or country= with its value, not {value}."), only)
    return Wishes(
        title=title,
        horizon_days=parse_horizon(horizon) if horizon else None,
        margin=parse_share(margin),
        grain=day_or_week("--grain", grain),
        language=language,
        narrowing=Narrowing(by=NarrowedBy(by), value=value) if only is not None else None,
    )


def _make(wishes: Wishes, as_of: date | None, progress: Progress) -> KeptReport:
    """Ask for a report, and make it here or watch the worker who took it first."""
    from django.utils import timezone

    from regulars.business.queries import get_business
    from regulars.faces.cli.running.connecting import be_ready
    from regulars.insights.reports.asking import request_report
    from regulars.insights.reports.carrying_on import carry_on
    from regulars.insights.reports.contracts import UNDER_WAY
    from regulars.insights.reports.queries import get_report
    from regulars.stream.contracts import system

    be_ready()
    told = replace(wishes, title=wishes.title or get_business().name or "Regulars")
    asked = request_report(wishes=told, as_of=as_of, now=timezone.now(), actor=system("cli"))
    while (found := get_report(asked.id)).state in UNDER_WAY:
        if not carry_on(asked.id, clock=timezone.now, shown=progress):
            progress(found.step, found.share_done)
            time.sleep(_LOOK_EVERY_SECONDS)
    return found


def _write_copies(done: KeptReport, goals: Mapping[str, Path | None]) -> None:
    """Write what a report holds to files, all of them or none."""
    from django.utils import timezone

    from regulars.insights.reports.asking import download_report
    from regulars.report.outputs import written_whole
    from regulars.stream.contracts import system

    with written_whole() as outputs:
        for form, goal in goals.items():
            if goal is not None:
                content = download_report(report_id=done.id, form=form, now=timezone.now(), actor=system("cli"))
                outputs.path_for(goal).write_bytes(content.page if form == "html" else content.json)


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
