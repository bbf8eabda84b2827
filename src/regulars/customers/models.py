"""The tables of customers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from regulars.customers.contracts import IdentifierKind


class Customer(models.Model):
    """A customer's profile. After a merge the row of the one that was taken in stays; `customers_alias` leads on."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField(default="")
    given_name = models.TextField(default="")
    family_name = models.TextField(default="")
    birthday = models.DateField(null=True)
    language = models.CharField(max_length=8, default="")
    country = models.CharField(max_length=2, default="")
    city = models.TextField(default="")
    postcode = models.TextField(default="")
    traits = models.JSONField(default=dict)
    tags = ArrayField(models.TextField(), default=list)
    # The folded words of name and identifiers, found by prefix.
    search = SearchVectorField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "customers_customer"
        indexes = [
            GinIndex(fields=["search"], name="customers_customer_search"),
            models.Index(fields=["-created_at", "id"], name="customers_customer_newest"),
        ]


class Identifier(models.Model):
    """A name that a customer goes by; each belongs to one customer."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="identifiers")
    kind = models.TextField()
    value = models.TextField()
    source = models.TextField(default="")
    added_at = models.DateTimeField()

    class Meta:
        db_table = "customers_identifier"
        constraints = [
            models.UniqueConstraint(fields=["value", "kind", "source"], name="customers_identifier_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in IdentifierKind]), name="customers_identifier_kind"
            ),
        ]


class Alias(models.Model):
    """A customer that has been merged: where its id leads."""

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="+")
    survivor = models.ForeignKey(Customer, models.CASCADE, related_name="+")

    class Meta:
        db_table = "customers_alias"
