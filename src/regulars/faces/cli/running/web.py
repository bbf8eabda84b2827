"""`regulars web`: answer requests."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from regulars.faces.cli.running.setting_up import installation, one_sentence, set_up_django
from regulars.kit.i18n import gettext as _

THREADS = 4
BACKLOG = 1024


def web(
    host: Annotated[str, typer.Option(help=_("The address to listen on."))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("The port to listen on."))] = 8000,
) -> None:
    """Answer requests until told to stop."""
    from granian import Granian
    from granian.constants import Interfaces

    with one_sentence():
        here = installation()
        set_up_django()
    logging.getLogger("_granian").setLevel(logging.WARNING)
    Granian(
        "regulars.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=here.web_processes,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    ).serve()
