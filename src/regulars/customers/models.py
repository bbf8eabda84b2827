"""The tables of customers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Cast, ExtractDay, ExtractMonth

from regulars.customers.contracts import IdentifierKind, TraitKind


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
    # The kinds of all identifiers, those of customers that were merged into this one included; kept with their words.
    identifier_kinds = ArrayField(models.TextField(), default=list)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "customers_customer"
        indexes = [
            models.Index(fields=["created_at", "id"], name="customers_customer_newest"),
            # Conditions on facts ask for what few customers share.
            GinIndex(fields=["tags"], name="customers_customer_tags"),
            models.Index(fields=["city"], name="customers_customer_city", condition=~models.Q(city="")),
            # As 1128 for a birthday on 28 November: whose it is on some days of any year.
            models.Index(
                Cast(ExtractMonth("birthday") * 100 + ExtractDay("birthday"), models.IntegerField()),
                name="customers_customer_birthday",
                condition=models.Q(birthday__isnull=False),
            ),
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


class Word(models.Model):
    """A folded word of a customer's name or identifiers, found by its beginning; a merged customer has none.

    An index of ordered words is read until there are enough; an inverted one, to the end of all that begin so.
    """

    pk = models.CompositePrimaryKey("customer_id", "word")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    # In the order of its bytes, in which what begins alike stands together.
    word = models.TextField(db_collation="C")

    class Meta:
        db_table = "customers_word"
        indexes = [models.Index(fields=["word", "customer"], name="customers_word_beginning")]


class Trait(models.Model):
    """What this business keeps of its customers beyond the usual."""

    key = models.TextField(primary_key=True)
    kind = models.TextField()
    label = models.TextField()
    description = models.TextField(default="")
    classification = models.TextField()
    choices = ArrayField(models.TextField(), default=list)

    class Meta:
        db_table = "customers_trait"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in TraitKind]), name="customers_trait_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(classification__in=["none", "personal", "sensitive"]),
                name="customers_trait_classification",
            ),
        ]


class Note(models.Model):
    """What somebody of the staff wrote about a customer."""

    id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="notes")
    text = models.TextField()
    author = models.TextField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "customers_note"


class Merge(models.Model):
    """One customer taken into another. Those that are not undone form the trees from which the aliases follow."""

    id = models.UUIDField(primary_key=True)
    survivor = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    merged = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    merged_at = models.DateTimeField()
    merged_by = models.TextField()
    # What the survivor took over: names of fields and traits, and tags; no values.
    taken_over = models.JSONField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.TextField(default="")

    class Meta:
        db_table = "customers_merge"
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=models.Q(undone_at=None), name="customers_merge_into_one"
            ),
            models.CheckConstraint(condition=~models.Q(merged=models.F("survivor")), name="customers_merge_two"),
        ]


class Alias(models.Model):
    """A customer that has been merged: where its id leads."""

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="+")
    survivor = models.ForeignKey(Customer, models.CASCADE, related_name="+")

    class Meta:
        db_table = "customers_alias"
