"""The cohorts: the library's numbers to the last digit shown, each with its customers; a page where there are none."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from ibis.expr.types import Table
from playwright.sync_api import expect

from regulars.business.queries import get_business
from regulars.customers import services as customers
from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile, Trait, TraitKind
from regulars.customers.models import Customer
from regulars.customers.questions import read_condition, setting_of, understand
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import Console, client_of
from regulars.faces.console.tests.test_rfm import scored, scored_by_one_order, unscored
from regulars.facts.asking import Order as ListOrder
from regulars.facts.asking import list_all
from regulars.insights import queries
from regulars.insights.carrying_on import carry_on
from regulars.insights.cohorts import OF_PURCHASES, PERIODS, SECTION, SEGMENT, Kind, read_section
from regulars.insights.contracts import Run, RunState
from regulars.insights.lake import place
from regulars.insights.lake.reading import read_orders
from regulars.insights.lake.workspace import workspace
from regulars.insights.lake.writing import current_snapshot
from regulars.insights.models import Section
from regulars.insights.services import request_run
from regulars.insights.tests.shop import open_shop
from regulars.kit import formats
from regulars.kit.classification import Classification
from regulars.orders.facts_kept import rebuild_facts
from regulars.orders.models import Order
from regulars.staff.contracts import Role
from retention import rfm
from retention.calendar import Period
from retention.cohorts import CohortMatrix, cohort_matrix
from retention.estimates import wilson

FEWEST = 30


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the lake of a test in a home of its own."""
    monkeypatch.setattr(
        settings, "INSTALLATION", SimpleNamespace(home=tmp_path, lake=tmp_path / "lake", is_sandbox=False)
    )


def score_all() -> Run:
    """Score the customers, as each night does."""
    asked = request_run(now=timezone.now(), actor=shop.ACTOR)
    carry_on(asked.id, clock=timezone.now)
    return queries.get_run(asked.id)


def page(client: Client, **asked: str) -> str:
    response = client.get(f"/cohorts?{urlencode(asked)}")
    assert response.status_code == 200
    return response.text


def matrix_of(run: Run, folder: Path, period: Period) -> CohortMatrix:
    """Return the library's cohorts of the orders of the lake."""
    snapshot = current_snapshot(now=timezone.now())
    with workspace(folder) as connection, read_orders(connection, snapshot, zone="Europe/Vienna") as bought:
        return cohort_matrix(rfm.daily_state(bought.orders, as_of=run.as_of), period, as_of=run.as_of)


def map_on(text: str) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """Return the rows of the map: name, size, and the cells as address, text and whether they are not over."""
    [table] = re.findall(r'<table class="heat">(.*?)</table>', text, re.DOTALL)
    rows = []
    for line in re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", table, re.DOTALL):
        [(name, size)] = re.findall(r"<th[^>]*>(?:<a[^>]*>)?([^<]+).*?<td class=\"n\">([^<]+)</td>", line, re.DOTALL)
        cells = re.findall(r'<td class="heat-\d( partial)?"><a href="([^"]+)"[^>]*>([^<]+)</a>', line)
        rows.append((html.unescape(name), size, [(html.unescape(at), told, bool(open_)) for open_, at, told in cells]))
    return rows


def demo(customers: int) -> None:
    """Put the demo shop's orders until yesterday."""
    shop.business()
    open_shop(customers, until=timezone.localdate() - timedelta(days=1))


def scored_demo() -> Run:
    demo(200)
    return score_all()


def scored_demo_without_returns() -> Run:
    """Score a shop in which nothing came back: what did may undo a purchase, but not the order."""
    demo(120)
    Order.objects.update(returned_minor=0, returned_reporting_minor=0)
    rebuild_facts()
    return score_all()


