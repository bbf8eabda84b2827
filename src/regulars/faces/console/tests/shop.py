"""A small shop for the console's pages, made through services as a real one is."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from regulars.business.contracts import Business, Rate, Shop
from regulars.business.services import save_business, save_rates, save_shop
from regulars.config.subscriptions import SUBSCRIPTIONS
from regulars.customers import services as customers
from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile, Trait, TraitKind
from regulars.customers.merging import merge_customers
from regulars.imports import services as imports
from regulars.imports.carrying_on import carry_on
from regulars.imports.contracts import FileMapping, Import, ImportKind
from regulars.imports.queries import get_import, list_imports
from regulars.insights.reports.asking import request_report
from regulars.insights.reports.carrying_on import carry_on as make_report
from regulars.insights.reports.contracts import Every, Plan, Wishes
from regulars.insights.reports.scheduling import save_schedule
from regulars.kit.ids import new_id
from regulars.orders.contracts import (
    Buyer,
    DiscountState,
    LineState,
    OrderState,
    Outcome,
    ProductState,
    ReturnedLine,
    ReturnState,
    TenderKind,
    TenderState,
)
from regulars.orders.services import put_orders
from regulars.staff.contracts import Account, Role
from regulars.staff.services import create_account, create_api_key
from regulars.stream.contracts import Event, Subscription, system
from regulars.stream.dispatch import Dispatcher

ACTOR = system("tests")
PASSWORD = "correct horse battery staple"


def now() -> datetime:
    return datetime.now(UTC)


def account(role: Role, name: str = "Mira Oduya") -> Account:
    """Add somebody of a role who can sign in."""
    return create_account(email=f"{role}@example.com", name=name, role=role, password=PASSWORD, now=now(), actor=ACTOR)


def business(name: str = "Corner Coffee & Home") -> None:
    """Set the business up."""
    save_business(
        business=Business(
            name=name,
            zone="Europe/Vienna",
            reporting_currency="EUR",
            language="en",
            country="AT",
            brand_colour="#0d6b50",
        ),
        now=now(),
        actor=ACTOR,
    )
    rate = Rate(currency="GBP", valid_on=(now() - timedelta(days=400)).date(), rate=Decimal("1.1562"), source="bank")
    save_rates(rates=[rate], now=now(), actor=ACTOR)


@dataclass(frozen=True)
class Words:
    """Each text that comes from outside, in the order of one customer."""

    name: str = "Ines Kovač"
    city: str = "Ljubljana"
    product: str = "Harvest Bowl"
    category: str = "Home"
    number: str = "48213"
    external_id: str = "o-1"
    source: str = "shop"
    channel: str = "online"
    location: str = "Main street"
    staff: str = "Tomas"
    discount: str = "Autumn"
    coupon: str = "LEAVES"
    reason: str = "Too small"
    card: str = "2004 1234"
    attribute: str = "Gift"
    email: str = "ines.kovac@example.com"


def order_of(words: Words, *, days_ago: float = 2, total_minor: int = 8640) -> OrderState:
    """Return an order in which each text is one of `words`."""
    placed = now() - timedelta(days=days_ago)
    return OrderState(
        source=words.source,
        external_id=words.external_id,
        number=words.number,
        placed_at=placed,
        buyer=Buyer(
            identifiers=[
                Identifier(IdentifierKind.EMAIL, words.email),
                Identifier(IdentifierKind.CARD, words.card),
                Identifier(IdentifierKind.EXTERNAL_ID, f"c-{words.external_id}", words.source),
            ],
            profile=Profile(name=words.name, city=words.city, country="SI", language="sl"),
        ),
        currency="EUR",
        lines=[
            LineState(
                product=ProductState(external_id=f"p-{words.external_id}", name=words.product, category=words.category),
                quantity=Decimal(2),
                unit_price_minor=total_minor // 2 + 200,
                discount_minor=400,
                tax_minor=total_minor // 6,
                total_minor=total_minor,
            )
        ],
        shipping_minor=490,
        discounts=[DiscountState(name=words.discount, coupon=words.coupon, amount_minor=490)],
        total_minor=total_minor,
        tenders=[TenderState(kind=TenderKind.CARD, amount_minor=total_minor, paid_at=placed)],
        returns=[
            ReturnState(
                external_id=f"r-{words.external_id}",
                returned_at=placed + timedelta(hours=20),
                reason=words.reason,
                lines=[ReturnedLine(line=1, quantity=Decimal(1), amount_minor=total_minor // 4)],
            )
        ],
        channel=words.channel,
        location=words.location,
        staff=words.staff,
        attributes={words.attribute: words.attribute},
    )


def put(orders: Sequence[OrderState]) -> list[tuple[UUID, UUID]]:
    """Put orders, let their events be handled, and return each order with its customer."""
    results = put_orders(orders=orders, now=now(), actor=ACTOR)
    Dispatcher(SUBSCRIPTIONS, now).run_until_idle()
    assert {result.outcome for result in results} == {Outcome.CREATED}, [result.message for result in results]
    return [(result.order_id, result.customer_id) for result in results if result.order_id and result.customer_id]


def product_address(order_id: UUID) -> str:
    """Return the page of what an order's first line sells."""
    from regulars.orders.models import Line

    return f"/products/{Line.objects.get(order_id=order_id, number=1).product_id}"


