"""The table of the nights: which of a programme's nights were lived, and how far."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Night(models.Model):
    """A night of a programme, at the first instant of a day in the zone of the version that was in force."""

    id = models.BigAutoField(primary_key=True)
    program = models.ForeignKey("loyalty_definitions.Program", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    day = models.DateField()
    # Before `day` where days between had no night of their own.
    first_day = models.DateField()
    zone = models.TextField()
    version = models.IntegerField()
    # What each step has done, by its name, of those that are done.
    done = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    # Before this number of the stream's order all activations count for tiers.
    counted_to = models.BigIntegerField(null=True)
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "loyalty_nights_night"
        constraints = [
            models.UniqueConstraint(fields=["program", "at"], name="loyalty_nights_night_once"),
            models.CheckConstraint(condition=Q(first_day__lte=F("day")), name="loyalty_nights_night_days"),
            # One after the other: the next begins when the one before has ended.
            models.UniqueConstraint(
                fields=["program"], condition=Q(finished_at=None), name="loyalty_nights_night_one_at_a_time"
            ),
        ]
