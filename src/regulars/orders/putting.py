"""Keep a batch of orders, each under a key of its own, with one statement per table."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.business.contracts import Business
from regulars.business.queries import find_rates, get_business
from regulars.customers.contracts import Person
from regulars.customers.services import resolve_customers
from regulars.kit.ids import new_id
from regulars.orders import rows
from regulars.orders.changes import Before, events_of
from regulars.orders.checking import returned_minor
from regulars.orders.contracts import OrderState, Outcome, PutResult
from regulars.orders.places import find_places
from regulars.orders.products import put_products
from regulars.orders.statements import insert, rows_of
from regulars.stream.contracts import Actor
from regulars.stream.services import append

# The parts of an order whose text is the same where they are; the others are written in one way first.
_COMPARED = (
    *("number", "buyer", "currency", "tax_included", "shipping_minor", "shipping_tax_minor", "discounts"),
    *("total_minor", "payment_state", "tenders", "returns", "channel", "location", "staff"),
)
_COMPARED_OF_LINES = ("unit_price_minor", "discount_minor", "tax_minor", "total_minor")
CHILDREN = ("lines", "discounts", "tenders", "returns", "returned_lines")


@dataclass(slots=True)
class _Put:
    """One order on its way."""

    order: OrderState
    digest: bytes
    before: Before | None = None
    outcome: Outcome = Outcome.CREATED
    order_id: UUID | None = None
    customer_id: UUID | None = None
    version: int = 0


class _Overtaken(Exception):
    """Somebody else has added one of the orders since it was looked for."""


def put_batch(orders: Sequence[OrderState], *, now: datetime, actor: Actor) -> list[PutResult]:
    """Keep `orders`, whose keys differ, within the caller's transaction."""
    while True:
        # Orders are locked before customers, always. Where one is there after all, what is locked is let go of first.
        with contextlib.suppress(_Overtaken), transaction.atomic():
            return _put_batch(orders, now=now, actor=actor)


def _put_batch(orders: Sequence[OrderState], *, now: datetime, actor: Actor) -> list[PutResult]:
    puts = [_Put(order, digest_of(order)) for order in orders]
    _compare(puts, _lock(puts))
    _find_customers([put for put in puts if put.outcome in {Outcome.CREATED, Outcome.UPDATED}], now=now, actor=actor)
    business = get_business()
    _create([put for put in puts if put.outcome is Outcome.CREATED], business, now=now)
    updated = [put for put in puts if put.outcome is Outcome.UPDATED]
    _update(updated, business, now=now)
    _keep_versions([put for put in puts if put.outcome is Outcome.UNCHANGED])
    events = [
        event
        for put in puts
        if put.outcome in {Outcome.CREATED, Outcome.UPDATED} and put.order_id
        for event in events_of(
            put.order, put.before, order_id=put.order_id, customer_id=put.customer_id, now=now, actor=actor
        )
    ]
    append(events, now=now)
    return [_result(put) for put in puts]


def digest_of(order: OrderState) -> bytes:
    """Return a hash of what an order says, but for its version; the same however a moment or number is written."""
    moments = (order.placed_at, order.cancelled_at, order.delivered_at)
    parts = [repr(getattr(order, name)) for name in _COMPARED]
    parts += [repr(moment and moment.timestamp()) for moment in moments]
    parts += [
        repr((line.product, line.quantity.normalize(), *(getattr(line, name) for name in _COMPARED_OF_LINES)))
        for line in order.lines
    ]
    parts.append(json.dumps(dict(order.attributes), sort_keys=True))
    return hashlib.sha256("\n".join(parts).encode()).digest()


def _lock(puts: Sequence[_Put]) -> dict[tuple[str, str], Before]:
    found = rows_of(
        "lock_orders",
        {
            "external_ids": [put.order.external_id for put in puts],
            "sources": [put.order.source for put in puts],
        },
    )
    kept: dict[tuple[str, str], Before] = {}
    for external_id, source, identity, version, digest, *rest in found:
        kept[external_id, source] = Before(identity, version, bytes(digest), *rest)
    return kept


