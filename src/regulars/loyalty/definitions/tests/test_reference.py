from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given

from regulars.loyalty.definitions.example import EXAMPLE
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.reference import program_page, schema, schema_text, write_pages
from regulars.loyalty.definitions.tests.programs import programs
from regulars.loyalty.definitions.writing import to_json

DOCS = Path(__file__).parents[5] / "docs"


VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_pages_of_the_documentation_are_those_of_the_code(tmp_path):
    write_pages(tmp_path)
    assert (DOCS / "program.md").read_text(encoding="utf-8") == (tmp_path / "program.md").read_text(encoding="utf-8")
    assert (DOCS / "program.schema.json").read_text(encoding="utf-8") == schema_text()


def test_each_field_is_described():
    made = schema()
    parts = {name: part for name, part in made["$defs"].items() if "properties" in part} | {"Program": made}
    assert len(parts) > 40
    bare = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, field in part["properties"].items()
        if key != "kind" and "description" not in field and "$ref" not in field
    ]
    assert bare == []
    assert [name for name, part in made["$defs"].items() if not part.get("description")] == []


def test_each_part_stands_on_the_page_once():
    titles = [line for line in program_page().splitlines() if line.startswith("### ")]
    assert sorted(titles) == sorted(["### Program", *(f"### {name}" for name in schema()["$defs"])])


@given(programs())
def test_the_schema_allows_what_is_written(program):
    assert list(VALIDATOR.iter_errors(json.loads(to_json(program)))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("name",), ""),
        (("wrong",), 1),
        (("rules", 0, "on"), {}),
        (("rules", 0, "activation"), {}),
        (("rules", 0, "grant", "per"), {"euro": 1}),
        (("rules", 0, "opt_in"), "yes"),
        (("rules", 3, "grant", "points"), 0),
    ],
)
def test_the_schema_and_the_reading_refuse_alike(path, value):
    document = json.loads(to_json(read_program(EXAMPLE).program))
    *way, last = path
    part = document
    for step in way:
        part = part[step]
    part[last] = value
    assert not VALIDATOR.is_valid(document)
    assert read_program(json.dumps(document)).program is None
