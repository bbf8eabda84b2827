"""The table of the membership: points that somebody wants to give or take by hand, and who decided so."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from regulars.loyalty.membership.contracts import AdjustmentState


class Adjustment(models.Model):
    """Points to be given to a member (positive) or taken by hand; what may not be posted at once waits."""

    id = models.UUIDField(primary_key=True)
    # The one that was told; it may lead to another by now.
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+")
    program = models.ForeignKey("loyalty_definitions.Program", models.PROTECT, related_name="+", db_index=False)
    currency = models.TextField()
    points = models.BigIntegerField()
    # What somebody of the staff wrote; empty once the member was erased.
    reason = models.TextField()
    # Null for as long as the currency says.
    expires_at = models.DateTimeField(null=True)
    state = models.TextField()
    asked_by = models.TextField()
    asked_as = models.TextField()
    asked_at = models.DateTimeField()
    # Null where nobody had to.
    decided_by = models.TextField(null=True)
    decided_at = models.DateTimeField(null=True)
    refusal = models.TextField(default="", db_default="")
    # Of the ledger. It is there for certain, since it was posted with this row's change.
    transaction = models.ForeignKey(
        "loyalty_ledger.Transaction", models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        db_table = "loyalty_membership_adjustment"
        constraints = [
            models.CheckConstraint(condition=~Q(points=0), name="loyalty_adjustment_points"),
            models.CheckConstraint(
                condition=Q(state=AdjustmentState.AWAITING.value, decided_by=None, decided_at=None, transaction=None)
                | Q(
                    state=AdjustmentState.REFUSED.value,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    transaction=None,
                )
                | Q(state=AdjustmentState.POSTED.value, transaction__isnull=False),
                name="loyalty_adjustment_state",
            ),
            # Nobody approves what they asked for.
            models.CheckConstraint(
                condition=~Q(state=AdjustmentState.POSTED.value) | Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="loyalty_adjustment_second",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-id"], condition=Q(state=AdjustmentState.AWAITING.value), name="loyalty_adjustment_awaiting"
            ),
        ]
