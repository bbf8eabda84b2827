"""What is read in memory is what an engine gives: the same report and the same scores, whatever the orders are."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.intake.contracts import Settings
from regulars.kit.errors import DomainError
from regulars.report import reading
from regulars.report.contracts import Options
from regulars.report.json_form import to_json
from regulars.report.run import Goals, run
from regulars.report.tests.test_any_orders import DAY, rows, wishes


def both_ways(path, monkeypatch, **options):
    """Return the report and the scores, or the refusal, as read in memory and as read by the engine."""
    found = []
    for most in (reading.MOST_ROWS, -1):
        with monkeypatch.context() as patched:
            patched.setattr(reading, "MOST_ROWS", most)
            try:
                analysis = run([path], settings=Settings(), options=Options(**options), goals=Goals())
            except DomainError as error:
                found.append((str(error), None))
                continue
        form = to_json(analysis.report)
        del form["meta"]["generated_at"]
        found.append((form, analysis.scores))
    return found


def assert_alike(one, other, place=""):
    """Compare to the twelfth digit: an engine adds in the order in which its threads come by."""
    if isinstance(one, dict):
        assert one.keys() == other.keys(), place
        for key, value in one.items():
            assert_alike(value, other[key], f"{place}.{key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), place
        for number, pair in enumerate(zip(one, other, strict=True)):
            assert_alike(*pair, f"{place}[{number}]")
    elif isinstance(one, float):
        assert other == pytest.approx(one, rel=1e-12, abs=1e-12, nan_ok=True), place
    else:
        assert one == other, place


def assert_same_scores(one, other):
    assert one.schema.equals(other.schema)
    for name in one.column_names:
        left, right = one[name], other[name]
        if not left.equals(right):
            assert left.is_null().equals(right.is_null()), name
            numbers = [pc.fill_null(column.cast("float64"), 0).to_numpy() for column in (left, right)]
            np.testing.assert_allclose(*numbers, rtol=1e-12, err_msg=name)


def write(path, lines):
    quoted = [",".join(f'"{cell}"' for cell in line) for line in lines]
    path.write_text("\n".join(["customer,order,date,amount", *quoted]))
    return path


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=1, max_size=60), wishes)
def test_any_orders_come_to_the_same_in_memory_and_by_the_engine(tmp_path_factory, monkeypatch, lines, wish):
    path = write(tmp_path_factory.mktemp("both") / "orders.csv", lines)
    (ours, scores), (theirs, their_scores) = both_ways(path, monkeypatch, **wish)
    assert_alike(ours, theirs)
    if scores is not None:
        assert_same_scores(scores, their_scores)


@pytest.mark.parametrize("grain", ["day", "week"])
def test_a_shop_that_can_be_learnt_from_comes_to_the_same(tmp_path, monkeypatch, grain):
    """Refunds come late, some of them after the cuts of the slices, and undo whole days."""
    random = np.random.default_rng(5)
    lines = []
    for customer in range(900):
        day = int(random.integers(0, 350))
        gap, stays = random.gamma(2.0, 25.0), random.integers(1, 14)
        for number in range(int(stays)):
            amount = int(random.integers(500, 9_000))
            order = f"{customer}-{number}"
            lines.append((f"c{customer}", order, day, amount))
            if random.random() < 0.15:
                share = 1.0 if random.random() < 0.5 else 0.4
                lines.append(
                    (f"c{customer}", order, min(730, day + int(random.integers(0, 120))), -int(amount * share))
                )
            day += 1 + int(random.exponential(gap))
            if day > 730:
                break
    told = [
        (who, order, (np.datetime64(DAY) + int(day)).astype(str), f"{amount / 100:.2f}")
        for who, order, day, amount in lines
    ]
    (ours, scores), (theirs, their_scores) = both_ways(write(tmp_path / "o.csv", told), monkeypatch, grain=grain)
    assert ours["risk"]["method"] == "classifier"
    assert ours["metrics"]["refunded_minor"] > 0
    assert_alike(ours, theirs)
    assert_same_scores(scores, their_scores)
