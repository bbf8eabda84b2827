"""What stands in the database of a Regulars, read by plain SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from tests.load.kept_club import ClubKept, Row, read_club
from tests.load.told import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All that the checks look at, at one moment."""

    # The shop's own orders, in all the rows under their number.
    orders: Mapping[str, Sequence[State]]
    # Of the files: source, number, customer's number or e-mail, moment, total.
    imported: Sequence[Row]
    imports: Sequence[Row]
    refused: Mapping[str, Sequence[int]]
    # By source and number.
    order_events: Mapping[tuple[str, str], Counter[str]]
    # Number and e-mail, once for each event that is kept.
    own_events: Counter[tuple[int, str]]
    import_events: Counter[tuple[str, str]]
    # For each customer: what the facts say, and what the orders come to.
    facts: Mapping[object, Row]
    sums: Mapping[object, Row]
    # Identifier and customer.
    identifiers: Sequence[Row]
    cities: Mapping[str, str]
    # By customer: how often the stream tells that there is a new one; 0 where it does not.
    created: Mapping[object, int]
    dead_letters: Sequence[Row]
    jobs_left: Sequence[Row]
    club: ClubKept


_ORDERS = """
    SELECT placed.external_id, buyer.value, placed.total_minor, placed.returned_minor,
        placed.payment_state = 'paid', placed.cancelled_at IS NOT NULL
    FROM orders_order AS placed
    LEFT JOIN customers_identifier AS buyer ON buyer.customer_id = placed.customer_id AND buyer.kind = 'email'
    WHERE placed.source = 'shop'
"""
_IMPORTED = """
    SELECT placed.source, placed.external_id, buyer.value,
        to_char(placed.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), placed.total_minor
    FROM orders_order AS placed
    LEFT JOIN customers_identifier AS buyer ON buyer.customer_id = placed.customer_id
    WHERE placed.source <> 'shop'
"""
_ORDER_EVENTS = """
    SELECT coalesce(placed.source, event.source), coalesce(placed.external_id, event.payload ->> 'order_id'), event.type
    FROM stream_event AS event
    LEFT JOIN orders_order AS placed ON placed.id = (event.payload ->> 'order_id')::uuid
    WHERE event.type LIKE 'order.%' AND event.type NOT IN ('order.converted', 'order.moved')
"""
_OWN_EVENTS = """
    SELECT (event.payload ->> 'number')::int, person.value
    FROM stream_event AS event
    LEFT JOIN customers_identifier AS person ON person.customer_id = event.customer_id AND person.kind = 'email'
    WHERE event.source = 'app' AND event.type = 'recipe.viewed'
"""
_CREATED = """
    SELECT customer.id, count(event.id) FROM customers_customer AS customer
    LEFT JOIN stream_event AS event ON event.customer_id = customer.id AND event.type = 'customer.created'
    GROUP BY customer.id
"""
_FACTS = "SELECT customer_id, orders, revenue_minor, returned_minor FROM orders_customer_facts"
# Added up here and not by SQL, so that what is compared is reckoned in another way than the facts are.
_AMOUNTS = """
    SELECT customer_id, total_minor - returned_minor, returned_minor FROM orders_order
    WHERE cancelled_at IS NULL AND customer_id IS NOT NULL
"""


def read(connection: psycopg.Connection) -> Kept:
    """Read it all, in one transaction of the connection."""

    def rows(query: str) -> list[Row]:
        return list(connection.execute(query))

    return Kept(
        orders=_grouped((number, State(*state)) for number, *state in rows(_ORDERS)),
        imported=rows(_IMPORTED),
        imports=rows(
            "SELECT source, state, imported, updated, unchanged, refused, rows_done, rows_total FROM imports_import"
        ),
        refused=_grouped(
            rows(
                "SELECT import.source, refusal.row FROM imports_refusal AS refusal"
                " JOIN imports_import AS import ON import.id = refusal.import_id ORDER BY refusal.row"
            )
        ),
        order_events={
            key: Counter(kinds)
            for key, kinds in _grouped(((source, number), kind) for source, number, kind in rows(_ORDER_EVENTS)).items()
        },
        own_events=Counter((number, person) for number, person in rows(_OWN_EVENTS)),
        import_events=Counter(
            (source, kind)
            for source, kind in rows("SELECT payload ->> 'source', type FROM stream_event WHERE type LIKE 'import.%'")
        ),
        facts={customer: tuple(facts) for customer, *facts in rows(_FACTS)},
        sums=_sums(rows(_AMOUNTS)),
        identifiers=rows("SELECT kind, lower(value), source, customer_id::text FROM customers_identifier"),
        cities=dict(
            rows(
                "SELECT person.value, customer.city FROM customers_customer AS customer"
                " JOIN customers_identifier AS person ON person.customer_id = customer.id AND person.kind = 'email'"
            )
        ),
        created=dict(rows(_CREATED)),
        dead_letters=rows('SELECT subscription, error, "where" FROM stream_dead_letter'),
        jobs_left=rows("SELECT task_name, status::text, attempts FROM procrastinate_jobs WHERE status = 'failed'"),
        club=read_club(rows),
    )


def _grouped(pairs: Any) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _sums(amounts: Sequence[Row]) -> dict[object, Row]:
    sums: dict[object, Row] = {}
    for customer, net, returned in amounts:
        orders, revenue, back = sums.get(customer, (0, 0, 0))
        sums[customer] = (orders + 1, revenue + net, back + returned)
    return sums
