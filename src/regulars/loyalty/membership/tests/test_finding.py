"""Members are found by what they show or say at a till."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regulars.business.queries import get_business
from regulars.business.services import save_business
from regulars.customers.contracts import IdentifierKind
from regulars.loyalty.definitions.queries import NoSuchProgram
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.membership.contracts import FoundBy
from regulars.loyalty.membership.queries import find_member_by
from regulars.loyalty.membership.services import leave
from regulars.loyalty.membership.tests.member_shop import ACTOR, NOON, become_one, club, customer, member

pytestmark = pytest.mark.django_db
CARD, EMAIL, PHONE = IdentifierKind.CARD, IdentifierKind.EMAIL, IdentifierKind.PHONE
NAMES = ((CARD, "4711"), (EMAIL, "ines@example.com"), (PHONE, "+436641234567"))


def find(what, **more):
    return find_member_by(program="club", what=what, now=NOON, **more)


@pytest.mark.parametrize(
    "shown",
    [
        "{code}",
        "  {code}\n",
        "{lower}",
        "{spaced}",
        "https://shop.example/m/{code}",
        "https://shop.example/m/{code}/",
        "https://shop.example/?member={code}",
        "https://shop.example/card#{code}",
        "shop:{code}",
    ],
)
def test_a_qr_code_is_the_members_code_or_an_address_that_ends_in_it(shown) -> None:
    club()
    ines, _ = member(*NAMES, beans=7), member()
    code = ines.code
    spaced = " ".join(code[at : at + 4] for at in range(0, len(code), 4))
    if shown == "shop:{code}":
        # What is before it is no part of an address; it is no code then.
        assert find(shown.format(code=code)) == []
        return
    [found] = find(shown.format(code=code, lower=code.lower(), spaced=spaced))
    assert (found.by, found.member, found.customer_id) == (FoundBy.CODE, ines, ines.customer_id)
    assert found.line is not None
    assert found.line.available == {"beans": 7, "gems": 0}
    assert found.line.tiers == {"status": "green"}
    assert found.name == found.line.name == "ines@example.com"


@pytest.mark.parametrize(
    ("said", "by"),
    [
        ("4711", FoundBy.CARD),
        (" 4711 ", FoundBy.CARD),
        ("INES@Example.com", FoundBy.EMAIL),
        ("+43 664 1234567", FoundBy.PHONE),
        ("0664 / 123 45 67", FoundBy.PHONE),
    ],
)
def test_a_member_is_found_by_card_address_and_phone_however_they_are_written(said, by) -> None:
    club()
    save_business(business=replace(get_business(), name="Shop", country="AT"), now=NOON, actor=ACTOR)
    ines, _ = member(*NAMES), member()
    [found] = find(said)
    assert (found.by, found.member) == (by, ines)


@pytest.mark.parametrize("said", ["", "  ", "nobody@example.com", "4712", "null", "/", "https://shop.example/", "0"])
def test_nobody_is_found_by_what_names_nobody(said) -> None:
    club()
    member(*NAMES)
    assert find(said, also_customers=True) == []


def test_a_customer_who_is_no_member_is_found_where_that_is_wanted() -> None:
    club()
    ines = customer(*NAMES)
    assert find("4711") == []
    [found] = find("4711", also_customers=True)
    assert (found.by, found.customer_id, found.member) == (FoundBy.CARD, ines, None)


def test_a_number_that_is_ones_card_and_anothers_phone_names_both() -> None:
    club()
    ines, inez = member((CARD, "+436641234567")), member((PHONE, "+436641234567"))
    assert [(each.by, each.member) for each in find("+436641234567")] == [
        (FoundBy.CARD, ines),
        (FoundBy.PHONE, inez),
    ]


def test_one_who_is_named_twice_is_found_once() -> None:
    club()
    ines = member((CARD, "+436641234567"), (PHONE, "+436641234567"))
    assert [each.member for each in find("+436641234567")] == [ines]


def test_the_card_and_names_of_one_who_was_merged_lead_to_the_survivor() -> None:
    club()
    ines, inez = member(*NAMES), member((EMAIL, "inez@example.com"))
    become_one(ines, inez)
    for what in (inez.code, "inez@example.com"):
        [found] = find(what)
        assert found.member is not None
        assert (found.member.id, found.customer_id) == (ines.id, ines.customer_id)


def test_who_left_is_found_and_seen_to_have_left() -> None:
    club()
    ines = member(*NAMES)
    leave(member_id=ines.id, now=NOON, actor=ACTOR)
    for what in (ines.code, "4711"):
        [found] = find(what)
        assert found.member is not None
        assert found.member.state is MemberState.LEFT


def test_a_member_of_another_programme_is_not_found() -> None:
    club()
    club(program="other")
    ines = member(*NAMES, program="other")
    assert find(ines.code) == find("4711") == []
    with pytest.raises(NoSuchProgram):
        find_member_by(program="third", what="4711", now=NOON)
