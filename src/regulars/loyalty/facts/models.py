"""The tables of the facts: what of a programme they ask for, and the narrow row of each customer who is a member."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Program(models.Model):
    """What the facts of a programme's members are told in, by the version that is in force."""

    program = models.OneToOneField(
        "loyalty_definitions.Program", models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    version = models.IntegerField()
    zone = models.TextField()
    # The first currency and the first tier set of the document.
    currency = models.TextField()
    tier_set = models.TextField(null=True)
    # By what progress is divided to be in the units of the thresholds: a hundred where cents are counted.
    tier_scale = models.IntegerField(default=1, db_default=1)

    class Meta:
        db_table = "loyalty_facts_program"


class Series(models.Model):
    """How long and how often codes of a series of vouchers are taken, by the version that is in force."""

    program = models.ForeignKey(
        "loyalty_definitions.Program", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    key = models.TextField()
    uses = models.IntegerField()
    # The first instant at which none is taken any more.
    ends_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "loyalty_facts_series"
        constraints = [models.UniqueConstraint(fields=["program", "key"], name="loyalty_facts_series_once")]


class CustomerFacts(models.Model):
    """The narrow row of a customer who is a member: which membership is meant, and what it has come to so far.

    What the clock changes is not in it. Its tables are named by value, since whoever keeps the row reads them anyway.
    """

    customer = models.OneToOneField("customers.Customer", models.CASCADE, primary_key=True, related_name="+")
    # The keys of all programmes of which the customer is a member.
    programs = ArrayField(models.TextField())
    member = models.ForeignKey(
        "loyalty_ledger.Member", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # The member, and those that were merged into it.
    member_ids = ArrayField(models.UUIDField())
    # Where the lots are; null until there is an account in the currency.
    account = models.ForeignKey(
        "loyalty_ledger.Account", models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    zone = models.TextField()
    tier_set = models.TextField(null=True)
    tier_scale = models.IntegerField()
    member_since = models.DateTimeField()
    lifetime_points = models.BigIntegerField()
    spent_points = models.BigIntegerField()
    redemptions = models.IntegerField()
    last_earned_at = models.DateTimeField(null=True)
    last_redeemed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "loyalty_facts_customer"
        # Lists are sorted by these, and conditions on them are answered by their index.
        indexes = [
            models.Index(fields=["member_since", "customer"], name="loyalty_facts_since"),
            models.Index(fields=["lifetime_points", "customer"], name="loyalty_facts_lifetime"),
        ]
