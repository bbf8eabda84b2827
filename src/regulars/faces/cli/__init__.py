"""The `regulars` command. Commands import what they need when they run, so that `--help` answers at once."""

from __future__ import annotations

from typing import Annotated

import typer

from regulars import __version__
from regulars.faces.cli.exports import export_file
from regulars.faces.cli.facts import facts
from regulars.faces.cli.imports import import_file
from regulars.faces.cli.insights import insights
from regulars.faces.cli.ledger import verify_ledger
from regulars.faces.cli.nights import nights
from regulars.faces.cli.report import report
from regulars.faces.cli.running.backing_up import backup
from regulars.faces.cli.running.doctor import doctor
from regulars.faces.cli.running.restoring import restore
from regulars.faces.cli.running.serve import serve
from regulars.faces.cli.running.upgrading import upgrade
from regulars.faces.cli.running.web import web
from regulars.faces.cli.running.worker import worker
from regulars.faces.cli.sandbox import sandbox
from regulars.faces.cli.staff import key, staff
from regulars.faces.cli.trail import replay, verify_audit
from regulars.kit.i18n import activate, preferred_language
from regulars.kit.i18n import gettext as _

activate(preferred_language())

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=_("Turn customers into regulars: know them, see who is leaving, and what to do first."),
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"regulars {__version__}")
        raise typer.Exit


@app.callback()
def regulars(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help=_("Print the version and stop."))
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


app.command(
    help=_("Tell from orders who the customers are, who is leaving, what each is worth, and what to do first.")
)(report)

app.command(help=_("Run everything: database, web and worker, and restart what dies."))(serve)
app.command(help=_("Answer requests (the web part of serve, by itself)."))(web)
app.command(help=_("Hand on events and do jobs (the worker part of serve, by itself)."))(worker)
app.command(help=_("Say what is wrong with this installation, and how to mend it."))(doctor)
app.command(help=_("Back up the database and the secrets into one file, while everything runs."))(backup)
app.command(help=_("Bring back what backup wrote."))(restore)
app.command(help=_("Bring the database up to this version; what is there is backed up first."))(upgrade)
app.command("verify-audit", help=_("Prove that the audit trail is as it was sealed."))(verify_audit)
app.command("verify-ledger", help=_("Prove that the ledger of points is as it was sealed, and adds up."))(verify_ledger)
app.command(help=_("Have a subscription hear all events again."))(replay)
app.command("import", help=_("Import a file of orders, customers or products."))(import_file)
app.command("export", help=_("Export customers, orders, products or events to a file."))(export_file)
app.add_typer(facts, name="facts")
app.add_typer(insights, name="insights")
app.add_typer(nights, name="nights")
app.add_typer(sandbox, name="sandbox")
app.add_typer(staff, name="staff")
app.add_typer(key, name="key")


def main() -> None:
    """Run the command line."""
    app()
