"""A small world in the database, and the same world in memory: customers, orders, events, merges, changes of a fact."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from regulars.business.models import Shop
from regulars.customers.models import Alias, Customer, Identifier
from regulars.facts.catalogue import get_catalogue
from regulars.facts.contracts import Catalogue, Fact, FactType, History, Row
from regulars.facts.interpreters.memory import Occurrence, Subject
from regulars.facts.language.moments import Clock
from regulars.facts.tests.conditions import EVENTS, TEXTS
from regulars.facts.tests.members import MemberMaker
from regulars.insights.models import Score, ScoreHistory
from regulars.kit.ids import new_id
from regulars.loyalty.facts.keeping import keep_facts_of as keep_membership_of
from regulars.orders.facts_kept import keep_facts_of
from regulars.orders.models import Category, Channel, Discount, Line, Location, Order, Product
from regulars.stream.contracts import NewEvent, system
from regulars.stream.services import append

ZONES = ("UTC", "Europe/Vienna", "America/New_York", "Asia/Kathmandu", "America/Asuncion")
STATES = ("new", "loyal", "lost")
STATE = Fact(
    name="test.state",
    type=FactType.CHOICE,
    label="State",
    description="A fact whose changes are kept.",
    source=Row("test_state"),
    column="test_state.state",
    choices={state: state for state in STATES},
    history=History(table="test_state_change", customer="customer_id", on="changed_on", value="state"),
)
# The facts whose changes the runs keep, with the columns that have them.
KEPT_CHANGES = {"rfm.segment": "rfm_segment", "churn.risk_decile": "risk_decile", "clv.decile": "clv_decile"}
TRAITS = {
    "size": ("number", ()),
    "motto": ("text", ()),
    "grade": ("choice", ("a", "b")),
    "vip": ("boolean", ()),
    "met": ("date", ()),
    "likes": ("choices", ("a", "coffee")),
}


@dataclass(frozen=True, slots=True)
class World:
    """The customers that were not merged, as the memory knows them; and when it is."""

    subjects: Sequence[Subject]
    clock: Clock


def catalogue() -> Catalogue:
    """Return the catalogue of the house, with a fact whose changes are kept."""
    known = get_catalogue(sees_sensitive=True)
    return Catalogue(ground=known.ground, facts={**known.facts, STATE.name: STATE})


def make_tables() -> None:
    """Make the tables of the fact whose changes are kept, and the traits, for this test alone."""
    from regulars.customers.models import Trait

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE test_state (customer_id uuid PRIMARY KEY, state text) ON COMMIT DROP")
        cursor.execute(
            "CREATE TEMP TABLE test_state_change (customer_id uuid, changed_on date, state text) ON COMMIT DROP"
        )
    for key, (kind, choices) in TRAITS.items():
        Trait.objects.create(key=key, kind=kind, label=key, classification="personal", choices=list(choices))


class Maker:
    """Makes a world from a seed."""

    def __init__(self, seed: int, customers: int = 12) -> None:
        self.chance = random.Random(seed)
        self.zone = ZoneInfo(self.chance.choice(ZONES))
        start = datetime(2025, 12, 1, tzinfo=UTC)
        self.now = start + timedelta(seconds=self.chance.randrange(400 * 24 * 3600))
        self.clock = Clock(self.now, self.zone)
        self.ids = [new_id() for _ in range(customers)]
        self.survivor = dict(zip(self.ids, self.ids, strict=True))
        for merged in self.chance.sample(self.ids, self.chance.randrange(3)):
            into = self.chance.choice([each for each in self.ids if self.survivor[each] == each and each != merged])
            if merged not in self.survivor.values() or list(self.survivor.values()).count(merged) == 1:
                self.survivor[merged] = into
        self.facts: dict[UUID, dict[str, Any]] = {
            each: dict.fromkeys(["profile.has_email", "profile.has_phone", "profile.has_card"], False)
            for each in self.ids
        }
        self.kinds: dict[UUID, set[str]] = {each: set() for each in self.ids}
        self.orders: dict[UUID, list[tuple[Occurrence, bool]]] = {each: [] for each in self.ids}
        self.openings: dict[int, tuple[datetime, UUID, str | None]] = {}
        self.events: dict[UUID, dict[str, list[Occurrence]]] = {each: {} for each in self.ids}
        self.changes: dict[UUID, dict[str, list[tuple[date, Any]]]] = {each: {} for each in self.ids}

    def make(self) -> World:
        """Write the world into the database, and return it."""
        self._customers()
        self._orders()
        self._events()
        self._states()
        self._scores()
        self._score_history()
        for identity, facts in MemberMaker(self.chance, self.clock, self.survivor, self.moment).make().items():
            self.facts[identity] |= facts
        keep_facts_of(self.ids)
        keep_membership_of(self.ids)
        return World([self._subject(each) for each in self.ids if self.survivor[each] == each], self.clock)

    def moment(self) -> datetime:
        """Draw a moment before now; often one at which something turns."""
        at_random = self.now - timedelta(microseconds=self.chance.randrange(500 * 24 * 3600 * 10**6))
        day = self.clock.today - timedelta(days=self.chance.choice([0, 1, 2, 7, 30, 31, 60, 89, 90, 91, 365]))
        midnight = self.clock.start_of(day)
        return min(
            self.chance.choice(
                [
                    at_random,
                    midnight,
                    midnight - timedelta(microseconds=1),
                    self.now - timedelta(days=self.chance.randrange(100)),
                    self.now - timedelta(hours=self.chance.randrange(60)),
                ]
            ),
            self.now,
        )

    def _day(self) -> date:
        return self.clock.today - timedelta(days=self.chance.choice([0, 1, 6, 7, 8, 30, 365, 366, 12_000, 12_345]))

    def _maybe(self, value: Any) -> Any:
        return value if self.chance.random() < 0.7 else None

    def _customers(self) -> None:
        rows, identifiers = [], []
        for identity in self.ids:
            birthday = self.chance.choice([None, self._day(), date(1996, 2, 29), date(1988, 2, 28)])
            traits = {
                "size": self._maybe(self.chance.choice([1, 2.5, 0.1, -3])),
                "motto": self._maybe(self.chance.choice(TEXTS)),
                "grade": self._maybe(self.chance.choice("ab")),
                "vip": self._maybe(self.chance.random() < 0.5),
                "met": self._maybe(self._day().isoformat()),
                "likes": self._maybe(self.chance.sample(["a", "coffee"], self.chance.randrange(3))),
            }
            traits = {key: value for key, value in traits.items() if value is not None}
            told = {name: self._maybe(self.chance.choice(TEXTS[:3] + TEXTS[3:5])) for name in ("city", "postcode")}
            told |= {"country": self._maybe(self.chance.choice(["AT", "DE"])), "language": self._maybe("de")}
            tags = self.chance.sample(TEXTS, self.chance.randrange(3))
            since = self.moment()
            rows.append(
                Customer(
                    id=identity, birthday=birthday, traits=traits, tags=tags, created_at=since, updated_at=since,
                    **{name: value or "" for name, value in told.items()},
                )
            )  # fmt: skip
            for kind in self.chance.sample(["email", "phone", "card"], self.chance.randrange(4)):
                identifiers.append(
                    Identifier(customer_id=identity, kind=kind, value=f"{kind}-{identity}", added_at=since)
                )
                self.facts[self.survivor[identity]][f"profile.has_{kind}"] = True
                self.kinds[self.survivor[identity]].add(kind)
            numbers = {"size": Decimal(repr(traits["size"]))} if "size" in traits else {}
            met = {"met": date.fromisoformat(traits["met"])} if "met" in traits else {}
            self.facts[identity] |= {f"profile.{name}": value for name, value in told.items()}
            self.facts[identity] |= {
                "profile.birthday": birthday,
                "profile.age": birthday,
                "profile.since": since,
                "profile.days_since_joining": since,
                "profile.tags": tags,
                **{f"traits.{key}": value for key, value in (traits | numbers | met).items()},
            }
        for row in rows:
            row.identifier_kinds = sorted(self.kinds[row.id])
        Customer.objects.bulk_create(rows)
        Identifier.objects.bulk_create(identifiers)
        Alias.objects.bulk_create(
            [Alias(customer_id=each, survivor_id=into) for each, into in self.survivor.items() if each != into]
        )

    def _orders(self) -> None:
        channels = [Channel.objects.create(code=code) for code in ("a", "ab")]
        shop = Shop.objects.create(id=new_id(), code="Graz", name="Graz", zone="UTC")
        locations = [Location.objects.create(code="b", shop=shop), Location.objects.create(code="Wien")]
        categories = {"a": Category.objects.create(name="coffee"), "b": Category.objects.create(name="Wien")}
        products = [
            Product.objects.create(
                id=new_id(), source="s", external_id=name, name=name, updated_at=self.now, category=categories.get(name)
            )
            for name in ("a", "é", "b")
        ]
        rows, lines, discounts = [], [], []
        for number in range(self.chance.randrange(50)):
            owner, at = self.chance.choice([*self.ids, None]), self.moment()
            total = self._maybe(self.chance.randrange(20_000))
            returned = self.chance.choice([0, 0, 350, 20_000]) if total is not None else None
            channel, cancelled = self.chance.choice([None, *channels]), self.chance.random() < 0.2
            location = self.chance.choice([None, *locations])
            named = self.chance.sample(products, self.chance.randrange(4))
            sold = {each: self.chance.choice([0, 5, 9]) for each in named}
            coupons = self.chance.sample(["a", "b", ""], self.chance.randrange(3))
            row = Order(
                id=new_id(), source="s", external_id=str(number), number=str(number), number_key=str(number), version=0,
                digest=b"", customer_id=owner, placed_at=at, currency="EUR", total_minor=total or 0, tax_minor=0,
                tax_included=True, shipping_minor=0, shipping_tax_minor=0, discount_minor=0,
                returned_minor=returned or 0, net_reporting_minor=total, returned_reporting_minor=returned,
                items=Decimal(len(sold)), payment_state=self.chance.choice(["paid", "unpaid"]),
                cancelled_at=at if cancelled else None, channel=channel, location=location,
                received_at=self.now,
            )  # fmt: skip
            rows.append(row)
            for place, (product, price) in enumerate(sold.items(), 1):
                lines.append(
                    Line(
                        order=row, number=place, product=product, name=product.name, quantity=Decimal(1),
                        unit_price_minor=price, discount_minor=0, tax_minor=0, total_minor=price,
                    )
                )  # fmt: skip
            for place, coupon in enumerate(coupons, 1):
                discounts.append(Discount(order=row, number=place, name="", coupon=coupon, amount_minor=0))
            if owner is None:
                continue
            told = {
                "total": total,
                "returned": row.returned_reporting_minor,
                "items": row.items,
                "channel": channel and channel.code,
                "location": location and location.code,
                "shop": location and location.shop and location.shop.code,
                "source": "s",
                "currency": "EUR",
                "payment": row.payment_state,
                "products": [each.name for each in sold],
                "product_ids": [str(each.id) for each in sold],
                "categories": [each.category.name for each in sold if each.category],
                "coupons": [coupon for coupon in coupons if coupon],
            }
            happened, highest = Occurrence(at, told), max(sold.values(), default=0)
            self.orders[self.survivor[owner]].append((happened, cancelled))
            dearest = [each.category.name for each, price in sold.items() if each.category and price == highest]
            # Of several orders in one moment the one with the smaller id is the first.
            self.openings[id(happened)] = (at, row.id, min(dearest, default=None))
        Order.objects.bulk_create(rows)
        Line.objects.bulk_create(lines)
        Discount.objects.bulk_create(discounts)

    def _events(self) -> None:
        new = []
        for _ in range(self.chance.randrange(60)):
            owner, at, kind = self.chance.choice(self.ids), self.moment(), self.chance.choice(EVENTS)
            payload: dict[str, Any] = {
                "category": self.chance.choice([*TEXTS, 3, None, True, ["a", "b"], []]),
                "price": self.chance.choice([0, 1.5, 12, 0.1, "12", None]),
                "gift": self.chance.choice([True, False, "true", None]),
                "items": self.chance.sample(["a", "b", 3, ""], 2),
                "deep": self.chance.choice([{"er": "a"}, {"er": 12}, "er", None]),
            }
            payload = {key: value for key, value in payload.items() if self.chance.random() < 0.8}
            new.append(
                NewEvent(
                    type=kind, actor=system("test"), source="s", occurred_at=at, customer_id=owner, payload=payload
                )
            )
            kept = self.events[self.survivor[owner]].setdefault(kind, [])
            kept.append(Occurrence(at, json.loads(json.dumps(payload))))
        append(new, now=self.now)

    def _states(self) -> None:
        rows = []
        for identity in self.ids:
            days = sorted({self._day() for _ in range(self.chance.randrange(4))})
            changes = [(day, self.chance.choice([*STATES, None])) for day in days]
            self.changes[identity][STATE.name] = changes
            rows += [(identity, *change) for change in changes]
            if changes:
                self.facts[identity][STATE.name] = changes[-1][1]
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO test_state_change VALUES (%s, %s, %s)", rows)
            cursor.executemany(
                "INSERT INTO test_state VALUES (%s, %s)",
                [(each, facts[STATE.name]) for each, facts in self.facts.items() if STATE.name in facts],
            )

    def _scores(self) -> None:
        rows = []
        for identity in self.ids:
            if self.chance.random() < 0.3:
                continue
            told = {
                "risk": self._maybe(self.chance.choice([0.1, 0.5, 1 / 3, 0.875])),
                "risk_decile": self._maybe(self.chance.randint(1, 10)),
                "at_risk": self._maybe(self.chance.random() < 0.5),
                "revenue_at_stake_minor": self._maybe(self.chance.randrange(20_000)),
                "clv_minor": self._maybe(self.chance.randrange(20_000)),
                "clv_decile": self._maybe(self.chance.randint(1, 10)),
                "expected_orders": self._maybe(self.chance.choice([0.1, 1 / 3, 2.5, 12.0])),
                "expected_revenue_minor": self._maybe(self.chance.randrange(20_000)),
                "next_order_expected_on": self._maybe(self._day()),
            }
            first_on, last_on, repeats = self._day(), self._day(), self.chance.randrange(4)
            segment, r = self.chance.choice(["loyal", "lost"]), self.chance.randint(1, 5)
            rows.append(
                Score(
                    customer_id=identity, run_id=new_id(), r=r, f=1, m=1, rfm_segment=segment, rfm_on=self._day(),
                    first_on=first_on, last_on=last_on, frequency=repeats, revenue_minor=0, scored_at=self.now, **told,
                )
            )  # fmt: skip
            self.facts[identity] |= {
                "rfm.segment": segment,
                "rfm.r": r,
                "rfm.f": 1,
                "rfm.m": 1,
                "purchases.count": repeats + 1,
                "purchases.first": first_on,
                "purchases.last": last_on,
                "churn.risk": told["risk"],
                "churn.risk_decile": told["risk_decile"],
                "churn.at_risk": told["at_risk"],
                "churn.at_stake": told["revenue_at_stake_minor"],
                "clv.expected_12m": told["clv_minor"],
                "clv.decile": told["clv_decile"],
                "expected.orders": told["expected_orders"],
                "expected.revenue": told["expected_revenue_minor"],
                "expected.next_order": told["next_order_expected_on"],
            }
        Score.objects.bulk_create(rows)

    def _score_history(self) -> None:
        """Write what segments and tenths became; on some of the days nothing bought was left."""
        rows = []
        for identity in self.ids:
            days = sorted({self._day() for _ in range(self.chance.randrange(4))})
            for day in days:
                told: dict[str, Any] = dict.fromkeys(KEPT_CHANGES.values())
                if self.chance.random() < 0.8:
                    told = {
                        "rfm_segment": self.chance.choice(["loyal", "lost", "new"]),
                        "risk_decile": self._maybe(self.chance.randint(1, 10)),
                        "clv_decile": self._maybe(self.chance.randint(1, 10)),
                    }
                rows.append(ScoreHistory(customer_id=identity, changed_on=day, run_id=new_id(), **told))
                for name, column in KEPT_CHANGES.items():
                    self.changes[identity].setdefault(name, []).append((day, told[column]))
        ScoreHistory.objects.bulk_create(rows)

    def _subject(self, identity: UUID) -> Subject:
        among = [order for order, cancelled in self.orders[identity] if not cancelled]
        totals = [order.properties["total"] for order in among if order.properties["total"] is not None]
        moments = sorted(order.at for order in among)
        first, last = (moments[0], moments[-1]) if moments else (None, None)
        opening = min(among, key=lambda order: self.openings[id(order)][:2], default=None)
        gap = (last - first).total_seconds() / 86400 / (len(among) - 1) if first and last and len(among) > 1 else None
        facts = {
            "orders.count": len(among),
            "orders.revenue": sum(totals),
            "orders.returned": sum(order.properties["returned"] or 0 for order in among),
            "orders.average": _rounded(sum(totals), len(totals)),
            "orders.first": first,
            "orders.first_channel": opening and opening.properties["channel"],
            "orders.first_location": opening and opening.properties["location"],
            "orders.first_category": opening and self.openings[id(opening)][2],
            "orders.last": last,
            "orders.days_since_first": first,
            "orders.days_since_last": last,
            "orders.days_between": gap,
            "orders.without_rate": len(among) - len(totals),
        }
        return Subject(
            id=identity,
            facts=self.facts[identity] | facts,
            occurrences={"orders": among, "purchases": [order for order in among if _is_left(order)]},
            events=self.events[identity],
            history=self.changes[identity],
        )


def _is_left(order: Occurrence) -> bool:
    total, returned = order.properties["total"], order.properties["returned"]
    return total is not None and (total > 0 or returned == 0)


def _rounded(total: int, count: int) -> int | None:
    return int((Decimal(total) / count).quantize(Decimal(1), ROUND_HALF_UP)) if count else None
