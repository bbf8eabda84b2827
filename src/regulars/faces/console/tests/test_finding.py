"""Customers are found by what is known of them, in the lines of the builder and as a text."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import hypothesis.strategies as st
import pytest
from django.test import Client
from django.utils.html import escape
from hypothesis import given
from playwright.sync_api import Route, expect

from regulars.customers.queries import list_newest_customers
from regulars.faces.console.finding.chips import in_words
from regulars.faces.console.finding.parts import Part, asked_of, condition_of, lines_of, part_of
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.all_pages import fill
from regulars.faces.console.tests.serving import Console, client_of, picture
from regulars.facts.catalogue import declared_catalogue
from regulars.facts.language import tree
from regulars.facts.language.parser import parse
from regulars.facts.tests.conditions import conditions
from regulars.orders.facts_kept import rebuild_facts
from regulars.orders.queries import list_products
from regulars.staff.contracts import Role
from regulars.staff.queries import list_audit_entries

CATALOGUE = declared_catalogue()
HTMX = {"HX-Request": "true"}


@given(conditions(CATALOGUE))
def test_the_lines_of_a_condition_are_that_condition(condition: tree.Condition):
    kind, parts = lines_of(condition, CATALOGUE, "EUR")
    read = [condition_of(part, "EUR") for part in parts]
    expected = list(condition.of) if isinstance(condition, tree.All | tree.AnyOf) else [condition]
    assert read == expected
    assert kind == (condition.kind if isinstance(condition, tree.All | tree.AnyOf) else "all")
    assert all(in_words(part, "EUR") for part in parts)


@given(
    st.sampled_from(sorted(CATALOGUE.facts)),
    st.text(max_size=8),
    st.text(max_size=8),
    st.text(max_size=4),
    st.data(),
)
def test_whatever_is_typed_into_a_line_is_a_condition_or_said_to_be_wrong(
    name: str, first: str, second: str, window: str, data: st.DataObject
):
    fact = CATALOGUE.facts[name]
    part = Part(
        fact=fact,
        asked=data.draw(st.sampled_from(list(asked_of(fact)))),
        values=[first, second],
        window=window,
        since=data.draw(st.sampled_from(["", "0001-01-01", "-"])),
        until=data.draw(st.sampled_from(["", "2026-01-01", "2026-13-01", "x"])),
    )
    condition = condition_of(part, "EUR")
    assert (condition is None) == bool(part.error)
    assert condition is None or part_of(condition, CATALOGUE, "EUR")


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ("since: 2026-10-04, until: 2026-11-01", "Orders from 4 Oct 2026 to 31 Oct 2026 is at least 1"),
        ("since: 2026-10-04", "Orders since 4 Oct 2026 is at least 1"),
        ("until: 2026-11-01", "Orders before 1 Nov 2026 is at least 1"),
        ("until: 0001-01-01, since: 0001-01-01", "Orders from 1 Jan 1 to 1 Jan 1 is at least 1"),
        # What no field holds stays a text.
        ("since: today - 3 days", "orders.count(since: today - 3 days) >= 1"),
        ('where: channel = "a", since: 2026-10-04', 'orders.count(where: channel = "a", since: 2026-10-04) >= 1'),
    ],
)
def test_a_time_from_one_day_to_another_is_said_in_words(window: str, words: str):
    condition = parse(f"orders.count({window}) >= 1").tree
    part = part_of(condition, CATALOGUE, "EUR")
    assert in_words(part, "EUR") == words
    assert condition_of(part, "EUR") == condition


def people(count: int = 4) -> None:
    """Customers with names, one of them with an order."""
    shop.business()
    for number in range(count):
        shop.somebody(f"Jo Doe {number}", f"jo{number}@example.com")
    shop.put([shop.order_of(shop.Words())])
    rebuild_facts()


def sixty_people() -> None:
    people(60)


def listed(page: str) -> list[str]:
    return re.findall(r'class="row-link" href="[^"]+">([^<]+)<', page)


def where_of(page: str) -> str:
    found = re.search(r'<textarea[^>]*id="where"[^>]*>([^<]*)</textarea>', page, flags=re.DOTALL)
    assert found
    return found[1].replace("&gt;", ">").replace("&lt;", "<").replace("&quot;", '"')


@pytest.mark.begins_with(what=people)
def test_a_condition_filters_the_list_and_is_shown_as_chips(owner: Client):
    page = owner.get("/customers", {"where": "orders.count >= 1 and profile.has_email"}).text
    assert listed(page) == ["Ines Kovač"]
    assert "1 customer found" in page
    assert "Orders is at least 1" in page
    # Its words lead to its line, and taking a chip away leaves the others.
    opens = re.findall(r'class="chip chip-parts" aria-current="true"><a href="([^"]+)"', page)
    assert [parse_qs(urlsplit(each.replace("&amp;", "&")).query)["line"] for each in opens] == [["0"], ["1"]]
    assert 'name="asked.1" data-begins' in owner.get(opens[1].replace("&amp;", "&")).text
    assert "data-begins" not in owner.get("/customers?open=1&line=x").text
    without = re.findall(r'class="chip-away" href="([^"]+)"', page)
    assert [parse_qs(urlsplit(each.replace("&amp;", "&")).query)["where"] for each in without] == [
        ["profile.has_email"],
        ["orders.count >= 1"],
    ]


@pytest.mark.begins_with(what=people)
def test_who_bought_a_product_is_a_chip_with_its_name(owner: Client):
    [product, *_] = list_products(limit=9)
    asked = 'purchases.count(where: product_ids contains "{}") >= 1'
    assert f"Bought {escape(product.name)}</a>" in owner.get("/customers", {"where": asked.format(product.id)}).text
    nobodys = asked.format(UUID(int=7))
    assert f"{escape(nobodys)}</a>" in owner.get("/customers", {"where": nobodys}).text


@pytest.mark.begins_with(what=people)
def test_what_was_on_a_day_is_a_chip_in_words_and_a_line_with_the_day(owner: Client):
    where = 'rfm.segment(on: 2026-10-31) = "loyal" and not rfm.segment exists'
    page = owner.get("/customers", {"where": where}).text
    assert "RFM segment on 31 Oct 2026 is Loyal" in page
    page = owner.get("/customers/filter", {"by": "text", "where": where}, headers=HTMX).text
    assert re.search(r'type="date" name="on.0" value="2026-10-31"', page)
    told = {"lines": "1", "fact.0": "rfm.segment", "asked.0": "=", "value.0": "loyal", "on.0": "2026-10-31"}
    page = owner.get("/customers/filter", told, headers=HTMX).text
    assert where_of(page) == 'rfm.segment(on: 2026-10-31) = "loyal"'
    assert 'name="on.0"' not in owner.get("/customers/filter", told | {"fact.0": "rfm.r"}, headers=HTMX).text
    # A day that moves on has no line of its own, and stays as it was written.
    page = owner.get(
        "/customers/filter", {"by": "text", "where": "rfm.segment(on: today - 7 days) exists"}, headers=HTMX
    ).text
    assert 'name="text.0" value="rfm.segment(on: today - 7 days) exists"' in page


@pytest.mark.begins_with(what=people)
def test_a_condition_that_cannot_be_meant_is_told_with_its_place(owner: Client):
    page = owner.get("/customers", {"where": "orders.count >= 1 and orders.cuont = 2"}).text
    assert "Is orders.count meant?" in page
    assert "<mark>orders.cuont</mark>" in page
    assert listed(page) == []


@pytest.mark.begins_with(what=people)
def test_words_and_a_condition_find_together(owner: Client):
    assert listed(owner.get("/customers", {"q": "ines", "where": "orders.count = 0"}).text) == []
    assert listed(owner.get("/customers", {"q": "ines", "where": "orders.count >= 1"}).text) == ["Ines Kovač"]


@pytest.mark.begins_with(what=people)
def test_the_columns_and_the_order_are_those_that_are_asked_for(owner: Client):
    page = owner.get("/customers", {"show": ["profile.city", "orders.average"], "sort": "orders.revenue"}).text
    heads = re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', page)
    assert heads == ["Name", "E-mail or phone", "City", "Average order"]
    assert listed(page)[0] == "Ines Kovač"
    assert (
        listed(owner.get("/customers", {"sort": "orders.revenue", "direction": "ascending"}).text)[-1] == "Ines Kovač"
    )
    # What there is not, is left out.
    assert "Name" in owner.get("/customers", {"show": "orders.nothing", "sort": "profile.city"}).text


@pytest.mark.begins_with(what=people)
def test_lines_become_a_text_and_a_text_becomes_lines(owner: Client):
    told = {"lines": "1", "fact.0": "orders.count", "asked.0": ">=", "value.0": "1", "add": "profile.city"}
    page = owner.get("/customers/filter", told, headers=HTMX).text
    assert where_of(page) == "orders.count >= 1"
    assert 'name="fact.1" value="profile.city"' in page
    assert "1 customer found" in page
    page = owner.get(
        "/customers/filter", {"by": "text", "where": "orders.days_since_last(last: 30 days) < 9"}, headers=HTMX
    ).text
    assert 'name="window.0" value="30"' in page
    counted = "orders.count(since: 2026-10-04, until: 2026-11-01) >= 1"
    page = owner.get("/customers/filter", {"by": "text", "where": counted}, headers=HTMX).text
    assert 'name="since.0" value="2026-10-04"' in page
    assert 'name="until.0" value="2026-11-01"' in page
    line = {"lines": "1", "fact.0": "orders.count", "asked.0": ">=", "value.0": "1", "since.0": "2026-10-04"}
    page = owner.get("/customers/filter", line | {"until.0": ""}, headers=HTMX).text
    assert where_of(page) == "orders.count(since: 2026-10-04) >= 1"
    page = owner.get("/customers/filter", told | {"drop": "0", "add": ""}, headers=HTMX).text
    assert where_of(page) == ""
    assert "filter-line" in owner.get("/customers/filter", told | {"add": "text"}, headers=HTMX).text


@pytest.mark.begins_with(what=people)
def test_a_line_that_is_not_filled_in_says_so_and_counts_the_others(owner: Client):
    told = {
        "lines": "2",
        "fact.0": "orders.count",
        "asked.0": ">=",
        "value.0": "1",
        "fact.1": "profile.city",
        "asked.1": "=",
    }
    page = owner.get("/customers/filter", told, headers=HTMX).text
    assert where_of(page) == "orders.count >= 1"
    assert "Something is missing here" in page


@pytest.mark.parametrize("fact", ["orders.count", "profile.city", "rfm.segment", "orders.last", "text"])
@pytest.mark.begins_with(what=people)
def test_a_line_that_was_just_added_is_not_yet_wrong_and_is_where_one_types(owner: Client, fact: str):
    page = owner.get("/customers/filter", {"lines": "0", "add": fact}, headers=HTMX).text
    assert "field-error" not in page
    assert page.count("data-begins") == 1
    assert 'name="new" value="0"' in page
    # Nor is it where one chooses what is asked of it; but where another is added, it was left as it is.
    told = {"lines": "1", "new": "0", **({} if fact == "text" else {"fact.0": fact, "asked.0": "="})}
    page = owner.get("/customers/filter", told, headers=HTMX).text
    assert "field-error" not in page
    assert "data-begins" not in page
    page = owner.get("/customers/filter", told | {"add": "orders.count"}, headers=HTMX).text
    assert page.count("field-error") == 1
    assert 'name="new" value="1"' in page


@pytest.mark.begins_with(what=people)
def test_a_choice_that_is_not_made_says_so(owner: Client):
    page = owner.get("/customers/filter", {"lines": "0", "add": "rfm.segment"}, headers=HTMX).text
    assert '<option value="">choose …</option>' in page


@pytest.mark.begins_with(what=people)
def test_without_scripts_the_lines_lead_to_the_list(owner: Client):
    told = {"lines": "1", "fact.0": "orders.count", "asked.0": ">=", "value.0": "1"}
    answer = owner.get("/customers/filter", told)
    assert answer.status_code == 302
    assert listed(owner.get(answer["Location"]).text) == ["Ines Kovač"]


@pytest.mark.begins_with(what=people)
def test_the_text_is_completed(owner: Client):
    items = owner.get("/customers/filter/complete", {"text": "orders.co", "at": "9"}).json()["items"]
    assert [each["text"] for each in items] == ["orders.count"]
    assert owner.get("/customers/filter/complete", {"text": "x" * 99_999, "at": "-1"}).json()["items"] == []


@pytest.mark.begins_with(what=sixty_people)
def test_a_long_list_is_counted_when_it_is_there(owner: Client, monkeypatch: pytest.MonkeyPatch):
    # So few would be found as a whole, and counted with it.
    monkeypatch.setattr("regulars.facts.asking.CHEAP_COST", 0)
    page = owner.get("/customers", {"where": "orders.count >= 0"}).text
    [address] = re.findall(r'hx-get="(/customers/count[^"]+)"', page)
    assert "61 customers found" in owner.get(address.replace("&amp;", "&"), headers=HTMX).text


def tag_them(client: Client, **told: object) -> str:
    return client.post("/customers/tag", {"back": "/customers", **told}, follow=True).text


@pytest.mark.begins_with(what=people)
def test_the_chosen_are_tagged_and_it_can_be_undone(owner: Client):
    ids = [str(each.id) for each in list_newest_customers(limit=3)]
    page = tag_them(owner, tag="vip", do="add", customer=ids)
    assert "“vip”: 3 customers were tagged." in page
    assert "Undo" in page
    assert len(listed(owner.get("/customers", {"where": 'profile.tags contains "vip"'}).text)) == 3
    # Of those who had it already, nothing is undone.
    assert "1 customer was tagged." in tag_them(
        owner, tag="vip", do="add", customer=[*ids, str(list_newest_customers(limit=4)[3].id)]
    )
    assert "Undone for 1 customer." in owner.post("/customers/tag/undo", {"back": "/customers"}, follow=True).text
    assert len(listed(owner.get("/customers", {"where": 'profile.tags contains "vip"'}).text)) == 3
    assert "The tag “vip” was taken from 3 customers." in tag_them(owner, tag="vip", do="remove", customer=ids)


@pytest.mark.begins_with(what=sixty_people)
def test_all_that_the_list_finds_are_tagged_where_that_is_asked_for(owner: Client):
    assert "60 customers were tagged." in tag_them(owner, tag="quiet", do="add", all="on", where="orders.count = 0")


@pytest.mark.parametrize("told", [{"tag": " "}, {"tag": "x" * 61}, {"tag": "vip", "customer": "nobody"}])
@pytest.mark.begins_with(what=people)
def test_a_tag_that_is_none_changes_nothing(owner: Client, told: dict[str, str]):
    ids = [str(each.id) for each in list_newest_customers(limit=1)]
    tag_them(owner, **({"customer": ids} | {"do": "add"} | told))
    assert all(not each.tags for each in list_newest_customers(limit=10))


@pytest.mark.begins_with(what=people)
def test_the_way_back_is_never_elsewhere(owner: Client):
    for back in ("https://evil.example/customers", "//evil.example", "/sign-out", "javascript:alert(1)"):
        answer = owner.post("/customers/tag", {"back": back, "tag": "vip", "do": "add"})
        assert answer["Location"] == "/customers"


@pytest.mark.begins_with(what=people)
def test_the_list_is_taken_out_as_a_file_with_its_columns(owner: Client):
    answer = owner.post("/customers/export", {"where": "orders.count >= 1", "show": ["orders.revenue", "profile.city"]})
    lines = answer.getvalue().decode().splitlines()
    assert lines[0] == "Customer,Name,E-mail,Phone,Revenue,City"
    assert lines[1].split(",")[1:5] == ["Ines Kovač", "ines.kovac@example.com", "", "64.80"]
    assert len(lines) == 2
    [(entry, _)] = list_audit_entries(limit=5, action="customers.exported")
    assert entry.details["customers"] == 1


@pytest.mark.begins_with(what=people)
def test_only_the_chosen_are_taken_out_where_some_are_chosen(owner: Client):
    assert "Export the chosen" in owner.get("/customers").text
    chosen = [str(each.id) for each in list_newest_customers(limit=3)][1:]
    told = {"customer": [*chosen, chosen[0], "nobody", str(UUID(int=1))], "show": ["profile.city"]}
    lines = owner.post("/customers/export", told).getvalue().decode().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["Customer", *chosen]
    [(entry, _)] = list_audit_entries(limit=5, action="customers.exported")
    assert entry.details == {"customers": 2, "columns": ["profile.city"]}
    # Where all that the list finds is meant, the boxes do not count; and those that name nobody are not the whole list.
    lines = owner.post("/customers/export", told | {"all": "on"}).getvalue().decode().splitlines()
    assert len(lines) == 6
    assert len(owner.post("/customers/export", {"customer": "nobody"}).getvalue().decode().splitlines()) == 1


@pytest.mark.begins_with(what=people)
def test_a_view_is_kept_shared_and_taken_away(owner: Client):
    query = "where=orders.count+%3E%3D+1&sort=orders.revenue"
    page = owner.post("/customers/views", {"name": " Best  ones ", "query": query, "is_shared": "on"}, follow=True).text
    assert "Best ones" in page
    assert listed(page) == ["Ines Kovač"]
    client = client_of(Role.ANALYST)
    assert "Best ones" in client.get("/customers").text
    [remove] = re.findall(r'action="(/customers/views/[^"]+/remove)"', page)
    assert client.post(remove).status_code in {400, 404, 422}
    assert "Best ones" in owner.get("/customers").text
    assert "“Best ones” is gone" in owner.post(remove, follow=True).text
    assert "Best ones" not in owner.get("/customers").text


@pytest.mark.begins_with(what=people)
def test_a_customer_is_looked_at_beside_the_list(owner: Client):
    [one] = [each for each in list_newest_customers(limit=9) if each.name == "Ines Kovač"]
    page = owner.get(f"/customers/{one.id}/panel", headers=HTMX).text
    assert "Ines Kovač" in page
    assert "€64.80" in page
    assert f'href="/customers/{one.id}"' in page
    [(viewed, _)] = list_audit_entries(limit=5, action="customer.viewed")
    assert (viewed.object_id, viewed.details) == (str(one.id), {"part": "panel"})


@pytest.mark.begins_with(what=people)
def test_who_may_only_read_gets_no_boxes(owner: Client):
    client = client_of(Role.ANALYST)
    page = client.get("/customers").text
    assert "data-choose" not in page
    assert client.post("/customers/tag", {"tag": "vip"}).status_code == 403


def test_what_is_asked_in_a_text_is_what_the_parser_reads():
    assert parse("orders.count >= 1").tree == condition_of(
        Part(fact=CATALOGUE.facts["orders.count"], asked=">=", values=["1", ""]), "EUR"
    )


# --- In a browser -----------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.begins_with(what=fill)
def test_the_side_panel_never_shows_the_one_before(console: Console) -> None:
    page = console.page()
    page.goto("/customers?q=kovac")
    beside = page.get_by_role("dialog", name="A customer")
    page.get_by_role("button", name="Glance Ines Kovač").click()
    expect(beside).to_contain_text("ines.kovac@example.com")
    page.keyboard.press("Escape")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/panel", hold)
    page.get_by_role("button", name="Glance I. Kovac").click()
    expect(beside.locator(".skeleton").first).to_be_visible()
    expect(beside).not_to_contain_text("ines.kovac@example.com")
    # Nor does an answer that comes after another was asked for.
    beside.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Glance Ines Kovač").click()
    held[1].continue_()
    expect(beside).to_contain_text("ines.kovac@example.com")
    page.keyboard.press("Escape")
    page.unroute("**/panel")
    page.route("**/panel", lambda route: route.abort())
    page.get_by_role("button", name="Glance I. Kovac").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")
    expect(beside).to_be_hidden()
    picture(page, "a side panel that fails")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    # Its button asks again.
    page.unroute("**/panel")
    page.get_by_role("button", name="Glance I. Kovac").click()
    expect(beside).to_contain_text("i.kovac@example.com")
    console.complaints.clear()


@pytest.mark.browser
@pytest.mark.begins_with(what=fill)
def test_the_bar_says_how_many_are_chosen_and_takes_them_out(console: Console) -> None:
    rebuild_facts()
    page = console.page()
    page.goto("/customers?where=orders.count+%3E%3D+0")
    bar = page.get_by_role("group", name="With the chosen customers")
    boxes = page.get_by_role("checkbox", name=re.compile("^Choose (?!all)"))
    boxes.first.check()
    expect(bar).to_contain_text("1 chosen")
    found = bar.get_by_role("checkbox", name="All that the list finds")
    found.check()
    expect(bar).to_contain_text("All: 57 customers found")
    # Who takes one out means those that are left.
    boxes.first.uncheck()
    expect(bar).to_contain_text("49 chosen")
    expect(found).not_to_be_checked()
    bar.get_by_role("button", name="None").click()
    expect(bar).to_be_hidden()
    for number in range(2):
        boxes.nth(number).check()
    with page.expect_download() as download:
        bar.get_by_role("button", name="Export the chosen").click()
    assert len(Path(download.value.path()).read_text(encoding="utf-8").splitlines()) == 3
    expect(bar).to_contain_text("2 chosen")
    with page.expect_download() as download:
        page.get_by_role("button", name="Take out as CSV").click()
    assert len(Path(download.value.path()).read_text(encoding="utf-8").splitlines()) == 58


@pytest.mark.browser
@pytest.mark.begins_with(what=fill)
def test_on_a_phone_customers_are_chosen_without_scrolling_sideways(console: Console) -> None:
    page = console.page(width=390)
    page.goto("/customers")
    box = page.locator(".table-box").evaluate("box => [box.scrollWidth, box.clientWidth]")
    assert box[0] == box[1]
    page.get_by_role("checkbox", name=re.compile("^Choose (?!all)")).first.check()
    bar = page.get_by_role("group", name="With the chosen customers")
    expect(bar).to_contain_text("1 chosen")
    picture(page, "customers chosen on a phone")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.browser
@pytest.mark.begins_with(what=fill)
def test_the_heads_of_a_table_stand_on_one_line(console: Console) -> None:
    page = console.page()
    page.goto("/customers")
    picture(page, "customers heads")
    tops = page.locator("thead th").evaluate_all(
        """heads => heads.map((head) => {
          const range = document.createRange();
          range.selectNodeContents(head.querySelector("a")?.firstChild ?? head.firstChild);
          return range.getBoundingClientRect().bottom;
        })"""
    )
    assert max(tops) - min(tops) < 1
