"""Products as the last run found them: searched, sorted, each with a page of its own and a way to its buyers."""

from __future__ import annotations

import dataclasses
import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.faces.console.tests.test_rfm import unscored
from regulars.insights import queries
from regulars.insights.carrying_on import carry_on
from regulars.insights.contracts import PRODUCTS, Run
from regulars.insights.models import Section
from regulars.insights.services import request_run
from regulars.kit import formats
from regulars.orders.contracts import Buyer, LineState, OrderState, ProductState
from regulars.orders.models import Line, Product
from regulars.staff.contracts import Role


def score_all() -> Run:
    asked = request_run(now=timezone.now(), actor=shop.ACTOR)
    carry_on(asked.id, clock=timezone.now)
    return queries.get_run(asked.id)


def order(number: int, turn: int, *names: str) -> OrderState:
    """Return an order of a customer: the first is long ago, each further one a week later."""
    lines = [
        LineState(
            product=ProductState(external_id=name.lower(), name=name, category="Home" if name < "K" else "Pantry"),
            quantity=Decimal(1), unit_price_minor=1000, total_minor=1000,
        )
        for name in names
    ]  # fmt: skip
    plain = shop.order_of(shop.Words(external_id=f"{number}-{turn}", email=f"c{number}@example.com"))
    return dataclasses.replace(
        plain,
        placed_at=timezone.now() - timedelta(days=300 - 7 * turn),
        buyer=Buyer(identifiers=[Identifier(IdentifierKind.EMAIL, f"c{number}@example.com")]),
        lines=lines, total_minor=1000 * len(lines), shipping_minor=0, discounts=[], tenders=[], returns=[],
    )  # fmt: skip


def open_shop() -> None:
    """Sixty customers begin with a cup, of whom ten come back, and sixty with a jar and a lid, of whom forty do."""
    shop.business()
    cups = [order(number, 0, "Cup") for number in range(60)] + [order(number, 1, "Bag") for number in range(10)]
    jars = [order(number, 0, "Jar", "Lid") for number in range(100, 160)]
    shop.put([*cups, *jars, *(order(number, 1, "Bag") for number in range(100, 140))])


def open_and_score() -> Run:
    open_shop()
    return score_all()


def page_of(client: Client, name: str) -> str:
    return f"/products/{Product.objects.get(name=name).id}"


def names_on(page: str) -> list[str]:
    results = page[page.index('id="results"') : page.index("</table>")]
    return re.findall(r'class="row-link" href="/products/[^"]+">([^<]+)</a>', results)


@pytest.mark.begins_with(what=unscored)
def test_before_the_first_run_the_page_says_when_there_will_be_something(owner: Client) -> None:
    page = owner.get("/products").text
    assert "have not been looked at yet" in page
    assert "Score now" in page


def test_a_run_from_before_there_was_such_a_section_says_that_the_next_one_brings_it(owner: Client) -> None:
    open_and_score()
    Section.objects.filter(name=PRODUCTS).delete()
    page = owner.get("/products").text
    assert "The last scoring was before this page" in page
    assert "Score now" in page
    assert "Nothing is computed of it yet" in owner.get(page_of(owner, "Cup")).text


@pytest.mark.begins_with(what=open_shop)
def test_orders_without_lines_leave_nothing_to_compare(owner: Client) -> None:
    Line.objects.all().delete()
    score_all()
    page = owner.get("/products").text
    assert "No order says what was bought" in page
    assert "not among the products bought most" in owner.get(page_of(owner, "Cup")).text


@pytest.mark.begins_with(what=open_and_score)
def test_the_page_opens_with_what_the_figures_say_and_shows_them(begun: Run, owner: Client) -> None:
    found = queries.find_section(begun.id, PRODUCTS)
    assert found
    page = html.unescape(owner.get("/products").text)
    by_name = {each["name"]: each for each in found["products"]}
    share = formats.percent(found["everybody"]["value"])
    assert f"{share} of new customers bought again" in page
    # As the jar and the lid go together, either may be named.
    assert re.search(r"began with “(Jar|Lid)” it was 67%", page)
    for name in ("Cup", "Jar"):
        assert formats.percent(by_name[name]["came_back"]["value"]) in page
    assert "Fewer than others" in page
    assert "More than others" in page
    assert "Jar</a> + " in page or "Lid</a> + " in page
    assert "text/javascript" not in page
    assert "charts" in page


@pytest.mark.begins_with(what=open_and_score)
def test_the_address_searches_sorts_chooses_a_category_and_leads_on(owner: Client) -> None:
    assert names_on(owner.get("/products?q=ja").text) == ["Jar"]
    assert names_on(owner.get("/products?category=Pantry").text) == ["Lid"]
    assert names_on(owner.get("/products?sort=-came_back").text)[0] == "Cup"
    assert names_on(owner.get("/products?sort=came_back").text)[-1] == "Bag"
    assert names_on(owner.get("/products?sort=buyers").text)[-1] == "Bag"
    assert "No product found" in owner.get("/products?q=nothing").text
    assert owner.get("/products?from=x").status_code == 400
    assert "No product found" in owner.get("/products?from=50").text


@pytest.mark.begins_with(what=open_and_score)
def test_a_product_tells_of_its_buyers_and_leads_to_as_many(owner: Client) -> None:
    page = html.unescape(owner.get(page_of(owner, "Cup")).text)
    assert "surely fewer" in page
    assert "10 of 60" in page
    [address] = re.findall(r'href="(/customers\?[^"]+)">Its buyers', page)
    # More than a page has are counted when the page is there.
    assert "60 customers found" in owner.get(address.replace("?", "/count?")).text
    segments = re.findall(r'class="row-link" href="(/customers\?[^"]+)">[^<]+</a></th><td class="n">(\d+)', page)
    assert sum(int(count) for _, count in segments) == 60
    for address, count in segments:
        words = "1 customer found" if count == "1" else f"{count} customers found"
        assert words in owner.get(address.replace("?", "/count?")).text
    assert "Lid</a>" in owner.get(page_of(owner, "Jar")).text


@pytest.mark.begins_with(what=open_and_score)
def test_a_product_that_was_renamed_stands_under_its_name_of_now(owner: Client) -> None:
    Product.objects.filter(name="Cup").update(name="Goblet")
    assert "Goblet" in names_on(owner.get("/products").text)
    page = html.unescape(owner.get(page_of(owner, "Goblet")).text)
    assert "called “Cup” when it was last computed" in page
    Product.objects.filter(name="Jar").update(name="")
    assert "jar" in names_on(owner.get("/products").text)


def test_an_order_leads_to_the_products_of_its_lines(owner: Client) -> None:
    shop.business()
    [(placed, _)] = shop.put([order(1, 0, "Cup")])
    assert f'href="{page_of(owner, "Cup")}"' in owner.get(f"/orders/{placed}").text
    score_all()
    page = html.unescape(owner.get("/products").text)
    assert names_on(page) == ["Cup"]
    assert "1 product" in page


@pytest.mark.begins_with(what=open_shop)
def test_what_is_no_product_is_not_there_and_who_may_not_sees_nothing(owner: Client) -> None:
    assert owner.get("/products/01890000-0000-7000-8000-00000000000f").status_code == 404
    assert client_of(Role.TILL).get("/products").status_code == 403
    assert "Score now" not in client_of(Role.AGENT).get("/products").text


@pytest.mark.begins_with(what=open_and_score)
def test_each_figure_says_what_it_means(owner: Client) -> None:
    page = owner.get("/products").text
    for name in ("revenue", "buyers", "came_back", "bought_again", "sent_back"):
        assert f'id="definition-column-{name}"' in page