@pytest.mark.parametrize(
    "of",
    [
        pytest.param("the console", marks=pytest.mark.begins_with(what=scored)),
        pytest.param("the demo", marks=pytest.mark.begins_with(what=scored_demo)),
    ],
)
def test_the_map_and_the_shares_are_the_librarys_to_the_last_digit(
    begun: Run, owner: Client, tmp_path: Path, of: str
) -> None:
    for period in PERIODS:
        matrix = matrix_of(begun, tmp_path, period)
        shares, spent = page(owner, period=period), page(owner, period=period, show="revenue")
        kept = [row for row, size in enumerate(matrix.sizes) if size][
            -{"week": 26, "month": 24, "quarter": 12}[period] :
        ]
        for text, told in ((shares, "share"), (spent, "revenue")):
            rows = map_on(text)
            assert [size for _, size, _ in rows] == [formats.number(int(matrix.sizes[row])) for row in kept]
            for row, (_, _, cells) in zip(kept, rows, strict=True):
                width = min(12, int((matrix.eligible[row] > 0).sum()) - 1)
                assert len(cells) == width
                for k, (_, shown, is_open) in enumerate(cells, start=1):
                    value = matrix.customers[row, k] / matrix.sizes[row]
                    so_far = matrix.revenue_minor[row, : k + 1].sum() / matrix.sizes[row]
                    wanted = (
                        formats.number(100 * value) if told == "share" else formats.money(so_far, "EUR", whole=True)
                    )
                    assert shown == wanted
                    assert is_open == bool(matrix.partial[row, k])
        [everybody] = re.findall(r'<tr class="total">(.*?)</tr>', shares, re.DOTALL)
        for k in (1, 3, 6, 12):
            if k >= len(matrix.cohorts):
                continue
            whole = (matrix.eligible[:, k] > 0) & ~matrix.partial[:, k]
            followed, bought = int(matrix.sizes[whole].sum()), int(matrix.customers[whole, k].sum())
            if followed >= FEWEST:
                share = wilson(bought, followed)
                low, high = formats.percent(share.low, 1), formats.percent(share.high, 1)
                assert f'{formats.percent(share.value, 1)}<span class="row-sub">{low} to {high}</span>' in everybody


@pytest.mark.begins_with(what=scored_demo_without_returns)
def test_a_cohort_and_each_cell_lead_to_as_many_customers_as_they_say(owner: Client) -> None:
    text = page(owner, period="quarter")
    by_address = {
        html.unescape(at): size for at, size in re.findall(r'href="([^"]+)">[^<]+</a></th><td class="n">(\d+)', text)
    }
    cells = [(at, told, size) for _, size, row in map_on(text) for at, told, _ in row]
    assert len(cells) > 10
    for address, size in by_address.items():
        if "orders.first" in address:
            assert f"{size} customer" in owner.get(address).text, address
    for address, told, size in cells[:8]:
        [found] = re.findall(r"(\d+|Nobody|No) customers? found", owner.get(address).text) or ["0"]
        count = int(found) if found.isdigit() else 0
        assert formats.number(100 * count / int(size)) == told, address


@pytest.mark.begins_with(what=scored_demo_without_returns)
@pytest.mark.parametrize("by", ["channel", "location", "category"])
def test_the_cohorts_of_a_group_of_first_orders_lead_to_as_many_customers_as_they_say(owner: Client, by: str) -> None:
    looked_at = 0
    for token in re.findall(rf'<option value="({by}\.(?:value|unknown)\.[^"]*)"', page(owner, by=by, period="quarter")):
        text = page(owner, by=by, period="quarter", of=html.unescape(token))
        rows = re.findall(r'<a class="link" href="([^"]+)">[^<]+</a></th><td class="n">(\d+)</td>', text)
        for address, size in [(html.unescape(at), size) for at, size in rows if f"orders.first_{by}" in at][:3]:
            assert re.search(rf"(?<!\d){size} customers? found", owner.get(address).text), (token, address)
            looked_at += 1
    assert looked_at > 3


@pytest.mark.begins_with(what=scored_demo)
def test_the_map_of_a_group_and_its_line_are_those_of_its_customers(owner: Client) -> None:
    for by in (*OF_PURCHASES, "profile.country", "profile.age"):
        text = page(owner, by=by, period="quarter")
        groups = re.findall(rf'<option value="({by}\.[^"]*)"( selected)?>([^<]+)', text)
        assert groups, by
        sizes = 0
        for token, _, name in groups:
            told = page(owner, by=by, period="quarter", of=html.unescape(token))
            assert f": {name}</h2>" in told, name
            sizes += sizes_on(told)
        # Of a segment whose customers first bought in the last quarter alone there is no map.
        assert sizes == sizes_on(text) or by == SEGMENT, by
    assert "must not be taken for a reason" in html.unescape(page(owner, by="segment"))


