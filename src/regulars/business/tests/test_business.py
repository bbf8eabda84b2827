"""The business is set up once, and its money is of one currency."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from regulars.business import queries, services
from regulars.business.contracts import Business, Rate, Shop
from regulars.stream.contracts import NewEvent, system
from regulars.stream.models import Event
from regulars.stream.queries import has_event
from regulars.stream.services import append

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACTOR = system("test")
SHOP = Business(
    name="Corner", zone="Europe/Vienna", reporting_currency="EUR", language="de", country="AT", brand_colour="#0d6b50"
)
pytestmark = pytest.mark.django_db


def save(**different: str) -> Business:
    return services.save_business(business=dataclasses.replace(SHOP, **different), now=NOW, actor=ACTOR)


def rate(currency: str, on: date, value: str) -> Rate:
    return Rate(currency=currency, valid_on=on, rate=Decimal(value), source="file")


def test_before_it_is_set_up_the_usual_values_hold() -> None:
    assert not queries.is_set_up()
    assert queries.get_business().reporting_currency == "EUR"
    save()
    assert queries.is_set_up()
    assert queries.get_business() == SHOP


def test_a_change_says_which_fields_and_nothing_says_nothing() -> None:
    save()
    save(name="Corner Coffee")
    save(name="Corner Coffee")
    told = list(Event.objects.filter(type="business.changed").order_by("position").values_list("payload", flat=True))
    assert told[1:] == [{"fields": ["name"]}]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("zone", "Vienna"),
        ("reporting_currency", "EURO"),
        ("language", "xx"),
        ("country", "Austria"),
        ("country", "QQ"),
        ("brand_colour", "green"),
        ("brand_colour", "#fff"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_field(field: str, value: str) -> None:
    with pytest.raises(services.WrongBusiness) as caught:
        save(**{field: value})
    assert caught.value.field == field


def test_the_reporting_currency_stays_once_there_are_rates() -> None:
    save()
    save(reporting_currency="CHF")
    services.save_rates(rates=[rate("USD", date(2026, 1, 1), "0.9")], now=NOW, actor=ACTOR)
    with pytest.raises(services.CurrencyInUse):
        save()


def test_the_reporting_currency_stays_once_there_are_orders() -> None:
    save()
    append([NewEvent(type="order.placed", actor=ACTOR, source="shop", occurred_at=NOW)], now=NOW)
    with pytest.raises(services.CurrencyInUse):
        save(reporting_currency="CHF")
    assert save(name="Other").name == "Other"


def test_the_rate_of_a_day_is_the_last_one_before_it() -> None:
    save()
    services.save_rates(
        rates=[rate("USD", date(2026, 1, 1), "0.90"), rate("USD", date(2026, 2, 1), "0.95")], now=NOW, actor=ACTOR
    )
    services.save_rates(rates=[rate("USD", date(2026, 2, 1), "0.96")], now=NOW, actor=ACTOR)
    days = [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 9)]
    found = queries.find_rates([("USD", day) for day in days] + [("EUR", days[0]), ("JPY", days[0])], "EUR")
    assert found == {
        ("USD", days[1]): Decimal("0.90"),
        ("USD", days[2]): Decimal("0.96"),
        ("USD", days[3]): Decimal("0.96"),
        ("EUR", days[0]): Decimal(1),
    }


@pytest.mark.parametrize(("currency", "value"), [("EUR", "1"), ("XYZ", "1"), ("USD", "0"), ("USD", "-1")])
def test_a_rate_that_cannot_be_meant_is_refused(currency: str, value: str) -> None:
    save()
    with pytest.raises(services.WrongBusiness):
        services.save_rates(rates=[rate(currency, date(2026, 1, 1), value)], now=NOW, actor=ACTOR)


def test_a_shop_is_known_by_its_code() -> None:
    nobody = UUID(int=0)
    opened = services.save_shop(
        shop=Shop(id=nobody, code="old-town", name="Old Town", zone="Europe/Vienna", closed_on=None),
        now=NOW,
        actor=ACTOR,
    )
    closed = services.save_shop(
        shop=dataclasses.replace(opened, name="Old Town Market", closed_on=date(2026, 11, 1)), now=NOW, actor=ACTOR
    )
    assert queries.list_shops() == [closed]
    assert closed.id == opened.id != nobody
    with pytest.raises(services.WrongBusiness):
        services.save_shop(shop=dataclasses.replace(opened, code="Old Town"), now=NOW, actor=ACTOR)


def test_of_many_rates_those_that_cannot_be_meant_hinder_no_other() -> None:
    save()
    day = date(2026, 1, 1)
    told = [rate("USD", day, "0.90"), rate("EUR", day, "1"), rate("CHF", day, "-1"), rate("USD", day, "0.91")]
    outcomes = services.put_rates(rates=told, now=NOW, actor=ACTOR)
    assert [(each.outcome, each.pointer) for each in outcomes] == [
        ("kept", ""),
        ("refused", "/currency"),
        ("refused", "/rate"),
        ("kept", ""),
    ]
    assert [(each.currency, each.rate) for each in queries.list_rates()] == [("USD", Decimal("0.91"))]


def test_a_shop_told_again_as_it_is_tells_the_stream_nothing() -> None:
    shop = Shop(id=UUID(int=0), code="old-town", name="Old Town", zone="Europe/Vienna", closed_on=None)
    for _ in range(2):
        services.save_shop(shop=shop, now=NOW, actor=ACTOR)
    assert has_event("shop.opened")
    assert not has_event("shop.changed")
    services.save_shop(shop=dataclasses.replace(shop, name="Old Market"), now=NOW, actor=ACTOR)
    assert has_event("shop.changed")
