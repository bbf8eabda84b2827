from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.faces.api.tests.loyalty_shop import ACTOR, BEFORE, club, member, recent
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.loyalty.adjudication import models as adjudication
from regulars.loyalty.adjudication.services import adjudicate_orders
from regulars.loyalty.ledger.models import Entry, Lot
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.rules.contracts import Reason
from regulars.loyalty.rules.sentences import _SENTENCES
from regulars.stream.models import Event

NOWHERE = "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"


def available(member_id: str) -> int:
    return get_standing(UUID(member_id), at=timezone.now())["beans"].balance.available


def test_an_order_is_answered_with_what_it_earned_and_why_not(client: Client):
    who = member(club())
    put = client.orders.put("shop", "1001", an_order(**recent()))
    [told] = put["loyalty"]
    assert (put["outcome"], told["program"], told["version"], told["outcome"]) == ("created", "club", 1, "adjudicated")
    [effect] = told["effects"]
    assert (effect["kind"], effect["rule"], effect["version"], effect["points"]) == ("granted", "base", 1, 25)
    assert (effect["member_id"], effect["currency"]) == (who, "beans")
    assert Entry.objects.filter(transaction_id=effect["transaction_id"] or NOWHERE).count() == 2
    [refused] = told["refused"]
    assert (refused["rule"], refused["reason"]) == ("big", "condition_false")
    assert refused["values"] == {"condition": "cart.total >= 100"}
    assert refused["sentence"] == "The condition of this rule is not met."


def test_the_same_order_again_earns_nothing_more(client: Client):
    member(club())
    client.orders.put("shop", "1001", an_order(**recent()))
    again = client.orders.put("shop", "1001", an_order(**recent()))
    assert again["outcome"] == "unchanged"
    assert [(each["outcome"], each["effects"]) for each in again["loyalty"]] == [("unchanged", [])]
    assert Lot.objects.count() == 1


def test_a_return_is_answered_with_what_is_taken_back(client: Client):
    member(club())
    client.orders.put("shop", "1001", an_order(**recent()))
    back = {
        "external_id": "R1",
        "returned_at": recent()["placed_at"],
        "lines": [{"line": 1, "quantity": "1", "amount_minor": 1250}],
    }
    put = client.orders.put("shop", "1001", an_order(**recent(returns=[back])))
    assert [(each["kind"], each["points"]) for each in put["loyalty"][0]["effects"]] == [("reversed", 13)]


def test_a_replay_of_an_order_answers_the_same_effects(http: httpx.Client):
    member(club())
    first, again = (
        http.put("/orders/shop/1", json=an_order(**recent()), headers={"Idempotency-Key": "a"}) for _ in range(2)
    )
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert first.json()["loyalty"][0]["effects"]
    assert Lot.objects.count() == 1


def test_without_a_programme_an_order_is_kept_with_one_statement_more_than_by_itself(
    client: Client, http: httpx.Client
):
    with CaptureQueriesContext(connection) as done:
        put = client.orders.put("shop", "1", an_order(**recent()))
    assert put["loyalty"] == []
    asked = [query["sql"] for query in done if "loyalty" in query["sql"]]
    assert len(asked) == 1


def test_a_batch_asks_nothing_of_loyalty_and_a_worker_adjudicates_it_to_the_same_end(client: Client):
    who = member(club())
    told = [an_order(source="shop", external_id=str(number), **recent()) for number in range(3)]
    with CaptureQueriesContext(connection) as asked:
        results = client.orders.put_many(told)
    assert [each["outcome"] for each in results] == ["created"] * 3
    assert "loyalty" not in results[0]
    assert [query["sql"] for query in asked if "loyalty" in query["sql"]] == []
    order_ids = [UUID(each["order_id"]) for each in results if each["order_id"]]
    adjudicate_orders(order_ids=order_ids, now=timezone.now(), actor=ACTOR)
    assert available(who) == 75
    assert adjudication.Order.objects.count() == 3


