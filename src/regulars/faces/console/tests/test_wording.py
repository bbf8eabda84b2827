"""Events are told in words, whatever they carry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
from hypothesis import given

from regulars.config.subscriptions import SUBSCRIPTIONS
from regulars.faces.console.wording import KINDS, entry_of
from regulars.stream.contracts import Cursor, Event, system

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    ["number", "total_minor", "currency", "items", "channel", "order_id", "fields", "returned_minor"]
)
TYPES = st.sampled_from([each for _, types in KINDS.values() for each in types]) | st.text(min_size=1)


def event(kind: str, payload: dict[str, Any]) -> Event:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return Event(
        id=UUID(int=1), type=kind, customer_id=None, actor=system("tests"), source="shop", occurred_at=now,
        received_at=now, payload=payload, cursor=Cursor(1, 1),
    )  # fmt: skip


@given(TYPES, st.dictionaries(FIELDS, VALUES))
def test_no_payload_breaks_the_timeline(kind: str, payload: dict[str, Any]) -> None:
    entry = entry_of(event(kind, payload))
    assert entry.title


def test_an_order_is_told_with_its_number_amount_and_place() -> None:
    order = UUID(int=7)
    payload = {"number": "48213", "total_minor": 8640, "currency": "EUR", "items": 3, "channel": "online"}
    entry = entry_of(event("order.placed", payload | {"order_id": str(order)}))
    assert (entry.title, entry.detail) == ("Order 48213 · €86.40", "3 items · online · shop")
    assert entry.address == f"/orders/{order}"


def test_what_nobody_put_into_words_is_told_by_its_type() -> None:
    assert entry_of(event("loyalty.points_granted", {})).title == "Loyalty points granted"


def test_each_event_of_a_customer_that_somebody_subscribed_to_stands_in_a_filter() -> None:
    shown = {each for _, types in KINDS.values() for each in types}
    subscribed = {each for subscription in SUBSCRIPTIONS for each in subscription.types}
    assert {each for each in subscribed if each.startswith(("order.", "customer."))} <= shown
