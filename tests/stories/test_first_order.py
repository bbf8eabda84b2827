"""A shop sends its first order; the manager sees what it means. On the way everything is killed once."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
from tests.running import Running, eventually

ORDER = {
    "placed_at": "2026-11-20T10:15:00+01:00",
    "buyer": {
        "identifiers": [{"kind": "email", "value": "Ines.Kovac@example.com"}],
        "profile": {"name": "Ines Kovač"},
    },
    "currency": "EUR",
    "lines": [
        {
            "product": {"external_id": "bowl", "name": "Harvest Bowl"},
            "quantity": "2",
            "unit_price_minor": 1250,
            "total_minor": 2500,
        }
    ],
    "total_minor": 2500,
    "channel": "online",
}


def sign_in(regulars: Running) -> httpx.Client:
    regulars.run("staff", "add", "mira@example.com", "--name", "Mira", stdin="correct horse battery staple\n")
    browser = httpx.Client(base_url=regulars.url, follow_redirects=True)
    page = browser.get("/sign-in")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token
    answer = browser.post(
        "/sign-in",
        data={
            "csrfmiddlewaretoken": token[1],
            "login": "mira@example.com",
            "password": "correct horse battery staple",
        },
    )
    assert answer.status_code == 200
    return browser


def put(regulars: Running, key: str, number: int) -> httpx.Response:
    return httpx.put(
        f"{regulars.url}/v1/orders/shop/{number}", json=ORDER, headers={"Authorization": f"Bearer {key}"}, timeout=30
    )


def test_an_order_becomes_a_fact_on_a_page_whatever_is_killed_on_the_way(regulars: Running) -> None:
    browser = sign_in(regulars)
    key = regulars.run("key", "add", "shop", "--scope", "orders.write")
    first = put(regulars, key, 1)
    assert first.status_code == 200, first.text
    page = f"/customers/{first.json()['customer_id']}"

    def shows(orders: int) -> Callable[[], bool]:
        def look() -> bool:
            try:
                return f'data-figure="orders">{orders}<' in browser.get(page).text
            except httpx.TransportError:
                return False

        return look

    eventually(shows(1))
    for number, victim in enumerate(["worker", "postgres", "web"], start=2):
        assert put(regulars, key, number).status_code == 200
        regulars.kill(victim)
        eventually(shows(number))
    # All at once, and without a word: what was acknowledged is there at the next start.
    assert put(regulars, key, 5).status_code == 200
    regulars.kill("supervisor")
    regulars.start()
    eventually(shows(5))
    assert put(regulars, key, 5).json()["outcome"] == "unchanged"
