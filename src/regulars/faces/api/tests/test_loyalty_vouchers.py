from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import connections
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.client.shapes import Shown, VoucherBatch
from regulars.faces.api.tests.loyalty_shop import club, member, recent
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.loyalty.rewards.batches import carry_on
from regulars.loyalty.rewards.guessing import WRONG_TRIES_PER_WINDOW
from regulars.loyalty.rewards.models import Try
from regulars.loyalty.rewards.models import Use as UseRow
from regulars.staff.models import AuditEntry
from regulars.stream.models import Event

NOWHERE = "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"
CALLS = 50


def made(client: Client, count: int = 1, series: str = "five") -> VoucherBatch:
    """Have codes made, and do what a worker would."""
    asked = client.loyalty.make_codes("club", series, count)
    assert carry_on(UUID(asked["id"]), clock=timezone.now)
    return client.loyalty.wait_for_codes(asked["id"])


def codes(client: Client, folder: Path, count: int = 1, series: str = "five") -> list[str]:
    file = client.loyalty.download_codes(made(client, count, series)["id"], folder / "codes.csv")
    return [row["code"] for row in csv.DictReader(file.open())]


def shown(*told: str, reference: str = "shop:1", typed_by: str = "session 1", **different: Any) -> Shown:
    what: dict[str, Any] = {"program": "club", "codes": list(told), "reference": reference, "client": typed_by}
    return what | {"order": an_order(**recent())} | different  # type: ignore[return-value]


def problem(call: Any) -> tuple[int, str]:
    with pytest.raises(ApiError) as refused:
        call()
    return refused.value.status, refused.value.code


def reasons(validation: Any) -> list[list[str]]:
    return [[why["reason"] for why in verdict["why_not"]] for verdict in validation["verdicts"]]


def test_codes_are_made_in_the_background_and_fetched_as_a_csv(client: Client, http: httpx.Client, tmp_path: Path):
    club()
    asked = client.loyalty.make_codes("club", "five", 1200)
    assert (asked["series"], asked["wanted"], asked["made"], asked["is_finished"]) == ("five", 1200, 0, False)
    assert problem(lambda: client.loyalty.download_codes(asked["id"], tmp_path / "codes.csv")) == (
        409,
        "batch_not_finished",
    )
    assert carry_on(UUID(asked["id"]), clock=timezone.now)
    batch = client.loyalty.batch(asked["id"])
    assert (batch["made"], batch["is_finished"]) == (1200, True)
    file = client.loyalty.download_codes(batch["id"], tmp_path / "codes.csv")
    assert len({row["code"] for row in csv.DictReader(file.open())}) == 1200
    answer = http.get(f"/loyalty/voucher-batches/{batch['id']}/codes")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert AuditEntry.objects.filter(action="voucher_codes.downloaded").count() == 2


def test_the_same_key_makes_one_batch(client: Client):
    club()
    batches = {client.loyalty.make_codes("club", "five", 3, idempotency_key="a")["id"] for _ in range(2)}
    assert len(batches) == 1


def test_a_code_is_validated_held_and_redeemed(client: Client, tmp_path: Path):
    club()
    [code] = codes(client, tmp_path)
    looked = client.loyalty.validate_vouchers(shown(code.lower()))
    [verdict] = looked["verdicts"]
    assert (looked["is_taken"], looked["discount_minor"], verdict["series"]) == (True, 500, "five")
    assert (verdict["held_until"], verdict["off"]) == (None, {"kind": "amount", "amount": {"EUR": "5"}})
    held = client.loyalty.validate_vouchers(shown(code), hold=True)
    assert held["verdicts"][0]["held_until"]
    elsewhere = client.loyalty.validate_vouchers(shown(code, reference="shop:2"))
    assert reasons(elsewhere) == [["voucher_not_accepted"]]
    redeemed = client.loyalty.redeem_vouchers(shown(code))
    assert redeemed["verdicts"][0]["use_id"]
    assert Event.objects.filter(type="voucher.redeemed").count() == 1


def test_for_the_same_order_a_code_is_redeemed_once_however_often_it_is_told(client: Client, tmp_path: Path):
    club()
    [code] = codes(client, tmp_path)
    uses = {client.loyalty.redeem_vouchers(shown(code))["verdicts"][0]["use_id"] for _ in range(3)}
    assert len(uses) == 1
    assert UseRow.objects.count() == 1


def test_a_hold_is_released_and_the_code_is_free(client: Client, tmp_path: Path):
    club()
    [code] = codes(client, tmp_path)
    held = client.loyalty.validate_vouchers(shown(code), hold=True)
    assert client.loyalty.release_vouchers("club", "shop:1") == [held["verdicts"][0]["voucher_id"]]
    assert client.loyalty.release_vouchers("club", "shop:1") == []
    assert client.loyalty.validate_vouchers(shown(code, reference="shop:2"))["is_taken"]


