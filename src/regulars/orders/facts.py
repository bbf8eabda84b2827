"""What is known of a customer by the orders: amounts in the reporting currency, without cancelled orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from regulars.facts.contracts import Aggregate, Fact, FactType, Measure, Occurrences, Property, Row, Since, Unit
from regulars.facts.flips import next_midnight
from regulars.kit.i18n import mark
from regulars.orders.contracts import PaymentState

CHANGED_BY = frozenset(
    {
        "order.placed",
        "order.changed",
        "order.moved",
        "order.cancelled",
        "order.reinstated",
        "order.returned",
        "order.converted",
        # So that each customer has a row from the beginning.
        "customer.created",
        "customer.merged",
        "customer.unmerged",
    }
)
KEPT = Row("orders_customer_facts", has_all=True)
_ROW = "orders_customer_facts"
_kept = partial(Fact, source=KEPT, changed_by=CHANGED_BY)

ORDERS = Occurrences(
    name="orders",
    table="orders_order",
    customer="customer_id",
    at="placed_at",
    condition="happened.cancelled_at IS NULL",
    properties={
        "total": Property(
            type=FactType.MONEY, expression="happened.net_reporting_minor", label=mark("Total without what came back")
        ),
        "returned": Property(
            type=FactType.MONEY, expression="happened.returned_reporting_minor", label=mark("What came back")
        ),
        "items": Property(type=FactType.NUMBER, expression="happened.items", label=mark("Number of items")),
        "channel": Property(
            type=FactType.TEXT,
            expression="(SELECT place.code FROM orders_channel AS place WHERE place.id = happened.channel_id)",
            label=mark("Channel"),
        ),
        "location": Property(
            type=FactType.TEXT,
            expression="(SELECT place.code FROM orders_location AS place WHERE place.id = happened.location_id)",
            label=mark("Location"),
        ),
        "shop": Property(
            type=FactType.TEXT,
            expression="(SELECT shop.code FROM orders_location AS place JOIN business_shop AS shop"
            " ON shop.id = place.shop_id WHERE place.id = happened.location_id)",
            label=mark("Shop"),
        ),
        "source": Property(type=FactType.TEXT, expression="happened.source", label=mark("Source")),
        "currency": Property(type=FactType.TEXT, expression="happened.currency", label=mark("Currency")),
        "payment": Property(
            type=FactType.CHOICE,
            expression="happened.payment_state",
            label=mark("Payment"),
            choices={state.value: state.value for state in PaymentState},
        ),
        "products": Property(
            type=FactType.TEXTS,
            expression="ARRAY(SELECT line.name FROM orders_line AS line WHERE line.order_id = happened.id)",
            label=mark("Names of products"),
        ),
        "product_ids": Property(
            type=FactType.TEXTS,
            expression="ARRAY(SELECT line.product_id::text FROM orders_line AS line WHERE line.order_id = happened.id)",
            label=mark("Products, by their ids"),
        ),
        "categories": Property(
            type=FactType.TEXTS,
            expression="ARRAY(SELECT category.name FROM orders_line AS line"
            " JOIN orders_product AS product ON product.id = line.product_id"
            " JOIN orders_category AS category ON category.id = product.category_id"
            " WHERE line.order_id = happened.id)",
            label=mark("Categories of products"),
        ),
        "coupons": Property(
            type=FactType.TEXTS,
            expression="ARRAY(SELECT discount.coupon FROM orders_discount AS discount"
            " WHERE discount.order_id = happened.id AND discount.coupon <> '')",
            label=mark("Coupons"),
        ),
    },
)

# What is left of the day's orders is what the science counts: what came back wholly, or has no rate yet, is none.
PURCHASES = replace(
    ORDERS,
    name="purchases",
    condition=f"{ORDERS.condition} AND (happened.net_reporting_minor > 0 OR happened.returned_reporting_minor = 0)",
)

FACTS: Sequence[Fact] = (
    _kept(
        name="orders.count",
        type=FactType.INTEGER,
        unit=Unit.ORDERS,
        label=mark("Orders"),
        description=mark("How many orders there have been."),
        column=f"{_ROW}.orders",
        missing=0,
        aggregate=Aggregate(occurrences=ORDERS, measure=Measure.COUNT),
        is_indexed=True,
    ),
    _kept(
        name="orders.revenue",
        type=FactType.MONEY,
        label=mark("Revenue"),
        description=mark("What the orders came to, without what came back."),
        column=f"{_ROW}.revenue_minor",
        missing=0,
        aggregate=Aggregate(occurrences=ORDERS, measure=Measure.SUM, of="total"),
        is_indexed=True,
    ),
    _kept(
        name="orders.returned",
        type=FactType.MONEY,
        label=mark("Returned"),
        description=mark("What came back, or was taken off afterwards."),
        column=f"{_ROW}.returned_minor",
        missing=0,
        aggregate=Aggregate(occurrences=ORDERS, measure=Measure.SUM, of="returned"),
    ),
    _kept(
        name="orders.average",
        type=FactType.MONEY,
        label=mark("Average order"),
        description=mark("What an order came to on average, of those whose amount is known in the reporting currency."),
        column=f"{_ROW}.average_minor",
        is_indexed=True,
        aggregate=Aggregate(occurrences=ORDERS, measure=Measure.AVERAGE, of="total"),
    ),
    _kept(
        name="orders.first",
        type=FactType.MOMENT,
        label=mark("First order"),
        description=mark("When the first order was placed."),
        column=f"{_ROW}.first_ordered_at",
        aggregate=Aggregate(occurrences=ORDERS, measure=Measure.FIRST),
        is_yearly=True,
    ),
    _kept(
        name="orders.first_channel",
        type=FactType.TEXT,
        label=mark("Channel of the first order"),
        description=mark("By which channel the first order was placed."),
        column=f"{_ROW}.first_channel",
    ),
    _kept(
        name="orders.first_location",
        type=FactType.TEXT,
        label=mark("Location of the first order"),
        description=mark("At which location the first order was placed."),
        column=f"{_ROW}.first_location",
    ),
    _kept(
        name="orders.first_category",
        type=FactType.TEXT,
        label=mark("Category of the first order"),
        description=mark(
            "The category of the dearest line of the first order; of several as dear, the first by the alphabet."
        ),
        # As cohorts are made: who stands first in the order of bytes, whatever language the database speaks.
        column="(SELECT category.name FROM orders_product AS product"  # noqa: S608
        " JOIN orders_category AS category ON category.id = product.category_id"
        f" WHERE product.id = ANY({_ROW}.first_products)"
        ' ORDER BY category.name COLLATE "C" LIMIT 1)',
    ),
    _kept(
        name="orders.last",
        type=FactType.MOMENT,
        label=mark("Last order"),
        description=mark("When the last order was placed."),
        column=f"{_ROW}.last_ordered_at",
        aggregate=Aggregate(occurrences=ORDERS, measure=Measure.LAST),
        is_indexed=True,
    ),
    _kept(
        name="orders.days_since_last",
        type=FactType.INTEGER,
        unit=Unit.DAYS,
        label=mark("Days since the last order"),
        description=mark("How many days ago the last order was placed, by the business's calendar."),
        column=f"{_ROW}.last_ordered_at",
        counts=Since.DAYS,
        aggregate=Aggregate(occurrences=ORDERS, measure=Measure.LAST),
        flips_at=next_midnight,
    ),
    _kept(
        name="orders.days_since_first",
        type=FactType.INTEGER,
        unit=Unit.DAYS,
        label=mark("Days since the first order"),
        description=mark("How many days ago the first order was placed, by the business's calendar."),
        column=f"{_ROW}.first_ordered_at",
        counts=Since.DAYS,
        aggregate=Aggregate(occurrences=ORDERS, measure=Measure.FIRST),
        flips_at=next_midnight,
    ),
    _kept(
        name="orders.days_between",
        type=FactType.FRACTION,
        unit=Unit.DAYS,
        label=mark("Days between orders"),
        description=mark("How many days lie between two orders on average; unknown before the second one."),
        column=f"(extract(epoch FROM {_ROW}.last_ordered_at - {_ROW}.first_ordered_at)::float8 / 86400"
        f" / NULLIF({_ROW}.orders - 1, 0))",
    ),
    _kept(
        name="orders.without_rate",
        type=FactType.INTEGER,
        unit=Unit.ORDERS,
        label=mark("Orders without a rate"),
        description=mark("How many orders wait for a rate of their currency; their amounts count nowhere yet."),
        column=f"{_ROW}.unconverted_orders",
        missing=0,
    ),
)
