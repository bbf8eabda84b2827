"""`regulars nights`: say which nights of the programmes were lived, and live those that are due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from regulars.faces.cli.progress import progress_bar
from regulars.faces.cli.running.setting_up import one_sentence, set_up_django
from regulars.kit.i18n import gettext as _

if TYPE_CHECKING:
    from regulars.loyalty.nights.contracts import NightsState

nights = typer.Typer(no_args_is_help=True, help=_("Say how the nights of loyalty programmes went, and live them."))


@nights.command(help=_("Say which nights were lived, how far, and when the next one is."))
def show(
    program: Annotated[str | None, typer.Argument(help=_("The key of a programme. Default: all of them."))] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help=_("So many of the last nights."))] = 7,
) -> None:
    """Tell of the last nights of one programme, or of each."""
    with one_sentence():
        set_up_django()
        from regulars.faces.cli.running.connecting import be_ready
        from regulars.loyalty.nights.queries import get_state

        be_ready()
        states = [get_state(key, limit=limit) for key in _programs(program)]
    for state in states:
        _tell(state)


@nights.command(help=_("Live the nights that are due, as the worker does by itself."))
def run(
    program: Annotated[str | None, typer.Argument(help=_("The key of a programme. Default: all of them."))] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help=_("Show no progress."))] = False,
) -> None:
    """Live what is due here and now; what was lived is not lived again."""
    with one_sentence():
        set_up_django()
        from django.utils import timezone

        from regulars.faces.cli.running.connecting import be_ready
        from regulars.loyalty.nights.services import run_nights
        from regulars.stream.contracts import system

        be_ready()
        lived = []
        with progress_bar(quiet=quiet) as progress:
            for key in _programs(program):
                lived += run_nights(program=key, clock=timezone.now, actor=system("cli"), progress=progress)
    typer.echo(_("Nights that were lived: {count}.").format(count=len(lived)))


def _programs(program: str | None) -> list[str]:
    from regulars.loyalty.definitions.queries import list_programs

    return [program] if program else [each.key for each in list_programs()]


def _tell(state: NightsState) -> None:
    typer.echo(state.program)
    if state.next is None:
        typer.echo("  " + _("It has no nights: no version is published."))
        return
    typer.echo("  " + _("Next: {at}").format(at=state.next.at.isoformat(timespec="seconds")))
    for night in state.nights:
        done = ", ".join(f"{step} {count}" for step, count in night.done.items())
        end = "" if night.finished_at else " " + _("(not finished)")
        typer.echo(f"  {night.day.isoformat()}  v{night.version}  {done}{end}")
