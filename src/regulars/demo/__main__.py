"""`python -m regulars.demo`: run Regulars with the demo shop in it."""

from __future__ import annotations

import os
import sys
import webbrowser
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from regulars.demo.orders import NAME, ZONE
from regulars.demo.showing import has_display
from regulars.faces.cli.progress import progress_bar
from regulars.faces.cli.running.serve import run_regulars
from regulars.kit.i18n import gettext as _
from regulars.kit.installation import Installation

DEFAULT_CUSTOMERS = 20_000
DEFAULT_PORT = 8000
HOST = "127.0.0.1"


def demo(
    customers: Annotated[int, typer.Option(min=1, help=_("How many customers the shop has."))] = DEFAULT_CUSTOMERS,
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("The port to listen on."))] = DEFAULT_PORT,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help=_("The last day of the orders. Default: yesterday."))
    ] = None,
    club: Annotated[
        bool, typer.Option(help=_("Whether it has a club, whose two years of nights are lived first."))
    ] = True,
    once: Annotated[bool, typer.Option(help=_("Start, look at each page, and stop."))] = False,
) -> None:
    """Run Regulars with the demo shop."""
    home = Path("var") / f"demo-{port}"
    os.environ["REGULARS_HOME"] = str(home)
    # Browsers allow passkeys here, and not at an IP address.
    os.environ["REGULARS_URL"] = f"http://localhost:{port}"
    last = _day(until) if until else datetime.now(ZoneInfo(ZONE)).date() - timedelta(days=1)

    def prepare() -> None:
        from regulars.demo.filling import fill, keep_shop, read_shop

        shop = read_shop(home, customers, last, has_club=club)
        if not shop.filled:
            typer.echo(_("{name} opens, with {count} customers.").format(name=NAME, count=f"{shop.customers:,}"))
            with progress_bar(quiet=False) as progress:
                fill(shop, progress)
            _analyse()
            keep_shop(home, replace(shop, filled=True))

    def when_up(here: Installation) -> bool:
        from regulars.demo.filling import STAFF, read_shop
        from regulars.demo.visiting import visit

        shop = read_shop(home, customers, last, has_club=club)
        owner = next(iter(STAFF))
        if once:
            for address in visit(here.url, owner, shop.password):
                typer.echo(f"200 {address}")
            return False
        typer.echo(
            _("Open {url} and sign in as {email} with {password}").format(
                url=here.url, email=owner, password=shop.password
            )
        )
        typer.echo(_("Ctrl-C stops it; the shop stays in {folder}.").format(folder=home))
        if has_display(os.environ, sys.platform):
            webbrowser.open(here.url)
        return True

    run_regulars(HOST, port, prepare=prepare, when_up=when_up)


def _analyse() -> None:
    """Tell the planner what has come; the server would notice by itself only minutes later."""
    from regulars.faces.cli.running.database import analyse

    analyse()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        typer.echo(_("--until takes a day as 2026-11-20, not {value}.").format(value=text), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    command.command()(demo)
    command()