NAMES = (
    "Mateo Silva", "Aoife Byrne", "Jonas Weiß", "Chloé Laurent", "Sofia Rossi", "Emil Nowak", "Zoë van Dijk",
    "Hanna Lindqvist", "Oskar Horvat", "Maja Novak", "Leo Gruber", "Nora Winkler", "Elif Yılmaz", "Tomás Ó Briain",
)  # fmt: skip


def many(count: int = 60) -> list[tuple[UUID, UUID]]:
    """Put orders of many customers, Ines among them with several."""
    words = [
        Words(
            name=f"{NAMES[number % len(NAMES)]}",
            email=f"customer{number}@example.com",
            card=f"2004 {5000 + number}",
            external_id=f"m-{number}",
            number=str(47000 + number),
            city="Wien",
        )
        for number in range(count)
    ]
    orders = [
        order_of(each, days_ago=40 - number * 0.5, total_minor=4200 + 310 * number) for number, each in enumerate(words)
    ]
    own = [order_of(Words(external_id=f"o-{n}", number=str(48300 + n)), days_ago=400 - n * 12) for n in range(2, 32)]
    return put([*orders, *own, order_of(Words())])


def keys() -> None:
    """Make a key."""
    create_api_key(name="Online shop", scopes=["orders.write", "customers.read"], now=now(), actor=ACTOR)


class HandlerFault(Exception):
    """What the handler of a dead letter raises."""


def _fail(events: Sequence[Event]) -> None:
    raise HandlerFault


def dead_letter(words: Words) -> None:
    """Let the facts of an order fail, so that its events lie undelivered."""
    failing = [
        Subscription(name=each.name, types=each.types, handler=_fail) if each.name == "orders.facts" else each
        for each in SUBSCRIPTIONS
    ]
    put_orders(orders=[order_of(words)], now=now(), actor=ACTOR)
    Dispatcher(failing, now).run_until_idle()


def receive(content: str, *, kind: ImportKind = ImportKind.ORDERS, name: str = "orders.csv") -> Import:
    """Send a file in."""
    return imports.receive_file(
        kind=kind, file_name=name, chunks=[content.encode()], source="shop", now=now(), actor=ACTOR
    )


def mapped(content: str, *, kind: ImportKind = ImportKind.ORDERS, name: str = "orders.csv") -> Import:
    """Send a file in whose columns are taken as they are recognised."""
    received = receive(content, kind=kind, name=name)
    return imports.map_columns(import_id=received.id, mapping=FileMapping(), now=now(), actor=ACTOR)


def imported(content: str, *, kind: ImportKind = ImportKind.ORDERS, name: str = "orders.csv") -> Import:
    """Send a file in and import it, as its columns are recognised."""
    ready = mapped(content, kind=kind, name=name)
    imports.start(import_id=ready.id, now=now(), actor=ACTOR)
    work_on_imports()
    return get_import(ready.id)


def work_on_imports(*, batches: int | None = None) -> None:
    """Do what is left of the imports that are under way, as a worker would; no more than some batches of each."""
    for each in list_imports(limit=100):
        done = itertools.count(1)
        carry_on(each.id, clock=now, should_stop=lambda done=done: next(done) == batches)  # type: ignore[misc]


def scheduled(title: str = "The week") -> UUID:
    """Have a report made each Monday."""
    plan = Plan(wishes=Wishes(title=title), every=Every.WEEK, weekday=1)
    return save_schedule(schedule_id=new_id(), plan=plan, now=now(), actor=ACTOR).id


def reported(title: str = "How we are") -> UUID:
    """Ask for a report and make it, as a worker would."""
    asked = request_report(wishes=Wishes(title=title), now=now(), actor=ACTOR)
    make_report(asked.id, clock=now)
    return asked.id


def somebody(name: str, email: str) -> UUID:
    """Add a customer by hand."""
    person = Person(identifiers=[Identifier(IdentifierKind.EMAIL, email)], profile=Profile(name=name))
    return customers.add_customer(person=person, now=now(), actor=ACTOR)


def merged(survivor_id: UUID, merged_id: UUID) -> None:
    """Take one customer into another."""
    merge_customers(survivor_id=survivor_id, merged_id=merged_id, now=now(), actor=ACTOR)


def kept_beyond_the_usual(customer_id: UUID, text: str = "espresso") -> None:
    """Define a trait of each kind, give a customer values of them, and open a shop; `text` is whatever may be one."""
    values = {
        TraitKind.TEXT: text,
        TraitKind.NUMBER: 38,
        TraitKind.BOOLEAN: True,
        TraitKind.DATE: "2026-11-02",
        TraitKind.CHOICE: text,
        TraitKind.CHOICES: [text],
    }
    for kind in values:
        choices = [text, "tea"] if kind in {TraitKind.CHOICE, TraitKind.CHOICES} else []
        trait = Trait(key=kind.value, kind=kind, label=f"{text} {kind}", description=text, choices=choices)
        customers.save_trait(trait=trait, now=now(), actor=ACTOR)
    profile = Profile(traits={kind.value: value for kind, value in values.items()})
    customers.change_profile(customer_id=customer_id, profile=profile, now=now(), actor=ACTOR)
    for code, closed_on in (("old-town", None), ("station", now().date())):
        told = Shop(id=new_id(), code=code, name=f"{text} {code}", zone="Europe/Vienna", closed_on=closed_on)
        save_shop(shop=told, now=now(), actor=ACTOR)
