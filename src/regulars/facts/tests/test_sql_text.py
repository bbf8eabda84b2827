"""The text of a statement follows from the shape of a condition; what somebody writes is only ever bound."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from pydantic import BaseModel

from regulars.facts.catalogue import declared_catalogue
from regulars.facts.interpreters.sql import Compiler
from regulars.facts.language import tree
from regulars.facts.language.binding import Setting, bind
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import parse
from regulars.facts.tests.conditions import conditions
from regulars.facts.tests.injections import INJECTIONS

CATALOGUE = declared_catalogue()
CLOCK = Clock(datetime(2026, 11, 28, 12, tzinfo=UTC), ZoneInfo("Europe/Vienna"))
LATER = Clock(datetime(2027, 3, 28, 1, tzinfo=UTC), ZoneInfo("America/New_York"))


def compiled(condition: tree.Condition, clock: Clock = CLOCK) -> tuple[str, dict[str, Any]]:
    compiler = Compiler(CATALOGUE.ground, clock)
    wanted = compiler.condition(bind(condition, Setting(catalogue=CATALOGUE, clock=clock, currency="EUR")))
    return compiler.select("customer.id", wanted), compiler.parameters


def with_other_values(node: Any, texts: str) -> Any:
    """Return a tree of the same shape in which texts, numbers and lengths of time are others."""
    if isinstance(node, tree.Duration):
        return node.model_copy(update={"amount": node.amount + 1})
    if isinstance(node, tree.Money):
        return node.model_copy(update={"minor": node.minor + 1})
    if isinstance(node, BaseModel):
        names = [name for name in type(node).model_fields if name in {"what", "value", "low", "high", "values", "of"}]
        names += [
            name for name in type(node).model_fields if name in {"where", "window", "on", "duration", "within", "steps"}
        ]
        changes = {name: with_other_values(getattr(node, name), texts) for name in names}
        if isinstance(node, tree.EventOperand | tree.Step):
            changes["event"] = texts
        return type(node).model_construct(**{**{n: getattr(node, n) for n in type(node).model_fields}, **changes})
    if isinstance(node, tuple):
        return tuple(with_other_values(each, texts) for each in node)
    return texts if isinstance(node, str) else node


@given(conditions(CATALOGUE))
def test_other_values_and_another_time_give_the_same_text(condition: tree.Condition):
    other = with_other_values(condition, 'it\'s "another"; DROP TABLE x --%s%(p0)s')
    try:
        first, second = compiled(condition), compiled(other, LATER)
    except WrongCondition:
        return
    assert first[0] == second[0]


def with_text(text: str) -> list[tree.Condition]:
    """Return conditions that hold a text wherever one can stand."""
    of_event = tree.Exists(what=tree.PropertyOperand(property=text))
    return [
        tree.Compare(what=tree.FactOperand(fact="profile.city"), operator=tree.Comparator.EQUAL, value=text),
        tree.Contains(what=tree.FactOperand(fact="profile.tags"), value=text),
        tree.StartsWith(what=tree.FactOperand(fact="profile.city"), value=text),
        tree.Holds(what=tree.EventOperand(event=text)),
        tree.Compare(what=tree.BucketOperand(bucket=text), operator=tree.Comparator.LESS, value=3),
        tree.Holds(what=tree.EventOperand(event="x", where=of_event)),
    ]


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_attacks_is_a_value_or_is_refused(text: str):
    for attacking, harmless in zip(with_text(text), with_text("harmless"), strict=True):
        sql, parameters = compiled(attacking)
        assert sql == compiled(harmless)[0]
        assert text in parameters.values() or text.split(".") in parameters.values()
    with pytest.raises(WrongCondition):
        compiled(parse(text).tree)


def test_every_value_in_a_statement_has_its_type():
    sql, parameters = compiled(parse('orders.count > 3 and event("x", where: price > 2, last: 3 days)').tree)
    assert len(re.findall(r"%\(p\d+\)s::[a-z0-9]+", sql)) == sql.count("%(p")
    assert set(re.findall(r"%\((p\d+)\)s", sql)) == set(parameters)