def test_what_was_redeemed_is_rolled_back_and_can_be_used_again(client: Client, tmp_path: Path):
    club()
    first, second = codes(client, tmp_path, 2)
    done = client.loyalty.redeem_vouchers(shown(first, second))
    one = done["verdicts"][0]["voucher_id"] or ""
    [undone] = client.loyalty.roll_back_vouchers("club", "shop:1", "line came back", voucher_ids=[one])
    assert (undone["voucher_id"], undone["state"], undone["discount_minor"]) == (one, "rolled_back", 500)
    assert len(client.loyalty.roll_back_vouchers("club", "shop:1", "order cancelled")) == 1
    assert client.loyalty.roll_back_vouchers("club", "shop:1", "order cancelled") == []
    assert client.loyalty.redeem_vouchers(shown(first, second, reference="shop:2"))["discount_minor"] == 1000


def test_what_is_not_redeemed_is_told_by_the_place_of_its_code(http: httpx.Client, client: Client, tmp_path: Path):
    club()
    [good] = codes(client, tmp_path)
    answer = http.post("/loyalty/vouchers/redeem", json=shown(good, "WRONG-CODE"))
    told = answer.json()
    assert (answer.status_code, told["code"], told["pointer"]) == (422, "voucher_not_accepted", "/codes/1")
    assert told["detail"] == "This code is not accepted."
    assert not UseRow.objects.exists()


def test_a_condition_is_judged_by_the_order_and_by_who_buys(client: Client, tmp_path: Path):
    who = member(club())
    [code] = codes(client, tmp_path, series="online")
    by_whom = client.loyalty.validate_vouchers(shown(code, member_id=who))
    assert (by_whom["is_taken"], by_whom["discount_minor"]) == (True, 250)
    at_the_till = shown(code, member_id=who, order=an_order(**recent(channel="till")))
    assert reasons(client.loyalty.validate_vouchers(at_the_till)) == [["condition_false"]]


def test_a_discount_that_the_shop_has_taken_off_for_the_code_itself_is_not_taken_off_before_it(
    client: Client, tmp_path: Path
):
    club()
    [code] = codes(client, tmp_path, series="online")
    own = {"coupon": code, "amount_minor": 250}
    other = {"coupon": "SPRING", "amount_minor": 500}
    order = an_order(**recent(discounts=[own, other], total_minor=1750))
    assert client.loyalty.validate_vouchers(shown(code, order=order))["discount_minor"] == 200


def test_a_code_that_is_spent_and_one_that_never_was_are_answered_alike(
    client: Client, http: httpx.Client, tmp_path: Path
):
    club()
    [spent] = codes(client, tmp_path)
    client.loyalty.redeem_vouchers(shown(spent))
    answers: list[list[Any]] = []
    for code in (spent, "4TQG-PZ21-D2RV-HG5TW"):
        told = shown(code, reference="shop:2")
        looked = http.post("/loyalty/vouchers/validate", json=told)
        redeemed = http.post("/loyalty/vouchers/redeem", json=told)
        answers.append([looked.status_code, looked.text.replace(code, "…"), redeemed.status_code, redeemed.text])
    assert answers[0] == answers[1]
    assert "voucher_not_accepted" in answers[0][3]


def test_who_guesses_is_told_nothing_more_for_a_while_and_others_are_heard(
    client: Client, http: httpx.Client, tmp_path: Path
):
    club()
    [good] = codes(client, tmp_path)
    for number in range(WRONG_TRIES_PER_WINDOW):
        answer = http.post("/loyalty/vouchers/validate", json=shown(f"WRONG-{number}"))
        assert answer.status_code == 200
    answer = http.post("/loyalty/vouchers/validate", json=shown(good))
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_tries")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "ratelimit-remaining" in answer.headers
    redeemed = http.post("/loyalty/vouchers/redeem", json=shown(good))
    assert redeemed.status_code == 429
    assert client.loyalty.validate_vouchers(shown(good, typed_by="session 2"))["is_taken"]


def test_wrong_codes_are_counted_also_where_they_are_refused(http: httpx.Client):
    club()
    for number in range(WRONG_TRIES_PER_WINDOW):
        assert http.post("/loyalty/vouchers/redeem", json=shown(f"WRONG-{number}")).status_code == 422
    assert http.post("/loyalty/vouchers/redeem", json=shown("WRONG")).status_code == 429


def test_who_types_codes_is_kept_as_a_hash(client: Client):
    club()
    client.loyalty.validate_vouchers(shown("WRONG", typed_by="203.0.113.7"))
    [kept] = Try.objects.values_list("client", flat=True)
    assert "203" not in kept.partition(":")[2]
    assert len(kept.partition(":")[2]) == 32