def test_a_batch_takes_as_many_statements_with_a_programme_as_without(client: Client):
    def statements(first: int) -> int:
        told = [an_order(source="shop", external_id=str(first + number), **recent()) for number in range(20)]
        with CaptureQueriesContext(connection) as asked:
            client.orders.put_many(told)
        return len(asked)

    statements(0)
    without = statements(100)
    member(club())
    assert statements(200) == without


def test_a_preview_answers_what_the_order_would_earn_and_posts_nothing(client: Client):
    member(club())
    cart = an_order(**recent())
    [looked] = client.loyalty.preview(cart)
    assert not Lot.objects.exists()
    assert not Event.objects.filter(type="order.placed").exists()
    [put] = client.orders.put("shop", "1", cart)["loyalty"]
    assert looked["refused"] == put["refused"]
    assert looked["effects"] == [{**effect, "transaction_id": None} for effect in put["effects"]]


def test_a_preview_is_for_the_member_that_is_told(client: Client):
    who = member(club(), "ben")
    [looked] = client.loyalty.preview(an_order(**recent(buyer=None)), member_id=who)
    assert [(each["member_id"], each["points"]) for each in looked["effects"]] == [(who, 25)]
    [of_nobody] = client.loyalty.preview(an_order(**recent(buyer=None)))
    assert of_nobody["effects"] == []
    assert {each["reason"] for each in of_nobody["refused"]} == {"member_unknown"}


def test_a_preview_before_the_programme_began_is_of_none(client: Client):
    club()
    placed_at = (BEFORE - timedelta(days=1)).isoformat()
    assert client.loyalty.preview(an_order(placed_at=placed_at)) == []


@pytest.mark.parametrize(
    ("told", "member_id", "problem"),
    [
        ({"total_minor": 9}, None, (422, "order_refused", "/total_minor")),
        ({"colour": "red"}, None, (422, "unknown_field", "/colour")),
        ({}, NOWHERE, (404, "no_such_member", None)),
    ],
)
def test_a_preview_that_cannot_be_meant_is_refused(
    client: Client, told: dict[str, Any], member_id: str | None, problem: tuple[Any, ...]
):
    club()
    with pytest.raises(ApiError) as refused:
        client.loyalty.preview(an_order(**recent(**told)), member_id=member_id)
    assert (refused.value.status, refused.value.code, refused.value.pointer) == problem


def test_a_preview_asks_no_more_of_the_database_with_more_rules(client: Client):
    rules = [
        {
            "key": f"r{number}",
            "name": f"Rule {number}",
            "on": {"kind": "order"},
            "currency": "beans",
            "grant": {"kind": "fixed", "points": 1},
            "condition": f"orders.count >= {number}",
        }
        for number in range(40)
    ]
    member(club(rules=rules[:1]))

    def statements() -> int:
        client.loyalty.preview(an_order(**recent()))
        with CaptureQueriesContext(connection) as asked:
            client.loyalty.preview(an_order(**recent()))
        return len(asked)

    of_one = statements()
    club(BEFORE + timedelta(days=1), rules=rules)
    assert statements() == of_one


def test_each_reason_of_a_rule_has_a_sentence():
    assert _SENTENCES.keys() == set(Reason)


def test_a_first_order_of_who_was_not_known_makes_a_member_and_earns(fresh_database: str):
    club(enrolment={"by": "ordering"})
    with Client(URL, make_key("orders.write"), transport=transport(), attempts=1) as client:
        [told] = client.orders.put("shop", "1", an_order(**recent()))["loyalty"]
    assert [(each["kind"], each["points"]) for each in told["effects"]] == [("granted", 25)]
    connections.close_all()


def test_thirty_tellings_of_one_order_at_once_grant_once(fresh_database: str):
    member(club())
    key = make_key("orders.write")

    def put(_: int) -> str:
        try:
            with Client(URL, key, transport=transport(), attempts=1) as client:
                return client.orders.put("shop", "1", an_order(**recent()))["outcome"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(30) as threads:
        outcomes = sorted(threads.map(put, range(30)))
    assert outcomes == ["created"] + ["unchanged"] * 29
    assert Lot.objects.count() == 1
