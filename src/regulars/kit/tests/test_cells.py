from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kit.cells import csv_line, plain_cell, safe_cell

SIGNS = "=+-@\t\r"


@pytest.mark.parametrize("sign", SIGNS)
def test_a_cell_that_would_be_a_formula_is_none(sign: str) -> None:
    assert safe_cell(f"{sign}1") == f"'{sign}1"
    assert safe_cell(f"1{sign}") == f"1{sign}"


@given(st.text(alphabet=f"{SIGNS}'a"))
def test_no_cell_begins_as_a_formula_and_each_text_comes_back(text: str) -> None:
    assert not safe_cell(text).startswith(tuple(SIGNS))
    assert plain_cell(safe_cell(text)) == text


def test_an_apostrophe_before_anything_else_is_the_texts_own() -> None:
    assert plain_cell("'s Stüberl") == "'s Stüberl"


def test_a_number_below_zero_is_a_number() -> None:
    line = csv_line(["-1", Decimal("-12.50"), -3, "a,b", ""])
    assert next(csv.reader(io.StringIO(line))) == ["'-1", "-12.50", "-3", "a,b", ""]
