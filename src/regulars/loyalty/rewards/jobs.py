"""Jobs of the rewards."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from regulars.loyalty.rewards import guessing, undoing


@app.periodic(cron="* * * * *")
@app.task(name="loyalty.expire_reservations", queueing_lock="loyalty.expire_reservations")
def expire_reservations(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Let go of what was reserved and not confirmed in time."""
    undoing.expire_reservations(now=timezone.now())


@app.periodic(cron="23 3 * * *")
@app.task(name="loyalty.forget_tries", queueing_lock="loyalty.forget_tries")
def forget_tries(timestamp: int) -> None:  # noqa: ARG001  # As above.
    """Forget the wrong codes that were counted on days gone by."""
    guessing.forget_tries(now=timezone.now())
