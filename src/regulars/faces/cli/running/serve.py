"""`regulars serve`: everything, under one supervisor."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.faces.cli.running.setting_up import installation, one_sentence
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _

if TYPE_CHECKING:
    from regulars.kit.installation import Installation
    from regulars.kit.supervisor import Service, Supervisor

# What a killed supervisor left needs so long to end, and to give back the port.
LEFT_OVER_SECONDS = 30.0
_PAUSE_SECONDS = 0.1


class PortTaken(DomainError):
    """Regulars cannot listen where it was told to."""

    code = "port_taken"


def serve(
    host: Annotated[str, typer.Option(help=_("The address to listen on."))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("The port to listen on."))] = 8000,
) -> None:
    """Run the database (where none is named), the web and the worker, and restart what dies."""
    run_regulars(host, port)


def run_regulars(
    host: str,
    port: int,
    *,
    prepare: Callable[[], None] = lambda: None,
    when_up: Callable[[Installation], bool] | None = None,
) -> None:
    """Run Regulars until told to stop.

    `prepare` is called with the database up to date, before anybody can look; `when_up` once the web answers, and
    tells whether to go on.
    """
    from regulars.kit.run_lock import run_lock
    from regulars.kit.supervisor import Supervisor

    with one_sentence():
        here = installation()
        with run_lock(here.home) as one_was_killed:
            wait_for_port(host, port, within_seconds=LEFT_OVER_SECONDS if one_was_killed else 0)
            supervisor = Supervisor(tell)
            try:
                with contextlib.suppress(KeyboardInterrupt):
                    _run(here, supervisor, host, port, prepare, when_up or say_where)
            finally:
                # A second Ctrl-C would only cut short what ends in order within seconds.
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                supervisor.stop()


def _run(
    here: Installation,
    supervisor: Supervisor,
    host: str,
    port: int,
    prepare: Callable[[], None],
    when_up: Callable[[Installation], bool],
) -> None:
    """Start one after the other, and look after them until asked to stop."""
    from regulars.faces.cli.running.upgrading import bring_up_to_date

    _on_stop(_interrupt)
    bring_up_to_date(here, supervisor, say=lambda sentence: typer.echo(sentence, err=True))
    prepare()
    _on_stop(supervisor.ask_to_stop)
    for service in processes(here, host, port):
        supervisor.start(service)
    supervisor.run(until=lambda: answers(host, port))
    if when_up(here):
        supervisor.run()


def say_where(here: Installation) -> bool:
    """Say where Regulars is to be found."""
    typer.echo(_("Regulars runs: {url}").format(url=here.url), err=True)
    typer.echo(_("Its logs are in {folder}; Ctrl-C stops it.").format(folder=here.home / "logs"), err=True)
    return True


def processes(here: Installation, host: str, port: int) -> list[Service]:
    """Return the web and the worker as processes to keep running."""
    from regulars.kit.supervisor import Service

    command = [sys.executable, "-m", "regulars.faces.cli"]
    environment = {"REGULARS_HOME": str(here.home)}
    parts = {"web": ["web", "--host", host, "--port", str(port)], "worker": ["worker"]}
    return [
        Service(
            name=name,
            command=[*command, *arguments],
            environment=environment,
            log=here.home / "logs" / f"{name}.log",
        )
        for name, arguments in parts.items()
    ]


def tell(event: str, name: str, code: int | None) -> None:
    """Say what a person should know of the processes: nothing, while all goes well."""
    if event == "died":
        typer.echo(
            _("{name} ended ({code}) and is started again; its log says why.").format(name=name, code=code), err=True
        )
    elif event == "failed":
        typer.echo(_("{name} could not be started; it is tried again.").format(name=name), err=True)


def wait_for_port(host: str, port: int, *, within_seconds: float) -> None:
    """Make sure that one can listen on `host` and `port`; wait a while for whoever still does.

    Raises
    ------
    PortTaken
        One cannot.
    """
    deadline = time.monotonic() + within_seconds
    while (trouble := _listening_fails(host, port)) is not None:
        if trouble.errno == errno.EADDRINUSE and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
            continue
        if trouble.errno == errno.EADDRINUSE:
            raise PortTaken(
                _("Port {port} is taken by another program; choose another one with --port.").format(port=port)
            )
        raise PortTaken(
            _("Regulars cannot listen on {host}:{port} ({reason}).").format(
                host=host, port=port, reason=trouble.strerror
            )
        )


def _listening_fails(host: str, port: int) -> OSError | None:
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def answers(host: str, port: int) -> bool:
    """Tell whether the web takes connections."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # It is looked for, not bound.
    try:
        socket.create_connection((reachable, port), timeout=1).close()
    except OSError:
        return False
    return True


def _on_stop(handler: object) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, handler)  # type: ignore[arg-type]  # Each is one of signal's kinds of handlers.


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
