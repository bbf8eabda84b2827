"""Pages of a shop without orders, with a single one, and one that knows no e-mail address: sensible, each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from django.test import Client

from regulars.faces.console.tests import shop
from regulars.faces.console.tests.all_pages import score_all
from regulars.faces.console.tests.serving import Console, picture, words
from regulars.faces.console.tests.test_browser import barriers
from regulars.insights.catalogue import METRICS
from regulars.orders.contracts import Buyer, OrderState

WIDTHS = (1440, 390)
# What a value that is not there would look like, had nobody thought of it.
UNTHOUGHT = re.compile(r"\b(None|nan|NaN|undefined|Infinity|inf)\b|€-|\{\w+\}|%\(\w+\)s")


@dataclass(frozen=True, slots=True)
class Sparse:
    """A shop, with an order and its customer where there is any."""

    order: UUID | None = None
    customer: UUID | None = None

    def addresses(self) -> Sequence[str]:
        """Return the addresses of its pages."""
        pages = ["overview", "customers", "rfm", "cohorts", "value-and-risk", "products", "reports", "reports/runs"]
        pages += ["imports", "exports", "audit-trail", "dead-letters", "settings"]
        pages += ["cohorts?by=profile.country&period=week", "cohorts?by=profile.tags"]
        pages += [f"metrics/{name}" for name in METRICS]
        if self.order and self.customer:
            pages += [f"orders/{self.order}", f"customers/{self.customer}", f"customers/{self.customer}/orders"]
            pages += [f"customers/{self.customer}/edit", shop.product_address(self.order).removeprefix("/")]
        return [f"/{page}" for page in pages]


def empty() -> Sparse:
    shop.business()
    return Sparse()


def of_one_order() -> Sparse:
    shop.business()
    [(order, customer)] = shop.put([shop.order_of(shop.Words())])
    score_all()
    return Sparse(order, customer)


def without_addresses() -> Sparse:
    """A shop whose buyers are known by a card, a phone, or the number that they have there, some by no name."""
    shop.business()
    orders = [_without_address(number) for number in range(30)]
    again = [replace(each, external_id=f"{each.external_id}-2", number=f"{each.number}2") for each in orders[:12]]
    placed = shop.put([*orders, *again])
    score_all()
    return Sparse(*placed[0])


def _without_address(number: int) -> OrderState:
    words = shop.Words(external_id=f"e-{number}", number=f"9{number:03}", card=f"2004 {7000 + number}")
    order = shop.order_of(words, days_ago=90 - 2.5 * number, total_minor=3000 + 90 * number)
    assert order.buyer
    assert order.buyer.profile
    identifiers = [each for each in order.buyer.identifiers if each.kind != "email"]
    profile = replace(order.buyer.profile, name=f"Guest {number}" if number % 3 else "")
    return replace(order, buyer=Buyer(identifiers=identifiers, profile=profile))


SHOPS = [
    pytest.param(fill, marks=pytest.mark.begins_with(what=fill), id=fill.__name__)
    for fill in (empty, of_one_order, without_addresses)
]


@pytest.mark.parametrize("fill", SHOPS)
def test_each_page_opens_and_shows_no_value_that_nobody_thought_of(begun: Sparse, owner: Client, fill: object) -> None:
    for address in begun.addresses():
        answer = owner.get(address)
        assert answer.status_code == 200, address
        # The button that chooses none says so.
        found = UNTHOUGHT.search(words(answer.text.replace("data-choose-none>None<", "><")))
        assert not found, (address, found)


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("fill", SHOPS)
def test_no_page_has_a_barrier_and_each_fits_the_screen(
    begun: Sparse, console: Console, fill: object, width: int
) -> None:
    page = console.page(width=width)
    for address in ("/overview", "/customers", "/rfm", "/cohorts", "/value-and-risk", "/products", "/reports"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if width == WIDTHS[0]:
            found = barriers(page)
            assert found.violations_count == 0, f"{address}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") == width, address
        picture(page, f"{fill.__name__} {address} {width}")  # type: ignore[attr-defined]


@pytest.mark.begins_with(what=without_addresses)
def test_who_has_no_address_is_known_by_what_there_is(begun: Sparse, owner: Client) -> None:
    page = owner.get("/customers").text
    assert "Guest 1<" in page
    # Who is signed in has one.
    assert set(re.findall(r"[\w.]+@[\w.]+", words(page))) == {"owner@example.com"}
    # Whom the shop has no name of is called by the card, or by the number there.
    assert "2004 7003<" in page
    person = owner.get(f"/customers/{begun.customer}").text
    assert "2004 7000" in words(person)
    assert "Nobody found" in words(owner.get("/customers?where=profile.has_email").text)
