"""`python -m regulars.demo.report`: make the demo shop's orders, run the report on them, and show it."""

from __future__ import annotations

import os
import shlex
import sys
import webbrowser
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pyarrow import csv

from regulars.demo.orders import NAME, ZONE, make_orders
from regulars.demo.showing import has_display
from regulars.faces.cli import app as regulars
from regulars.kit.i18n import gettext as _

DEFAULT_CUSTOMERS = 4_000
DEFAULT_FOLDER = Path("var/demo")


def yesterday() -> date:
    """Return the last whole day of the demo shop."""
    return datetime.now(ZoneInfo(ZONE)).date() - timedelta(days=1)


def report_arguments(folder: Path, until: date) -> list[str]:
    """Return what one types after `regulars` to get the report on the orders in `folder`."""
    return [
        *("report", str(folder / "orders.csv")),
        *("--html", str(folder / "report.html")),
        *("--json", str(folder / "report.json")),
        *("--scores", str(folder / "scores.csv")),
        *("--title", NAME, "--zone", ZONE, "--as-of", until.isoformat()),
    ]


def demo(
    customers: Annotated[int, typer.Option(min=1, help=_("How many customers the shop has."))] = DEFAULT_CUSTOMERS,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help=_("The last day of the orders. Default: yesterday."))
    ] = None,
    out: Annotated[Path, typer.Option(help=_("The folder to write to."))] = DEFAULT_FOLDER,
) -> None:
    """Make a demo shop's orders, run the report on them, and show it."""
    try:
        last = date.fromisoformat(until) if until else yesterday()
    except ValueError:
        typer.echo(_("--until takes a day as 2026-11-20, not {value}.").format(value=until), err=True)
        raise typer.Exit(2) from None
    out.mkdir(parents=True, exist_ok=True)
    orders = make_orders(customers, last)
    csv.write_csv(orders, out / "orders.csv")
    typer.echo(_("{name}: {rows} lines of orders until {day}.").format(name=NAME, rows=f"{len(orders):,}", day=last))
    arguments = report_arguments(out, last)
    typer.echo(f"$ {shlex.join(['regulars', *arguments])}")
    code = regulars(arguments, standalone_mode=False)
    if code:
        raise typer.Exit(code)
    report = (out / "report.html").resolve()
    typer.echo(_("The report: {path}").format(path=report))
    if has_display(os.environ, sys.platform):
        webbrowser.open(report.as_uri())


if __name__ == "__main__":
    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    command.command()(demo)
    command()
