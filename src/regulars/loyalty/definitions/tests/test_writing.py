from __future__ import annotations

import hashlib
import json

from hypothesis import given

from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.example import EXAMPLE
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.tests.programs import programs, rule, small
from regulars.loyalty.definitions.writing import digest_of, to_json, to_yaml


@given(programs())
def test_what_is_written_as_yaml_is_read_as_the_same_programme(program):
    reading = read_program(to_yaml(program))
    assert reading.faults == []
    assert reading.program == program
    assert digest_of(reading.program) == digest_of(program)


@given(programs())
def test_what_is_written_as_json_is_read_as_the_same_programme(program):
    reading = read_program(to_json(program))
    assert reading.faults == []
    assert reading.program == program
    assert to_json(reading.program) == to_json(program)
    # As the database gives it back.
    assert Program.model_validate_json(to_json(program)) == program


def test_defaults_are_left_out():
    assert to_yaml(small(rules=[rule(rounding="up", priority=0, caps=[], hours=None)])) == (
        "format: 1\n"
        "program: club\n"
        "name: Club\n"
        "zone: Europe/Vienna\n"
        "\n"
        "currencies:\n"
        "  - key: beans\n"
        "    name: Beans\n"
        "\n"
        "rules:\n"
        "  - key: shopping\n"
        "    name: Shopping\n"
        "    on: {kind: order}\n"
        "    currency: beans\n"
        "    grant:\n"
        "      kind: per_amount\n"
        "      points: 1\n"
        "      per: {EUR: 1}\n"
        "    rounding: up\n"
    )


def test_texts_are_quoted_only_where_yaml_would_take_them_for_something_else():
    written = to_yaml(small(name="Yes", description="Points, and more.\nFor all.\n", zone=None))
    assert 'name: "Yes"\n\ndescription: |\n  Points, and more.\n  For all.\n' in written
    assert "\nname: Café & more, for all\n" in to_yaml(small(name="Café & more, for all"))
    assert '\nname: "a: b"\n' in to_yaml(small(name="a: b"))
    assert '\nname: "1.50"\n' in to_yaml(small(name="1.50"))


def test_amounts_are_exact_and_in_their_order():
    amounts = {"USD": "1.10", "EUR": "123456789012.123456"}
    program = small(currencies=[{"key": "beans", "name": "Beans", "cost": amounts}])
    assert "cost: {USD: 1.1, EUR: 123456789012.123456}" in to_yaml(program)
    assert b'"cost":{"USD":"1.1","EUR":"123456789012.123456"}' in to_json(program)
    again = read_program(to_yaml(program)).program
    assert again == program
    assert list(again.currencies[0].cost) == ["USD", "EUR"]


def test_the_digest_is_of_the_json_and_tells_documents_apart():
    program = small()
    assert digest_of(program) == hashlib.sha256(to_json(program)).hexdigest()
    assert digest_of(small(name="Other")) != digest_of(program)
    # What is written otherwise but means the same is the same.
    per = {"EUR": "1.00"}
    assert digest_of(small(rules=[rule(grant={"kind": "per_amount", "points": "1.0", "per": per})])) == digest_of(
        program
    )


def test_json_is_compact_and_keeps_letters():
    program = read_program(EXAMPLE.replace("The Roastery Club", "Rösterei")).program
    assert '"name":"Rösterei"'.encode() in to_json(program)
    assert json.loads(to_json(program))["program"] == "club"
