"""The facts of insights are what the runs write."""

from __future__ import annotations

import re

from regulars.insights.facts import FACTS, SEGMENTS
from regulars.insights.models import Score, ScoreHistory
from retention import segments


def test_the_segments_are_those_of_the_science():
    assert tuple(SEGMENTS) == segments.SEGMENTS


def test_each_fact_reads_a_column_that_there_is():
    columns = {field.column for field in Score._meta.concrete_fields}
    changes = {field.column for field in ScoreHistory._meta.concrete_fields}
    for fact in FACTS:
        read = re.findall(r"insights_score\.(\w+)", fact.column)
        assert read, fact.name
        assert columns.issuperset(read), fact.name
        assert fact.history is None or fact.history.value in changes


def test_what_lists_sort_by_has_an_index_with_the_customer():
    indexed = {tuple(index.fields) for index in Score._meta.indexes if index.condition is None}
    for fact in FACTS:
        column = fact.column.removeprefix("insights_score.")
        assert not fact.is_indexed or (column, "customer") in indexed, fact.name
