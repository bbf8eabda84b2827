from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from regulars.client import ApiError, Client
from regulars.client.shapes import Person
from regulars.faces.api.tests.told_orders import an_order

NOWHERE = "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"


def ines(**profile: Any) -> Person:
    return {"identifiers": [{"kind": "email", "value": "Ines@example.com"}], "profile": {"name": "Ines", **profile}}  # type: ignore[typeddict-item]


def make(client: Client, number: str = "4711", **profile: Any) -> str:
    told: Any = {"name": "Ines", **profile}
    made = client.customers.put("shop", number, told)["customer_id"]
    assert made
    return made


def test_a_customer_is_put_by_its_number_at_a_source_as_often_as_one_likes(client: Client):
    put = client.customers.put(
        "shop", "4711", {"name": "Ines"}, identifiers=[{"kind": "email", "value": "I@a.example"}]
    )
    assert put["outcome"] == "created"
    assert client.customers.put("shop", "4711", {"city": "Wien"})["outcome"] == "updated"
    assert client.customers.put("shop", "4711", {"city": "Wien"})["outcome"] == "unchanged"
    kept = client.customers.get_at("shop", "4711")
    assert (kept["id"], kept["name"], kept["city"]) == (put["customer_id"], "Ines", "Wien")
    assert [each["value"] for each in kept["identifiers"]] == ["4711", "i@a.example"]


def test_a_number_is_added_to_the_customer_whom_another_name_finds(client: Client):
    [known] = client.customers.put_many([ines()])
    put = client.customers.put("till", "9", identifiers=[{"kind": "email", "value": "ines@example.com"}])
    assert put["customer_id"] == known["customer_id"]
    assert client.customers.get_at("till", "9")["id"] == known["customer_id"]


@pytest.mark.parametrize(
    ("number", "profile", "pointer"),
    [("0000", {}, "/identifiers"), ("1", {"traits": {"size": 41}}, "/profile/traits/size")],
)
def test_a_person_who_cannot_be_meant_is_refused(client: Client, number: str, profile: Any, pointer: str):
    with pytest.raises(ApiError) as refused:
        client.customers.put("shop", number, profile)
    assert (refused.value.status, refused.value.pointer) == (422, pointer)


def test_a_customer_is_found_by_identifier(client: Client):
    [put] = client.customers.put_many([ines()])
    found = client.customers.find(email="INES@example.com")
    assert found
    assert (found["id"], found["name"]) == (put["customer_id"], "Ines")
    assert client.customers.find(email="nobody@example.com") is None


def test_of_many_persons_each_has_its_outcome(client: Client):
    nobody: Person = {"identifiers": [{"kind": "email", "value": "anonymous"}]}
    odd = ines(traits={"shoe_size": 41})
    results = client.customers.put_many([ines(), nobody, odd])
    assert [each["outcome"] for each in results] == ["created", "refused", "refused"]
    assert [each["pointer"] for each in results[1:]] == ["/identifiers", "/profile/traits/shoe_size"]


def test_some_fields_of_a_customer_change(client: Client):
    identity = make(client)
    assert client.customers.change(identity, {"city": "Graz"})["fields"] == ["city"]
    assert client.customers.get(identity)["city"] == "Graz"


def test_a_customer_that_is_not_there_is_404(client: Client):
    for ask in (lambda: client.customers.get(NOWHERE), lambda: client.customers.get_at("shop", "nobody's")):
        with pytest.raises(ApiError) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (404, "no_such_customer")


def test_customers_are_listed_page_by_page_the_newest_first(client: Client):
    for number in range(5):
        make(client, f"c{number}")
    listed = [each["identifiers"][0]["value"] for each in client.customers.list(page_size=2)]
    assert sorted(listed) == [f"c{number}" for number in range(5)]


def test_customers_are_found_as_in_the_console_by_words_and_by_an_orders_number(client: Client):
    for number in range(5):
        make(client, f"c{number}", name=f"Zoë Größl {number}")
    make(client, "other", name="Someone Else")
    assert len(list(client.customers.list(search="grossl zoe", page_size=2))) == 5
    order = client.orders.put("shop", "A-77120", an_order(number="A-77120"))
    assert [each["id"] for each in client.customers.list(search="A-7712")] == [order["customer_id"]]
    assert list(client.customers.list(search="nobody")) == []


