"""`regulars serve`: everything, under one supervisor."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer

from regulars.faces.cli.running.setting_up import installation, one_sentence, set_up_django
from regulars.kit.i18n import gettext as _


def serve(
    host: Annotated[str, typer.Option(help=_("The address to listen on."))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("The port to listen on."))] = 8000,
) -> None:
    """Run the database (where none is named), the web and the worker, and restart what dies."""
    from regulars.kit.supervisor import Service, Supervisor

    def say(event: str, name: str, code: int | None) -> None:
        typer.echo(f"{event} {name}" + ("" if code is None else f" ({code})"), err=True)

    with one_sentence():
        here = installation()
        supervisor = Supervisor(say)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, supervisor.ask_to_stop)
        try:
            if here.cluster:
                from regulars.faces.cli.running.database import make_logins, postgres_service

                cluster = here.cluster
                cluster.create(here.secrets.superuser)
                cluster.clear_what_a_kill_left()
                cluster.wait_until_ready(supervisor.start(postgres_service(cluster)))
                make_logins(here, cluster)
            set_up_django()
            from regulars.faces.cli.running.database import migrate

            migrate()
            command = [sys.executable, "-m", "regulars.faces.cli"]
            environment = {"REGULARS_HOME": str(here.home), **os.environ}
            supervisor.start(
                Service(
                    name="web",
                    command=[*command, "web", "--host", host, "--port", str(port)],
                    environment=environment,
                    log=here.home / "logs" / "web.log",
                )
            )
            supervisor.start(
                Service(
                    name="worker",
                    command=[*command, "worker"],
                    environment=environment,
                    log=here.home / "logs" / "worker.log",
                )
            )
            supervisor.run()
        finally:
            supervisor.stop()
