from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.loyalty.definitions.example import EXAMPLE
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.definitions.tests.programs import SMALL, rule

HEAD = "program: club\nname: Club\n"
CURRENCIES = "currencies: [{key: beans, name: Beans}]\n"
SMALLEST = HEAD + CURRENCIES


def fault_of(text):
    reading = read_program(text)
    assert reading.program is None
    [fault] = reading.faults
    return fault


def places(text):
    reading = read_program(text)
    assert reading.program is None
    return [(fault.code, fault.pointer, fault.line, fault.column) for fault in reading.faults]


# --- What is read -----------------------------------------------------------------------------------------------------


def test_yaml_and_json_lead_to_the_same_programme():
    program = read_program(EXAMPLE).program
    assert program is not None
    assert program.rules[0].grant.per == {"EUR": 1, "CHF": 1}
    as_json = read_program(json.dumps(SMALL, indent="\t"))
    as_yaml = read_program(SMALLEST + "zone: Europe/Vienna\nrules:\n- " + json.dumps(SMALL["rules"][0]))
    assert as_json.program == as_yaml.program
    assert as_json.program is not None


def test_bytes_are_utf_8_with_or_without_a_mark():
    for text in (SMALLEST.replace("Club", "Café"), json.dumps(SMALL | {"name": "Café"}, ensure_ascii=False)):
        for encoding in ("utf-8", "utf-8-sig"):
            assert read_program(text.encode(encoding)).program.name == "Café"


def test_pairs_of_json_are_one_character():
    assert read_program(json.dumps(SMALL | {"name": "🐝"})).program.name == "🐝"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("'5'", "5"),
        ('"yes"', "yes"),
        ("yes", "yes"),
        ("!!str 5", "5"),
        ("2026-01-01", "2026-01-01"),
        ("|\n  a\n  b", "a\nb\n"),
        ("! 5", "5"),
    ],
)
def test_texts_are_texts(written, name):
    assert read_program(SMALLEST.replace("name: Club", f"name: {written}")).program.name == name


def test_amounts_are_read_to_the_last_digit():
    for text in (
        SMALLEST.replace("Beans", "Beans, cost: {EUR: 123456789012.123456, USD: 0.1}"),
        json.dumps(SMALL).replace('"Beans"', '"Beans", "cost": {"EUR": 123456789012.123456, "USD": 0.1}'),
    ):
        cost = read_program(text).program.currencies[0].cost
        assert {code: str(amount) for code, amount in cost.items()} == {"EUR": "123456789012.123456", "USD": "0.1"}


# --- What cannot be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "empty", 1, 1),
        ("# only a comment\n", "empty", 1, 1),
        (SMALLEST + "name: Twice\n", "duplicate_name", 4, 1),
        (HEAD + "currencies: [{key: beans, key: seeds, name: A}]", "duplicate_name", 3, 27),
        (HEAD + "description: &a text\n", "anchor", 3, 14),
        (HEAD + "description: *a\n", "anchor", 3, 14),
        (HEAD + "currencies: &a []\n", "anchor", 3, 13),
        (HEAD + "description: !secret text\n", "unknown_tag", 3, 14),
        (HEAD + "currencies: !!set {a}\n", "unknown_tag", 3, 13),
        (HEAD + "description: !!python/object:os.system text\n", "unknown_tag", 3, 14),
        (HEAD + "description: !!int text\n", "unknown_tag", 3, 14),
        (SMALLEST + "---\n" + SMALLEST, "second_document", 4, 1),
        (HEAD + "? [a]\n: b\n", "wrong_key", 3, 3),
        (HEAD + "description: " + "[" * 40, "too_deep", 3, 43),
        (HEAD + 'description: "open\n', "no_yaml", 4, 1),
        (HEAD + " description: a\n", "no_yaml", 3, 13),
        (HEAD + "description: \x07\n", "unkept_character", 3, 14),
        (HEAD + 'description: "\\0"\n', "unkept_character", 3, 14),
        (b"name: \xff", "not_utf8", 1, 1),
        ('{"a": 1, "a": 2}', "duplicate_name", 1, 10),
        ('{"a": [1,\n 2,]}', "no_json", 2, 4),
        ('{"a": 01}', "no_json", 1, 7),
        ('{"a": "\n"}', "no_json", 1, 7),
        ('{"a": 1', "no_json", 1, 8),
        ('{"a": 1} {}', "no_json", 1, 10),
        ('{"a" 1}', "no_json", 1, 6),
        ("{a: 1}", "no_json", 1, 2),
        ('{"a": NaN}', "no_json", 1, 7),
        ('{"a": "\\ud800"}', "unkept_character", 1, 7),
        ('{"a": "\\u0000"}', "unkept_character", 1, 7),
        ('{"a": ' + "[" * 40, "too_deep", 1, 36),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text, code, line, column):
    fault = fault_of(text)
    assert (fault.code, fault.line, fault.column) == (code, line, column)
    assert fault.message


