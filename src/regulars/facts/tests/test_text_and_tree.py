"""A condition's text and its tree are one: each leads to the other, and back."""

from __future__ import annotations

import pytest
from hypothesis import given

from regulars.facts.catalogue import declared_catalogue
from regulars.facts.language import tree
from regulars.facts.language.parser import parse
from regulars.facts.language.printer import write, write_in_lines
from regulars.facts.language.reading_trees import read_tree, write_tree
from regulars.facts.tests.conditions import conditions

CATALOGUE = declared_catalogue()


@given(conditions(CATALOGUE))
def test_the_text_of_a_tree_is_read_as_that_tree(condition: tree.Condition) -> None:
    assert parse(write(condition)).tree == condition
    assert parse(write_in_lines(condition)).tree == condition


@given(conditions(CATALOGUE))
def test_the_json_of_a_tree_is_read_as_that_tree(condition: tree.Condition) -> None:
    assert read_tree(write_tree(condition)) == condition


@pytest.mark.parametrize(
    "text",
    [
        'orders.count(last: 90 days) >= 3 and loyalty.tier in ("Gold", "Platinum")'
        ' and not event("Product Viewed", where: category = "shoes", last: 7 days)',
        "anniversary(profile.birthday) in next 7 days",
        'rfm.segment has been "champions" for 30 days',
        'rfm.segment has been in ("champions", "loyal") for 1 month',
        'rfm.segment(on: today - 28 days) = "loyal" and not rfm.segment(on: 2026-10-31) exists',
        'bucket("spring", of: 100) < 10',
        'sequence(event("cart.filled"), not event("order.placed", where: total > 5), within: 1 day, last: 30 days)',
        'segment("best") or orders.revenue >= 250.00 EUR',
        "orders.last between today - 90 days and today - 30 days",
        'profile.city not in ("Wien", "Graz") and profile.tags contains "vip"',
        'profile.city starts with "W" and profile.birthday exists and profile.has_email',
        'orders.revenue(where: channel = "web" and categories contains "Coffee", since: 2026-01-01) > 0',
        'event("page.viewed", where: property("utm source") = "x", last: 1 hour) >= 3',
        "(orders.count > 1 or orders.count < 0) and not (orders.count = 5 and orders.count != 6)",
        "orders.days_between <= 12.5 and traits.score > -3",
    ],
)
def test_what_people_write_is_written_back_as_it_was(text: str) -> None:
    assert write(parse(text).tree) == text


def test_one_part_in_all_is_that_part() -> None:
    part = {"kind": "exists", "what": {"fact": "orders.first"}}
    assert read_tree({"kind": "all", "of": [part]}) == read_tree(part)
