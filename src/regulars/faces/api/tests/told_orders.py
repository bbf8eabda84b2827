"""Orders as a shop tells them."""

from __future__ import annotations

from typing import Any

from regulars.client.shapes import Order


def an_order(**changes: Any) -> Order:
    told: dict[str, Any] = {
        "placed_at": "2026-11-20T10:15:00+01:00",
        "buyer": {
            "identifiers": [{"kind": "email", "value": "ines.kovac@example.com"}],
            "profile": {"name": "Ines Kovač"},
        },
        "currency": "EUR",
        "lines": [
            {
                "product": {"external_id": "bowl", "name": "Harvest Bowl", "category": "Bowls"},
                "quantity": "2",
                "unit_price_minor": 1250,
                "total_minor": 2500,
            }
        ],
        "total_minor": 2500,
        "channel": "online",
    }
    return told | changes  # type: ignore[return-value]
