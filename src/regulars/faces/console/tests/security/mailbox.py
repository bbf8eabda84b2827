"""A mail server on this machine, and a worker that does the jobs that wait."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob


class Mailbox:
    """What the server took. `port` is where it listens."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.port = 0

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's own.
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def newest(self, to: str) -> tuple[str, str]:
        """Return subject and text of the newest mail to an address."""
        mail = [each for each in self.mails if each["To"] == to][-1]
        return str(mail["Subject"]), str(mail.get_content())

    def link(self, to: str) -> str:
        """Return the path of the link in the newest mail to an address."""
        found = re.search(r"http://localhost:8000(/\S+)", self.newest(to)[1])
        assert found
        return found[1]


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Serve a mailbox on loopback."""
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


def do_jobs() -> list[str]:
    """Do the console's jobs that wait, in their order, as a worker does; return their names."""
    waiting = ProcrastinateJob.objects.filter(status="todo", task_name__startswith="console.").order_by("id")
    done = []
    for job in list(waiting):
        app.tasks[job.task_name].func(**job.args)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job.id])
        done.append(job.task_name)
    return done
