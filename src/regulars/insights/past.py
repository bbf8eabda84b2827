"""What is known of the past of scores."""

from __future__ import annotations

from datetime import date

from django.db.models import Min

from regulars.insights.models import ScoreHistory


def find_history_start() -> date | None:
    """Return since which day it is kept what segments and deciles became; None before the first run."""
    begun: date | None = ScoreHistory.objects.aggregate(begun=Min("changed_on"))["begun"]
    return begun
