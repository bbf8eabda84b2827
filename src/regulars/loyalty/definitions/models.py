"""The tables of the definitions."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

DRAFT, PUBLISHED = "draft", "published"


class Program(models.Model):
    """A programme, by its key; what it is stands in its versions."""

    id = models.UUIDField(primary_key=True)
    key = models.TextField(unique=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "loyalty_definitions_program"


class Version(models.Model):
    """A version of a programme, or the draft of the next; a published one is refused any change by the database."""

    id = models.BigAutoField(primary_key=True)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_index=False)
    state = models.TextField()
    # Counted at publication; a draft has none, since an earlier version may be brought back before it.
    number = models.IntegerField(null=True)
    # The document's one form in JSON, as a text: the order of amounts counts, and jsonb would forget it.
    document = models.TextField()
    digest = models.CharField(max_length=64)
    made_by = models.TextField()
    made_at = models.DateTimeField()
    note = models.TextField(default="")
    # As it was at publication, where the document names none: the days of a version never change.
    zone = models.TextField(default="")
    effective_at = models.DateTimeField(null=True)
    published_by = models.TextField(default="")
    published_at = models.DateTimeField(null=True)
    from_version = models.IntegerField(null=True)

    class Meta:
        db_table = "loyalty_definitions_version"
        constraints = [
            models.UniqueConstraint(fields=["program", "number"], name="loyalty_definitions_version_number"),
            models.UniqueConstraint(fields=["program", "effective_at"], name="loyalty_definitions_version_effective"),
            models.UniqueConstraint(
                fields=["program"], name="loyalty_definitions_version_one_draft", condition=Q(state=DRAFT)
            ),
            models.CheckConstraint(
                name="loyalty_definitions_version_state",
                condition=Q(state=DRAFT, number=None, effective_at=None, published_at=None)
                | Q(
                    state=PUBLISHED,
                    number__isnull=False,
                    number__gte=1,
                    effective_at__isnull=False,
                    effective_at__gte=F("published_at"),
                    published_at__isnull=False,
                ),
            ),
        ]
