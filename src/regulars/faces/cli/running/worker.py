"""`regulars worker`: hand events to those who subscribed, and do jobs."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from regulars.faces.cli.running.setting_up import one_sentence, set_up_django


def worker() -> None:
    """Serve subscriptions and jobs until told to stop."""
    with one_sentence():
        set_up_django()
    from django.utils import timezone

    from regulars.stream.dispatch import Dispatcher
    from regulars.stream.registry import subscriptions

    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    Dispatcher(subscriptions(), timezone.now).run(stop)
