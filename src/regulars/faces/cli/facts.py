"""`regulars facts`: what is kept of customers, counted anew."""

from __future__ import annotations

from typing import Annotated

import typer

from regulars.faces.cli.progress import progress_bar
from regulars.faces.cli.running.setting_up import one_sentence, set_up_django
from regulars.kit.i18n import gettext as _

facts = typer.Typer(no_args_is_help=True, help=_("What is known of customers."))


@facts.callback()
def told() -> None:
    """Let `rebuild` be a command of its own."""


@facts.command("rebuild", help=_("Count anew what everybody's orders come to, while everything runs."))
def rebuild(quiet: Annotated[bool, typer.Option("--quiet", help=_("Show no progress."))] = False) -> None:
    """Count all facts anew."""
    with one_sentence():
        set_up_django()
        from regulars.faces.cli.running.connecting import be_ready
        from regulars.kit import formats
        from regulars.orders.facts_kept import rebuild_facts

        be_ready()
        with progress_bar(quiet=quiet) as progress:
            done = rebuild_facts(progress)
        typer.echo(
            _("What the orders of {count} customers come to is counted anew.").format(count=formats.number(done))
        )