TRAITS = (
    Trait(key="drinks", kind=TraitKind.CHOICE, label="Drinks", choices=["tea", "coffee"]),
    Trait(key="likes", kind=TraitKind.CHOICES, label="Likes", choices=["sweet", "sour", "salty"]),
    Trait(key="on_paper", kind=TraitKind.BOOLEAN, label="Newsletter on paper"),
    Trait(key="shoe_size", kind=TraitKind.NUMBER, label="Shoe size"),
    Trait(key="quarter", kind=TraitKind.TEXT, label="Part of the town"),
    Trait(key="moved_in", kind=TraitKind.DATE, label="Moved in"),
    Trait(key="faith", kind=TraitKind.TEXT, label="Faith", classification=Classification.SENSITIVE),
)


def scored_with_traits() -> Run:
    """Score a shop that keeps traits of each kind, and tags; of some customers nothing is known."""
    demo(160)
    for trait in TRAITS:
        customers.save_trait(trait=trait, now=timezone.now(), actor=shop.ACTOR)
    rows = list(Customer.objects.order_by("id"))
    for number, row in enumerate(rows):
        if number % 7 == 0:
            continue
        row.traits = {
            "drinks": ("tea", "coffee")[number % 2],
            "likes": [["sweet"], ["sweet", "sour"], []][number % 3],
            "on_paper": number % 4 == 0,
            "shoe_size": 36 + number % 24 / 2,
            # Of the last one there are few, which quotation marks do not hinder.
            "quarter": ('By the "Tower"', "Old town", f"House {number}")[number % 3],
            "moved_in": f"20{number % 20:02}-02-{1 + number % 27:02}",
            "faith": "quaker",
        }
        often = [["press"], ["press", 'say "yes"'], ["friend of the house"]][number % 3]
        row.tags = often if number > 4 else ["one of few"]
    Customer.objects.bulk_update(rows, ["traits", "tags"])
    # Some have never bought, and are in no cohort, whatever is known of them.
    for number, row in enumerate(rows[1:7]):
        person = Person(
            identifiers=[Identifier(IdentifierKind.EXTERNAL_ID, f"never-{number}")],
            profile=Profile(city="Wien", traits=row.traits),
        )
        put = customers.put_customer(person=person, source="shop", now=timezone.now(), actor=shop.ACTOR)
        assert put.customer_id
        customers.set_tags(customer_id=put.customer_id, tags=["press"], now=timezone.now(), actor=shop.ACTOR)
    return score_all()


@pytest.mark.begins_with(what=scored_with_traits)
def test_each_trait_and_the_tags_split_the_cohorts_and_each_group_is_who_its_link_finds(
    begun: Run, owner: Client, tmp_path: Path
) -> None:
    section = queries.find_section(begun.id, SECTION)
    assert section is not None
    assert "quaker" not in json.dumps(section)
    found = read_section(section, "quarter").cohorts
    setting = setting_of(get_business(), now=timezone.now())
    order = ListOrder(fact=setting.catalogue.facts["profile.since"])
    kinds: set[tuple[str, Kind]] = set()
    with states(tmp_path) as state:
        for name in (
            "profile.tags",
            "profile.city",
            "profile.has_card",
            *(f"traits.{each.key}" for each in TRAITS[:-1]),
        ):
            split = found.splits[name]
            assert f'<option value="{name}"' in page(owner)
            assert split.overlaps == (name in ("profile.tags", "traits.likes"))
            linked = links_on(page(owner, by=name, period="quarter"))
            assert len(linked) == len(split.groups) + 1
            for group, (where, size) in zip(split.groups, linked[1:], strict=True):
                parsed = read_condition(where)
                ids = list_all(understand(parsed, setting), setting=setting, order=order, most=1_000)
                assert len(ids) == group.customers == size, where
                theirs = state.filter(state.customer.isin([str(each) for each in ids]))
                matrix = cohort_matrix(theirs, "quarter", as_of=begun.as_of)
                rows = {
                    start: customers[: int((matrix.eligible[row] > 0).sum())].tolist()
                    for row, (start, customers) in enumerate(zip(matrix.cohorts, matrix.customers, strict=True))
                }
                for cohort in group.cohorts:
                    told = list(cohort.retained)
                    assert told == rows[cohort.period][: len(told)], where
                kinds.add((split.type, group.kind))
    assert {kind for kind, _ in kinds} == {"text", "texts", "choice", "boolean", "number", "day"}
    assert {("text", Kind.OTHERS), ("texts", Kind.OTHERS), ("number", Kind.UNKNOWN), ("texts", Kind.UNKNOWN)} <= kinds


def groups_on(text: str) -> str:
    """Return the table of the groups."""
    [table] = re.findall(r'aria-labelledby="groups-title">(.*?)</table>', text, re.DOTALL)
    return str(table)


