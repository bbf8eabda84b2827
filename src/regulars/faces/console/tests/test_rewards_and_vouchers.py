"""Rewards with their stock, voucher series with their codes, and one code looked up and withdrawn."""

from __future__ import annotations

import pytest
from django.test import Client

from regulars.faces.console.tests import members_shop, shop
from regulars.faces.console.tests.serving import client_of, words
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.rewards import batches
from regulars.loyalty.rewards.overseeing import list_batches
from regulars.loyalty.rewards.queries import get_voucher, iter_codes
from regulars.staff.contracts import Role
from regulars.staff.queries import list_audit_actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def club() -> ProgramVersion:
    shop.business()
    return members_shop.club()


@pytest.fixture
def owner(club: ProgramVersion) -> Client:
    return client_of(Role.OWNER)


def test_each_reward_tells_what_it_gives_costs_and_how_many_are_left(owner: Client) -> None:
    ines = members_shop.member(beans=3000)
    for _ in range(3):
        members_shop.redeemed(ines, "mug")
    page = words(owner.get("/rewards").text)
    assert "3 rewards were given in the last 30 days. Nothing is left of A mug. 3 wait to be handed over." in page
    assert "5 EUR off" in page
    assert "only for Roasted" in page
    assert "Each point pays 0.01 EUR, up to 50 % of an order" in page


def test_a_gift_is_called_as_the_product_is_once_its_name_is_known(owner: Client) -> None:
    assert "A gift that is shipped · p-bought-0" in words(owner.get("/rewards").text)
    members_shop.bought(0)
    assert "A gift that is shipped · Harvest Bowl" in words(owner.get("/rewards").text)


def test_stock_is_added_with_a_reason_and_not_without(owner: Client) -> None:
    assert owner.post("/rewards/mug/stock", {"program": "roastery", "pieces": "5"}).status_code == 422
    answer = owner.post(
        "/rewards/mug/stock", {"program": "roastery", "pieces": "5", "reason": "A delivery"}, follow=True
    )
    assert "A mug: 8 pieces are left." in words(answer.text)
    assert "A delivery" in words(answer.text)
    refused = owner.post("/rewards/coffee/stock", {"program": "roastery", "pieces": "5", "reason": "x"})
    assert "There is no end of this reward" in words(refused.text) or refused.status_code == 422
    assert (
        owner.post("/rewards/nothing/stock", {"program": "roastery", "pieces": "1", "reason": "x"}).status_code == 404
    )


def test_series_tell_how_many_codes_were_made_given_used_and_are_open(owner: Client, club: ProgramVersion) -> None:
    members_shop.codes(club, 20)
    members_shop.redeemed(members_shop.member(beans=600), "five")
    page = words(owner.get("/vouchers").text)
    assert "21 codes are open, 0 were used." in page
    assert "from 10 EUR on" in page
    assert "SPRING26" in page


def test_codes_are_made_in_the_background_and_fetched_when_they_are_done(owner: Client, club: ProgramVersion) -> None:
    told = {"program": "roastery", "series": "five", "count": "30"}
    assert owner.post("/vouchers/make", told | {"count": "0"}).status_code == 422
    assert owner.post("/vouchers/make", told).status_code == 302
    [batch] = list_batches(club.program_id, limit=5)
    waiting = owner.get("/vouchers").text
    assert "0 of 30 codes" in words(waiting)
    assert 'hx-trigger="every 2s"' in waiting
    assert owner.get(f"/vouchers/batches/{batch.id}/codes.csv").status_code == 400
    assert batches.carry_on(batch.id, clock=shop.now)
    part = owner.get("/vouchers?program=roastery", headers={"HX-Target": "batches"}).text
    assert 'hx-trigger="every 2s"' not in part
    answer = owner.get(f"/vouchers/batches/{batch.id}/codes.csv")
    lines = answer.getvalue().decode().split()
    assert len(lines) == 31
    assert set(lines[1:]) == set(iter_codes(batch.id))
    assert "voucher_codes.downloaded" in list_audit_actions()


def test_a_code_is_looked_up_however_it_is_typed_and_stands_in_no_address(owner: Client, club: ProgramVersion) -> None:
    code = next(iter_codes(members_shop.codes(club, 1)))
    answer = owner.post("/vouchers/look-up", {"program": "roastery", "code": f" {code.lower().replace('-', ' ')} "})
    assert answer.status_code == 302
    assert code.replace("-", "") not in answer.headers["Location"].replace("-", "").upper()
    page = words(owner.get(answer.headers["Location"]).text)
    assert code in page
    assert "Open" in page
    wrong = owner.post("/vouchers/look-up", {"program": "roastery", "code": "ABCD"})
    assert wrong.status_code == 422
    assert "There is no such code." in words(wrong.text)
    swapped = code[:-1] + ("0" if code[-1] != "0" else "1")
    mistyped = owner.post("/vouchers/look-up", {"program": "roastery", "code": swapped})
    assert "mistyped" in words(mistyped.text)


def test_a_code_is_withdrawn_with_a_reason_by_who_may(owner: Client) -> None:
    given = members_shop.redeemed(members_shop.member(beans=600), "five")
    address = f"/vouchers/{given.given['voucher_id']}"
    assert client_of(Role.TILL).post(f"{address}/withdraw").status_code == 403
    assert client_of(Role.ANALYST).get(address).status_code == 403
    owner.post(f"{address}/withdraw", {"reason": "printed twice"})
    page = words(owner.get(address).text)
    assert "Withdrawn printed twice" in page
    assert get_voucher(given.given["voucher_id"]).withdrawn_for == "printed twice"
