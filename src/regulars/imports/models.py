"""The tables of imports. Private to this feature."""

from __future__ import annotations

from django.db import models

from regulars.imports.contracts import UNDER_WAY, ImportKind, ImportState


class Import(models.Model):
    """A file on its way in, and how far it has come."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    state = models.TextField()
    file_name = models.TextField()
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    source = models.TextField()
    language = models.TextField()
    mapping = models.JSONField(default=dict)
    # What was settled when the run began, so that a run that goes on later reads the file in the same way.
    settled = models.JSONField(null=True)
    recognised = models.JSONField(null=True)
    imported = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    rows_total = models.IntegerField(null=True)
    rows_done = models.IntegerField(default=0)
    # All that begins up to this row has been dealt with; it moves in the transaction of the batch.
    through_row = models.BigIntegerField(default=0)
    # How often work was taken up since it last got on, so that a file that takes workers down is given up.
    starts = models.IntegerField(default=0)
    dry_run = models.JSONField(null=True)
    error_code = models.TextField(default="")
    error_message = models.TextField(default="")
    created_by = models.TextField()
    created_at = models.DateTimeField()
    started_by = models.TextField(default="")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    file_removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "imports_import"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in ImportKind]), name="imports_import_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in ImportState]), name="imports_import_state"
            ),
            # One at a time of the same file.
            models.UniqueConstraint(
                fields=["sha256", "kind", "source"],
                condition=models.Q(state__in=[state.value for state in UNDER_WAY]),
                name="imports_import_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="imports_import_newest"),
            models.Index(fields=["sha256"], name="imports_import_same"),
        ]


class Refusal(models.Model):
    """A row that was refused, and why; what stood in it stays in the file."""

    pk = models.CompositePrimaryKey("of_import_id", "row")
    # `import` is a word of Python's own.
    of_import = models.ForeignKey(Import, models.CASCADE, related_name="+", db_column="import_id", db_index=False)
    row = models.BigIntegerField()
    code = models.TextField()
    message = models.TextField()

    class Meta:
        db_table = "imports_refusal"
