"""The tables of the business."""

from __future__ import annotations

from django.db import models


class Business(models.Model):
    """The one business of this installation: one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    name = models.TextField()
    zone = models.TextField()
    reporting_currency = models.CharField(max_length=3)
    language = models.CharField(max_length=8)
    country = models.CharField(max_length=2)
    brand_colour = models.CharField(max_length=7)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "business_business"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="business_one_row")]


class Rate(models.Model):
    """What one unit of a currency was worth in the reporting currency from a day on."""

    pk = models.CompositePrimaryKey("currency", "valid_on")
    currency = models.CharField(max_length=3)
    valid_on = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    source = models.TextField()

    class Meta:
        db_table = "business_rate"
        constraints = [models.CheckConstraint(condition=models.Q(rate__gt=0), name="business_rate_positive")]


class Shop(models.Model):
    """A shop of the business, on the street or on the net."""

    id = models.UUIDField(primary_key=True)
    code = models.TextField(unique=True)
    name = models.TextField()
    zone = models.TextField()
    closed_on = models.DateField(null=True)

    class Meta:
        db_table = "business_shop"
