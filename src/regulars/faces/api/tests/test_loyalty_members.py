from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from regulars.client import ApiError, Client
from regulars.customers.contracts import Identifier, IdentifierKind, Person
from regulars.customers.services import resolve_customers
from regulars.faces.api.tests.loyalty_shop import ACTOR, BEFORE, NOW, club, member, recent
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport

NOWHERE = "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"
LADDER: list[dict[str, Any]] = [
    {
        "key": "status",
        "name": "Status",
        "basis": {"kind": "spend", "currency": "EUR"},
        "period": {"kind": "rolling", "span": "12 months"},
        "tiers": [{"key": "guest", "name": "Guest"}, {"key": "friend", "name": "Friend", "threshold": 100}],
    },
    {
        "key": "circle",
        "name": "Circle",
        "basis": {"kind": "invitation"},
        "period": {"kind": "calendar"},
        "tiers": [{"key": "founder", "name": "Founder"}],
    },
]
AUTHORITY = {"by_role": {"key": 200, "manager": 1000}, "second_above": 100}


def customer(email: str) -> str:
    person = Person(
        identifiers=[
            Identifier(IdentifierKind.EMAIL, email),
            Identifier(IdentifierKind.PHONE, "+4366012345678"),
            Identifier(IdentifierKind.CARD, "9001"),
        ]
    )
    [customer_id] = resolve_customers(people=[person], source="shop", now=BEFORE, actor=ACTOR)
    return str(customer_id)


def problem(call: Any) -> tuple[int, str]:
    with pytest.raises(ApiError) as refused:
        call()
    return refused.value.status, refused.value.code


def test_a_customer_is_enrolled_once_and_found_by_whatever_a_till_is_shown(client: Client):
    club(tier_sets=LADDER)
    ines = customer("ines.kovac@example.com")
    made = client.loyalty.enrol("club", ines)
    assert (made["customer_id"], made["state"]) == (ines, "active")
    assert client.loyalty.enrol("club", ines)["id"] == made["id"]
    shown = {
        made["code"]: "code",
        f"https://shop.example/m/{made['code']}": "code",
        "ines.kovac@example.com": "email",
        "+43 660 12345678": "phone",
        "9001": "card",
    }
    for what, by in shown.items():
        [found] = client.loyalty.find("club", what)
        assert found["member"] is not None
        assert (found["by"], found["member"]["id"]) == (by, made["id"])
        assert found["member"]["tiers"] == {"status": "guest"}
    assert client.loyalty.find("club", "nobody@example.com") == []
    assert [each["id"] for each in client.loyalty.memberships(ines)] == [made["id"]]


def test_a_customer_who_is_no_member_is_found_where_one_asks_for_it(client: Client):
    club()
    jo = customer("jo@example.com")
    assert client.loyalty.find("club", "jo@example.com") == []
    [found] = client.loyalty.find("club", "jo@example.com", also_customers=True)
    assert (found["customer_id"], found["member"]) == (jo, None)


def test_members_are_listed_page_by_page_by_tier_and_state(client: Client):
    version = club(tier_sets=LADDER)
    made = [member(version, f"name{number}") for number in range(5)]
    assert [each["id"] for each in client.loyalty.members("club", page_size=2)] == made[::-1]
    client.loyalty.lock_tier(made[0], "status", "moving house")
    assert [each["id"] for each in client.loyalty.members("club", tier_set="status", tier="guest")] == made[:1]
    client.loyalty.leave(made[4])
    assert [each["id"] for each in client.loyalty.members("club", state="left")] == [made[4]]
    assert made[4] not in {each["id"] for each in client.loyalty.members("club")}


