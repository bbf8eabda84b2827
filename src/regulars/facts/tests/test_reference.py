"""The documentation tells what the code declares."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from hypothesis import given

from regulars.facts.catalogue import declared_catalogue
from regulars.facts.contracts import FactType
from regulars.facts.language import tree
from regulars.facts.language.parser import parse
from regulars.facts.language.printer import write
from regulars.facts.language.reading_trees import schema_of_trees, write_tree
from regulars.facts.reference import EXAMPLES, TYPES, conditions_page, facts_page, schema_text
from regulars.facts.tests.conditions import conditions

DOCS = Path(__file__).parents[4] / "docs"
CATALOGUE = declared_catalogue()
VALIDATOR = jsonschema.Draft202012Validator(schema_of_trees())


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("conditions.md", conditions_page()),
        ("facts.md", facts_page(CATALOGUE)),
        ("condition.schema.json", schema_text()),
    ],
)
def test_the_pages_in_docs_are_those_that_are_made(name: str, made: str):
    assert (DOCS / name).read_text(encoding="utf-8") == made


@pytest.mark.parametrize("text", [text for _, examples in EXAMPLES for text, _ in examples])
def test_each_example_is_read_and_written_back_as_it_stands(text: str):
    assert write(parse(text).tree) == text


@given(conditions(CATALOGUE))
def test_each_tree_fits_the_schema(condition: tree.Condition):
    assert list(VALIDATOR.iter_errors(write_tree(condition))) == []


def test_what_is_no_tree_does_not_fit_the_schema():
    assert not VALIDATOR.is_valid({"kind": "compare", "what": {"fact": "orders.count"}, "operator": "=>", "value": 3})
    assert not VALIDATOR.is_valid({"kind": "exists", "what": {"fact": "orders.count"}, "more": 1})


def test_each_fact_says_what_it_is():
    for fact in CATALOGUE.facts.values():
        assert fact.label
        assert fact.description.endswith("."), fact.name
        assert fact.changed_by, f"{fact.name} does not say after which events it is to be read again"
    assert set(TYPES) == set(FactType)
