"""The try-out: a sample cart judged by the draft, by what is in force, or by what one is writing, told in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.customers.queries import find_by_identifier
from regulars.faces.console.tests import programs_shop, shop
from regulars.faces.console.tests.programs_shop import KEY
from regulars.faces.console.tests.serving import words
from regulars.faces.console.tests.test_rule_editing import fields
from regulars.loyalty.definitions.queries import get_newest_version
from regulars.loyalty.ledger.members import find_member
from regulars.loyalty.ledger.models import Transaction

PAGE = f"/loyalty/programs/{KEY}"
HTMX = {"HX-Request": "true"}
RULES = """\
program: club
name: Club
zone: Europe/Vienna
currencies:
  - {key: beans, name: Beans, expiry: {kind: rolling, after: 12 months}}
rules:
  - key: base
    name: For each euro
    on: {kind: order}
    currency: beans
    grant: {kind: per_amount, points: 1, per: {EUR: 1}}
  - key: capped
    name: For each piece
    on: {kind: line}
    condition: line.category = "Coffee"
    currency: beans
    grant: {kind: per_item, points: 30}
    caps: [{scope: transaction, points: 50}]
  - key: twice
    name: Twice
    on: {kind: order}
    currency: beans
    grant: {kind: multiplier, factor: 2, of: [base]}
  - key: much
    name: For much
    on: {kind: order}
    condition: cart.total >= 500 EUR
    currency: beans
    grant: {kind: fixed, points: 9}
  - key: offer
    name: An offer
    on: {kind: order}
    currency: beans
    opt_in: true
    grant: {kind: fixed, points: 7}
  - key: over
    name: It is over
    on: {kind: order}
    currency: beans
    dates: {end: 2020-01-31}
    grant: {kind: fixed, points: 1}
  - key: hello
    name: Welcome
    on: {kind: enrolment}
    currency: beans
    grant: {kind: fixed, points: 100}
tier_sets:
  - key: status
    name: Status
    basis: {kind: orders}
    period: {kind: rolling, span: 12 months}
    tiers:
      - {key: green, name: Green}
      - {key: gold, name: Gold, threshold: 10, benefits: {multipliers: {beans: 1.5}}}
"""
# In force; the draft gives two for each euro.
DRAFT = RULES.replace("points: 1, per", "points: 2, per")


def tried_shop() -> None:
    shop.business()
    programs_shop.published(RULES)
    programs_shop.drafted(DRAFT)


def cart(**more: Any) -> dict[str, Any]:
    lines = {
        "line-0-product": "Espresso",
        "line-0-category": "Coffee",
        "line-0-price": "20.50",
        "line-0-quantity": "2",
        "line-1-product": "",
        "line-1-category": "",
        "line-1-price": "",
        "line-1-quantity": "",
    }
    return lines | {"on": "published", "at": "2026-03-03T18:00"} | more


def tried(owner: Client, **more: Any) -> str:
    answer = owner.post(f"{PAGE}/try", cart(**more), headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    return words(answer.text)


@pytest.mark.begins_with(what=tried_shop)
def test_each_effect_says_how_it_was_computed_and_each_refusal_why(owner: Client) -> None:
    text = tried(owner)
    assert "This order earns 132 Beans, by 3 rules." in text
    assert "For each euro 41 Beans 1 point for each EUR: €41.00 count, and give 41." in text
    assert "For each piece 50 Beans 30 points for each piece: 2 pieces give 60." in text
    assert "At most 50 points: 10 of it are cut off." in text
    assert "Twice 41 Beans ×2: 1 times 41 more, which is 41." in text
    assert "Good for 12 months." in text
    assert "For much This does not hold: Total of the cart is at least 500.00 EUR." in text
    assert "An offer The member has not activated the offer." in text
    assert "It is over It ended on 31 Jan 2020." in text
    assert "Not set off by an order Welcome for becoming a member" in text
    # Nothing of it is posted.
    assert not Transaction.objects.exists()


@pytest.mark.begins_with(what=tried_shop)
def test_the_draft_gives_what_it_would_give_and_so_do_a_tier_and_offers(owner: Client) -> None:
    assert "For each euro 82 Beans" in tried(owner, on="draft")
    text = tried(owner, tier_status="gold", wants="on")
    assert "Tier Gold 50 Beans ×1.5: 0.5 times 101 more, which is 50.5. 50.5 rounded down is 50." in text
    assert "An offer 7 Beans" in text


@pytest.mark.begins_with(what=tried_shop)
def test_an_order_in_another_currency_says_what_is_counted(owner: Client) -> None:
    assert "For each euro It counts EUR, and the order is in GBP." in tried(owner, money="gbp")


@pytest.mark.begins_with(what=tried_shop)
def test_what_cannot_be_tried_says_so(owner: Client) -> None:
    assert "Nothing is in the cart" in tried(owner, **{"line-0-price": ""})
    assert "The cart cannot be read" in tried(owner, **{"line-0-price": "many"})
    assert "No member of this programme is found by 2345." in tried(owner, member="2345")


@pytest.mark.begins_with(what=programs_shop.lived)
def test_a_member_is_judged_by_what_is_known_of_it(owner: Client) -> None:
    version = get_newest_version(KEY)
    customer_id = find_by_identifier(Identifier(IdentifierKind.EMAIL, "ines.kovac@example.com"))
    assert version
    assert customer_id
    member = find_member(version.program_id, customer_id)
    assert member
    nobody = tried(owner, at="")
    assert "Three beans for each piece, from the second order on This does not hold: Orders is at least 1." in nobody
    text = tried(owner, at="", member=member.code)
    # Ines has ordered before, and stands on a tier that gives more.
    assert "Three beans for each piece, from the second order on 6 Beans" in text
    assert "Tier Roasted" in text
    assert text == tried(owner, at="", member="ines.kovac@example.com")


@pytest.mark.begins_with(what=tried_shop)
def test_what_one_is_writing_is_tried_before_it_is_kept(owner: Client) -> None:
    told = fields(owner.get(f"{PAGE}/rules/base").text)
    text = tried(owner, **told | {"points": "10", "on": "draft"})
    assert "For each euro 410 Beans" in text
    assert "something in it is missing" in tried(owner, **told | {"points": "", "on": "draft"})
    # A rule whose condition cannot be meant is left out, and the others are tried.
    text = tried(owner, **told | {"condition": "cart.totla > 1", "on": "draft"})
    assert "Left out, for they cannot be meant For each euro" in text
    assert "For each piece 50 Beans" in text
    assert "For each euro 123 Beans" in tried(owner, text=RULES.replace("points: 1, per", "points: 3, per"), on="draft")
    assert "cannot be read as YAML" in tried(owner, text="program: {", on="draft")


@pytest.mark.begins_with(what=tried_shop)
def test_without_scripts_the_try_out_is_a_page(owner: Client) -> None:
    told = fields(owner.get(f"{PAGE}/try").text, "try")
    assert told["line-0-price"] == ["24.90"]
    page = owner.post(f"{PAGE}/try", told | {"line-0-price": "100", "line-0-quantity": "1"}).text
    assert "<html" in page
    assert 'value="100"' in page
    assert "€114.50 count" in page
