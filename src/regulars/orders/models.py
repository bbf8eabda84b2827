"""The tables of orders. Amounts are in minor units of the order's currency, unless a name says otherwise."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from regulars.orders.contracts import PaymentState, TenderKind


class Category(models.Model):
    """A kind of product."""

    id = models.BigAutoField(primary_key=True)
    name = models.TextField(unique=True)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "orders_category"


class Product(models.Model):
    """Something that is sold, under its source's own number."""

    id = models.UUIDField(primary_key=True)
    source = models.TextField()
    external_id = models.TextField()
    name = models.TextField(default="")
    category = models.ForeignKey(Category, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "orders_product"
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="orders_product_once")]


class Channel(models.Model):
    """A way to the business, as its online shop."""

    id = models.BigAutoField(primary_key=True)
    code = models.TextField(unique=True)
    name = models.TextField(default="")

    class Meta:
        db_table = "orders_channel"


class Location(models.Model):
    """Where an order was taken, as a till; it may belong to a shop of the business."""

    id = models.BigAutoField(primary_key=True)
    code = models.TextField(unique=True)
    name = models.TextField(default="")
    shop = models.ForeignKey("business.Shop", models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "orders_location"


class Order(models.Model):
    """An order as its source last told it."""

    id = models.UUIDField(primary_key=True)
    source = models.TextField()
    external_id = models.TextField()
    number = models.TextField()
    # The letters and digits of the number, folded: what a search by its beginning looks at.
    number_key = models.TextField(db_collation="C")
    version = models.BigIntegerField()
    # A hash of the whole state, so that the same state told again changes nothing.
    digest = models.BinaryField()
    customer = models.ForeignKey("customers.Customer", models.SET_NULL, null=True, related_name="+", db_index=False)
    placed_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    tax_included = models.BooleanField()
    shipping_minor = models.BigIntegerField()
    shipping_tax_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    returned_minor = models.BigIntegerField()
    # In the reporting currency, by `rate`; null until a rate for the day is known.
    rate = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    net_reporting_minor = models.BigIntegerField(null=True)
    returned_reporting_minor = models.BigIntegerField(null=True)
    items = models.DecimalField(max_digits=14, decimal_places=3)
    payment_state = models.TextField()
    cancelled_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, related_name="+", db_index=False)
    location = models.ForeignKey(Location, models.PROTECT, null=True, related_name="+", db_index=False)
    staff = models.TextField(default="")
    attributes = models.JSONField(default=dict)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "orders_order"
        constraints = [
            models.UniqueConstraint(fields=["external_id", "source"], name="orders_order_once"),
            models.CheckConstraint(
                condition=models.Q(payment_state__in=[state.value for state in PaymentState]),
                name="orders_order_payment_state",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-placed_at"], name="orders_order_customer"),
            models.Index(fields=["-placed_at", "id"], name="orders_order_newest"),
            models.Index(fields=["currency", "id"], name="orders_order_unconverted", condition=models.Q(rate=None)),
            # Whose they are stands in it, so that a search reads no order.
            models.Index(fields=["number_key"], include=["customer_id"], name="orders_order_beginning"),
        ]


class Line(models.Model):
    """A line of an order."""

    pk = models.CompositePrimaryKey("order_id", "number")
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    number = models.IntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    name = models.TextField()
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    unit_price_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()

    class Meta:
        db_table = "orders_line"


class Discount(models.Model):
    """A discount on a whole order."""

    pk = models.CompositePrimaryKey("order_id", "number")
    order = models.ForeignKey(Order, models.CASCADE, related_name="discounts", db_index=False)
    number = models.IntegerField()
    name = models.TextField()
    coupon = models.TextField()
    amount_minor = models.BigIntegerField()

    class Meta:
        db_table = "orders_discount"


class Tender(models.Model):
    """A payment of an order."""

    pk = models.CompositePrimaryKey("order_id", "number")
    order = models.ForeignKey(Order, models.CASCADE, related_name="tenders", db_index=False)
    number = models.IntegerField()
    kind = models.TextField()
    amount_minor = models.BigIntegerField()
    paid_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "orders_tender"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in TenderKind]), name="orders_tender_kind"
            )
        ]


class Return(models.Model):
    """Something that came back of an order."""

    pk = models.CompositePrimaryKey("order_id", "number")
    order = models.ForeignKey(Order, models.CASCADE, related_name="returns", db_index=False)
    number = models.IntegerField()
    external_id = models.TextField()
    returned_at = models.DateTimeField()
    reason = models.TextField()
    shipping_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        db_table = "orders_return"


class ReturnedLine(models.Model):
    """What came back of one line."""

    pk = models.CompositePrimaryKey("order_id", "return_number", "line_number")
    order = models.ForeignKey(Order, models.CASCADE, related_name="returned_lines", db_index=False)
    return_number = models.IntegerField()
    line_number = models.IntegerField()
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    amount_minor = models.BigIntegerField()

    class Meta:
        db_table = "orders_returned_line"


class CustomerFacts(models.Model):
    """The narrow row of what a customer's orders come to, kept by the consumer of order events."""

    customer = models.OneToOneField("customers.Customer", models.CASCADE, primary_key=True, related_name="+")
    orders = models.IntegerField()
    revenue_minor = models.BigIntegerField()
    returned_minor = models.BigIntegerField()
    first_ordered_at = models.DateTimeField(null=True)
    last_ordered_at = models.DateTimeField(null=True)
    unconverted_orders = models.IntegerField()
    # The codes of where the first order was placed, and the products of its dearest lines, mostly one. What category
    # a product is of may change, and is looked up where it is asked for.
    first_channel = models.TextField(null=True)
    first_location = models.TextField(null=True)
    first_products = ArrayField(models.UUIDField(), null=True)
    # Of the orders whose amount is known in the reporting currency; PostgreSQL keeps it with the others.
    average_minor = models.GeneratedField(
        expression=models.Func(
            template="round(revenue_minor::numeric / NULLIF(orders - unconverted_orders, 0))::bigint",
            output_field=models.BigIntegerField(),
        ),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )

    class Meta:
        db_table = "orders_customer_facts"
        # Lists are sorted by these, and conditions on them are answered by their index.
        indexes = [
            models.Index(fields=["last_ordered_at", "customer"], name="orders_facts_last"),
            models.Index(fields=["orders", "customer"], name="orders_facts_orders"),
            models.Index(fields=["revenue_minor", "customer"], name="orders_facts_revenue"),
            models.Index(fields=["average_minor", "customer"], name="orders_facts_average"),
        ]
