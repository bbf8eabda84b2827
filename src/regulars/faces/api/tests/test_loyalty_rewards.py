from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import connections
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.client.shapes import ToPay
from regulars.faces.api.tests.loyalty_shop import club, member, recent
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.rewards.models import Redemption as RedemptionRow
from regulars.loyalty.rewards.undoing import expire_reservations
from regulars.orders.facts_kept import keep_facts_of
from regulars.staff.models import AuditEntry
from regulars.stream.models import Event

NOWHERE = "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"
CALLS = 50


def balance(member_id: str) -> tuple[int, int]:
    """Return what is available and reserved."""
    found = get_standing(UUID(member_id), at=timezone.now())["beans"].balance
    return found.available, found.reserved


def problem(call: Any) -> tuple[int, str]:
    with pytest.raises(ApiError) as refused:
        call()
    return refused.value.status, refused.value.code


def test_rewards_are_listed_with_every_reason_why_not(client: Client):
    who = member(club(), beans=60)
    mug, coffee, pay, regulars_only = client.loyalty.rewards(who)
    assert (mug["key"], mug["cost"], mug["left"], mug["is_available"]) == ("mug", 100, 3, False)
    [why] = mug["why_not"]
    assert (why["reason"], why["sentence"]) == ("points_missing", "40 points are missing.")
    assert why["values"] == {"cost": 100, "available": 60, "missing": 40, "currencies": ["beans"]}
    assert (coffee["is_available"], coffee["gives"]) == (True, {"kind": "voucher", "series": "five"})
    assert (pay["cost"], pay["is_available"]) == (None, True)
    assert [each["reason"] for each in regulars_only["why_not"]] == ["condition_false"]


def test_a_condition_of_a_reward_is_judged_by_what_is_known_of_the_member(client: Client):
    who = member(club(), beans=60)
    assert problem(lambda: client.loyalty.redeem(who, "regulars_only")) == (422, "condition_false")
    put = client.orders.put("shop", "1", an_order(**recent()))
    keep_facts_of({UUID(put["customer_id"] or NOWHERE)})
    assert client.loyalty.rewards(who)[3]["is_available"]
    assert client.loyalty.redeem(who, "regulars_only")["state"] == "confirmed"


def test_a_reward_is_redeemed_at_once(client: Client):
    who = member(club(), beans=60)
    done = client.loyalty.redeem(who, "coffee")
    assert (done["state"], done["cost"], done["kind"], done["version"]) == ("confirmed", {"beans": 50}, "voucher", 1)
    assert balance(who) == (10, 0)
    voucher = client.loyalty.voucher(done["given"]["voucher_id"])
    assert (voucher["member_id"], voucher["series"]) == (who, "five")
    assert client.loyalty.redemption(done["id"]) == done
    assert list(client.loyalty.redemptions(who)) == [done]


def test_what_cannot_be_had_is_refused_with_all_reasons_and_figures(http: httpx.Client):
    who = member(club(), beans=1)
    answer = http.post(f"/loyalty/members/{who}/redemptions", json={"reward": "regulars_only"})
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "condition_false")
    assert [each["code"] for each in told["errors"]] == ["condition_false", "points_missing"]
    assert told["errors"][1]["values"]["missing"] == 9
    assert told["errors"][1]["detail"] == "9 points are missing."


def test_a_reservation_is_confirmed_and_again_stays_confirmed(client: Client):
    who = member(club(), beans=150)
    held = client.loyalty.reserve(who, "mug")
    assert (held["state"], balance(who)) == ("reserved", (50, 100))
    assert client.loyalty.confirm(held["id"])["state"] == "confirmed"
    assert client.loyalty.confirm(held["id"])["state"] == "confirmed"
    assert balance(who) == (50, 0)
    assert problem(lambda: client.loyalty.cancel(held["id"], "too late")) == (409, "already_confirmed")


