"""A customer's page: every fact in words with its others, why it may leave, what happened between two days, undo."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from regulars.business.queries import get_business
from regulars.customers.contracts import Profile, Trait, TraitKind
from regulars.customers.queries import get_customer
from regulars.customers.questions import setting_of
from regulars.customers.services import change_profile, save_trait, set_tags
from regulars.faces.console.known import facts_of, like
from regulars.faces.console.leaving import why_of
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.facts import asking
from regulars.facts.language.binding import bind
from regulars.facts.language.parser import parse
from regulars.insights.contracts import Score
from regulars.kit.classification import Classification
from regulars.loyalty.adjudication.tests.programme_shop import AnyText
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.facts.keeping import follow_programs, keep_facts_of
from regulars.loyalty.ledger.members import enrol_member
from regulars.orders.facts_kept import rebuild_facts
from regulars.staff import saved_views
from regulars.staff.contracts import Role
from regulars.staff.models import Account, AuditEntry

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 28)


def somebody_known() -> UUID:
    """Put an order, and keep traits of each kind, one of them sensitive."""
    shop.business()
    [(_, customer)] = shop.put([shop.order_of(shop.Words(city='L\'Aquila "alta"'))])
    shop.kept_beyond_the_usual(customer, 'es"presso')
    faith = Trait(key="faith", kind=TraitKind.TEXT, label="Faith", classification=Classification.SENSITIVE)
    save_trait(trait=faith, now=shop.now(), actor=shop.ACTOR)
    traits = dict(get_customer(customer).traits) | {"faith": "quaker"}
    change_profile(customer_id=customer, profile=Profile(traits=traits), now=shop.now(), actor=shop.ACTOR)
    set_tags(customer_id=customer, tags=["vip", "new in town"], now=shop.now(), actor=shop.ACTOR)
    rebuild_facts()
    return customer


def test_each_fact_that_is_known_stands_in_words_by_what_it_is_about() -> None:
    owner = client_of(Role.OWNER)
    customer = somebody_known()
    page = unescape(owner.get(f"/customers/{customer}").text)
    card = page.partition('id="facts-title"')[2].partition("</section>")[0]
    assert re.findall("<h3>(.*?)</h3>", card) == [
        "Who they are",
        "What they buy",
        "What this business keeps",
    ]
    setting = setting_of(get_business(), now=timezone.now(), sees_sensitive=True)
    groups = facts_of(customer, setting=setting)
    known = asking.read_values(
        [name for name, fact in setting.catalogue.facts.items() if fact.source], [customer], setting=setting
    )[customer]
    names = {fact.name for _, facts in groups for fact in facts}
    told = {name.replace(".", "-") for name, value in known.items() if value not in (None, "", [])}
    # That nobody is a member, and has no points, is not told.
    assert names == {name for name in told if not name.startswith("loyalty-")} < told
    assert f"{len(names)} facts" in page
    assert "How many orders" in card or "orders" in card


def test_of_a_member_it_is_told_how_they_take_part() -> None:
    owner, customer = client_of(Role.OWNER), somebody_known()
    program = Program.model_validate({"program": "club", "name": "Club", "currencies": [{"key": "b", "name": "Beans"}]})
    save_draft(document=program, now=shop.now(), actor=shop.ACTOR)
    version = publish(program="club", now=shop.now(), actor=shop.ACTOR, checks=AnyText())
    enrol_member(customer_id=customer, version=version, now=shop.now(), actor=shop.ACTOR)
    follow_programs(shop.now())
    keep_facts_of([customer])
    page = unescape(owner.get(f"/customers/{customer}").text)
    card = page.partition('id="facts-title"')[2].partition("</section>")[0]
    told = card.partition("<h3>How they take part</h3>")[2].partition("</details>")[0]
    assert "Points available" in told
    assert "Member since" in told
    assert ">club</a>" in told


def test_who_is_found_by_others_like_this_is_the_customer_too() -> None:
    customer = somebody_known()
    setting = setting_of(get_business(), now=timezone.now(), sees_sensitive=True)
    addresses = [
        address for _, facts in facts_of(customer, setting=setting) for fact in facts for _, address in fact.likes
    ]
    assert len(addresses) > 12
    for address in addresses:
        [where] = parse_qs(urlsplit(address).query)["where"]
        parsed = parse(where)
        meaning = bind(parsed.tree, setting, parsed.places)
        assert asking.choose(meaning, [customer], setting=setting) == [customer], where


def test_an_amount_leads_to_no_others() -> None:
    shop.business()
    facts = setting_of(get_business(), now=timezone.now()).catalogue.facts
    assert like(facts["orders.revenue"], 8640) == []
    assert like(facts["orders.last"], datetime(2026, 11, 1, tzinfo=UTC)) == []


def test_what_is_sensitive_is_shown_to_who_may_change_it_only() -> None:
    customer = somebody_known()
    assert "quaker" in client_of(Role.AGENT).get(f"/customers/{customer}").text
    page = client_of(Role.ANALYST).get(f"/customers/{customer}").text
    assert "quaker" not in page
    assert "Faith" not in page
    assert "es&quot;presso" in page


def score(purchases: int, *, first_days_ago: int, last_days_ago: int, expected: date | None) -> Score:
    told = dict.fromkeys(Score.__dataclass_fields__)
    told |= {"risk": 0.8, "risk_decile": 9, "frequency": purchases - 1}
    told |= {"first_on": TODAY - timedelta(days=first_days_ago), "last_on": TODAY - timedelta(days=last_days_ago)}
    return Score(**told | {"next_order_expected_on": expected})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("purchases", "first", "last", "expected", "sentences"),
    [
        (
            *(5, 220, 60, date(2026, 11, 1)),
            [
                "No purchase for 60 days; between two purchases there were 40 days on average."
                " That is longer than usual.",
                "By risk this is tenth 9 of 10; 10 is the highest.",
                "The next order was expected by 1 Nov 2026; it has not come.",
            ],
        ),
        (
            *(3, 140, 100, None),
            [
                "No purchase for 100 days; between two purchases there were 20 days on average."
                " That is 5 times as long as usual.",
                "By risk this is tenth 9 of 10; 10 is the highest.",
                "An order within a year is less likely than none.",
            ],
        ),
        (
            *(1, 9, 9, date(2026, 12, 24)),
            [
                "The last purchase was 9 days ago; how long they wait between two is not known yet.",
                "By risk this is tenth 9 of 10; 10 is the highest.",
                "The next order is expected by 24 Dec 2026.",
            ],
        ),
    ],
)
def test_why_a_customer_may_leave_is_computed(
    purchases: int, first: int, last: int, expected: date | None, sentences: list[str]
) -> None:
    found = why_of(
        score(purchases, first_days_ago=first, last_days_ago=last, expected=expected),
        last_ordered_on=TODAY - timedelta(days=last),
        today=TODAY,
    )
    assert [each.replace("5.0 times", "5 times") for each in found] == sentences


def test_a_last_order_that_came_back_is_told_apart_from_the_last_purchase() -> None:
    told = score(5, first_days_ago=220, last_days_ago=60, expected=None)
    found = why_of(told, last_ordered_on=TODAY - timedelta(days=44), today=TODAY)
    assert found[0].startswith("No purchase for 60 days")
    assert found[1] == "What was ordered on 15 Oct 2026 came back."


def test_before_the_first_score_there_is_no_why() -> None:
    owner = client_of(Role.OWNER)
    customer = shop.somebody("Ines", "ines@example.com")
    assert why_of(None, last_ordered_on=None, today=TODAY) == []
    page = owner.get(f"/customers/{customer}").text
    assert "Why this risk" not in page
    assert "Has an e-mail address" in page


def titles(client: Client, address: str) -> list[str]:
    page = client.get(address, headers={"HX-Request": "true", "HX-Target": "timeline"}).text
    return re.findall(r'class="what">(?:<a[^>]*>)?([^<]+)<', page)


def test_the_timeline_shows_several_kinds_between_two_days() -> None:
    owner = client_of(Role.OWNER)
    shop.business()
    told = [shop.order_of(shop.Words(external_id=f"o-{day}", number=f"n{day}"), days_ago=day) for day in (3, 10, 30)]
    customer = shop.put(told)[0][1]
    page = f"/customers/{customer}"
    zone = get_business().zone_info
    day = (shop.now() - timedelta(days=10)).astimezone(zone).date()
    both = titles(owner, f"{page}?show=profile&show=orders")
    assert "Became a customer" in both
    assert any(each.startswith("Order n3") for each in both)
    within = titles(owner, f"{page}?show=orders&from={day}&until={day}")
    assert within
    assert all("n10" in each for each in within)
    assert titles(owner, f"{page}?until={day - timedelta(days=25)}") == []
    assert titles(owner, f"{page}?from=yesterday&until=9999-12-31&show=poems") == titles(owner, page)
    part = unescape(owner.get(f"{page}?show=orders&from={day}").text)
    assert f'href="{page}?show=orders&show=profile&from={day}"' in part
    assert f'href="{page}?from={day}"' in part
    assert f'name="from" value="{day}"' in part


def test_a_view_that_is_removed_or_replaced_comes_back() -> None:
    owner = client_of(Role.OWNER)
    account = Account.objects.get(role=Role.OWNER).id

    def views() -> list[tuple[str, str, bool]]:
        return [(each.name, each.query, each.is_shared) for each in saved_views.list_views(account, "customers")]

    def save(query: str, *, shared: bool) -> str:
        told = {"name": "Best", "query": query} | ({"is_shared": "on"} if shared else {})
        return owner.post("/customers/views", told, follow=True).text

    assert "customers/views/undo" not in save("sort=orders.count", shared=True)
    assert "is replaced" in save("sort=orders.revenue", shared=False)
    page = owner.post("/customers/views/undo", follow=True).text
    assert "is as it was" in page
    assert views() == [("Best", "sort=orders.count", True)]
    [removal] = re.findall(r'action="(/customers/views/[^"]+/remove)"', page)
    assert 'action="/customers/views/undo"' in owner.post(removal, follow=True).text
    assert views() == []
    owner.post("/customers/views/undo")
    assert views() == [("Best", "sort=orders.count", True)]
    # Once is enough.
    owner.post(re.findall(r'action="(/customers/views/[^"]+/remove)"', owner.get("/customers").text)[0])
    owner.post("/customers/views/undo")
    assert owner.post("/customers/views/undo").headers["Location"] == "/customers"
    assert AuditEntry.objects.filter(action="view.saved").count() == 5


def test_the_tags_of_a_customer_come_back() -> None:
    owner = client_of(Role.OWNER)
    customer = shop.somebody("Ines", "ines@example.com")
    set_tags(customer_id=customer, tags=["vip"], now=shop.now(), actor=shop.ACTOR)
    page = owner.post(f"/customers/{customer}/tags", {"tags": "new"}, follow=True).text
    assert 'action="/customers/tags/undo"' in page
    assert "The tags are as they were." in owner.post("/customers/tags/undo", follow=True).text
    assert get_customer(customer).tags == ["vip"]
    # Nothing was changed: there is nothing to undo.
    page = owner.post(f"/customers/{customer}/tags", {"tags": "vip"}, follow=True).text
    assert "/customers/tags/undo" not in page
    assert client_of(Role.ANALYST).post("/customers/tags/undo").status_code == 403


def test_what_cannot_be_undone_is_asked_for_once_by_name() -> None:
    owner = client_of(Role.OWNER)
    customer = somebody_known()
    owner.post(f"/customers/{customer}/notes", {"text": "likes cake"})
    page = unescape(owner.get(f"/customers/{customer}").text)
    assert "Remove the note by Mira Oduya?" in page
    assert "It finds this customer no longer. It can be added again." in page
