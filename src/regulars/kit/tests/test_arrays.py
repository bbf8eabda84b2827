"""An array comes back from PostgreSQL as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from regulars.kit.arrays import array_literal

# What PostgreSQL keeps: no NUL, no half of a surrogate pair.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False, places=3),
    "float8": st.floats(allow_nan=False),
    "boolean": st.booleans(),
    "uuid": st.uuids(),
    "bytea": st.binary(),
    "date": st.dates(),
    "timestamptz": st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])),
}


class Kind(StrEnum):
    """A kind."""

    ONE = "o,n{e}"


def read_back(values: list[Any], kind: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unnest(%s::{kind}[])", [array_literal(values)])
        found = [value for (value,) in cursor.fetchall()]
    return [bytes(value) if isinstance(value, memoryview) else value for value in found]


class TestArrays(TestCase):
    """Each kind of value, and what is missing among them."""

    @given(st.data())
    def test_an_array_is_read_as_it_was_written(self, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(sorted(KINDS)))
        values = data.draw(st.lists(st.none() | KINDS[kind], max_size=5))
        assert read_back(values, kind) == values

    def test_what_looks_like_syntax_is_text(self) -> None:
        values = ["NULL", "", "{", "}", ",", '"', "\\", '\\"', " spaced ", "null", "a\nb", "%s", "'; DROP TABLE x; --"]
        assert read_back(values, "text") == values

    def test_an_enum_of_texts_is_a_text(self) -> None:
        assert read_back([Kind.ONE], "text") == ["o,n{e}"]

    def test_some_of_each(self) -> None:
        assert array_literal([UUID(int=1), None]) == "{00000000-0000-0000-0000-000000000001,NULL}"
        assert array_literal([Decimal("1.50"), 2, True]) == "{1.50,2,t}"
        assert array_literal([date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC)]) == (
            '{"2026-01-02","2026-01-02T00:00:00+00:00"}'
        )
        assert array_literal([]) == "{}"


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="no array of dict"):
        array_literal([{}])
