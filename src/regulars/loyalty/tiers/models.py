"""The tables of the tiers: progress and changes, which are only added, and where members stand."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from regulars.loyalty.tiers.contracts import Reason


class Progress(models.Model):
    """So much that counts for a tier set, or was taken back, when it occurred in business, and for whom it came."""

    append_only = True

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+", db_index=False)
    tier_set = models.TextField()
    occurred_at = models.DateTimeField()
    # Points, orders, or minor units.
    amount = models.BigIntegerField()
    source_kind = models.TextField()
    source_id = models.UUIDField(null=True)
    # What is counted once.
    occasion = models.UUIDField(unique=True)
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "loyalty_tiers_progress"
        indexes = [
            models.Index(
                fields=["member", "tier_set", "occurred_at"], include=["amount"], name="loyalty_tiers_progress_of"
            )
        ]


class Standing(models.Model):
    """Where a member stands in a tier set, what is known to come, and when it is due to be evaluated again.

    Whoever writes a member's progress or standing locks these rows first, in the order of member and set. A member that
    was merged into another has none until the two are two again.
    """

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+", db_index=False)
    # The member's, so that a programme's ladders and next movers are found without its members.
    program = models.ForeignKey("loyalty_definitions.Program", models.PROTECT, related_name="+", db_index=False)
    tier_set = models.TextField()
    tier = models.TextField(null=True)
    since = models.DateTimeField(null=True)
    kept_until = models.DateTimeField(null=True)
    grace_ends_at = models.DateTimeField(null=True)
    is_locked = models.BooleanField(default=False, db_default=False)
    locked_until = models.DateTimeField(null=True)
    lock_reason = models.TextField(default="", db_default="")
    invited = models.TextField(null=True)
    evaluated_at = models.DateTimeField(null=True)
    version = models.IntegerField(null=True)
    due_at = models.DateTimeField(null=True)
    # As of the evaluation: what counts, what is missing to the next tier, and the next fall by time alone.
    progress = models.BigIntegerField(default=0, db_default=0)
    next_tier = models.TextField(null=True)
    missing = models.BigIntegerField(null=True)
    falls_at = models.DateTimeField(null=True)
    falls_to = models.TextField(null=True)

    class Meta:
        db_table = "loyalty_tiers_standing"
        constraints = [
            models.UniqueConstraint(fields=["member", "tier_set"], name="loyalty_tiers_standing_once"),
            models.CheckConstraint(
                condition=Q(is_locked=True) | Q(locked_until=None, lock_reason=""), name="loyalty_tiers_standing_lock"
            ),
            models.CheckConstraint(
                condition=Q(tier=None)
                | Q(since__isnull=False, evaluated_at__isnull=False, since__lte=F("evaluated_at")),
                name="loyalty_tiers_standing_since",
            ),
        ]
        indexes = [
            models.Index(
                fields=["program", "due_at", "member"], condition=Q(due_at__isnull=False), name="loyalty_tiers_due"
            ),
            models.Index(fields=["program", "version", "member"], name="loyalty_tiers_version"),
            models.Index(fields=["program", "tier_set", "tier"], name="loyalty_tiers_ladder"),
            models.Index(
                fields=["program", "tier_set", "missing", "member"],
                condition=Q(missing__isnull=False),
                name="loyalty_tiers_rising",
            ),
            models.Index(
                fields=["program", "tier_set", "falls_at", "member"],
                condition=Q(falls_at__isnull=False),
                name="loyalty_tiers_falling",
            ),
        ]


class Change(models.Model):
    """A member's tier became another one: at which moment of business, and since when we know."""

    append_only = True

    # Changes of a member are made one after the other, so that of two that tell of one moment the later one holds.
    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+", db_index=False)
    tier_set = models.TextField()
    from_tier = models.TextField(null=True)
    to_tier = models.TextField(null=True)
    reason = models.TextField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    version = models.IntegerField()
    is_up = models.BooleanField()

    class Meta:
        db_table = "loyalty_tiers_change"
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=[reason.value for reason in Reason]), name="loyalty_tiers_change_reason"
            ),
        ]
        indexes = [models.Index(fields=["member", "tier_set", "id"], name="loyalty_tiers_change_of")]


class Merge(models.Model):
    """That a member counts for another one, and how both stood before and after: by their standings' columns."""

    id = models.BigAutoField(primary_key=True)
    survivor = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+")
    merged = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+")
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    # The last of their progress by then; what came later came between the merge and its undo.
    last_progress = models.BigIntegerField()
    survivor_before = models.JSONField()
    merged_before = models.JSONField()
    survivor_after = models.JSONField()

    class Meta:
        db_table = "loyalty_tiers_merge"
        constraints = [
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at=None), name="loyalty_tiers_merged_once"),
        ]
