"""The pages of members: the list, one with all that its points tell, and points by hand with a second person."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

from regulars.faces.console.tests import members_shop, shop
from regulars.faces.console.tests.serving import client_of, words
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.membership.contracts import AdjustmentState
from regulars.loyalty.membership.queries import get_adjustment, list_adjustments
from regulars.loyalty.rewards.contracts import RedemptionState
from regulars.loyalty.rewards.queries import get_redemption
from regulars.loyalty.tiers.queries import find_standing
from regulars.staff.contracts import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Client:
    shop.business()
    members_shop.club()
    return client_of(Role.OWNER)


def available(member_id: UUID) -> int:
    return get_standing(member_id, at=shop.now())["beans"].balance.available


def points_page(member: Member) -> str:
    return f"/customers/{member.customer_id}/loyalty"


def test_members_are_found_by_name_number_card_and_address_and_by_tier(owner: Client) -> None:
    shop.many(3)
    ines = members_shop.member(beans=120)
    members_shop.member("Emil Nowak", "emil@example.com")
    page = words(owner.get("/members").text)
    assert "Ines Kovač" in page
    assert "120 Beans" in page
    for text in ("kovac", ines.code, ines.code.lower(), "2004 1234", "ines.kovac@example.com"):
        found = words(owner.get("/members", {"q": text}).text)
        assert "1 member found" in found, text
        assert "Emil" not in found
    assert "No member is found" in words(owner.get("/members", {"q": "xyzzy"}).text)
    assert "Emil Nowak" in words(owner.get("/members", {"tier": "status.green"}).text)
    assert "No member is found" in words(owner.get("/members", {"tier": "status.roasted"}).text)


def test_the_list_goes_on_where_it_stopped(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.faces.console.loyalty.members.listing.ROWS", 2)
    for number in range(5):
        members_shop.member(f"Member {number}", f"m{number}@example.com")
    address, seen = "/members", []
    while address:
        page = owner.get(address).text
        seen += re.findall(r'row-link" href="[^"]*">([^<]*)<', page)
        later = re.search(r'class="btn" href="([^"]*before=[^"]*)"', page)
        address = later[1].replace("&amp;", "&") if later else ""
    assert seen == [f"Member {number}" for number in (4, 3, 2, 1, 0)]
    assert owner.get("/members?before=nowhere").status_code == 400


def test_a_customer_is_enrolled_and_leaves_and_comes_back(owner: Client) -> None:
    customer = shop.somebody("Nora Winkler", "nora@example.com")
    address = f"/customers/{customer}/loyalty"
    assert "Not a member yet" in words(owner.get(address).text)
    told = {"program": "roastery"}
    assert owner.post(f"{address}/enrol", told).status_code == 302
    page = words(owner.get(address).text)
    assert "Member of The Roastery Club since" in page
    assert "Green" in page
    owner.post(f"{address}/leave", told)
    assert "Left The Roastery Club on" in words(owner.get(address).text)
    owner.post(f"{address}/enrol", told)
    assert "Member of The Roastery Club since" in words(owner.get(address).text)


def test_a_members_page_tells_balance_transactions_lots_rewards_and_vouchers(owner: Client) -> None:
    ines = members_shop.member(beans=900)
    members_shop.redeemed(ines, "five")
    members_shop.reserved(ines, "coffee")
    page = owner.get(points_page(ines)).text
    told = words(page)
    assert "200 reserved" in told
    assert re.search(r"Points spent · −500 Beans Five euros off", told)
    assert "Goodwill for a late parcel" in told
    assert "By hand" in told
    assert "Five euros off" in told
    # The number is shown as it is read out, and as a code to scan.
    assert " ".join(ines.code[start : start + 4] for start in range(0, 20, 4)) in told
    assert '<svg class="qr"' in page


def test_whoever_may_not_redeem_sees_no_number(owner: Client) -> None:
    ines = members_shop.member()
    page = client_of(Role.ANALYST).get(points_page(ines)).text
    assert '<svg class="qr"' not in page
    assert ines.code[:4] + " " + ines.code[4:8] not in page


def test_a_balance_is_explained_as_it_was_before(owner: Client) -> None:
    ines = members_shop.member(beans=900)
    members_shop.redeemed(ines, "five")
    now = words(owner.get(points_page(ines)).text)
    assert "As of now. Beans: 400 available" in now
    assert "−500 spent" in now
    yesterday = (shop.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    then = words(owner.get(points_page(ines), {"valid": yesterday, "known": yesterday}).text)
    assert "Beans: 0 available" in then
    assert "There were no points then." in then


def test_points_lead_to_their_order_and_the_first_twelve_come_first(owner: Client) -> None:
    ines = members_shop.member()
    for number in range(13):
        members_shop.bought(number)
    page = owner.get(points_page(ines)).text
    explained = page[page.index('id="explained"') :]
    assert explained.count("/orders/") == 12
    assert "Show 1 more" in words(explained)
    all_of_them = owner.get(points_page(ines), {"all": "1"}, headers={"HX-Target": "explained"}).text
    assert all_of_them.count("/orders/") == 13
    assert "Show 1 more" not in words(all_of_them)
    order = re.findall(r"/orders/[0-9a-f-]{36}", all_of_them)[0]
    assert owner.get(order).status_code == 200


def test_points_are_given_by_hand_once_within_ones_limit(owner: Client) -> None:
    ines = members_shop.member()
    told = {"program": "roastery", "currency": "beans", "points": "150", "reason": "A late parcel", "key": "one"}
    for _ in range(2):
        assert owner.post(f"{points_page(ines)}/adjust", told).status_code == 302
    assert available(ines.id) == 150
    agent = client_of(Role.AGENT)
    assert "You may give or take 200 of one member within 24 hours." in words(agent.get(points_page(ines)).text)
    answer = agent.post(f"{points_page(ines)}/adjust", told | {"points": "201", "key": "two"})
    assert answer.status_code == 422
    assert "201 points are more than you may give" in words(answer.text)
    assert available(ines.id) == 150


def test_more_points_wait_for_a_second_person_and_are_counted_in_the_navigation(owner: Client) -> None:
    ines = members_shop.member()
    told = {"program": "roastery", "currency": "beans", "points": "5000", "reason": "A fire", "key": "one"}
    owner.post(f"{points_page(ines)}/adjust", told)
    assert available(ines.id) == 0
    [asked] = list_adjustments(limit=5)
    assert asked.state is AdjustmentState.AWAITING
    page = owner.get("/members/adjustments").text
    assert "Take back" in page
    assert "Approve" not in page
    assert re.search(r'count-attention">\s*1', owner.get("/members").text)
    # Nobody approves their own.
    owner.post(f"/members/adjustments/{asked.id}/approve")
    assert available(ines.id) == 0
    second = members_shop.waiting(ines, 2000)
    owner.post(f"/members/adjustments/{second}/approve")
    assert available(ines.id) == 2000
    owner.post(f"/members/adjustments/{asked.id}/refuse", {"reason": "No fire"})
    assert get_adjustment(asked.id).state is AdjustmentState.REFUSED
    assert "No fire" in words(owner.get("/members/adjustments?state=refused").text)


def test_an_agent_takes_back_only_what_it_has_asked_for(owner: Client) -> None:
    asked = members_shop.waiting(members_shop.member())
    agent = client_of(Role.AGENT)
    assert agent.post(f"/members/adjustments/{asked}/refuse", {"reason": "no"}).status_code == 403
    assert agent.post(f"/members/adjustments/{asked}/approve").status_code == 403
    assert get_adjustment(asked).state is AdjustmentState.AWAITING


def test_a_tier_is_locked_with_a_reason_and_unlocked_and_one_is_invited(owner: Client) -> None:
    ines = members_shop.member()
    address = f"{points_page(ines)}/tiers"
    owner.post(f"{address}/status/lock", {"program": "roastery"})
    standing = find_standing(ines.id, "status")
    assert standing
    assert not standing.is_locked
    owner.post(f"{address}/status/lock", {"program": "roastery", "reason": "A friend of the house"})
    assert "Locked: A friend of the house" in words(owner.get(points_page(ines)).text)
    owner.post(f"{address}/status/unlock", {"program": "roastery"})
    assert "A friend of the house" not in words(owner.get(points_page(ines)).text)
    owner.post(f"{address}/circle/invite", {"program": "roastery", "tier": "friend"})
    assert "Circle Friend" in words(owner.get(points_page(ines)).text)
    assert owner.post(f"{address}/nothing/lock", {"program": "roastery", "reason": "x"}).status_code == 404


def test_redemptions_are_confirmed_handed_over_cancelled_and_refunded(owner: Client) -> None:
    ines = members_shop.member(beans=2000)
    back = points_page(ines)
    held, mug = members_shop.reserved(ines), members_shop.redeemed(ines, "mug")
    page = words(owner.get("/rewards/redemptions?state=waiting").text)
    assert "A mug" in page
    assert "A coffee" not in page
    address = "/rewards/redemptions"
    assert owner.post(f"{address}/{held.id}/confirm", {"back": back}).headers["Location"] == back
    owner.post(f"{address}/{mug.id}/fulfil")
    assert get_redemption(held.id).state is RedemptionState.CONFIRMED
    assert get_redemption(mug.id).fulfilled_at
    # What was handed over stays given, unless that is said in so many words.
    owner.post(f"{address}/{mug.id}/refund", {"reason": "broken"})
    assert get_redemption(mug.id).state is RedemptionState.CONFIRMED
    owner.post(f"{address}/{mug.id}/refund", {"reason": "broken", "kept": "yes"})
    assert get_redemption(mug.id).state is RedemptionState.REFUNDED
    other = members_shop.reserved(ines)
    owner.post(f"{address}/{other.id}/cancel")
    assert get_redemption(other.id).state is RedemptionState.CANCELLED
    # Nobody is led elsewhere.
    stray = owner.post(f"{address}/{other.id}/cancel", {"back": "//evil.example/"})
    assert stray.headers["Location"] == address


def test_a_merged_customers_page_leads_to_the_survivors(owner: Client) -> None:
    ines, other = members_shop.member(beans=100), members_shop.member("I. Kovac", "i@example.com", beans=50)
    assert ines.customer_id
    assert other.customer_id
    shop.merged(ines.customer_id, other.customer_id)
    answer = owner.get(points_page(other))
    assert answer.headers["Location"] == points_page(ines)
    assert get_member(other.id).customer_id == other.customer_id


def test_without_a_programme_the_pages_teach_the_first_step() -> None:
    shop.business()
    client = client_of(Role.OWNER)
    customer = shop.somebody("Nora", "nora@example.com")
    for address in ("/members", "/rewards", "/vouchers", "/till", f"/customers/{customer}/loyalty"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "No programme is in force" in words(answer.text) or "No voucher series yet" in words(answer.text)
    assert "All about the points" not in client.get(f"/customers/{customer}").text


def test_a_customers_own_page_tells_of_its_points(owner: Client) -> None:
    ines = members_shop.member(beans=120)
    page = words(owner.get(f"/customers/{ines.customer_id}").text)
    assert "All about the points" in page
    assert "120 good until" in page