def links_on(text: str) -> list[tuple[str, int]]:
    """Return the conditions that the groups of a page lead to, and how many customers each has."""
    name = r'<th scope="row"><a class="link" href="([^"]+)">[^<]+</a></th>'
    told = re.findall(name + r'\s*<td class="n">(\d+)</td>', groups_on(text))
    return [(parse_qs(urlsplit(html.unescape(at)).query)["where"][0], int(size)) for at, size in told]


@pytest.mark.begins_with(what=scored_with_traits)
def test_groups_of_traits_are_named_as_one_reads_their_values(owner: Client) -> None:
    names = {
        each.key: re.findall(
            rf'<option value="traits\.{each.key}\.[^"]*">([^<]+)', page(owner, by=f"traits.{each.key}")
        )
        for each in TRAITS
    }
    assert sorted(names["drinks"]) == ["Not known", "coffee", "tea"]
    assert names["likes"] == ["sweet", "sour", "Has none"]
    assert names["on_paper"] == ["Yes", "No", "Not known"]
    assert re.fullmatch(r"up to 3\d(\.5)?", names["shoe_size"][0])
    assert re.fullmatch(r"over \d+ Feb 20\d\d", names["moved_in"][3])
    assert {"By the &quot;Tower&quot;", "Old town", "All others"} <= set(names["quarter"])
    # What is sensitive splits nothing, and an address that asks for it is as one that asks for nothing.
    assert names["faith"] == []
    assert "Who has several counts in each" in page(owner, by="profile.tags")


@pytest.mark.begins_with(what=scored_with_traits)
def test_what_has_become_sensitive_since_the_run_is_seen_by_none_who_may_not(owner: Client) -> None:
    secret = replace(TRAITS[0], classification=Classification.SENSITIVE)
    customers.save_trait(trait=secret, now=timezone.now(), actor=shop.ACTOR)
    analyst = client_of(Role.ANALYST)
    for client, sees in ((owner, True), (analyst, False)):
        text = page(client, by="traits.drinks")
        assert ('<option value="traits.drinks"' in text) is sees
        assert (">tea<" in text) is sees


@pytest.mark.begins_with(what=scored_with_traits)
def test_where_the_language_no_longer_takes_a_value_its_group_has_no_link(owner: Client) -> None:
    before = dict.fromkeys(re.findall(r"traits\.drinks[^&\"]*", html.unescape(page(owner, by="traits.drinks"))))
    assert any("coffee" in each for each in before)
    without_coffee = replace(TRAITS[0], choices=["tea", "milk"])
    customers.save_trait(trait=without_coffee, now=timezone.now(), actor=shop.ACTOR)
    text = page(owner, by="traits.drinks")
    told = re.findall(r'<th scope="row">(?:<a class="link" href="[^"]+">)?(tea|coffee)(</a>)?</th>', groups_on(text))
    assert sorted(told) == [("coffee", ""), ("tea", "</a>")]
    of_coffee = page(owner, by="traits.drinks", of="traits.drinks.value.coffee")
    assert "coffee</h2>" in of_coffee
    assert "coffee" not in "".join(re.findall(r'href="/customers[^"]*"', of_coffee))


def test_numbers_from_before_there_were_bounds_have_a_page(owner: Client) -> None:
    demo(60)
    customers.save_trait(trait=TRAITS[3], now=timezone.now(), actor=shop.ACTOR)
    rows = list(Customer.objects.order_by("id"))
    for number, row in enumerate(rows):
        row.traits = {"shoe_size": (10**309, 10**30, -1e-9)[number % 3]}
    Customer.objects.bulk_update(rows, ["traits"])
    assert score_all().state is RunState.SUCCEEDED
    text = page(owner, by="traits.shoe_size")
    names = re.findall(r'<option value="traits\.shoe_size\.[^"]*">([^<]+)', text)
    # What is beyond double precision is not told; of what is too large for a condition there is no link.
    assert names == ["-0.000000001", str(int(1e30)), "Not known"]
    assert f'<th scope="row">{int(1e30)}</th>' in text


@contextmanager
def states(folder: Path) -> Iterator[Table]:
    """Yield the library's daily state of the orders of the lake."""
    snapshot = current_snapshot(now=timezone.now())
    with workspace(folder) as connection, read_orders(connection, snapshot, zone="Europe/Vienna") as bought:
        yield rfm.daily_state(bought.orders, as_of=timezone.localdate() - timedelta(days=1))


