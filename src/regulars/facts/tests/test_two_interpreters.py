"""SQL and memory give one answer, whatever is asked of whatever world."""

from __future__ import annotations

import math
from unittest.mock import patch

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import event, given, settings

from regulars.facts import asking
from regulars.facts.asking import Order, count_customers, explain, list_customers, sortable
from regulars.facts.catalogue import get_catalogue
from regulars.facts.contracts import Catalogue
from regulars.facts.interpreters.memory import judge
from regulars.facts.language import tree
from regulars.facts.language.binding import Setting, bind
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.meaning import Meaning
from regulars.facts.language.parser import Parsed, parse
from regulars.facts.tests.conditions import conditions
from regulars.facts.tests.world import STATE, TRAITS, Maker, World, catalogue, make_tables

pytestmark = pytest.mark.django_db


def found_by_sql(condition: Meaning, setting: Setting) -> set[object]:
    order = Order(fact=sortable(setting, "profile.since"))
    return set(list_customers(condition, setting=setting, order=order, limit=1_000).ids)


def paged_by_sql(condition: Meaning, setting: Setting, *, limit: int, cheap_cost: float) -> list[object]:
    """Return the same in pages, looked for along the index first, or as a whole, by what passes for cheap."""
    order, found, after = Order(fact=sortable(setting, "profile.since")), list[object](), None
    with patch.object(asking, "CHEAP_COST", cheap_cost):
        while True:
            page = list_customers(condition, setting=setting, order=order, limit=limit, after=after)
            found += page.ids
            if len(page.ids) < limit:
                return found
            after = page.places[-1]


def found_in_memory(condition: Meaning, world: World) -> set[object]:
    return {each.id for each in world.subjects if judge(condition, each, world.clock)}


def understood(condition: tree.Condition, setting: Setting) -> Meaning | None:
    """Return what a condition means; None where it is refused, as an anniversary of the past is."""
    try:
        return bind(condition, setting)
    except WrongCondition as error:
        event(f"refused: {error.code}")
        return None


# Each world is asked many conditions.
@settings(max_examples=settings().max_examples // 2)
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_both_find_the_same_customers(data: st.DataObject, seed: int) -> None:
    with transaction.atomic():
        make_tables()
        known = catalogue()
        world = Maker(seed).make()
        setting = Setting(catalogue=known, clock=world.clock, currency="EUR")
        for condition in data.draw(st.lists(conditions(known), min_size=8, max_size=8)):
            meant = understood(condition, setting)
            if meant is None:
                continue
            expected = found_in_memory(meant, world)
            event("all" if len(expected) == len(world.subjects) else "some" if expected else "none")
            assert found_by_sql(meant, setting) == expected
            limit = len(expected) // 2 + 1
            walked, whole = (paged_by_sql(meant, setting, limit=limit, cheap_cost=cost) for cost in (0.0, math.inf))
            assert walked == whole
            assert set(walked) == expected
            assert len(walked) == len(expected)
            assert count_customers(meant, setting=setting).value == len(expected)
            _explained_as_judged(condition, meant, setting, world)
        transaction.set_rollback(True)


def _explained_as_judged(condition: tree.Condition, meant: Meaning, setting: Setting, world: World) -> None:
    subject = world.subjects[0]
    explained = explain(Parsed(condition, {}), subject.id, setting=setting)
    assert explained
    assert explained.holds == judge(meant, subject, world.clock)


def test_each_fact_and_each_property_is_known_of_somebody_and_both_find_of_whom() -> None:
    known = get_catalogue(sees_sensitive=True)
    occurrences = {
        fact.aggregate.occurrences.name: fact.aggregate.occurrences for fact in known.facts.values() if fact.aggregate
    }
    told = {(of.name, name) for of in occurrences.values() for name in of.properties}
    facts, properties = set[str](), set[tuple[str, str]]()
    for seed in range(3):
        with transaction.atomic():
            make_tables()
            world = Maker(seed).make()
            setting = Setting(catalogue=catalogue(), clock=world.clock, currency="EUR")
            for text in _questions(setting.catalogue):
                meant = bind(parse(text).tree, setting)
                assert found_by_sql(meant, setting) == found_in_memory(meant, world), text
            facts |= _known_facts(world, setting.catalogue)
            properties |= _told_properties(world)
            transaction.set_rollback(True)
    assert facts == {*known.facts, STATE.name, *(f"traits.{key}" for key in TRAITS)}
    assert properties == told


def _questions(known: Catalogue) -> list[str]:
    """Return conditions that ask whether each fact is known, and each property of what is counted."""
    counted = {fact.aggregate.occurrences.name: fact for fact in known.facts.values() if fact.aggregate}
    return [f"{name} exists" for name in known.facts] + [
        f"{fact.name}(where: {name} exists, last: 2 years) exists"
        for fact in counted.values()
        if fact.aggregate
        for name in fact.aggregate.occurrences.properties
    ]


def _known_facts(world: World, known: Catalogue) -> set[str]:
    """Return the facts of which somebody has another value than who has none."""
    return {
        name
        for subject in world.subjects
        for name, value in subject.facts.items()
        if value not in (None, "", [], known.facts[name].missing)
    }


def _told_properties(world: World) -> set[tuple[str, str]]:
    return {
        (of, name)
        for subject in world.subjects
        for of, happened in subject.occurrences.items()
        for each in happened
        for name, value in each.properties.items()
        if value
    }


def test_the_harness_sees_an_interpreter_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that takes what is not known for nought."""
    make_tables()
    known: Catalogue = catalogue()
    world = Maker(7).make()
    setting = Setting(catalogue=known, clock=world.clock, currency="EUR")
    what = tree.FactOperand(fact="profile.age")
    meant = bind(tree.Compare(what=what, operator=tree.Comparator.LESS, value=90), setting)
    assert found_by_sql(meant, setting) == found_in_memory(meant, world)
    fits = "regulars.facts.interpreters.memory._fits"
    monkeypatch.setattr(fits, lambda value, predicate: (value or 0) < 90)
    assert found_by_sql(meant, setting) != found_in_memory(meant, world)
