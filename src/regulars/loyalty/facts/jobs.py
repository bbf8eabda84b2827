"""Jobs of what is known of members."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from regulars.loyalty.facts import keeping


@app.periodic(cron="* * * * *")
@app.task(name="loyalty.follow_programs", queueing_lock="loyalty.follow_programs")
def follow_programs(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Follow the versions of programmes that have come into force."""
    keeping.follow_programs(timezone.now())


@app.task(name=keeping.REBUILD)
def rebuild_facts() -> None:
    """Keep what is known of all members anew; done again from the beginning after a kill."""
    keeping.rebuild_facts()
