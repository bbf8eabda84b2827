"""Customers are added, changed and merged by hand; traits and shops are kept in the settings."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client

from regulars.business.queries import list_shops
from regulars.customers.contracts import Identifier, IdentifierKind, Profile, Trait, TraitKind
from regulars.customers.queries import find_by_identifier, get_customer, list_merges, list_traits
from regulars.customers.services import add_note, change_profile, save_trait
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.faces.console.tests.test_pages import entries
from regulars.faces.console.words import PERMISSION_WORDS
from regulars.staff.contracts import Role
from regulars.staff.permissions import PERMISSIONS


def trait(key: str, kind: TraitKind, *choices: str) -> None:
    told = Trait(key=key, kind=kind, label=key.replace("_", " ").capitalize(), choices=choices)
    save_trait(trait=told, now=shop.now(), actor=shop.ACTOR)


def test_a_customer_is_added_by_hand_and_that_is_on_the_audit_trail(owner: Client) -> None:
    assert 'href="/customers/new"' in owner.get("/customers").text
    told = {"name": "Grace Hopper", "email": "Grace@example.com", "external_id": "G-1", "source": "shop"}
    answer = owner.post("/customers/new", told, follow=True)
    assert "The customer is added." in answer.text
    assert "Grace Hopper" in answer.text
    found = find_by_identifier(Identifier(IdentifierKind.EXTERNAL_ID, "G-1", "shop"))
    assert found == find_by_identifier(Identifier(IdentifierKind.EMAIL, "grace@example.com"))
    assert [entry.object_id for entry in entries("customer.added")] == [str(found)]


def test_one_who_is_there_already_is_shown_and_not_changed(owner: Client) -> None:
    grace = shop.somebody("Grace", "grace@example.com")
    answer = owner.post("/customers/new", {"name": "Somebody Else", "email": "grace@example.com"})
    assert answer.status_code == 422
    assert "Grace goes by that already." in answer.text
    assert f'href="/customers/{grace}"' in answer.text
    assert get_customer(grace).name == "Grace"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"name": "Nobody"}, "None of the identifiers names anybody."),
        ({"email": "nobody"}, "names nobody"),
        ({"email": "a@example.com", "phone": "soon"}, "names nobody"),
        ({"external_id": "7"}, "Say whose number it is."),
    ],
)
def test_what_names_nobody_is_refused_at_its_field(owner: Client, told: dict[str, str], words: str) -> None:
    answer = owner.post("/customers/new", told)
    assert answer.status_code == 422
    assert words in answer.text
    assert find_by_identifier(Identifier(IdentifierKind.EMAIL, "a@example.com")) is None


def test_what_is_known_is_changed_cleared_and_shown_with_traits_in_words(owner: Client) -> None:
    for key, kind, *choices in (
        ("shoe_size", TraitKind.NUMBER),
        ("drinks", TraitKind.CHOICE, "tea", "coffee"),
        ("likes", TraitKind.CHOICES, "cups", "bowls", "lamps"),
        ("on_paper", TraitKind.BOOLEAN),
        ("first_visit", TraitKind.DATE),
        ("remark", TraitKind.TEXT),
    ):
        trait(str(key), TraitKind(str(kind)), *map(str, choices))
    ines = shop.somebody("Ines", "ines@example.com")
    change_profile(customer_id=ines, profile=Profile(city="Wien"), now=shop.now(), actor=shop.ACTOR)
    told = {
        "given_name": "Ines", "family_name": "Kovač", "birthday": "1990-05-01", "country": "SI",
        "trait-shoe_size": "38.5", "trait-drinks": "tea", "trait-likes": ["cups", "lamps"], "trait-on_paper": "no",
        "trait-first_visit": "2026-11-02",
    }  # fmt: skip
    page = owner.post(f"/customers/{ines}/edit", told, follow=True).text
    assert "What is known is saved." in page
    for expected in ("Shoe size", "38.5", "cups, lamps", "No", "2 Nov 2026", "1 May 1990", "Slovenia"):
        assert expected in page
    kept = get_customer(ines)
    assert (kept.name, kept.city, kept.traits["on_paper"]) == ("Ines Kovač", "", False)
    form = owner.get(f"/customers/{ines}/edit").text
    assert re.search(r'value="lamps"[^>]*checked', form)
    assert 'value="1990-05-01"' in form
    owner.post(f"/customers/{ines}/edit", {"name": "Ines"})
    kept = get_customer(ines)
    assert (kept.name, kept.birthday, kept.traits) == ("Ines", None, {})


def test_a_value_that_a_trait_does_not_take_stands_at_its_field(owner: Client) -> None:
    trait("shoe_size", TraitKind.NUMBER)
    ines = shop.somebody("Ines", "ines@example.com")
    answer = owner.post(f"/customers/{ines}/edit", {"name": "Ines", "trait-shoe_size": "wide"})
    assert answer.status_code == 422
    assert 'id="id_trait-shoe_size_error"' in answer.text


def test_identifiers_are_added_and_removed_but_for_the_last(owner: Client) -> None:
    ines = shop.somebody("Ines", "ines@example.com")
    shop.somebody("Ada", "ada@example.com")
    add, remove = f"/customers/{ines}/identifiers", f"/customers/{ines}/identifiers/remove"
    assert "is kept" in owner.post(add, {"kind": "phone", "value": "+43 660 1234567"}, follow=True).text
    assert "belongs to another" in owner.post(add, {"kind": "email", "value": "ada@example.com"}, follow=True).text
    assert "whose number" in owner.post(add, {"kind": "external_id", "value": "7"}, follow=True).text
    assert "names anybody" in owner.post(add, {"kind": "email", "value": "x"}, follow=True).text
    assert [each.value for each in get_customer(ines).identifiers] == ["ines@example.com", "+436601234567"]
    assert "is gone" in owner.post(remove, {"kind": "email", "value": "ines@example.com"}, follow=True).text
    answer = owner.post(remove, {"kind": "phone", "value": "+436601234567"}, follow=True)
    assert "at least one identifier" in answer.text
    assert "Remove +43" not in owner.get(f"/customers/{ines}").text


def test_two_profiles_are_set_side_by_side_merged_and_made_two_again(owner: Client) -> None:
    shop.business()
    [(_, ines)] = shop.put([shop.order_of(shop.Words())])
    other = shop.somebody("I. Kovac", "i.kovac@example.com")
    add_note(customer_id=other, text="Prefers mornings", now=shop.now(), actor=shop.ACTOR)
    assert f'href="/customers/{ines}/merge"' in owner.get(f"/customers/{ines}").text
    found = owner.get(f"/customers/{ines}/merge", {"q": "kovac"}, headers={"HX-Target": "candidates"}).text
    assert "<html" not in found
    assert f"?with={other}" in found
    assert f"?with={ines}" not in found
    page = owner.get(f"/customers/{ines}/merge", {"with": str(other)}).text
    for expected in ("€64.80", "Ljubljana", "i.kovac@example.com", "Take I. Kovac into Ines Kovač?"):
        assert expected in page
    assert page.count('class="differs"') == 1
    page = owner.post(f"/customers/{ines}/merge", {"merged": str(other)}, follow=True).text
    assert "I. Kovac was taken into this customer." in page
    assert "Merged into this customer" in page
    assert "Prefers mornings" in page
    answer = owner.get(f"/customers/{other}", follow=True)
    assert answer.redirect_chain == [(f"/customers/{ines}", 302)]
    [merge] = list_merges(ines)
    page = owner.post(f"/customers/{ines}/merges/{merge.id}/undo", follow=True).text
    assert "is a customer of its own again" in page
    assert "Prefers mornings" not in page
    assert owner.get(f"/customers/{other}").status_code == 200
    again = owner.post(f"/customers/{ines}/merges/{merge.id}/undo", follow=True)
    assert "has been undone already" in again.text


def test_a_customer_is_not_merged_with_itself_or_with_nobody(owner: Client) -> None:
    ines = shop.somebody("Ines", "ines@example.com")
    assert "one customer already" in owner.post(f"/customers/{ines}/merge", {"merged": str(ines)}, follow=True).text
    assert owner.post(f"/customers/{ines}/merge", {"merged": "x"}).status_code == 400
    assert owner.post(f"/customers/{ines}/merge", {"merged": str(UUID(int=1))}).status_code == 404
    assert "Who else is this person?" in owner.get(f"/customers/{ines}/merge", {"with": str(ines)}).text
    assert "Nobody else found" in owner.get(f"/customers/{ines}/merge", {"q": "ines"}).text


def test_who_may_not_merge_sees_the_merges_and_no_button(owner: Client) -> None:
    ines, other = shop.somebody("Ines", "ines@example.com"), shop.somebody("I. Kovac", "i@example.com")
    owner.post(f"/customers/{ines}/merge", {"merged": str(other)})
    page = client_of(Role.TILL).get(f"/customers/{ines}").text
    assert "Merged into this customer" in page
    assert "/merge" not in page


def test_all_orders_of_a_customer_come_page_by_page_with_what_came_back(owner: Client) -> None:
    shop.business()
    own = [shop.order_of(shop.Words(external_id=f"o-{n}", number=str(48000 + n)), days_ago=n) for n in range(1, 71)]
    (_, ines), *_ = shop.put(own)
    assert f'href="/customers/{ines}/orders"' in owner.get(f"/customers/{ines}").text
    seen: list[str] = []
    address = f"/customers/{ines}/orders"
    while address:
        page = owner.get(address).text
        seen += re.findall(r'class="row-link" href="/orders/[^"]+">(\d+)<', page)
        after = re.search(r'href="([^"]+before=[^"]+)"', page)
        address = after[1] if after else ""
    assert seen == [str(48000 + n) for n in range(1, 71)]
    assert "−€21.60" in page
    assert owner.get(f"/customers/{ines}/orders?before=x").status_code == 400


def test_an_order_tells_what_was_paid_and_given_back(owner: Client) -> None:
    [(order, _)] = shop.put([shop.order_of(shop.Words())])
    page = owner.get(f"/orders/{order}").text
    assert "−€21.60" in page.split("Given back")[1]


def test_a_search_that_goes_no_further_says_so(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from regulars.customers import searching
    from regulars.faces.console.finding import listing

    for module in (searching, listing):
        monkeypatch.setattr(module, "LOOKED_AT", 3)
    for number in range(4):
        shop.somebody(f"Ines {number}", f"ines{number}@example.com")
    page = owner.get("/customers", {"q": "ines"}).text
    assert "4 customers found" in page
    assert "goes through the first 3" in page
    assert "goes through the first" not in owner.get("/customers", {"q": "ines2"}).text


def test_a_trait_is_defined_described_anew_and_keeps_its_kind(owner: Client) -> None:
    assert "No traits yet" in owner.get("/settings/traits").text
    told = {"label": "Shoe size", "key": "shoe_size", "kind": "number", "classification": "personal"}
    assert "The trait Shoe size is saved." in owner.post("/settings/traits/save", told, follow=True).text
    again = owner.post("/settings/traits/save", told)
    assert again.status_code == 422
    assert "of this key already" in again.text
    told = {"kept": "shoe_size", "label": "EU shoe size", "classification": "none", "kind": "text", "key": "other"}
    owner.post("/settings/traits/save", told)
    [kept] = list_traits()
    assert (kept.key, kept.kind, kept.label) == ("shoe_size", TraitKind.NUMBER, "EU shoe size")
    told = {
        "label": "Drinks",
        "key": "drinks",
        "kind": "choice",
        "classification": "none",
        "choices": "tea\n\n tea\ncoffee",
    }
    owner.post("/settings/traits/save", told)
    assert list_traits()[0].choices == ["tea", "coffee"]
    answer = owner.post("/settings/traits/save", told | {"key": "Bad Key"})
    assert 'id="id_key_error"' in answer.text
    answer = owner.post("/settings/traits/save", told | {"key": "none", "choices": ""})
    assert 'id="id_choices_error"' in answer.text
    assert "Change" not in client_of(Role.TILL).get("/settings/traits").text


def test_a_shop_is_opened_renamed_and_closed(owner: Client) -> None:
    assert "No shops yet" in owner.get("/settings/shops").text
    told = {"name": "Old Town", "code": "old-town", "zone": "Europe/Vienna"}
    assert "Old Town is open." in owner.post("/settings/shops/add", told, follow=True).text
    assert "of this code already" in owner.post("/settings/shops/add", told).text
    assert 'id="id_code_error"' in owner.post("/settings/shops/add", told | {"code": "Old Town"}).text
    [kept] = list_shops()
    told = {"name": "Old Market", "zone": "Europe/Vienna", "closed_on": "2026-01-31"}
    page = owner.post(f"/settings/shops/{kept.id}", told, follow=True).text
    assert "Closed" in page
    assert "31 Jan 2026" in page
    assert [(each.code, each.name) for each in list_shops()] == [("old-town", "Old Market")]
    assert "no such shop" in owner.post(f"/settings/shops/{UUID(int=1)}", told, follow=True).text


def test_permissions_are_told_in_words(owner: Client) -> None:
    assert set(PERMISSION_WORDS) == set(PERMISSIONS)
    assert "Merge customers, and undo it" in owner.get("/team").text
