"""Somebody who writes a condition is told what could come next, and only what fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regulars.facts.catalogue import declared_catalogue
from regulars.facts.language.completion import complete
from regulars.facts.language.parser import parse
from regulars.facts.tests.world import catalogue

# Nothing has happened yet.
CATALOGUE = replace(declared_catalogue(), events=dict)


def offered(text: str) -> list[str]:
    return [each.text for each in complete(text, CATALOGUE)]


def test_a_condition_begins_with_a_fact():
    assert set(CATALOGUE.facts) <= set(offered(""))
    assert offered("orders.co") == ["orders.count"]


def test_a_fact_is_found_by_what_it_is_called_too():
    assert "orders.revenue" in offered("reven")


def test_behind_a_fact_comes_what_its_type_can_be_asked():
    assert {">=", "between", "in", "exists"} <= set(offered("orders.count "))
    assert not {"contains", "starts", "has"} & set(offered("orders.count "))
    assert {"contains", "starts", "=", "!="} <= set(offered("profile.city "))
    assert ">" not in offered("profile.city ")
    assert offered("profile.tags ")[:2] == ["contains", "exists"]
    assert not {"=", "in", "between", "starts"} & set(offered("profile.tags "))
    assert {"last", "next"} <= set(offered("orders.last in "))


def test_in_the_parentheses_of_a_fact_come_times_and_properties():
    assert offered("orders.count(") == ["last", "since", "until", "where"]
    assert {"channel", "categories", "coupons"} <= set(offered("orders.count(where: "))
    assert {"days", "weeks"} <= set(offered("orders.count(last: 90 "))


def test_in_the_parentheses_of_a_fact_whose_changes_are_kept_comes_a_day():
    assert "(" in offered("rfm.segment ")
    assert "(" not in offered("rfm.r ")
    assert offered("rfm.segment(") == ["on"]
    assert offered("rfm.segment(on: ") == ["today", "now"]
    assert '"champions"' in offered("rfm.segment(on: today - 28 days) = ")
    assert offered('event("page.viewed", ') == ["last", "since", "until", "where"]


@pytest.mark.django_db
def test_a_choice_is_offered_in_quotation_marks():
    known = catalogue()
    texts = [each.text for each in complete("test.state = ", known)]
    assert '"loyal"' in texts
    assert [each.text for each in complete('test.state = "lo', known)] == ['"loyal"', '"lost"']
    assert "has" in [each.text for each in complete("test.state ", known)]


def test_a_choice_of_a_property_is_offered_too():
    assert offered("orders.count(where: payment = ") == ['"unpaid"', '"paid"', '"refunded"']
    assert offered('orders.count(where: channel = "a" and payment in ("pa') == ['"paid"']
    assert {"=", "in", "contains"} <= set(offered("orders.count(where: payment "))
    assert not {"between", ">", "has", "last"} & set(offered("orders.count(where: payment "))


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ("profile.country = ", []),
        ("profile.country in (", []),
        ("orders.count = ", ["-"]),
        ("orders.count between 1 and ", ["-"]),
        ("profile.has_email = ", ["true", "false"]),
        ("orders.last > ", ["today", "now"]),
        ("profile.birthday > ", ["today"]),
        ("orders.count(where: channel = ", []),
        ("orders.count(where: items > ", ["-"]),
        ('event("a") > ', ["-"]),
        ('bucket("a") < ', ["-"]),
        ('event("a", where: price = ', ["-", "true", "false"]),
        ("anniversary(profile.birthday) ", ["in"]),
        ("anniversary(profile.birthday) in ", ["last", "next"]),
    ],
)
def test_of_values_only_those_are_offered_that_fit_the_type(text: str, fitting: list[str]):
    found = [each for each in offered(text) if each not in {"and", "or", "(", ")"}]
    assert found == fitting


def test_in_an_anniversary_come_facts_that_come_again_each_year():
    yearly = {name for name, fact in CATALOGUE.facts.items() if fact.is_yearly}
    assert set(offered("anniversary(")) == yearly
    assert "profile.birthday" in yearly
    assert offered("anniversary(orders.co") == []


@pytest.mark.parametrize("before", ["event(", "sequence(event(", 'sequence(event("a"), not event('])
def test_types_of_events_are_offered(before: str):
    types = {f'"{name}"' for name in CATALOGUE.event_types()}
    assert '"order.placed"' in types
    assert set(offered(before)) == types
    assert offered(f'{before}"order.pl') == ['"order.placed"']


def test_what_an_event_says_is_offered_behind_where():
    events = {"page.viewed": ["category", "utm source", "last"]}
    known = replace(CATALOGUE, events=lambda: events)
    for before in ('event("page.viewed", where: ', 'sequence(event("a"), event("page.viewed", where: '):
        texts = [each.text for each in complete(before, known)]
        assert texts == ["not", "(", "category", 'property("utm source")', 'property("last")']
    assert "category" not in [each.text for each in complete('event("cart.filled", where: ', known)]
    assert '"page.viewed"' in [each.text for each in complete("event(", known)]


def test_between_parts_come_and_and_or():
    assert {"and", "or"} <= set(offered("orders.count > 1 "))


def test_behind_a_text_in_quotation_marks_goes_on_what_may_come():
    assert offered('profile.city = "Wien, \\"I\\"" ') == ["and", "or"]
    assert offered('profile.city = "Wien" and orders.co') == ["orders.count"]


def test_nothing_is_offered_behind_what_is_wrong():
    assert offered("orders.count >> ") == []
    assert offered('orders.count = 1 "') == []


def test_what_is_offered_takes_the_place_of_what_was_begun():
    text = "orders.count > 1 and orders.rev"
    [found] = complete(text, CATALOGUE)
    assert parse(text[: found.start] + found.text + " > 3").tree


def test_in_the_midst_of_a_text_what_stands_before_counts():
    text = "orders.co > 1"
    assert [each.text for each in complete(text, CATALOGUE, at=len("orders.co"))] == ["orders.count"]
