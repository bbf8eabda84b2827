from __future__ import annotations

from typing import Any

import pytest

from regulars.client import ApiError, Client
from regulars.client.shapes import Identifier, NewEvent
from regulars.faces.api.tests.way_in import URL, make_key, transport

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


def an_event(**told: Any) -> NewEvent:
    return {"type": "recipe.viewed", "occurred_at": WHEN, "identifiers": INES, **told}  # type: ignore[typeddict-item]


def test_of_many_events_each_has_its_outcome(client: Client):
    known = client.events.append("recipe.viewed", occurred_at=WHEN, identifiers=INES)["customer_id"]
    results = client.events.append_many(
        [
            an_event(key="a"),
            an_event(type="order.placed"),
            an_event(key="a"),
            an_event(identifiers=[{"kind": "email", "value": "anonymous"}]),
            {"type": "recipe.saved", "occurred_at": WHEN, "customer_id": known},
            {"type": "recipe.saved", "occurred_at": WHEN, "customer_id": "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"},
            an_event(source="app", identifiers=[{"kind": "device", "value": "d1"}], occurred_at="2126-01-01T00:00:00Z"),
            an_event(source="app", identifiers=[{"kind": "device", "value": "d1"}]),
        ]
    )
    assert [each["outcome"] for each in results] == [
        *("appended", "refused", "duplicate", "refused", "appended", "refused", "refused", "appended")
    ]
    assert [each["pointer"] for each in results if each["outcome"] == "refused"] == [
        *("/type", "/identifiers", "/customer_id", "/occurred_at")
    ]
    assert {results[0]["customer_id"], results[2]["customer_id"], results[4]["customer_id"]} == {known}
    assert len(list(client.customers.events(known, type="recipe.saved"))) == 1


def streaming(fresh_database: str) -> Client:
    return Client(URL, make_key(), transport=transport(), attempts=1)


def test_the_stream_is_read_page_by_page_and_goes_on_where_it_was(fresh_database: str):
    client = streaming(fresh_database)
    for number in range(5):
        client.events.append_many([an_event(payload={"number": number}), an_event(type="recipe.saved")])
    listed = list(client.events.list(type="recipe.viewed", page_size=2))
    assert [each["payload"]["number"] for each in listed] == list(range(5))
    everything = list(client.events.list(page_size=3))
    assert len(everything) == 11  # With the customer that was made.

    page = client.events.page(type="recipe.viewed", limit=200)
    assert (len(page["items"]), page["next"]) == (5, None)
    client.events.append("recipe.viewed", occurred_at=WHEN, identifiers=INES, payload={"number": 5})
    news = client.events.page(type="recipe.viewed", cursor=page["resume"])
    assert [each["payload"]["number"] for each in news["items"]] == [5]
    assert client.events.page(cursor=news["resume"]) == {"items": [], "next": None, "resume": news["resume"]}


def test_the_stream_is_read_by_time(fresh_database: str):
    client = streaming(fresh_database)
    days = [f"2026-11-{day}T10:00:00Z" for day in (10, 11, 12)]
    client.events.append_many([an_event(occurred_at=day) for day in days])
    listed = client.events.list(type="recipe.viewed", since=days[1], until=days[2])
    assert [each["occurred_at"] for each in listed] == [days[1]]


def test_a_look_ends_where_few_are_of_the_type_and_goes_on(fresh_database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("regulars.stream.queries.LOOKED_AT", 4)
    client = streaming(fresh_database)
    client.events.append_many([an_event(type="recipe.saved") for _ in range(9)] + [an_event()])
    first = client.events.page(type="recipe.viewed")
    assert (first["items"], first["next"]) == ([], first["resume"])
    assert len(list(client.events.list(type="recipe.viewed"))) == 1
    assert len(list(client.events.list(type="recipe.saved", page_size=3))) == 9