def test_a_text_of_more_than_a_megabyte_is_not_read():
    assert fault_of("#" * (2**20 + 1)).code == "too_large"
    assert fault_of("é" * 2**19 + "a").code == "too_large"
    assert fault_of(b"#" * (2**20 + 1)).code == "too_large"
    assert fault_of("#" * 2**20).code == "empty"


def test_a_text_of_too_many_parts_is_given_up():
    assert fault_of("[" + "1," * 100_001 + "]").code == "too_many_parts"
    assert fault_of('{"a": [' + "1," * 100_001 + "1]}").code == "too_many_parts"


def test_merges_are_no_part_of_what_is_read():
    assert places(SMALLEST + "<<: {description: a}\n") == [("unknown_field", "/<<", 4, 1)]


def test_many_aliases_do_not_grow():
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20))
    assert fault_of("a0: &a0 [a]\n" + levels).code == "anchor"


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    for begun in (text, "{" + text, SMALLEST + text):
        reading = read_program(begun)
        assert (reading.program is None) == bool(reading.faults)


# --- What is read, and is no programme --------------------------------------------------------------------------------


def test_each_fault_has_its_line():
    text = """\
program: Club
name: ""
zone: 5
wrong: 1
currencies:
  - key: beans
    name: Beans
    cost: {EUR: 0, XXX: 1}
    expiry: {kind: calendar, month: 13, day: "1"}
    grace_days: 1.5
rules:
  - key: shopping
    name: Shopping
    on: {kind: nothing}
    currency: beans
    grant:
      kind: per_amount
      points: 1.1234567
    caps:
      - {scope: member}
      - 5
    activation: {kind: "on"}
    expiry: {}
    dates: {start: 2026-02-30}
    opt_in: yes
rewards:
  - {key: a, name: A, gives: {kind: gift}, currencies: beans}
  - {key: b, name: B, gives: {kind: gift}, currencies: [beans]}
vouchers:
  - key: five
    name: Five
    off: {kind: percent, percent: 101, most: {}}
budgets: {}
"""
    assert places(text) == [
        ("wrong_form", "/program", 1, 1),
        ("too_short", "/name", 2, 1),
        ("not_text", "/zone", 3, 1),
        ("unknown_field", "/wrong", 4, 1),
        ("too_small", "/currencies/0/cost/EUR", 8, 12),
        ("unknown_currency", "/currencies/0/cost/XXX", 8, 20),
        ("too_large", "/currencies/0/expiry/month", 9, 30),
        ("not_whole_number", "/currencies/0/expiry/day", 9, 41),
        ("not_whole_number", "/currencies/0/grace_days", 10, 5),
        ("unknown_kind", "/rules/0/on/kind", 14, 10),
        ("missing", "/rules/0/grant/per", 16, 5),
        ("too_many_digits", "/rules/0/grant/points", 18, 7),
        ("one_measure", "/rules/0/caps/0", 20, 9),
        ("not_a_mapping", "/rules/0/caps/1", 21, 9),
        ("missing", "/rules/0/activation/on", 22, 5),
        ("missing", "/rules/0/expiry/kind", 23, 5),
        ("not_a_day", "/rules/0/dates/start", 24, 13),
        ("not_yes_or_no", "/rules/0/opt_in", 25, 5),
        ("not_a_list", "/rewards/0/currencies", 27, 44),
        ("priced", "/rewards/1", 28, 5),
        ("too_large", "/vouchers/0/off/percent", 32, 26),
        ("too_few", "/vouchers/0/off/most", 32, 40),
        ("not_a_list", "/budgets", 33, 1),
    ]


def test_faults_are_told_in_words():
    messages = {
        fault.code: fault.message
        for text in (
            "program: Club\n",
            json.dumps(SMALL | {"multipliers": "divide", "rules": [rule(on={"kind": "x"})]}),
        )
        for fault in read_program(text).faults
    }
    assert messages == {
        "wrong_form": "It has another form: ^[a-z][a-z0-9_]{0,39}$",
        "missing": "It needs currencies.",
        "not_one_of": "It is one of: add, compound.",
        "unknown_kind": "The kind is one of: order, line, event, profile, enrolment, schedule, anniversary.",
    }


def test_a_field_named_as_the_kind_beside_it_is_found():
    text = SMALLEST.replace("name: Beans", "name: Beans, kind: status, status: 1")
    assert places(text) == [("unknown_field", "/currencies/0/status", 3, 54)]


def test_what_is_no_mapping_is_no_programme():
    assert places("[a]") == [("not_a_mapping", "", 1, 1)]
    assert places("just a text") == [("not_a_mapping", "", 1, 1)]


def test_only_so_many_faults_are_told():
    assert len(read_program(SMALLEST + "rules: [" + "1, " * 900 + "]").faults) == 200


def test_later_faults_find_their_line():
    from regulars.loyalty.definitions.contracts import Fault

    reading = read_program(SMALLEST)
    found = [Fault(code="b", message="", pointer="/currencies/0/name"), Fault(code="a", message="", pointer="/name/x")]
    assert [(each.code, each.line, each.column) for each in reading.placed(found)] == [("a", 2, 1), ("b", 3, 27)]