def _compare(puts: Sequence[_Put], kept: dict[tuple[str, str], Before]) -> None:
    """Say what is to become of each order, by what is kept of it."""
    for put in puts:
        told, before = put.order, kept.get((put.order.external_id, put.order.source))
        if before is None:
            put.version = told.version or 0
            continue
        put.before, put.order_id, put.customer_id = before, before.id, before.customer_id
        put.version = before.version if told.version is None else told.version
        if put.version < before.version:
            put.outcome, put.version = Outcome.STALE, before.version
        elif put.digest == before.digest:
            put.outcome = Outcome.UNCHANGED
        else:
            put.outcome = Outcome.UPDATED


def _find_customers(puts: Sequence[_Put], *, now: datetime, actor: Actor) -> None:
    buying = [(put, put.order.buyer) for put in puts if put.order.buyer]
    if not buying:
        return
    found = resolve_customers(
        people=[
            Person(identifiers=buyer.identifiers, profile=buyer.profile, since=put.order.placed_at)
            for put, buyer in buying
        ],
        source=buying[0][0].order.source,
        now=now,
        actor=actor,
    )
    for (put, _), customer in zip(buying, found, strict=True):
        put.customer_id = customer


def _create(puts: Sequence[_Put], business: Business, *, now: datetime) -> None:
    if not puts:
        return
    for put in puts:
        put.order_id = new_id()
    # In the order of their keys: of two who add the same orders, the second waits at the first of them.
    heads = _heads(sorted(puts, key=lambda put: (put.order.external_id, put.order.source)), business, now=now)
    if len(insert("insert_orders", heads)) < len(heads):
        raise _Overtaken
    _add_children(puts, now=now)


def _update(puts: Sequence[_Put], business: Business, *, now: datetime) -> None:
    if not puts:
        return
    heads = [
        {name: value for name, value in head.items() if name not in {"source", "external_id", "received_at"}}
        for head in _heads(puts, business, now=now)
    ]
    insert("update_orders", heads)
    ids = [put.order_id for put in puts]
    for table in CHILDREN:
        rows_of(f"clear_{table}", {"ids": ids})
    _add_children(puts, now=now)


def _keep_versions(puts: Sequence[_Put]) -> None:
    newer = [put for put in puts if put.before and put.version > put.before.version]
    insert("set_versions", [{"id": put.order_id, "version": put.version} for put in newer])


def _heads(puts: Sequence[_Put], business: Business, *, now: datetime) -> list[dict[str, Any]]:
    """Return the rows of the orders themselves."""
    orders = [put.order for put in puts]
    channels = find_places("channels", [order.channel for order in orders])
    locations = find_places("locations", [order.location for order in orders])
    days = [order.placed_at.astimezone(business.zone_info).date() for order in orders]
    rates = find_rates(zip((order.currency for order in orders), days, strict=True), business.reporting_currency)
    return [
        rows.head(put.order)
        | rows.converted(
            put.order.total_minor,
            returned_minor(put.order),
            put.order.currency,
            rates.get((put.order.currency, day)),
            business.reporting_currency,
        )
        | {
            "id": put.order_id,
            "version": put.version,
            "digest": put.digest,
            "customer_id": put.customer_id,
            "channel_id": channels.get(put.order.channel),
            "location_id": locations.get(put.order.location),
            "received_at": now,
        }
        for put, day in zip(puts, days, strict=True)
    ]


def _add_children(puts: Sequence[_Put], *, now: datetime) -> None:
    products = put_products([(put.order.source, line.product) for put in puts for line in put.order.lines], now=now)
    for table in CHILDREN:
        made = [row for put in puts for row in rows.CHILDREN[table](put.order, put.order_id, products)]
        insert(f"insert_{table}", made)


def _result(put: _Put) -> PutResult:
    return PutResult(
        source=put.order.source,
        external_id=put.order.external_id,
        outcome=put.outcome,
        order_id=put.order_id,
        customer_id=put.customer_id,
        version=put.version,
    )
