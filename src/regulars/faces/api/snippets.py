"""How each operation is called through the Python client; a test calls for every one, and finds each method."""

from __future__ import annotations

from collections.abc import Mapping

SNIPPETS: Mapping[str, str] = {
    "put_customers": 'client.customers.put_many([{"identifiers": […], "profile": {…}}])',
    "change_customer": 'client.customers.change(customer_id, {"city": "Wien"})',
    "get_customer": "client.customers.get(customer_id)",
    "list_customers": "client.customers.list()",
    "put_order": 'client.orders.put("shop", "1001", order)',
    "put_orders": "client.orders.put_many(orders)",
    "get_order": 'client.orders.get("shop", "1001")',
    "list_orders": "client.orders.list(customer_id=customer_id)",
    "put_product": 'client.products.put("shop", {"external_id": "bowl", "name": "Harvest Bowl"})',
    "put_products": 'client.products.put_many("shop", products)',
    "get_product": 'client.products.get("shop", "bowl")',
    "list_products": 'client.products.list(source="shop")',
    "append_event": 'client.events.append("recipe.viewed", occurred_at=…, customer_id=…)',
    "list_events": "client.customers.events(customer_id)",
    "get_business": "client.business.get()",
    "change_business": 'client.business.change(name="Corner Café")',
    "list_shops": "client.business.shops()",
    "list_rates": 'client.business.rates("USD")',
    "put_rates": 'client.business.put_rates([{"currency": "USD", "valid_on": "2026-11-20", "rate": "0.95"}])',
    "get_me": "client.me()",
    "list_api_keys": "client.api_keys()",
    "revoke_api_key": "client.revoke_api_key(api_key_id)",
    "list_accounts": "client.accounts()",
    "list_subscriptions": "client.subscriptions()",
    "list_dead_letters": "client.dead_letters.list()",
    "retry_dead_letter": "client.dead_letters.retry(letter)",
}
