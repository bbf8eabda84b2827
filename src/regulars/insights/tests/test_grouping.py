"""Groups by what is known: each customer is in the group that the value says, whatever type it has."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from regulars.facts.contracts import FactType
from regulars.insights.cohorts import Kind
from regulars.insights.sections.grouping import (
    FEWEST_ALIKE,
    MOST_VALUES,
    Grouping,
    Part,
    group_by_fact,
    group_by_values,
    quarter_cuts,
)
from retention.cohorts import LEFT_OUT

OTHERS, UNKNOWN = Part(kind=Kind.OTHERS), Part(kind=Kind.UNKNOWN)
TEXTS = pa.list_(pa.string())


def value(text: str, over: str | None = None, until: str | None = None) -> Part:
    return Part(kind=Kind.VALUE, value=text, over=over, until=until)


def group(kind: FactType, values: list[Any], told: pa.DataType, among: list[bool] | None = None) -> Grouping:
    looked_at = np.ones(len(values), np.bool_) if among is None else np.array(among)
    return group_by_fact("traits.x", kind, pa.array(values, told), looked_at)


def parts_of(found: Grouping) -> list[Part]:
    """Return the group of each customer, where nobody is in two."""
    [numbers], [parts] = found.groups, found.parts
    return [parts[number] for number in numbers]


def test_a_text_that_few_share_goes_with_the_others() -> None:
    values = ["Vienna"] * FEWEST_ALIKE + ["Graz"] * (FEWEST_ALIKE - 1) + [None]
    found = parts_of(group(FactType.TEXT, values, pa.string()))
    assert found == [value("Vienna")] * FEWEST_ALIKE + [OTHERS] * (FEWEST_ALIKE - 1) + [UNKNOWN]


def test_one_of_some_values_is_told_however_few_have_it() -> None:
    found = parts_of(group(FactType.CHOICE, ["tea", "coffee", "coffee", None], pa.string()))
    assert found == [value("tea"), value("coffee"), value("coffee"), UNKNOWN]


def test_only_the_most_common_values_are_told_apart_and_of_as_many_the_lesser_first() -> None:
    values = [f"v{number}" for number in range(MOST_VALUES + 2)] + ["v9"]
    [parts] = group_by_values("x", "text", pa.array(values), np.ones(len(values), np.bool_)).parts
    assert [part.value for part in parts] == ["v9", *(f"v{number}" for number in range(MOST_VALUES - 1)), "", ""]


def test_who_is_not_looked_at_does_not_say_what_is_common() -> None:
    values = ["tea", "milk", "milk"]
    found = parts_of(group(FactType.CHOICE, values, pa.string(), among=[True, False, False]))
    assert found == [value("tea"), OTHERS, OTHERS]


def test_yes_comes_before_no_and_who_has_said_neither_is_not_known() -> None:
    found = group(FactType.BOOLEAN, [False, False, True, None], pa.bool_())
    assert list(found.parts[0])[:2] == [value("true"), value("false")]
    assert parts_of(found) == [value("false"), value("false"), value("true"), UNKNOWN]


@pytest.mark.parametrize(
    ("kind", "told", "values", "texts"),
    [
        (FactType.NUMBER, pa.float64(), [38.5, 38.5, 9, 1e-7], ["38.5", "38.5", "9", "0.0000001"]),
        (FactType.INTEGER, pa.int64(), [2, 10, 2, -3], ["2", "10", "2", "-3"]),
        (
            FactType.DAY,
            pa.date32(),
            [date(2024, 2, 29), date(1969, 12, 31), date(2024, 2, 29), date(2024, 2, 29)],
            ["2024-02-29", "1969-12-31", "2024-02-29", "2024-02-29"],
        ),
    ],
)
def test_a_few_numbers_and_days_that_many_share_are_told_one_by_one_in_their_order(
    kind: FactType, told: pa.DataType, values: list[Any], texts: list[str]
) -> None:
    found = group(kind, [*values * FEWEST_ALIKE, None], told)
    assert parts_of(found) == [*(value(text) for text in texts * FEWEST_ALIKE), UNKNOWN]
    in_order = [part.value for part in found.parts[0] if part.kind is Kind.VALUE]
    assert in_order == [text for _, text in sorted(set(zip(values, texts, strict=True)))]


def test_many_numbers_make_quarters() -> None:
    found = parts_of(group(FactType.INTEGER, [*range(20, 0, -1), None], pa.int64()))
    first, second = value("1", None, "5"), value("2", "5", "10")
    third, fourth = value("3", "10", "15"), value("4", "15", None)
    assert found == [fourth] * 5 + [third] * 5 + [second] * 5 + [first] * 5 + [UNKNOWN]


def test_few_numbers_that_hardly_anybody_shares_make_quarters_too() -> None:
    found = parts_of(group(FactType.INTEGER, [1] * 19 + [7], pa.int64()))
    assert set(found) == {value("1", None, "1"), value("4", "1", None)}


def test_what_is_known_of_few_is_told_of_none_by_itself() -> None:
    found = parts_of(group(FactType.DAY, [date(2024, 5, 1)] * 19 + [None], pa.date32()))
    assert found == [OTHERS] * 19 + [UNKNOWN]


def test_quarters_are_bounded_by_values_that_there_are() -> None:
    assert quarter_cuts(np.array([400.0, 100, 300, 200])) == (100, 200, 300)
    assert quarter_cuts(np.array([7.0])) == (7, 7, 7)


def test_of_a_list_a_customer_is_in_the_group_of_each_of_its_texts() -> None:
    rare = FEWEST_ALIKE - 2
    values = [["a", "b"]] * FEWEST_ALIKE + [["b"]] + [["rare"]] * rare + [["a", "rare"], [], None]
    found = group(FactType.TEXTS, values, TEXTS)
    assert found.overlaps
    assert [list(parts) for parts in found.parts] == [[value("a")], [value("b")], [OTHERS, UNKNOWN]]
    in_a, in_b, rest = (numbers.tolist() for numbers in found.groups)
    has = [LEFT_OUT] * rare
    assert in_a == [0] * FEWEST_ALIKE + [LEFT_OUT] + has + [0, LEFT_OUT, LEFT_OUT]
    assert in_b == [0] * (FEWEST_ALIKE + 1) + has + [LEFT_OUT] * 3
    assert rest == [LEFT_OUT] * (FEWEST_ALIKE + 1) + [0] * rare + [LEFT_OUT, 1, 1]


def test_who_has_a_text_twice_counts_once_for_how_many_share_it() -> None:
    found = group(FactType.TEXTS, [["a"] * FEWEST_ALIKE, ["b"], ["b"], ["b"], ["b"], ["b"]], TEXTS)
    assert [list(parts) for parts in found.parts] == [[value("b")], [OTHERS, UNKNOWN]]
    assert found.groups[1].tolist() == [0] + [LEFT_OUT] * 5


@pytest.mark.parametrize("kind", [FactType.TEXT, FactType.CHOICE, FactType.BOOLEAN, FactType.NUMBER, FactType.DAY])
def test_where_nothing_is_known_of_anybody_all_are_in_one_group(kind: FactType) -> None:
    told = {FactType.BOOLEAN: pa.bool_(), FactType.NUMBER: pa.float64(), FactType.DAY: pa.date32()}
    assert parts_of(group(kind, [None, None], told.get(kind, pa.string()))) == [UNKNOWN, UNKNOWN]


def test_without_any_list_all_have_none() -> None:
    found = group(FactType.TEXTS, [None, []], TEXTS)
    assert [numbers.tolist() for numbers in found.groups] == [[1, 1]]