def test_the_cursor_of_a_search_is_good_for_its_words_only(http: httpx.Client, client: Client):
    for number in range(2):
        make(client, f"c{number}")
    cursor = http.get("/customers", params={"search": "ines", "limit": 1}).json()["next"]
    answer = http.get("/customers", params={"search": "else", "limit": 1, "cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_cursor")


def test_a_customer_takes_and_loses_names(client: Client):
    ida, other = make(client, "1"), make(client, "2")
    assert client.customers.add_identifier(ida, {"kind": "card", "value": "9001"}) == ida
    assert {each["kind"] for each in client.customers.get(ida)["identifiers"]} == {"external_id", "card"}
    with pytest.raises(ApiError) as taken:
        client.customers.add_identifier(other, {"kind": "card", "value": "9001"})
    assert (taken.value.status, taken.value.code) == (409, "identifier_taken")
    client.customers.remove_identifier(ida, {"kind": "card", "value": "9001"})
    with pytest.raises(ApiError) as last:
        client.customers.remove_identifier(ida, {"kind": "external_id", "value": "1", "source": "shop"})
    assert (last.value.status, last.value.code) == (409, "last_identifier")


def test_notes_are_written_changed_removed_and_listed_page_by_page(client: Client):
    ida = make(client)
    ids = [client.customers.add_note(ida, f"Note {number}")["note_id"] for number in range(5)]
    assert client.customers.change_note(ids[0], "Prefers the garden.")["outcome"] == "updated"
    assert client.customers.remove_note(ids[1])["outcome"] == "removed"
    listed = list(client.customers.notes(ida, page_size=2))
    assert [each["text"] for each in listed] == ["Note 4", "Note 3", "Note 2", "Prefers the garden."]
    assert {each["author"].partition(":")[0] for each in listed} == {"api_key"}
    with pytest.raises(ApiError) as gone:
        client.customers.remove_note(ids[1])
    assert (gone.value.status, gone.value.code) == (404, "no_such_note")


def test_what_is_kept_for_a_replay_holds_no_profile(client: Client, http: httpx.Client):
    from regulars.faces.api.models import IdempotencyKey

    ida = make(client, name="Ines Secret", city="Geheimstadt")
    client.customers.change(ida, {"given_name": "Verborgen"})
    client.customers.add_note(ida, "A secret note")
    client.customers.tag(ida, add=["secret tag"])
    client.customers.add_identifier(ida, {"kind": "email", "value": "secret@example.com"})
    client.merges.merge(ida, make(client, "2", name="Secret Other"))
    kept = b"".join(bytes(row.body or b"") for row in IdempotencyKey.objects.all()).lower()
    assert ida.encode() in kept
    assert not any(word in kept for word in (b"secret", b"geheim", b"verborgen"))


def test_tags_are_given_and_taken_away_and_the_same_again_changes_nothing(client: Client):
    ida = make(client)
    assert client.customers.tag(ida, add=["vip", " new  here "])["outcome"] == "updated"
    assert client.customers.tag(ida, add=["vip"], remove=["nothing"])["outcome"] == "unchanged"
    client.customers.tag(ida, remove=["vip"])
    assert client.customers.get(ida)["tags"] == client.customers.tags() == ["new here"]
    with pytest.raises(ApiError) as refused:
        client.customers.tag(ida, add=["x" * 61])
    assert (refused.value.status, refused.value.code) == (422, "wrong_text")


def test_of_many_changes_of_tags_each_has_its_outcome(client: Client):
    ida = make(client)
    results = client.customers.tag_many(
        [
            {"customer_id": ida, "add": ["vip"]},
            {"customer_id": str(uuid4()), "add": ["vip"]},
            {"customer_id": ida, "add": [""]},
            {"customer_id": ida, "add": ["vip"]},
        ]
    )
    assert [each["outcome"] for each in results] == ["updated", "refused", "refused", "unchanged"]
    assert [each["pointer"] for each in results[1:3]] == ["/customer_id", "/add"]


def test_a_trait_is_defined_and_takes_values_of_its_kind(client: Client):
    kept = client.traits.put("drink", {"kind": "choice", "label": "Drink", "choices": ["tea", "coffee"]})
    assert (kept["key"], kept["choices"], kept["classification"]) == ("drink", ["tea", "coffee"], "personal")
    assert [each["key"] for each in client.traits.list()] == ["drink"]
    ida = make(client, traits={"drink": "tea"})
    assert client.customers.get(ida)["traits"] == {"drink": "tea"}
    with pytest.raises(ApiError) as refused:
        client.customers.change(ida, {"traits": {"drink": "cocoa"}})
    assert refused.value.pointer == "/traits/drink"
    client.customers.change(ida, {"traits": {"drink": None}})
    assert client.customers.get(ida)["traits"] == {}


@pytest.mark.parametrize(
    ("key", "trait", "pointer"),
    [
        ("Shoe size", {"kind": "number"}, "/key"),
        ("drink", {"kind": "choice"}, "/choices"),
        ("kept", {"kind": "text"}, "/kind"),
    ],
)
def test_a_trait_that_cannot_be_meant_is_refused(client: Client, key: str, trait: Any, pointer: str):
    client.traits.put("kept", {"kind": "number"})
    with pytest.raises(ApiError) as refused:
        client.traits.put(key, trait)
    assert (refused.value.status, refused.value.code, refused.value.pointer) == (422, "wrong_trait", pointer)


def test_a_merged_id_answers_with_the_survivor_and_says_so_until_it_is_undone(client: Client):
    ida, other = make(client, "1", name="Ida"), make(client, "2", name="I. K.", city="Graz")
    merge = client.merges.merge(ida, other)
    found = client.customers.get(other)
    assert (found["id"], found["merged_id"], found["aliases"]) == (ida, other, [other])
    assert (found["name"], found["city"]) == ("Ida", "Graz")
    assert client.customers.get(ida)["merged_id"] is None
    assert [each["id"] for each in client.merges.of(other)] == [merge["id"]]
    assert client.merges.undo(merge["id"])["undone_at"]
    assert client.customers.get(other)["id"] == other
    assert list(client.merges.of(ida)) == []
    assert [each["undone_at"] is None for each in client.merges.list()] == [False]


def test_merges_that_cannot_be_are_told_apart(client: Client):
    ida, other = make(client, "1"), make(client, "2")
    merge = client.merges.merge(ida, other)
    told = []
    for ask in (
        lambda: client.merges.merge(ida, other),
        lambda: client.merges.merge(ida, NOWHERE),
        lambda: client.merges.undo(NOWHERE),
    ):
        with pytest.raises(ApiError) as refused:
            ask()
        told.append((refused.value.status, refused.value.code))
    assert told == [(409, "same_customer"), (404, "no_such_customer"), (409, "not_merged")]
    client.merges.undo(merge["id"])
