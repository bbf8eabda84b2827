"""The tables of exports. Private to this feature."""

from __future__ import annotations

from django.db import models

from regulars.exports.contracts import ExportFormat, ExportKind, ExportState


class Export(models.Model):
    """A file on its way out, and how far it has come."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    format = models.TextField()
    state = models.TextField()
    source = models.TextField(null=True)
    since = models.DateTimeField(null=True)
    # What was settled when it was asked for: where it ends, and the columns, so that a later start goes on alike.
    settled = models.JSONField()
    # Where the next batch begins, and how long the file is there; both move in the transaction of the batch.
    place = models.JSONField(null=True)
    size_bytes = models.BigIntegerField(default=0)
    items_total = models.BigIntegerField(null=True)
    items_done = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    # How often work was taken up since it last got on, so that one that takes workers down is given up.
    starts = models.IntegerField(default=0)
    error_code = models.TextField(default="")
    error_message = models.TextField(default="")
    asked_by = models.TextField()
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    file_removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "exports_export"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in ExportKind]), name="exports_export_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(format__in=[each.value for each in ExportFormat]), name="exports_export_format"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in ExportState]), name="exports_export_state"
            ),
        ]
        indexes = [models.Index(fields=["-asked_at", "id"], name="exports_export_newest")]
