"""The tables of the adjudication: what orders and occasions earned, by which rules, and how much of bounds is used."""

from __future__ import annotations

from django.db import models


class Order(models.Model):
    """An order as it was last adjudicated in a programme; the lots that it earned name its id as their source."""

    id = models.UUIDField(primary_key=True)
    program = models.ForeignKey("loyalty_definitions.Program", models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    # Who bought, if a member; a guest's order earns nothing.
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, null=True, related_name="+")
    placed_at = models.DateTimeField()
    # The order's own version, and the programme's by its business time.
    order_version = models.BigIntegerField()
    digest = models.BinaryField()
    program_version = models.IntegerField()
    # What was known when it was first adjudicated, and what was left of bounds: nothing is computed with today's.
    known = models.JSONField()
    headroom = models.JSONField()
    # How points, gift cards and discounts on the whole were spread over its parts, and why rules granted nothing.
    spread = models.JSONField()
    refusals = models.JSONField()
    # What it counts for in tier sets that are reached by spending or ordering.
    counted = models.JSONField(default=dict)
    adjudicated_at = models.DateTimeField()

    class Meta:
        db_table = "loyalty_adjudication_order"
        constraints = [models.UniqueConstraint(fields=["order", "program"], name="loyalty_adjudication_order_once")]


class Earning(models.Model):
    """What an order earns by a rule, for somebody; nought where it no longer does."""

    id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="earnings")
    rule = models.TextField()
    currency = models.TextField()
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey("loyalty_ledger.Lot", models.PROTECT, related_name="+", db_index=False)
    points = models.BigIntegerField()
    # The rule by whose activation and expiry it goes, where that is another one: the multiplier of a tier has none.
    led_by = models.TextField(default="", db_default="")
    # Of each bound so much, and in which of its periods.
    uses = models.JSONField(default=list)

    class Meta:
        db_table = "loyalty_adjudication_earning"
        constraints = [
            models.UniqueConstraint(
                fields=["order", "rule", "currency", "member"], name="loyalty_adjudication_earning_once"
            ),
            models.CheckConstraint(condition=models.Q(points__gte=0), name="loyalty_adjudication_earning_points"),
        ]


class MemberUse(models.Model):
    """How much of a member's cap is used in a period; in points, or major units of the reporting currency."""

    pk = models.CompositePrimaryKey("member_id", "bound", "period")
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+", db_index=False)
    bound = models.TextField()
    period = models.TextField()
    used = models.DecimalField(max_digits=24, decimal_places=6)

    class Meta:
        db_table = "loyalty_adjudication_member_use"


class Escrow(models.Model):
    """A part of what is left of a cap or budget that many share: it lies in several rows, so that none is hot."""

    pk = models.CompositePrimaryKey("program_id", "bound", "period", "slot")
    program = models.ForeignKey("loyalty_definitions.Program", models.PROTECT, related_name="+", db_index=False)
    bound = models.TextField()
    period = models.TextField()
    slot = models.SmallIntegerField()
    left = models.DecimalField(max_digits=24, decimal_places=6)

    class Meta:
        db_table = "loyalty_adjudication_escrow"
        constraints = [models.CheckConstraint(condition=models.Q(left__gte=0), name="loyalty_adjudication_escrow_left")]


class Occasion(models.Model):
    """That an occasion other than an order was adjudicated for a member: once, whatever was known and left by then."""

    id = models.UUIDField(primary_key=True)
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+", db_index=False)
    # Its name among the member's: an event's id, a field of the profile, the enrolment, a day.
    occurrence = models.TextField()
    occurred_at = models.DateTimeField()
    program_version = models.IntegerField()
    # By rule: the currency, the points, and of which bounds it took how much; and why rules granted nothing.
    granted = models.JSONField()
    refusals = models.JSONField()
    adjudicated_at = models.DateTimeField()

    class Meta:
        db_table = "loyalty_adjudication_occasion"
        constraints = [
            models.UniqueConstraint(fields=["member", "occurrence"], name="loyalty_adjudication_occasion_once")
        ]


class Day(models.Model):
    """That all that a day sets off in a programme is granted; the lots that it granted name its id as their source."""

    id = models.UUIDField(primary_key=True)
    program = models.ForeignKey("loyalty_definitions.Program", models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    program_version = models.IntegerField()
    granted = models.BigIntegerField()
    done_at = models.DateTimeField()

    class Meta:
        db_table = "loyalty_adjudication_day"
        constraints = [models.UniqueConstraint(fields=["program", "day"], name="loyalty_adjudication_day_once")]


class OptIn(models.Model):
    """That a member wanted an offer from a moment on, and perhaps no longer from another."""

    id = models.UUIDField(primary_key=True)
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+", db_index=False)
    rule = models.TextField()
    opted_in_at = models.DateTimeField()
    opted_in_by = models.TextField()
    opted_out_at = models.DateTimeField(null=True)
    opted_out_by = models.TextField(default="", db_default="")

    class Meta:
        db_table = "loyalty_adjudication_opt_in"
        constraints = [
            models.UniqueConstraint(
                fields=["member", "rule"],
                condition=models.Q(opted_out_at=None),
                name="loyalty_adjudication_opt_in_once",
            ),
            models.CheckConstraint(
                condition=models.Q(opted_out_at=None) | models.Q(opted_out_at__gte=models.F("opted_in_at")),
                name="loyalty_adjudication_opt_in_span",
            ),
        ]
        indexes = [models.Index(fields=["member", "rule"], name="loyalty_opt_in_member")]
