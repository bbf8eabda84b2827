"""Fill an installation with the demo shop: the business, its staff, a key, and two years of orders.

All goes through the services that the product uses. A filling that was cut short goes on where it was: what is there
already is told again, and changes nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

from django.utils import timezone

from regulars.business import services as business
from regulars.business.contracts import Business, Rate
from regulars.business.contracts import Shop as PlaceOfSale
from regulars.customers import services as customers
from regulars.customers.contracts import Identifier, IdentifierKind, TagChange, Trait, TraitKind
from regulars.customers.queries import find_by_identifier
from regulars.demo.club import choose_members, live_club, split
from regulars.demo.files import DRINKS, bring_files
from regulars.demo.keeping import ACTOR, AT_ONCE, keep_orders
from regulars.demo.orders import NAME, ZONE, make_clean_orders
from regulars.demo.selling import SOURCE, tell_orders
from regulars.insights.carrying_on import carry_on
from regulars.insights.contracts import RunState
from regulars.insights.queries import find_latest_run
from regulars.insights.services import request_run
from regulars.kit.ids import new_id
from regulars.kit.progress import Progress, part_of
from regulars.orders.contracts import OrderState
from regulars.staff import services as staff
from regulars.staff.contracts import Role
from regulars.staff.queries import list_accounts
from regulars.stream import services as stream
from regulars.stream.contracts import Actor, ActorKind
from regulars.stream.dispatch import Dispatcher
from regulars.stream.registry import subscriptions

# Within these days its members were born.
_ELDEST, _AGES_DAYS = date(1948, 3, 1), 21_000
# Each so many of them came to a tasting, so many in all.
_TASTED_EVERY, _TASTERS = 9, 400
# One of each role; nobody of them exists.
STAFF = {
    "mira@example.com": ("Mira Oswald", Role.OWNER),
    "tomas@example.com": ("Tomas Berg", Role.MANAGER),
    "ada@example.com": ("Ada Lindt", Role.ANALYST),
    "jo@example.com": ("Jo Winter", Role.AGENT),
    "till@example.com": ("Till at the market", Role.TILL),
}

SHOPS = {"old-town": "Old Town", "market-hall": "Market Hall"}


@dataclass(frozen=True, slots=True)
class Shop:
    """What a demo shop was made as; kept in its home, so that the next start finds the same one."""

    customers: int
    until: str
    password: str
    has_club: bool = True
    filled: bool = False


def read_shop(home: Path, customers: int, until: date, *, has_club: bool) -> Shop:
    """Return the demo shop of a home; a new one with these customers and this last day where there is none."""
    path = home / "demo.json"
    if path.exists():
        return Shop(**json.loads(path.read_text(encoding="utf-8")))
    shop = Shop(customers, until.isoformat(), secrets.token_urlsafe(9), has_club)
    keep_shop(home, shop)
    return shop


def keep_shop(home: Path, shop: Shop) -> None:
    """Keep what a demo shop was made as; the file holds the password of its people."""
    new = home / "demo.json.new"
    new.touch(mode=0o600)
    new.write_text(json.dumps(asdict(shop)), encoding="utf-8")
    # All of it or nothing, whenever one is killed.
    new.replace(home / "demo.json")


def fill(shop: Shop, progress: Progress) -> None:
    """Fill the installation with the shop."""
    now = timezone.now()
    _open_shop(shop, now)
    until = date.fromisoformat(shop.until)
    lines = make_clean_orders(shop.customers, until)
    count = len(set(lines["order_number"].to_pylist()))
    stream.make_room(moment for moment in lines["ordered_at"].to_pylist())
    done = 0
    others, of_members = split(
        map(_as_members_tell, tell_orders(lines, until)), choose_members(lines) if shop.has_club else ()
    )
    for batch in _batches(others):
        keep_orders(batch, now)
        done += len(batch)
        progress("", 0.6 * done / count)
    if shop.has_club:
        live_club(of_members, until, staff=_people(), progress=part_of(progress, 0.6, 0.85))
    _know_some(shop, now)
    bring_files(until, now=now, actor=ACTOR)
    Dispatcher(subscriptions(), timezone.now).run_until_idle()
    _score(part_of(progress, 0.9, 1.0))
    progress("", 1.0)


def _open_shop(shop: Shop, now: datetime) -> None:
    business.save_business(
        business=Business(
            name=NAME,
            zone=ZONE,
            reporting_currency="EUR",
            language="en",
            country="AT",
            brand_colour="#0d6b50",
        ),
        now=now,
        actor=ACTOR,
    )
    rates = {"CHF": Decimal("1.06"), "USD": Decimal("0.92"), "CZK": Decimal("0.0405")}
    first = date.fromisoformat(shop.until).replace(day=1)
    business.save_rates(
        rates=[
            Rate(currency=currency, valid_on=first.replace(year=first.year - 3), rate=rate, source="demo")
            for currency, rate in rates.items()
        ],
        now=now,
        actor=ACTOR,
    )
    for code, name in SHOPS.items():
        place = PlaceOfSale(id=new_id(), code=code, name=name, zone=ZONE, closed_on=None)
        business.save_shop(shop=place, now=now, actor=ACTOR)
    for trait in (
        Trait(key="drinks", kind=TraitKind.CHOICE, label="Drinks", choices=DRINKS),
        Trait(key="on_paper", kind=TraitKind.BOOLEAN, label="Newsletter on paper"),
    ):
        customers.save_trait(trait=trait, now=now, actor=ACTOR)
    here = {account.email for account in list_accounts()}
    for email, (name, role) in STAFF.items():
        if email not in here:
            staff.create_account(email=email, name=name, role=role, password=shop.password, now=now, actor=ACTOR)


def _people() -> dict[Role, Actor]:
    return {account.role: Actor(ActorKind.STAFF, str(account.id)) for account in list_accounts()}


def _as_members_tell(order: OrderState) -> OrderState:
    """Return an order with what most buyers have said of themselves: when they were born, and what they drink."""
    if order.buyer is None:
        return order
    number = int(order.buyer.identifiers[0].value)
    birthday = _ELDEST + timedelta(days=number * 7919 % _AGES_DAYS) if number % 3 else None
    traits = {"drinks": DRINKS[number % 7 % len(DRINKS)]} if number % 5 else {}
    profile = replace(order.buyer.profile, birthday=birthday, traits=traits)
    return replace(order, buyer=replace(order.buyer, profile=profile))


def _know_some(shop: Shop, now: datetime) -> None:
    """Add what people keep of some customers: tags and notes."""
    for taster in range(_TASTED_EVERY, min(shop.customers, _TASTED_EVERY * _TASTERS) + 1, _TASTED_EVERY):
        found = find_by_identifier(Identifier(IdentifierKind.EXTERNAL_ID, f"{taster:06d}", SOURCE))
        if found:
            tags = ["tasting", "barista course"] if taster % 4 == 0 else ["tasting"]
            customers.change_tags(change=TagChange(customer_id=found, add=tags), now=now, actor=ACTOR)
    for number, (tags, note) in {
        "000004": (["press"], "Writes about coffee; asks for samples of new roasts."),
        "000007": (["subscription"], ""),
        "000011": (["neighbour"], "Has the bakery next door. Prefers to be called on the phone."),
    }.items():
        found = find_by_identifier(Identifier(IdentifierKind.EXTERNAL_ID, number, SOURCE))
        if found:
            customers.set_tags(customer_id=found, tags=tags, now=now, actor=ACTOR)
            if note:
                customers.add_note(customer_id=found, text=note, now=now, actor=ACTOR)


def _score(progress: Progress) -> None:
    """Score the customers, as each night does; a run that was cut short is taken up."""
    latest = find_latest_run()
    if latest is None or latest.state is not RunState.RUNNING:
        latest = request_run(now=timezone.now(), actor=ACTOR)
    carry_on(latest.id, clock=timezone.now, shown=progress)


def _batches(told: Iterator[OrderState]) -> Iterator[list[OrderState]]:
    while batch := list(islice(told, AT_ONCE)):
        yield batch