def test_a_reservation_is_cancelled_and_its_points_and_piece_come_back(client: Client):
    who = member(club(), beans=100)
    held = client.loyalty.reserve(who, "mug")
    assert client.loyalty.rewards(who)[0]["left"] == 2
    gone = client.loyalty.cancel(held["id"], "changed mind")
    assert (gone["state"], gone["ended_for"], balance(who)) == ("cancelled", "changed mind", (100, 0))
    assert client.loyalty.rewards(who)[0]["left"] == 3
    assert problem(lambda: client.loyalty.confirm(held["id"])) == (409, "not_reserved")


def test_a_reservation_whose_time_is_over_is_none(client: Client):
    who = member(club(), beans=100)
    held = client.loyalty.reserve(who, "mug")
    expire_reservations(now=timezone.now() + timedelta(days=1))
    assert problem(lambda: client.loyalty.confirm(held["id"])) == (409, "reservation_expired")
    assert client.loyalty.redemption(held["id"])["state"] == "expired"
    assert balance(who) == (100, 0)


def test_a_refund_gives_the_points_back_and_says_what_became_of_the_reward(client: Client):
    who = member(club(), beans=50)
    done = client.loyalty.redeem(who, "coffee")
    assert balance(who) == (0, 0)
    back = client.loyalty.refund(done["id"], "brought back")
    assert (back["state"], back["undoing"], back["refunded_points"]) == ("refunded", "undone", 50)
    assert balance(who) == (50, 0)
    assert client.loyalty.voucher(done["given"]["voucher_id"])["withdrawn_at"]


def test_what_is_in_the_members_hands_is_fulfilled_once_and_stays_given(client: Client):
    who = member(club(), beans=100)
    done = client.loyalty.redeem(who, "mug")
    assert done["fulfilled_at"] is None
    shipped = client.loyalty.fulfil(done["id"], {"parcel": "JJD0003"})
    assert shipped["fulfilled_at"]
    assert shipped["given"]["parcel"] == "JJD0003"
    assert client.loyalty.fulfil(done["id"], {"parcel": "another"}) == shipped
    assert problem(lambda: client.loyalty.refund(done["id"], "broken")) == (409, "cannot_be_undone")
    left = client.loyalty.refund(done["id"], "broken", when_kept="leave")
    assert (left["undoing"], left["state"], balance(who)) == ("kept", "confirmed", (0, 0))
    back = client.loyalty.refund(done["id"], "broken", when_kept="refund")
    assert (back["undoing"], back["state"], balance(who)) == ("kept", "refunded", (100, 0))


def test_points_pay_a_part_of_an_order_by_its_figures(client: Client):
    who = member(club(), beans=1000)
    order: ToPay = {"reference": "shop:1", "currency": "EUR", "total_minor": 2500, "points": 200}
    done = client.loyalty.redeem(who, "pay", order=order)
    assert done["given"] == {"amount_minor": 1000, "currency": "EUR", "points": 200}
    assert (done["reference"], done["cost"]) == ("shop:1", {"beans": 200})
    with pytest.raises(ApiError) as refused:
        client.loyalty.redeem(who, "pay", order=ToPay({**order, "points": 251}))
    assert (refused.value.code, refused.value.values) == ("above_share_of_order", {"most_points": 250, "points": 251})
    assert problem(lambda: client.loyalty.redeem(who, "pay")) == (422, "order_needed")


def test_redemptions_are_listed_page_by_page_the_latest_first(client: Client):
    who = member(club(), beans=500)
    made = [client.loyalty.redeem(who, "coffee")["id"] for _ in range(5)]
    assert [each["id"] for each in client.loyalty.redemptions(who, page_size=2)] == made[::-1]


def test_stock_is_added_and_taken_away_and_stands_on_the_audit_trail(client: Client):
    version = club()
    who = member(version, beans=1000)
    assert client.loyalty.add_stock("club", "mug", 5, "delivered") == {"program": "club", "reward": "mug", "left": 8}
    assert client.loyalty.add_stock("club", "mug", -8, "broken")["left"] == 0
    assert AuditEntry.objects.filter(action="reward.stock_changed").count() == 2
    assert problem(lambda: client.loyalty.redeem(who, "mug")) == (422, "out_of_stock")
    assert problem(lambda: client.loyalty.add_stock("club", "coffee", 5, "delivered")) == (422, "no_stock")
    assert problem(lambda: client.loyalty.add_stock("club", "mug", 0, "nothing")) == (422, "wrong_pieces")