def test_a_member_in_full_has_accounts_with_what_expires_and_tiers_with_what_is_missing(client: Client):
    beans = {"key": "beans", "name": "Beans", "expiry": {"kind": "rolling", "after": "12 months"}}
    ines = member(club(tier_sets=LADDER, currencies=[beans]), "ines.kovac")
    effects = client.orders.put("shop", "1", an_order(**recent_of("ines.kovac@example.com")))["loyalty"][0]["effects"]
    [granted] = [each for each in effects if each["kind"] == "granted"]
    full = client.loyalty.member(ines)
    [account] = full["accounts"]
    assert account["balance"]["available"] == account["balance"]["balance"] == granted["points"] > 0
    assert account["expiring"] == [{"expires_at": granted["expires_at"], "points": granted["points"]}]
    assert client.loyalty.balances(ines) == full["accounts"]
    [later] = client.loyalty.balances(ines, at=(NOW + timedelta(days=500)).isoformat())
    assert later["balance"]["available"] == 0
    [status] = [each for each in full["tiers"] if each["tier_set"] == "status"]
    assert (status["tier"], status["tier_name"]) == ("guest", "Guest")
    assert status["projection"] is not None
    assert status["projection"]["missing_to_reach"] == 100_00 - status["projection"]["progress"]


def recent_of(email: str) -> dict[str, Any]:
    return recent(buyer={"identifiers": [{"kind": "email", "value": email}]})


def test_transactions_sum_to_zero_and_a_balance_is_explained_at_two_times(client: Client):
    version = club(authority=AUTHORITY)
    who = member(version, beans=60)
    client.loyalty.redeem(who, "coffee")
    posted = list(client.loyalty.transactions(who, page_size=1))
    assert [each["kind"] for each in posted] == ["redeem", "grant"]
    assert all(sum(entry["points"] for entry in each["entries"]) == 0 for each in posted)
    now = client.loyalty.explain(who, "beans")
    assert now["balance"]["available"] == 10
    [lot] = now["lots"]
    assert [(each["purpose"], each["points"]) for each in lot["movements"]] == [("granted", 60), ("redeemed", -50)]
    before = client.loyalty.explain(who, "beans", valid_at=(NOW - timedelta(days=1)).isoformat())
    assert before["balance"]["available"] == 60
    unknown = client.loyalty.explain(who, "beans", known_at=(BEFORE - timedelta(days=1)).isoformat())
    assert (unknown["balance"]["balance"], unknown["lots"]) == (0, [])


def test_a_program_adjusts_within_its_authority_and_a_second_person_decides_above_the_bound(client: Client):
    who = member(club(authority=AUTHORITY), beans=10)
    given = client.loyalty.adjust(who, "beans", 50, "the parcel came late")
    assert (given["state"], given["decided_by"]) == ("posted", None)
    assert given["transaction_id"]
    assert client.loyalty.balances(who)[0]["balance"]["available"] == 60
    waits = client.loyalty.adjust(who, "beans", 150, "a broken grinder")
    assert (waits["state"], waits["transaction_id"]) == ("awaiting", None)
    assert client.loyalty.balances(who)[0]["balance"]["available"] == 60
    assert list(client.loyalty.adjustments(state="awaiting")) == [waits]
    assert client.loyalty.adjustment(waits["id"]) == waits
    assert [each["id"] for each in client.loyalty.adjustments(member_id=who)] == [waits["id"], given["id"]]
    assert problem(lambda: client.loyalty.adjust(who, "beans", 201, "much")) == (403, "above_authority")
    assert problem(lambda: client.loyalty.adjust(who, "beans", -61, "taken")) == (409, "not_enough_points")
    assert problem(lambda: client.loyalty.adjust(who, "stones", 1, "why")) == (404, "no_such_currency")


def test_an_adjustment_under_one_key_has_one_effect(http: httpx.Client):
    who = member(club(authority=AUTHORITY))
    path, key = f"/loyalty/members/{who}/adjustments", {"Idempotency-Key": "a"}
    body = {"currency": "beans", "points": 50, "reason": "late"}
    first, again = (http.post(path, json=body, headers=key) for _ in range(2))
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert http.get(f"/loyalty/members/{who}/balances").json()["items"][0]["balance"]["available"] == 50


def test_without_authority_nothing_is_adjusted(client: Client):
    who = member(club(), beans=10)
    assert problem(lambda: client.loyalty.adjust(who, "beans", 1, "why")) == (403, "above_authority")


