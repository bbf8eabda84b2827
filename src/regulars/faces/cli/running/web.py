"""`regulars web`: answer requests."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from regulars.faces.cli.running.setting_up import installation, one_sentence, set_up_django
from regulars.kit.i18n import gettext as _
from regulars.kit.tracing import require_tracing

THREADS = 4
BACKLOG = 1024
KILLED_AFTER_SECONDS = 10


def web(
    host: Annotated[str, typer.Option(help=_("The address to listen on."))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("The port to listen on."))] = 8000,
) -> None:
    """Answer requests until told to stop."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from regulars.faces.cli.running.connecting import be_ready

    with one_sentence():
        here = installation()
        if here.traces_to:
            require_tracing()
        count_together(here.home / "metrics" / str(port))
        set_up_django()
        be_ready()
    load_pages()
    Granian(
        "regulars.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=here.web_processes,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        websockets=False,
        # The application says itself what it answers; of the server only what is amiss is worth a line.
        log_level=LogLevels.warning,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=KILLED_AFTER_SECONDS,
    ).serve()


def load_pages() -> None:
    """Load what answers before the processes part: they share it, and one that is started again answers at once."""
    from django.db import connections
    from django.urls import get_resolver

    gc.disable()
    get_resolver().url_patterns  # noqa: B018  # Asking for it loads it.
    gc.freeze()
    gc.enable()
    connections.close_all()


def count_together(folder: Path) -> None:
    """Give the processes of this web a folder for their counts; those of an earlier one are over."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Read by prometheus_client as it is imported, in each of the processes.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
