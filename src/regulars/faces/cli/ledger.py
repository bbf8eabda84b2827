"""`regulars verify-ledger`: prove the ledger of points."""

from __future__ import annotations

from typing import Annotated

import typer

from regulars.faces.cli.progress import progress_bar
from regulars.faces.cli.running.setting_up import installation, one_sentence, set_up_django
from regulars.kit.i18n import gettext as _

WRONG = 1


def verify_ledger(quiet: Annotated[bool, typer.Option("--quiet", help=_("Show no progress."))] = False) -> None:
    """Hold the ledger to its seals, the anchor and its own sums; exit with 1 where it does not hold, and say what."""
    with one_sentence():
        anchor = installation().ledger_anchor
        set_up_django()
        from regulars.faces.cli.running.connecting import be_ready
        from regulars.kit import formats
        from regulars.loyalty.ledger.verifying import verify_ledger as verify

        be_ready()
        with progress_bar(quiet=quiet) as progress:
            verdict = verify(anchor=anchor, progress=progress)
    for number, row in enumerate(verdict.wrong):
        first = _("The first row that is wrong: {kind} {id}. {reason}")
        text = first if number == 0 else _("Wrong too: {kind} {id}. {reason}")
        typer.echo(text.format(kind=row.kind, id=row.id, reason=row.reason), err=True)
    if not verdict.is_whole:
        raise typer.Exit(WRONG)
    typer.echo(
        _(
            "The ledger is whole: {sealed} transactions are sealed ({seals} seals, {anchored} anchored),"
            " {unsealed} newer ones are not yet."
        ).format(
            sealed=formats.number(verdict.sealed_transactions),
            seals=formats.number(verdict.seals),
            anchored=formats.number(verdict.anchored_seals),
            unsealed=formats.number(verdict.unsealed_transactions),
        )
    )