def sizes_on(text: str) -> int:
    """Return how many customers the map's cohorts have together."""
    tables = re.findall(r'<table class="heat">(.*?)</table>', text, re.DOTALL)
    return sum(int(size) for size in re.findall(r'</th><td class="n">(\d+)</td>', "".join(tables)))


@pytest.mark.begins_with(what=scored)
def test_what_an_address_names_wrongly_is_as_the_report_has_it(owner: Client) -> None:
    plain = page(owner)
    for asked in ({"period": "day"}, {"by": "shoes"}, {"of": "joined.value.9999"}, {"show": "<b>"}, {"period": "\0"}):
        assert map_on(page(owner, **asked)) == map_on(plain)


@pytest.mark.begins_with(what=scored_demo)
def test_the_figures_carry_what_is_drawn_and_downloaded(owner: Client) -> None:
    figures = [
        json.loads(html.unescape(each))
        for each in re.findall(r'data-figure="([^"]+)"', page(owner, by="profile.country"))
    ]
    assert [figure["file"] for figure in figures] == ["cohorts.csv", "cohort-curves.csv", "second-purchase.csv"]
    assert all(len(figure["csv"].splitlines()) > 2 for figure in figures)
    assert figures[1]["spec"]["series"]


@pytest.mark.begins_with(what=unscored)
def test_before_the_first_run_the_page_says_when_there_will_be_something(owner: Client) -> None:
    text = page(owner)
    assert "Nobody has been scored yet" in text
    assert 'action="/rfm/run"' in text
    assert 'action="/rfm/run"' not in client_of(Role.AGENT).get("/cohorts").text
    assert client_of(Role.TILL).get("/cohorts").status_code == 403


@pytest.mark.parametrize("known", ["nothing", "another form"])
def test_a_run_from_before_there_were_cohorts_says_that_the_next_one_brings_them(owner: Client, known: str) -> None:
    kept = Section.objects.filter(run_id=scored().id, name="cohorts")
    if known == "nothing":
        kept.delete()
    else:
        # As it was kept before attributes had types.
        older = {"as_of": "2026-11-01", "currency": "EUR", "own_period": "month", "periods": {"month": {"splits": {}}}}
        assert kept.update(content=older) == 1
    text = page(owner)
    assert "The next run brings the cohorts" in text
    assert 'action="/rfm/run"' in text
    owner.post("/rfm/run")
    text = page(owner)
    assert "The customers are being scored" in text
    assert 'action="/rfm/run"' not in text


@pytest.mark.begins_with(what=scored_by_one_order)
def test_one_order_has_a_page_that_promises_nothing(owner: Client) -> None:
    text = page(owner)
    assert "Too few customers have been followed" in text
    assert text.count("Not enough data yet") >= 3
    assert '<table class="heat">' not in text


def test_a_shop_that_knows_no_countries_and_no_addresses_says_that_they_are_not_known(owner: Client) -> None:
    demo(60)
    Customer.objects.update(country="", language="")
    (place.lake() / "current").unlink(missing_ok=True)
    score_all()
    for by in ("profile.country", "profile.language", "profile.tags"):
        text = page(owner, by=by)
        assert re.findall(rf'<option value="{by}\.([^"]*)"', text) == ["unknown."]
        assert ("Has none" if by == "profile.tags" else "Not known") in text


@pytest.mark.browser
@pytest.mark.begins_with(what=scored_demo)
def test_a_choice_draws_the_page_anew_and_stands_in_the_address(console: Console) -> None:
    page = console.page()
    page.goto("/cohorts")
    expect(page.locator("[data-plot] svg").first).to_be_visible()
    page.get_by_label("Split by").focus()
    page.get_by_label("Split by").select_option("profile.country")
    expect(page.get_by_role("heading", name="Country")).to_be_visible()
    assert "by=profile.country" in page.url
    expect(page.get_by_label("Split by")).to_be_focused()
    page.get_by_label("Map of").select_option(label="Austria")
    expect(page.get_by_role("heading", name=re.compile("Who comes back, by when.*Austria"))).to_be_visible()
    page.locator("#choice-show").select_option("revenue")
    expect(page.get_by_text("that a customer of the cohort has spent so far")).to_be_visible()
    page.get_by_role("button", name="Table: What customers have spent, by when they first bought").click()
    expect(page.get_by_role("columnheader", name="Periods after").first).to_be_visible()
