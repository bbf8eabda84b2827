"""Each page shows what is there, and its forms do what they say."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client

from regulars.business.queries import get_business, list_rates
from regulars.faces.console.tests import shop
from regulars.staff.contracts import AuditEntry, Role
from regulars.staff.queries import find_api_key, list_accounts, list_api_keys, list_audit_entries
from regulars.stream.queries import count_dead_letters


def figure(page: str, name: str) -> str:
    found = re.search(rf'data-figure="{name}">([^<]*)<', page)
    assert found, f"there is no figure {name}"
    return found[1]


def entries(action: str) -> list[AuditEntry]:
    return [entry for entry, _ in list_audit_entries(limit=50, action=action)]


def test_the_list_shows_customers_with_what_their_orders_come_to(owner: Client) -> None:
    shop.business()
    shop.put([shop.order_of(shop.Words())])
    page = owner.get("/customers").text
    for expected in ("Ines Kovač", "ines.kovac@example.com", "€64.80", "1 customer"):
        assert expected in page


def test_an_empty_list_teaches_the_first_step(owner: Client) -> None:
    page = owner.get("/customers").text
    assert "No customers yet" in page
    assert 'href="/api-keys"' in page


def test_a_search_finds_by_the_beginnings_of_words_and_a_part_is_no_whole_page(owner: Client) -> None:
    shop.many(5)
    page = owner.get("/customers", {"q": "kovac ine"}, headers={"HX-Request": "true", "HX-Target": "results"}).text
    assert "Ines Kovač" in page
    assert "Mateo Silva" not in page
    assert "<html" not in page
    assert "Ines Kovač" in owner.get("/customers", {"q": "48213"}).text
    assert "Nobody found" in owner.get("/customers", {"q": "xyzzy"}).text


def test_pages_of_the_list_hold_each_customer_once(owner: Client) -> None:
    shop.many(60)
    seen: list[str] = []
    address = "/customers"
    while address:
        page = owner.get(address).text
        seen += re.findall(r'class="row-link" href="/customers/([0-9a-f-]+)"', page)
        after = re.search(r'href="(/customers\?before=[^"]+)"[^>]*>More', page)
        address = after[1] if after else ""
    assert len(seen) == len(set(seen)) == 61


@pytest.mark.parametrize("query", ["before=1", "before=x.y", "before=1.zz", "q=a&before=-1", "q=a&before=9999999"])
def test_an_address_that_names_no_place_is_refused_with_a_sentence(owner: Client, query: str) -> None:
    answer = owner.get(f"/customers?{query}")
    assert answer.status_code == 400
    assert "names no place" in answer.text


def test_a_customers_page_tells_figures_and_what_happened_and_is_on_the_audit_trail(owner: Client) -> None:
    shop.business()
    [(order, customer)] = shop.put([shop.order_of(shop.Words())])
    page = owner.get(f"/customers/{customer}").text
    assert figure(page, "orders") == "1"
    assert figure(page, "value") == "–"
    assert "not enough is known yet" in page
    for expected in ("Order 48213 · €86.40", "Return of order 48213", "Became a customer", f"/orders/{order}"):
        assert expected in page
    [viewed] = entries("customer.viewed")
    assert viewed.object_id == str(customer)
    assert viewed.actor == f"staff:{list_accounts()[0].id}"


def test_the_timeline_shows_one_kind_and_goes_back_in_time(owner: Client) -> None:
    shop.many(1)
    customer = re.search(r'href="/customers/([0-9a-f-]{36})">Ines', owner.get("/customers").text)
    assert customer
    part = {"HX-Request": "true", "HX-Target": "timeline"}
    address, titles = f"/customers/{customer[1]}?show=orders", []
    while address:
        page = owner.get(address, headers=part).text
        assert "<html" not in page
        titles += re.findall(r'class="what"><a[^>]*>([^<]+)<', page)
        after = re.search(r'href="([^"]+before[^"]+)"', page)
        address = after[1].replace("&amp;", "&") if after else ""
    # 31 orders, each placed, paid and returned once.
    assert len(titles) == len(set(titles)) == 93
    assert {entry.details["part"] for entry in entries("customer.viewed")} == {"timeline"}


def test_nobody_is_there_under_a_strange_id(owner: Client) -> None:
    answer = owner.get("/customers/01890000-0000-7000-8000-000000000000")
    assert answer.status_code == 404
    assert "There is no such customer." in answer.text


def test_notes_and_tags_are_kept_and_taken_away(owner: Client) -> None:
    [(_, customer)] = shop.put([shop.order_of(shop.Words())])
    address = f"/customers/{customer}"
    owner.post(f"{address}/notes", {"text": "Likes the corner table"})
    page = owner.post(f"{address}/tags", {"tags": "regular, coffee"}, follow=True).text
    assert "Likes the corner table" in page
    assert "Mira Oduya" in page
    assert '<span class="tag">coffee</span>' in page
    removal = re.search(rf'action="({address}/notes/[^"]+/remove)"', page)
    assert removal
    assert "Likes the corner table" not in owner.post(removal[1], follow=True).text
    assert "A note has 1 to" in owner.post(f"{address}/notes", {"text": " "}, follow=True).text


def test_an_order_is_shown_in_full(owner: Client) -> None:
    [(order, customer)] = shop.put([shop.order_of(shop.Words())])
    page = owner.get(f"/orders/{order}").text
    for expected in (
        "Harvest Bowl", "€45.20", "Autumn LEAVES", "€86.40", "€64.80", "Too small", "Card", "Tomas", "Main street",
    ):  # fmt: skip
        assert expected in page
    assert f"/customers/{customer}" in page
    assert [entry.object_id for entry in entries("order.viewed")] == [str(order)]


def test_settings_are_saved_and_refusals_stand_at_their_field(owner: Client) -> None:
    shop.business()
    told = {"name": "Café Süd", "zone": "Europe/Berlin", "reporting_currency": "EUR", "country": "DE", "language": "de"}
    answer = owner.post("/settings/business", told | {"brand_colour": "#123456"}, follow=True)
    assert "The settings are saved." in answer.text
    assert (get_business().name, get_business().zone) == ("Café Süd", "Europe/Berlin")
    answer = owner.post("/settings/business", told | {"brand_colour": "green"})
    assert answer.status_code == 422
    assert 'id="id_brand_colour_error"' in answer.text
    answer = owner.post("/settings/business", told | {"brand_colour": "#123456", "reporting_currency": "USD"})
    assert "The reporting currency cannot change" in answer.text
    assert get_business().reporting_currency == "EUR"


def test_a_rate_is_added(owner: Client) -> None:
    shop.business()
    answer = owner.post("/settings/rates", {"currency": "USD", "valid_on": "2026-01-01", "rate": "0.91"}, follow=True)
    assert "The rate of USD is saved." in answer.text
    assert {rate.currency for rate in list_rates()} == {"GBP", "USD"}
    wrong = owner.post("/settings/rates", {"currency": "USD", "valid_on": "2026-01-01", "rate": "-1"})
    assert "A rate is greater than zero." in wrong.text


def test_a_key_is_shown_once_and_can_be_revoked(owner: Client) -> None:
    made = owner.post("/api-keys/create", {"name": "Till 1", "scopes": ["orders.write"]}).text
    secret = re.search(r"rk_[\w-]{40,}", made)
    assert secret
    assert find_api_key(secret[0], now=shop.now())
    page = owner.get("/api-keys").text
    assert "Till 1" in page
    assert secret[0] not in page
    [key] = list_api_keys()
    assert "is revoked" in owner.post(f"/api-keys/{key.id}/revoke", follow=True).text
    assert find_api_key(secret[0], now=shop.now()) is None
    assert owner.post("/api-keys/create", {"name": "None"}).status_code == 422


def test_an_invitation_offers_the_role_that_may_least_first(owner: Client) -> None:
    assert '<option value="till" selected>' in owner.get("/team").text


def test_somebody_is_invited_joins_and_gets_another_role(owner: Client) -> None:
    page = owner.post("/team/invite", {"email": "ada@example.com", "role": "analyst"}).text
    link = re.search(r"http://localhost:8000(/join/[\w-]+)", page)
    assert link
    guest = Client()
    assert "ada@example.com" in guest.get(link[1]).text
    assert guest.post(link[1], {"name": "Ada", "password": "short"}).status_code == 422
    answer = guest.post(link[1], {"name": "Ada", "password": shop.PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == "/overview"
    assert Client().get(link[1]).status_code == 404
    ada = next(account for account in list_accounts() if account.name == "Ada")
    owner.post(f"/team/{ada.id}", {"role": "manager", "is_active": "on"})
    assert next(account for account in list_accounts() if account.id == ada.id).role is Role.MANAGER
    assert "Ada" in owner.get("/team").text


def test_the_last_owner_stays(owner: Client) -> None:
    [mira] = list_accounts()
    assert "only owner" in owner.post(f"/team/{mira.id}", {"role": "till", "is_active": "on"}, follow=True).text
    assert list_accounts()[0].role is Role.OWNER


def test_an_invitation_is_withdrawn(owner: Client) -> None:
    page = owner.post("/team/invite", {"email": "ada@example.com", "role": "till"}).text
    withdrawal = re.search(r'action="(/team/invitations/[^"]+/withdraw)"', page)
    assert withdrawal
    owner.post(withdrawal[1])
    assert "ada@example.com" not in owner.get("/team").text.replace("The invitation of ada@example.com", "")


def test_the_audit_trail_is_filtered_and_paged(owner: Client) -> None:
    [(_, customer)] = shop.put([shop.order_of(shop.Words())])
    for _ in range(60):
        owner.get(f"/customers/{customer}")
    page = owner.get("/audit-trail", {"action": "customer.viewed"}).text
    assert page.count('title="customer.viewed">Looked at a customer<') == 50
    after = re.search(r'href="(/audit-trail\?[^"]+before[^"]+)"', page)
    assert after
    assert owner.get(after[1].replace("&amp;", "&")).text.count('title="customer.viewed">') == 10
    assert "Nothing of this kind" in owner.get("/audit-trail", {"object_id": "nothing"}).text
    assert owner.get("/audit-trail", {"before": "x"}).status_code == 400


def test_a_dead_letter_is_told_and_handed_over_again(owner: Client) -> None:
    shop.dead_letter(shop.Words())
    page = owner.get("/dead-letters").text
    for expected in ("order.placed", "HandlerFault", "in _fail", "orders.facts"):
        assert expected in page
    letter = re.search(r'name="letter" value="([0-9a-f-]+)"', page)
    assert letter
    assert count_dead_letters() > 1
    answer = owner.post("/dead-letters/retry", {"subscription": "orders.facts", "letter": letter[1]}, follow=True)
    assert "was taken" in answer.text
    assert count_dead_letters() == 0
    assert "No dead letters" in answer.text
    [retried] = entries("dead_letter.retried")
    assert retried.details == {"subscription": "orders.facts", "taken": True}


def test_a_retry_of_nothing_is_refused(owner: Client) -> None:
    assert owner.post("/dead-letters/retry", {"subscription": "orders.facts", "letter": "x"}).status_code == 400
    strange = {"subscription": "strange", "letter": str(UUID(int=1))}
    assert owner.post("/dead-letters/retry", strange).status_code == 404
    gone = {"subscription": "orders.facts", "letter": str(UUID(int=1))}
    answer = owner.post("/dead-letters/retry", gone)
    assert answer.status_code == 404
    assert "no such dead letter" in answer.text
    assert entries("dead_letter.retried") == []
