"""The console's own table: what all processes remember for a moment."""

from __future__ import annotations

from django.db import models


class Remembered(models.Model):
    """Something to be remembered until a moment, under the hash of its key. Unlogged: after a crash it is forgotten."""

    digest = models.BinaryField(primary_key=True)
    value = models.JSONField()
    # Null: until it is forgotten by name.
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "console_remembered"
        indexes = [models.Index(fields=["until"], name="console_remembered_until")]