def test_an_offer_counts_for_who_has_opted_in(client: Client):
    rule = {
        "key": "double",
        "name": "Twice as much",
        "on": {"kind": "order"},
        "currency": "beans",
        "grant": {"kind": "fixed", "points": 7},
        "opt_in": True,
    }
    version = club(rules=[rule])
    who = member(version, "ines.kovac")
    cart = an_order(**recent_of("ines.kovac@example.com"))
    [before] = client.loyalty.preview(cart, member_id=who)
    assert [each["reason"] for each in before["refused"]] == ["not_opted_in"]
    assert client.loyalty.offers(who)[0]["opted_in_at"] is None
    assert client.loyalty.opt_in(who, "double")["opted_in_at"]
    later = an_order(**{**recent_of("ines.kovac@example.com"), "placed_at": (NOW + timedelta(minutes=4)).isoformat()})
    [after] = client.loyalty.preview(later, member_id=who)
    assert [each["points"] for each in after["effects"]] == [7]
    client.loyalty.opt_out(who, "double")
    assert client.loyalty.offers(who)[0]["opted_in_at"] is None
    assert problem(lambda: client.loyalty.opt_in(who, "nothing")) == (404, "no_such_offer")


def test_an_event_is_previewed_with_what_it_would_earn(client: Client):
    rule = {
        "key": "review",
        "name": "For a review",
        "on": {"kind": "event", "event": "review.written"},
        "currency": "beans",
        "grant": {"kind": "fixed", "points": 20},
    }
    version = club(rules=[rule])
    who = member(version)
    customer_id = client.loyalty.member(who)["customer_id"]
    assert customer_id
    [found] = client.loyalty.preview_event("review.written", customer_id)
    assert [(each["rule"], each["points"], each["transaction_id"]) for each in found["effects"]] == [
        ("review", 20, None)
    ]
    assert client.loyalty.preview_event("recipe.viewed", customer_id) == []
    assert client.loyalty.balances(who)[0]["balance"]["balance"] == 0


def test_a_tier_is_locked_unlocked_and_given_by_invitation(client: Client):
    who = member(club(tier_sets=LADDER))
    assert client.loyalty.lock_tier(who, "status", "moving house")["is_locked"]
    assert not client.loyalty.unlock_tier(who, "status")["is_locked"]
    assert client.loyalty.invite(who, "circle", "founder")["tier"] == "founder"
    assert client.loyalty.invite(who, "circle", None)["tier"] is None
    assert problem(lambda: client.loyalty.invite(who, "status", "friend")) == (422, "not_by_invitation")
    assert problem(lambda: client.loyalty.lock_tier(who, "nothing", "why")) == (404, "no_tier_standing")


def test_what_is_not_there_is_404(client: Client):
    loyalty = client.loyalty
    for call in (
        lambda: loyalty.member(NOWHERE),
        lambda: loyalty.balances(NOWHERE),
        lambda: list(loyalty.transactions(NOWHERE)),
        lambda: loyalty.explain(NOWHERE, "beans"),
        lambda: loyalty.leave(NOWHERE),
        lambda: loyalty.offers(NOWHERE),
        lambda: loyalty.adjust(NOWHERE, "beans", 1, "why"),
    ):
        assert problem(call) == (404, "no_such_member")
    assert problem(lambda: loyalty.enrol("nothing", NOWHERE)) == (404, "no_such_program")
    club()
    assert problem(lambda: loyalty.enrol("club", NOWHERE)) == (404, "no_such_customer")
    assert problem(lambda: loyalty.adjustment(NOWHERE)) == (404, "no_such_adjustment")


@pytest.mark.django_db
def test_a_till_enrols_and_adjusts_nothing():
    version = club(authority=AUTHORITY)
    who = member(version)
    till = Client(URL, make_key("loyalty.read", "loyalty.write"), transport=transport(), attempts=1)
    assert till.loyalty.enrol("club", customer("jo@example.com"))["state"] == "active"
    assert problem(lambda: till.loyalty.adjust(who, "beans", 1, "why")) == (403, "forbidden")
    assert problem(lambda: till.loyalty.lock_tier(who, "status", "why")) == (403, "forbidden")
    reader = Client(URL, make_key("loyalty.read"), transport=transport(), attempts=1)
    assert problem(lambda: reader.loyalty.leave(who)) == (403, "forbidden")
