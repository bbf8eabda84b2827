from __future__ import annotations

import pytest

from regulars.client import ApiError, Client
from regulars.client.shapes import Identifier

WHEN = "2026-11-20T10:15:00+01:00"
INES: list[Identifier] = [{"kind": "email", "value": "ines@example.com"}]


def test_an_event_of_ones_own_stands_on_the_timeline(client: Client):
    told = client.events.append("recipe.viewed", occurred_at=WHEN, identifiers=INES, payload={"recipe": "bowl"})
    assert told["outcome"] == "appended"
    [event] = client.customers.events(told["customer_id"], type="recipe.viewed")
    assert (event["id"], event["payload"], event["source"]) == (told["event_id"], {"recipe": "bowl"}, "api")


def test_an_event_with_a_key_is_appended_once(client: Client):
    first = client.events.append("recipe.viewed", occurred_at=WHEN, identifiers=INES, key="v1")
    again = client.events.append("recipe.viewed", occurred_at=WHEN, identifiers=INES, key="v1")
    assert [first["outcome"], again["outcome"]] == ["appended", "duplicate"]
    assert len(list(client.customers.events(first["customer_id"], type="recipe.viewed"))) == 1


@pytest.mark.parametrize(
    ("kind", "when", "pointer"),
    [
        ("order.placed", WHEN, "/type"),
        ("points.granted", WHEN, "/type"),
        ("RecipeViewed", WHEN, "/type"),
        ("recipe.viewed", "2126-01-01T00:00:00Z", "/occurred_at"),
        ("recipe.viewed", "1926-01-01T00:00:00Z", "/occurred_at"),
        ("recipe.viewed", "2026-11-20T10:15:00", "/occurred_at"),
    ],
)
def test_an_event_that_is_ours_or_cannot_be_meant_is_refused(client: Client, kind: str, when: str, pointer: str):
    with pytest.raises(ApiError) as refused:
        client.events.append(kind, occurred_at=when, identifiers=INES)
    assert (refused.value.status, refused.value.pointer) == (422, pointer)


def test_an_event_of_nobody_is_refused(client: Client):
    with pytest.raises(ApiError) as refused:
        client.events.append("recipe.viewed", occurred_at=WHEN)
    assert (refused.value.status, refused.value.code) == (422, "nobody_named")


def test_the_timeline_is_paged_the_latest_first(client: Client):
    for number in range(5):
        told = client.events.append("recipe.viewed", occurred_at=f"2026-11-20T1{number % 2}:00:00Z", identifiers=INES)
    listed = list(client.customers.events(told["customer_id"], type="recipe.viewed", page_size=2))
    assert len({each["id"] for each in listed}) == 5
    assert [each["occurred_at"] for each in listed] == sorted((e["occurred_at"] for e in listed), reverse=True)
