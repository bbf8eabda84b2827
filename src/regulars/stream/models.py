"""The tables of the stream. `stream_event` is partitioned by month of `occurred_at`; its migration says how."""

from __future__ import annotations

from django.db import models


class Event(models.Model):
    """Something that happened. Never changed and never deleted by the application."""

    append_only = True

    # The table's key is (id, occurred_at), since a partitioned table's key holds what it is partitioned by.
    id = models.UUIDField(primary_key=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    type = models.TextField()
    customer_id = models.UUIDField(null=True)
    actor = models.TextField()
    source = models.TextField()
    payload = models.JSONField()
    transaction = models.BigIntegerField()
    position = models.BigIntegerField()

    class Meta:
        db_table = "stream_event"


class Key(models.Model):
    """A source's own name for an event, unique for ever; it stands in no partition."""

    append_only = True

    pk = models.CompositePrimaryKey("source", "key")
    source = models.TextField()
    key = models.TextField()
    event_id = models.UUIDField()

    class Meta:
        db_table = "stream_key"


class Clock(models.Model):
    """One row: what is added to a transaction's number, so that numbers grow on when the data moves to a new server."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    shift = models.BigIntegerField(default=0)
    server = models.BigIntegerField(null=True)

    class Meta:
        db_table = "stream_clock"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="stream_clock_one_row")]


class Cursor(models.Model):
    """How far a subscription has come. Its row is locked by the worker that serves it."""

    subscription = models.TextField(primary_key=True)
    transaction = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "stream_cursor"


class DeadLetter(models.Model):
    """An event that a subscription's handler could not take, or that waits behind such a one."""

    id = models.UUIDField(primary_key=True)
    subscription = models.TextField()
    event_id = models.UUIDField()
    occurred_at = models.DateTimeField()
    customer_id = models.UUIDField(null=True)
    transaction = models.BigIntegerField()
    position = models.BigIntegerField()
    state = models.TextField()
    # The error's type and the line that raised it. Its message may hold what people wrote, and is not kept.
    error = models.TextField()
    where = models.TextField()
    attempts = models.IntegerField()
    first_failed_at = models.DateTimeField()
    last_failed_at = models.DateTimeField()

    class Meta:
        db_table = "stream_dead_letter"
        constraints = [
            models.UniqueConstraint(fields=["subscription", "event_id"], name="stream_dead_letter_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["failed", "waiting"]), name="stream_dead_letter_state"
            ),
        ]
        indexes = [models.Index(fields=["subscription", "customer_id"], name="stream_dead_letter_customer")]