def test_what_is_not_there_is_404(client: Client):
    who = member(club())
    loyalty = client.loyalty
    assert problem(lambda: loyalty.rewards(NOWHERE)) == (404, "no_such_member")
    assert problem(lambda: list(loyalty.redemptions(NOWHERE))) == (404, "no_such_member")
    assert problem(lambda: loyalty.redeem(NOWHERE, "mug")) == (404, "no_such_member")
    assert problem(lambda: loyalty.redeem(who, "nothing")) == (404, "no_such_reward")
    assert problem(lambda: loyalty.add_stock("nothing", "mug", 1, "found")) == (404, "no_such_program")
    assert problem(lambda: loyalty.add_stock("club", "nothing", 1, "found")) == (404, "no_such_reward")
    for call in (
        lambda: loyalty.redemption(NOWHERE),
        lambda: loyalty.confirm(NOWHERE),
        lambda: loyalty.cancel(NOWHERE, "why"),
        lambda: loyalty.refund(NOWHERE, "why"),
        lambda: loyalty.fulfil(NOWHERE),
    ):
        assert problem(call) == (404, "no_such_redemption")


@pytest.mark.django_db
def test_a_till_redeems_and_changes_no_stock():
    who = member(club(), beans=100)
    till = Client(URL, make_key("loyalty.read", "loyalty.write"), transport=transport(), attempts=1)
    assert till.loyalty.redeem(who, "coffee")["state"] == "confirmed"
    assert problem(lambda: till.loyalty.add_stock("club", "mug", 1, "found")) == (403, "forbidden")
    reader = Client(URL, make_key("loyalty.read"), transport=transport(), attempts=1)
    assert reader.loyalty.rewards(who)
    assert problem(lambda: reader.loyalty.redeem(who, "coffee")) == (403, "forbidden")


def test_the_same_key_redeems_once_and_another_request_under_it_is_refused(http: httpx.Client):
    who = member(club(), beans=200)
    path, key = f"/loyalty/members/{who}/redemptions", {"Idempotency-Key": "a"}
    first = http.post(path, json={"reward": "coffee"}, headers=key)
    again = http.post(path, json={"reward": "coffee"}, headers=key)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert balance(who) == (150, 0)
    other = http.post(path, json={"reward": "mug"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert balance(who) == (150, 0)


def test_a_refused_redemption_leaves_no_key(http: httpx.Client):
    version = club()
    who = member(version, beans=10)
    path, key = f"/loyalty/members/{who}/redemptions", {"Idempotency-Key": "a"}
    assert http.post(path, json={"reward": "coffee"}, headers=key).status_code == 422
    member(version, beans=50)
    assert http.post(path, json={"reward": "coffee"}, headers=key).json()["state"] == "confirmed"


def test_fifty_redemptions_at_once_under_one_key_have_one_effect(fresh_database: str):
    who = member(club(), beans=1000)
    key = make_key("loyalty.write")

    def redeem(_: int) -> httpx.Response:
        try:
            with httpx.Client(base_url=f"{URL}/v1", transport=transport()) as http:
                return http.post(
                    f"/loyalty/members/{who}/redemptions",
                    json={"reward": "coffee"},
                    headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "once"},
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CALLS) as threads:
        answers = list(threads.map(redeem, range(CALLS)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert sum("idempotency-replayed" in each.headers for each in answers) == CALLS - 1
    assert RedemptionRow.objects.count() == 1
    assert balance(who) == (950, 0)
    assert Event.objects.filter(type="reward.redeemed").count() == 1


def test_of_many_who_want_the_last_pieces_as_many_get_one_as_there_are(fresh_database: str):
    version = club()
    people = [member(version, f"someone{number}", beans=100) for number in range(12)]
    key = make_key("loyalty.write")

    def redeem(who: str) -> str:
        try:
            with Client(URL, key, transport=transport(), attempts=1) as client:
                return client.loyalty.redeem(who, "mug")["state"]
        except ApiError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as threads:
        assert sorted(threads.map(redeem, people)) == ["confirmed"] * 3 + ["out_of_stock"] * 9
