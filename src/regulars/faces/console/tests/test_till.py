"""The till by its forms: find, enrol, earn, pay with points and vouchers, redeem, undo; and nothing happens twice."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

from regulars.faces.console.loyalty.till.reading import amount_minor, newcomer_of
from regulars.faces.console.tests import members_shop, shop
from regulars.faces.console.tests.serving import client_of, words
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.membership.queries import list_members_of
from regulars.loyalty.rewards.contracts import Voucher
from regulars.loyalty.rewards.queries import find_voucher, iter_codes, list_redemptions
from regulars.orders.models import Order
from regulars.staff.contracts import Role

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def club() -> ProgramVersion:
    shop.business()
    return members_shop.club()


@pytest.fixture
def till(club: ProgramVersion) -> Client:
    return client_of(Role.TILL)


def beans(member: Member) -> int:
    return get_standing(member.id, at=shop.now())["beans"].balance.available


def known(code: str) -> Voucher:
    voucher = find_voucher(code)
    assert voucher
    return voucher


def found(till: Client, what: str) -> str:
    """Return where a text leads to, or an empty text."""
    answer = till.post("/till/find", {"program": "roastery", "what": what})
    return answer.headers.get("Location", "")


def sold(till: Client, member: Member, amount: str, **more: object) -> str:
    """Keep a sale; return the page that says so."""
    told = {"amount": amount, "key": str(new_id()), "tender": "card", **more}
    answer = till.post(f"/till/members/{member.id}/sell", told)
    assert answer.status_code == 302, words(answer.text)
    return answer.headers["Location"]


@pytest.mark.parametrize(
    ("text", "minor"),
    [("12", 1200), ("12.5", 1250), ("12,50", 1250), ("1 234,05", 123405), ("0", None), ("", None), ("12.345", None)],
)
def test_an_amount_is_read_however_it_is_written(text: str, minor: int | None) -> None:
    assert amount_minor(text, "EUR") == minor


@pytest.mark.parametrize("text", ["20041234", "+43 660 1234567", "SPRING26", "ines@example.com", "1e5", "-5", "12.5.1"])
def test_what_is_a_number_of_something_is_no_amount(text: str) -> None:
    assert amount_minor(text, "EUR") is None


def test_a_yen_has_no_cents() -> None:
    assert amount_minor("1200", "JPY") == 1200
    assert amount_minor("1200.5", "JPY") is None


def test_who_is_not_known_is_enrolled_by_what_was_typed() -> None:
    assert newcomer_of("ada@example.com").email == "ada@example.com"
    assert newcomer_of("+43 660 1234567").phone == "+43 660 1234567"
    assert newcomer_of("SPRING26").phone == ""


def test_a_member_is_found_by_code_card_phone_and_address(till: Client) -> None:
    shop.many(1)
    ines = members_shop.member()
    page = f"/till/members/{ines.id}"
    for what in (ines.code, ines.code.lower(), "2004 1234", "INES.KOVAC@example.com"):
        assert found(till, what) == page, what
    # No name, number or code stands in an address: addresses stand in logs.
    assert "kovac" not in page


def test_a_known_customer_is_enrolled_with_one_touch_and_somebody_new_by_phone(till: Client) -> None:
    known = shop.somebody("Nora Winkler", "nora@example.com")
    answer = till.post("/till/find", {"program": "roastery", "what": "nora@example.com"})
    assert "Known, but no member yet" in words(answer.text)
    answer = till.post("/till/enrol", {"program": "roastery", "customer": str(known)})
    assert [each.customer_id for each in list_members_of(known)] == [known]
    answer = till.post("/till/find", {"program": "roastery", "what": "+43 660 1234567"})
    assert "Nobody is known by “+43 660 1234567”" in words(answer.text)
    assert 'value="+43 660 1234567"' in answer.text
    answer = till.post("/till/enrol", {"program": "roastery", "phone": "0660 1234567", "name": "Ada"})
    assert re.fullmatch(r"/till/members/[0-9a-f-]{36}", answer.headers["Location"])
    assert found(till, "+43 660 1234567") == answer.headers["Location"]
    # Enrolled again, nobody becomes a second member.
    again = till.post("/till/enrol", {"program": "roastery", "phone": "0660 1234567"})
    assert again.headers["Location"] == answer.headers["Location"]
    assert till.post("/till/enrol", {"program": "roastery", "name": "Nobody"}).status_code == 422


def test_what_a_sale_will_earn_is_seen_before_and_nothing_is_kept(till: Client) -> None:
    ines = members_shop.member()
    seen = till.post(f"/till/members/{ines.id}/preview", {"amount": "12,90", "key": str(new_id())})
    assert "+12 Beans" in words(seen.text)
    assert "+1 Stars" in words(seen.text)
    assert Order.objects.count() == 0
    assert beans(ines) == 0


def test_a_form_that_is_sent_twice_earns_once(till: Client) -> None:
    ines, key = members_shop.member(), str(new_id())
    pages = {sold(till, ines, "12.90", key=key) for _ in range(3)}
    assert len(pages) == 1
    assert beans(ines) == 12
    assert "Ines Kovač earns 12 Beans" in words(till.get(pages.pop()).text)


def test_a_sale_is_undone_within_a_minute_and_not_later(till: Client) -> None:
    ines = members_shop.member()
    page = sold(till, ines, "12.90")
    assert "Undo" in words(till.get(page).text)
    till.post(f"{page}/undo")
    assert beans(ines) == 0
    assert "Undone: as if it had not been" in words(till.get(page).text)
    later = sold(till, ines, "20")
    Order.objects.filter(id=UUID(later.rsplit("/", 1)[1])).update(received_at=shop.now() - 2 * MINUTE)
    assert "Undo" not in words(till.get(later).text)
    answer = till.post(f"{later}/undo", follow=True)
    assert "can no longer be undone here" in words(answer.text)
    assert beans(ines) == 20


def test_points_pay_a_part_and_come_back_with_the_undo(till: Client) -> None:
    ines = members_shop.member(beans=800)
    seen = words(till.post(f"/till/members/{ines.id}/preview", {"amount": "10", "pays_with": "pay"}).text)
    assert "Pay with beans: 500 points pay €5.00" in seen
    assert "To pay €5.00" in seen
    page = sold(till, ines, "10", pays_with="pay")
    # What points paid earned nothing.
    assert beans(ines) == 305
    till.post(f"{page}/undo")
    assert beans(ines) == 800


def test_a_scanned_voucher_is_laid_beside_the_sale_and_redeemed_with_it(till: Client, club: ProgramVersion) -> None:
    ines = members_shop.member()
    code = next(iter_codes(members_shop.codes(club, 1)))
    scanned = till.post(f"/till/members/{ines.id}/sell", {"amount": code, "key": str(new_id())})
    assert scanned.status_code == 200
    assert f'name="voucher" value="{code}"' in scanned.text
    seen = words(till.post(f"/till/members/{ines.id}/preview", {"amount": "5", "voucher": code}).text)
    assert "The order is too small for this voucher." in seen
    refused = till.post(f"/till/members/{ines.id}/sell", {"amount": "5", "voucher": code, "key": str(new_id())})
    assert refused.status_code == 422
    page = sold(till, ines, "25", voucher=code)
    assert "To pay €20.00" in words(till.get(page).text)
    assert known(code).redeemed == 1
    again = till.post(f"/till/members/{ines.id}/sell", {"amount": code, "key": str(new_id())})
    assert "This voucher has been used." in words(again.text)
    till.post(f"{page}/undo")
    assert known(code).redeemed == 0


def test_the_next_card_can_be_scanned_where_an_amount_is_asked_for(till: Client) -> None:
    ines, emil = members_shop.member(), members_shop.member("Emil Nowak", "emil@example.com")
    answer = till.post(f"/till/members/{ines.id}/sell", {"amount": emil.code, "key": str(new_id())})
    assert answer.headers["Location"] == f"/till/members/{emil.id}"
    nobody = till.post(f"/till/members/{ines.id}/sell", {"amount": "ABCDEFGH", "key": str(new_id())})
    assert "nobody and no voucher is known by it" in words(nobody.text)


def test_rewards_stand_there_with_why_not_and_are_given_once(till: Client) -> None:
    ines = members_shop.member(beans=600)
    page = words(till.get(f"/till/members/{ines.id}").text)
    assert "19,400 points are missing." in page
    assert "Only for Roasted." in page
    told = {"reward": "five", "key": "one"}
    answers = {till.post(f"/till/members/{ines.id}/redeem", told).headers["Location"] for _ in range(2)}
    assert len(answers) == 1
    assert beans(ines) == 100
    [given] = list_redemptions(ines.id, limit=5)
    shown = till.get(answers.pop()).text
    code = re.search(r'till-code mono">([^<]+)<', shown)
    assert code
    assert str(known(code[1]).id) == given.given["voucher_id"]
    refused = till.post(f"/till/members/{ines.id}/redeem", told | {"key": "two"}, follow=True)
    assert "400 points are missing." in words(refused.text)


def test_a_reward_is_undone_within_a_minute(till: Client) -> None:
    ines = members_shop.member(beans=600)
    for reward in ("five", "coffee"):
        page = till.post(f"/till/members/{ines.id}/redeem", {"reward": reward, "key": reward}).headers["Location"]
        assert beans(ines) < 600
        till.post(f"{page}/undo")
        assert beans(ines) == 600
        assert "Undone: the points are back" in words(till.get(page).text)


def test_a_voucher_is_redeemed_for_a_bearer_whom_nobody_knows(till: Client, club: ProgramVersion) -> None:
    code = next(iter_codes(members_shop.codes(club, 1)))
    page = found(till, code.lower())
    assert page == f"/till/vouchers/{known(code).id}"
    assert "Five euros off" in words(till.get(page).text)
    told = {"amount": "30", "key": "one"}
    for _ in range(2):
        assert "The voucher is redeemed" in words(till.post(page, told).text)
    assert known(code).redeemed == 1
    assert "This voucher has been used." in words(till.get(page).text)


def test_who_has_left_is_enrolled_again_and_not_served(till: Client) -> None:
    from regulars.loyalty.membership.services import leave

    ines = members_shop.member()
    leave(member_id=ines.id, now=shop.now(), actor=shop.ACTOR)
    assert till.get(f"/till/members/{ines.id}").status_code == 404
    assert "Known, but no member yet" in words(till.post("/till/find", {"what": ines.code}).text)


def test_whoever_may_not_redeem_has_no_till(club: ProgramVersion) -> None:
    assert client_of(Role.ANALYST).get("/till").status_code == 403
