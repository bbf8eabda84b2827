"""An order is kept as its source last told it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from regulars.business import services as business_services
from regulars.business.contracts import Rate
from regulars.orders import models, services
from regulars.orders.checking import OrderRefused
from regulars.orders.contracts import DiscountState, OrderState, PaymentState, PutResult, TenderKind, TenderState
from regulars.orders.tests.order_factory import NOW, line, order, returned
from regulars.stream.contracts import system
from regulars.stream.queries import list_timeline

ACTOR = system("test")
pytestmark = pytest.mark.django_db


def put(*orders: OrderState) -> list[PutResult]:
    return services.put_orders(orders=orders, now=NOW, actor=ACTOR)


def outcomes(results: Sequence[PutResult]) -> list[str]:
    return [result.outcome.value for result in results]


def kept() -> dict[str, list[tuple[Any, ...]]]:
    """Return all that is kept of orders, but for ids and when it came."""
    columns = [field.name for field in models.Order._meta.fields if field.name not in {"id", "received_at", "version"}]
    tables: dict[str, list[tuple[Any, ...]]] = {
        "orders": list(models.Order.objects.order_by("external_id").values_list(*columns))
    }
    for model in (models.Line, models.Discount, models.Tender, models.Return, models.ReturnedLine):
        names = [field.name for field in model._meta.fields if field.name not in {"pk", "order"}]
        rows = model.objects.order_by("order__external_id", *names)
        tables[model.__name__] = list(rows.values_list("order__external_id", *names))
    return tables


def test_an_order_is_created_with_all_its_parts() -> None:
    told = order(
        lines=[line(), line(400, 1, "cup", discount_minor=0)],
        discounts=[DiscountState(name="Welcome", coupon="HELLO", amount_minor=300)],
        tenders=[TenderState(kind=TenderKind.CARD, amount_minor=3090)],
        shipping_minor=490,
        total_minor=3090,
        returns=[returned(1250)],
        location="till-1",
        attributes={"gift": True},
    )
    [result] = put(told)
    assert result.outcome == "created"
    assert result.order_id
    row = models.Order.objects.select_related("channel", "location").get(id=result.order_id)
    assert (row.total_minor, row.returned_minor, row.net_reporting_minor, row.items) == (3090, 1250, 1840, Decimal(3))
    assert (row.channel and row.channel.code, row.location and row.location.code) == ("online", "till-1")
    assert {name: len(rows) for name, rows in kept().items()} == {
        "orders": 1, "Line": 2, "Discount": 1, "Tender": 1, "Return": 1, "ReturnedLine": 1,
    }  # fmt: skip


def test_the_same_state_told_again_changes_nothing_and_appends_nothing() -> None:
    [first] = put(order())
    before = kept()
    assert outcomes(put(order())) == ["unchanged"]
    assert kept() == before
    assert first.customer_id
    types = [event.type for event in list_timeline([first.customer_id], limit=20)]
    assert sorted(types) == ["customer.created", "order.paid", "order.placed"]


def test_an_older_version_changes_nothing_and_says_so() -> None:
    put(order(version=5))
    [result] = put(order(version=4, lines=[line(9000, 1)], total_minor=9000))
    assert (result.outcome, result.version) == ("stale", 5)
    assert models.Order.objects.get().total_minor == 2500


def test_a_new_state_takes_the_place_of_the_old_one_in_every_table() -> None:
    put(order(discounts=[DiscountState(amount_minor=500)], total_minor=2000))
    assert outcomes(put(order(lines=[line(700, 1, "cup")], total_minor=700, returns=[returned(700)]))) == ["updated"]
    tables = kept()
    assert tables["Discount"] == []
    assert [row[1:4] for row in tables["Line"]] == [(1, models.Product.objects.get(external_id="cup").id, "Cup")]


def test_versions_end_in_one_state_in_any_order_of_arrival() -> None:
    versions = [
        order(version=1, payment_state=PaymentState.UNPAID),
        order(version=2),
        order(version=3, returns=[returned(1250)]),
    ]
    states = []
    for number, arrival in enumerate(itertools.permutations(versions)):
        models.Order.objects.all().delete()
        for each in arrival:
            put(each)
        states.append(kept())
        assert states[number] == states[0]


def test_an_order_told_twice_in_one_call_is_put_twice_in_order() -> None:
    results = put(order(version=1), order(2), order(version=2, lines=[line(700, 1)], total_minor=700))
    assert outcomes(results) == ["created", "created", "updated"]
    assert models.Order.objects.get(external_id="1").total_minor == 700


def test_a_guest_has_no_customer_until_one_is_told() -> None:
    [result] = put(order(buyer=None))
    assert result.customer_id is None
    assert models.Order.objects.get().customer_id is None
    [result] = put(order())
    assert result.customer_id


def test_an_order_that_goes_to_another_customer_tells_the_one_who_had_it() -> None:
    from regulars.customers.contracts import Identifier, IdentifierKind
    from regulars.orders.contracts import Buyer

    [first] = put(order())
    other = Buyer(identifiers=[Identifier(IdentifierKind.EMAIL, "jo@example.com")])
    [second] = put(order(buyer=other))
    assert first.customer_id
    assert second.customer_id != first.customer_id
    assert list_timeline([first.customer_id], limit=1)[0].type == "order.moved"


def test_each_change_is_told_by_its_event_once() -> None:
    [result] = put(order(payment_state=PaymentState.UNPAID))
    put(order())
    put(order(returns=[returned(1250)]))
    put(order(returns=[returned(1250)], delivered_at=NOW))
    put(order(returns=[returned(1250)], delivered_at=NOW, cancelled_at=NOW))
    put(order(returns=[returned(1250)], delivered_at=NOW))
    assert result.customer_id
    types = [event.type for event in list_timeline([result.customer_id], limit=50)]
    assert {kind: types.count(kind) for kind in types} == {
        "customer.created": 1, "order.placed": 1, "order.paid": 1, "order.returned": 1, "order.delivered": 1,
        "order.cancelled": 1, "order.reinstated": 1, "order.changed": 5,
    }  # fmt: skip


def test_money_is_converted_by_the_rate_of_the_day_and_never_raw() -> None:
    business_services.save_rates(
        rates=[
            Rate(currency="JPY", valid_on=date(2026, 11, 1), rate=Decimal("0.0061"), source="file"),
            Rate(currency="JPY", valid_on=date(2026, 11, 19), rate=Decimal("0.5"), source="file"),
        ],
        now=NOW,
        actor=ACTOR,
    )
    yen = order(currency="JPY", lines=[line(12500, 2)], total_minor=25000)
    put(yen, order(2, currency="USD"))
    # 25,000 yen × 0.0061 = 152.50 euros: yen have no minor unit, euros have cents.
    assert models.Order.objects.get(external_id="1").net_reporting_minor == 15250
    assert models.Order.objects.get(external_id="2").net_reporting_minor is None


@pytest.mark.parametrize(
    ("different", "pointer"),
    [
        ({"currency": "EURO"}, "/currency"),
        ({"lines": []}, "/lines"),
        ({"total_minor": 2600}, "/total_minor"),
        ({"lines": [line(quantity=-1)], "total_minor": -1250}, "/lines/0/quantity"),
        ({"placed_at": NOW.replace(year=2027)}, "/placed_at"),
        ({"placed_at": NOW.replace(tzinfo=None)}, "/placed_at"),
        ({"placed_at": NOW.replace(year=1900)}, "/placed_at"),
        ({"returns": [returned(100, quantity=3)]}, "/returns/0/lines/0/quantity"),
        ({"returns": [returned(2501)]}, "/returns"),
        ({"returns": [returned(1250), returned(1250, 2, "r2")]}, "/returns/1/lines/0/quantity"),
        ({"total_minor": 10**16}, "/total_minor"),
    ],
)
def test_an_order_that_cannot_be_meant_is_refused_with_the_place(different: dict[str, Any], pointer: str) -> None:
    with pytest.raises(OrderRefused) as caught:
        services.put_order(order=order(**different), now=NOW, actor=ACTOR)
    assert caught.value.pointer == pointer
    assert not models.Order.objects.exists()


def test_a_refused_order_hinders_no_other() -> None:
    results = put(order(1), order(2, currency="EURO"), order(3))
    assert outcomes(results) == ["created", "refused", "created"]
    assert results[1].code == "order_refused"


def test_a_product_keeps_the_name_last_told_and_is_not_forgotten_by_silence() -> None:
    from regulars.orders.contracts import LineState, ProductState

    def sold(name: str) -> LineState:
        return LineState(
            product=ProductState(external_id="bowl", name=name),
            quantity=Decimal(1),
            unit_price_minor=2500,
            total_minor=2500,
        )

    put(order(1))
    put(order(2, lines=[sold("Harvest Bowl")]))
    put(order(3, lines=[sold("")]))
    product = models.Product.objects.select_related("category").get()
    assert (product.name, product.category and product.category.name) == ("Harvest Bowl", "Home")


def test_each_part_of_an_order_is_compared_and_how_a_moment_is_written_is_not() -> None:
    from zoneinfo import ZoneInfo

    from regulars.orders.putting import digest_of

    plain = order(attributes={"a": 1, "b": 2})
    vienna = plain.placed_at.astimezone(ZoneInfo("Europe/Vienna"))
    same = order(placed_at=vienna, attributes={"b": 2, "a": 1}, version=9, lines=[line()])
    assert digest_of(plain) == digest_of(same)
    different: dict[str, Any] = {
        "number": "A-1", "placed_at": NOW, "buyer": None, "currency": "USD", "lines": [line(1251)],
        "tax_included": False, "shipping_minor": 1, "shipping_tax_minor": 1,
        "discounts": [DiscountState(amount_minor=1)], "total_minor": 1, "payment_state": PaymentState.UNPAID,
        "tenders": [TenderState(kind=TenderKind.CASH, amount_minor=1)], "returns": [returned(1)],
        "cancelled_at": NOW, "delivered_at": NOW, "channel": "till", "location": "x", "staff": "x",
        "attributes": {"a": 2},
    }  # fmt: skip
    fields = set(OrderState.__dataclass_fields__) - {"source", "external_id", "version"}
    assert set(different) == fields
    for name, value in different.items():
        changed: dict[str, Any] = {"attributes": {"a": 1, "b": 2}, name: value}
        assert digest_of(order(**changed)) != digest_of(plain), name
