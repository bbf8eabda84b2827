"""`regulars verify-audit` and `regulars replay`: prove the audit trail, and have events handed over again."""

from __future__ import annotations

from typing import Annotated

import typer

from regulars.faces.cli.running.setting_up import one_sentence, set_up_django
from regulars.kit.i18n import gettext as _

TAMPERED = 1


def verify_audit() -> None:
    """Hold the audit trail to its seals; exit with 1 where it is not as it was sealed."""
    with one_sentence():
        set_up_django()
        from regulars.staff.auditing import verify_audit_trail

        verdict = verify_audit_trail()
    if verdict.is_whole:
        typer.echo(
            _("The audit trail is whole: {sealed} entries are sealed, {unsealed} newer ones are not yet.").format(
                sealed=verdict.sealed_entries, unsealed=verdict.unsealed_entries
            )
        )
        return
    typer.echo(verdict.reason, err=True)
    if verdict.wrong_entry:
        typer.echo(_("The first entry that is wrong: {entry}").format(entry=verdict.wrong_entry), err=True)
    raise typer.Exit(TAMPERED)


def replay(
    subscription: Annotated[str, typer.Argument(help=_("The subscription, as orders.facts."))],
) -> None:
    """Have a subscription hear all events again; its handler changes only what was missed."""
    with one_sentence():
        set_up_django()
        from regulars.stream import dispatch
        from regulars.stream.registry import get_subscription

        dispatch.replay(get_subscription(subscription))
        typer.echo(_("{name} begins again with the stream; the worker hands over.").format(name=subscription))
