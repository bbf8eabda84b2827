"""What the checks must see: faults that no correct Regulars has, put into its database by hand, and who must tell."""

from __future__ import annotations

from collections.abc import Mapping

from tests.load.planting import one, one_more
from tests.load.plants_club import CLUB_PLANTS

SHOP, FILE, TOLD_CITY = "source = 'shop'", "source <> 'shop'", "city <> ''"
PAID, OWN, CREATED = (f"type = '{kind}'" for kind in ("order.paid", "recipe.viewed", "customer.created"))
PLANTS: Mapping[str, tuple[str, str]] = {
    "an order is lost": (f"DELETE FROM orders_order WHERE {one('orders_order', SHOP)}", "orders_are_as_told"),
    "an order is in an older state": (
        f"UPDATE orders_order SET total_minor = total_minor - 1 WHERE {one('orders_order', SHOP)}",
        "orders_are_as_told",
    ),
    "an order is there twice": (
        one_more("orders_order", SHOP, external_id="'another'"),
        "orders_are_as_told",
    ),
    "an order's event is there twice": (
        one_more("stream_event", "type = 'order.changed'"),
        "order_events_are_what_happened",
    ),
    "an order's event is lost": (
        f"DELETE FROM stream_event WHERE {one('stream_event', PAID)}",
        "order_events_are_what_happened",
    ),
    "an imported order's event is there twice": (
        one_more("stream_event", f"type = 'order.placed' AND {FILE}"),
        "order_events_are_what_happened",
    ),
    "an own event is there twice": (one_more("stream_event", OWN), "own_events_are_there_once"),
    "an own event is lost": (
        f"DELETE FROM stream_event WHERE {one('stream_event', OWN)}",
        "own_events_are_there_once",
    ),
    "a customer's orders are counted once too often": (
        f"UPDATE orders_customer_facts SET orders = orders + 1 WHERE {one('orders_customer_facts')}",
        "facts_are_the_sums_of_the_orders",
    ),
    "a customer's revenue is a cent off": (
        f"UPDATE orders_customer_facts SET revenue_minor = revenue_minor + 1 WHERE {one('orders_customer_facts')}",
        "facts_are_the_sums_of_the_orders",
    ),
    "a customer has no facts": (
        f"DELETE FROM orders_customer_facts WHERE {one('orders_customer_facts', 'orders > 0')}",
        "facts_are_the_sums_of_the_orders",
    ),
    "a person is two customers": (
        one_more("customers_customer")
        + "; INSERT INTO customers_identifier (customer_id, kind, value, source, added_at)"
        " SELECT (SELECT id FROM customers_customer AS other WHERE other.id <> kept.customer_id LIMIT 1),"
        " kind, value, 'again', added_at FROM customers_identifier AS kept WHERE kind = 'email' LIMIT 1",
        "customers_are_there_once",
    ),
    "a customer was told of twice": (one_more("stream_event", CREATED), "customers_are_there_once"),
    "a customer is nobody": (one_more("customers_customer"), "customers_are_there_once"),
    "a person lives elsewhere": (
        f"UPDATE customers_customer SET city = 'Nowhere' WHERE {one('customers_customer', TOLD_CITY)}",
        "customers_are_there_once",
    ),
    "an import is not done": ("UPDATE imports_import SET state = 'failed'", "imports_are_as_their_files"),
    "an import has counted a row twice": (
        "UPDATE imports_import SET rows_done = rows_done + 1",
        "imports_are_as_their_files",
    ),
    "an import has forgotten a refusal": (
        f"DELETE FROM imports_refusal WHERE {one('imports_refusal')}",
        "imports_are_as_their_files",
    ),
    "an imported order is another": (
        f"UPDATE orders_order SET total_minor = total_minor + 1 WHERE {one('orders_order', FILE)}",
        "imports_are_as_their_files",
    ),
    "an import has ended twice": (one_more("stream_event", "type = 'import.finished'"), "imports_are_as_their_files"),
    "an event lies dead": (
        "INSERT INTO stream_dead_letter SELECT gen_random_uuid(), 'orders.facts', id, occurred_at, customer_id,"
        " transaction, position, 'failed', 'ValueError', '', 1, now(), now() FROM stream_event LIMIT 1",
        "nothing_is_given_up",
    ),
    "a job was given up": (
        "INSERT INTO procrastinate_jobs (task_name, queue_name, status) VALUES ('orders.convert', 'default', 'failed')",
        "nothing_is_given_up",
    ),
    **CLUB_PLANTS,
}
