"""Jobs of the ledger."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from regulars.loyalty.ledger.sealing import MOST_TRANSACTIONS, anchor_seals, seal_ledger


@app.periodic(cron="* * * * * */10")
@app.task(name="loyalty_ledger.seal", queueing_lock="loyalty_ledger.seal")
def seal(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Seal what has been posted, and anchor the seals where a file is configured for it."""
    while seal_ledger(now=timezone.now()) == MOST_TRANSACTIONS:
        pass
    anchor = settings.INSTALLATION.ledger_anchor
    if anchor is not None:
        # Also what a fall of the machine between the two left out.
        anchor_seals(anchor)