def test_a_member_is_given_a_voucher_and_only_it_redeems_it(client: Client):
    version = club()
    who, other = member(version), member(version, "ben")
    until = (timezone.now() + timedelta(days=9)).isoformat()
    given = client.loyalty.issue_voucher(who, "five", good_until=until)
    assert (given["member_id"], given["series"], given["redeemed"]) == (who, "five", 0)
    assert list(client.loyalty.vouchers(who)) == [given]
    assert client.loyalty.voucher(given["id"]) == given
    code = given["code"] or ""
    assert reasons(client.loyalty.validate_vouchers(shown(code, member_id=other))) == [["voucher_not_accepted"]]
    assert client.loyalty.redeem_vouchers(shown(code, member_id=who))["is_taken"]
    again = client.loyalty.validate_vouchers(shown(code, member_id=who, reference="shop:2"))
    assert reasons(again) == [["used_up"]]
    assert client.loyalty.voucher(given["id"])["redeemed"] == 1


def test_vouchers_are_listed_page_by_page_the_latest_first(client: Client):
    who = member(club())
    given = [client.loyalty.issue_voucher(who, "five")["id"] for _ in range(5)]
    assert [each["id"] for each in client.loyalty.vouchers(who, page_size=2)] == given[::-1]


@pytest.mark.django_db
def test_codes_are_told_to_who_may_redeem_them_alone():
    who = member(club())
    owner = Client(URL, make_key(), transport=transport(), attempts=1)
    given = owner.loyalty.issue_voucher(who, "five")
    reader = Client(URL, make_key("loyalty.read"), transport=transport(), attempts=1)
    assert reader.loyalty.voucher(given["id"]) == {**given, "code": None}
    assert [each["code"] for each in reader.loyalty.vouchers(who)] == [None]
    till = Client(URL, make_key("loyalty.read", "loyalty.write"), transport=transport(), attempts=1)
    assert till.loyalty.voucher(given["id"])["code"] == given["code"]
    for refused in (
        lambda: till.loyalty.issue_voucher(who, "five"),
        lambda: till.loyalty.make_codes("club", "five", 1),
        lambda: reader.loyalty.validate_vouchers(shown(given["code"] or "")),
    ):
        assert problem(refused) == (403, "forbidden")


def test_what_is_not_there_is_404(client: Client, tmp_path: Path):
    club()
    loyalty = client.loyalty
    assert problem(lambda: loyalty.make_codes("nothing", "five", 1)) == (404, "no_such_program")
    assert problem(lambda: loyalty.make_codes("club", "nothing", 1)) == (404, "no_such_series")
    assert problem(lambda: loyalty.batch(NOWHERE)) == (404, "no_such_batch")
    assert problem(lambda: loyalty.download_codes(NOWHERE, tmp_path / "codes.csv")) == (404, "no_such_batch")
    assert problem(lambda: loyalty.issue_voucher(NOWHERE, "five")) == (404, "no_such_member")
    assert problem(lambda: list(loyalty.vouchers(NOWHERE))) == (404, "no_such_member")
    assert problem(lambda: loyalty.voucher(NOWHERE)) == (404, "no_such_voucher")
    assert problem(lambda: loyalty.validate_vouchers(shown("X", program="nothing"))) == (404, "no_such_program")
    assert problem(lambda: loyalty.redeem_vouchers(shown("X", member_id=NOWHERE))) == (404, "no_such_member")
    assert problem(lambda: loyalty.release_vouchers("nothing", "shop:1")) == (404, "no_such_program")
    assert problem(lambda: loyalty.roll_back_vouchers("nothing", "shop:1", "why")) == (404, "no_such_program")


def test_what_cannot_be_meant_is_refused_with_its_place(client: Client):
    club()
    with pytest.raises(ApiError) as refused:
        client.loyalty.validate_vouchers(shown("X", order=an_order(**recent(total_minor=9))))
    assert (refused.value.code, refused.value.pointer) == ("order_refused", "/order/total_minor")
    with pytest.raises(ApiError) as too_many:
        client.loyalty.make_codes("club", "five", 1_000_001)
    assert (too_many.value.status, too_many.value.pointer) == (422, "/count")
    told: Any = shown("X")
    del told["client"]
    with pytest.raises(ApiError) as unnamed:
        client.loyalty.redeem_vouchers(told)
    assert (unnamed.value.code, unnamed.value.pointer) == ("missing_field", "/client")


def test_of_fifty_orders_at_once_one_redeems_a_code_and_of_fifty_tellings_of_it_each_is_told_so(
    fresh_database: str, tmp_path: Path
):
    club()
    with Client(URL, make_key(), transport=transport(), attempts=1) as owner:
        one, other = codes(owner, tmp_path, 2)
    key = make_key("loyalty.write")

    def redeem(told: Shown) -> str:
        try:
            with Client(URL, key, transport=transport(), attempts=1) as client:
                return client.loyalty.redeem_vouchers(told)["verdicts"][0]["use_id"] or ""
        except ApiError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CALLS) as threads:
        rivals = [shown(one, reference=f"shop:{number}", typed_by=f"session {number}") for number in range(CALLS)]
        found = list(threads.map(redeem, rivals))
        alike = list(threads.map(redeem, [shown(other, reference="web:1")] * CALLS))
    assert found.count("voucher_not_accepted") == CALLS - 1
    assert len(set(alike)) == 1
    assert UseRow.objects.filter(state="redeemed").count() == 2
