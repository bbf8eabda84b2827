"""The book equals a rebuild, whatever comes in whatever order; and it refolds only whom it must."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention import rfm
from retention.reasons import InvalidInput
from retention.rfm import days as rfm_days
from retention.rfm.days import DayStore, Int32s
from retention.rfm.state import Grain

START = date(2024, 1, 1)
AS_OF = date(2024, 3, 1)
StateRow = tuple[str, int, int, int, int]
"""Customer, day, orders, gross, refunded."""


def state_of(rows: list[StateRow]) -> pa.Table:
    """Return the rows as a state, which has one row per customer and day."""
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for customer, day, *amounts in rows:
        sums[customer, day] = [a + b for a, b in zip(sums[customer, day], amounts, strict=True)]
    columns: dict[str, Any] = {
        "customer": pa.array([customer for customer, _ in sums], pa.string()),
        "day": pa.array([START + timedelta(days=day) for _, day in sums], pa.date32()),
    }
    for place, name in enumerate(("orders", "gross_minor", "refunded_minor")):
        columns[name] = pa.array([amounts[place] for amounts in sums.values()], pa.int64())
    return pa.table(columns)


def rebuilt(rows: list[StateRow], grain: Grain = "day") -> pa.Table:
    return (
        rfm.summarise_state(ibis.memtable(state_of(rows)), as_of=AS_OF, grain=grain, unit="week")
        .to_pyarrow()
        .sort_by("customer")
    )


def read(book: rfm.RfmBook) -> pa.Table:
    return book.summary(as_of=AS_OF, unit="week").combine_chunks().sort_by("customer")


ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.integers(0, 20),
        st.integers(0, 2),
        st.sampled_from([0, 100, 250]),
        st.sampled_from([0, 0, 100, 250]),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms(use_true_random=False), st.lists(st.integers(1, 12), min_size=1), st.integers(0, 20))
def test_any_permutation_in_any_batches_equals_a_rebuild(
    rows: list[StateRow], random: Any, sizes: list[int], tail: int
) -> None:
    shuffled = sorted(rows, key=lambda _: random.random())
    with pytest.MonkeyPatch.context() as patch:
        # A short tail makes these few rows pass through the sorted part as well.
        patch.setattr(rfm_days, "_SMALLEST_TAIL", tail)
        book = rfm.RfmBook()
        for number in range(len(shuffled)):
            if not shuffled:
                break
            size = sizes[number % len(sizes)]
            book.absorb(state_of(shuffled[:size]))
            shuffled = shuffled[size:]
    expected = rebuilt(rows)
    assert read(book).equals(expected.cast(read(book).schema))
    assert book.state().sort_by([("customer", "ascending"), ("day", "ascending")]) == state_of(rows).sort_by(
        [("customer", "ascending"), ("day", "ascending")]
    )


@settings(max_examples=20, deadline=None)
@given(ROWS)
def test_days_in_order_are_folded_without_reading_any_day_again(rows: list[StateRow]) -> None:
    def no_reading(store: DayStore, customers: Int32s) -> rfm_days.Days:
        raise AssertionError(f"{customers} were refolded")

    book = rfm.RfmBook()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DayStore, "of", no_reading)
        for day in range(21):
            book.absorb(state_of([row for row in rows if row[1] == day]))
    assert read(book).equals(rebuilt(rows).cast(read(book).schema))


def test_a_late_refund_refolds_only_its_customer(monkeypatch: pytest.MonkeyPatch) -> None:
    book = rfm.RfmBook()
    rows: list[StateRow] = [(customer, day, 1, 100, 0) for customer in "abc" for day in (0, 5)]
    book.absorb(state_of(rows))
    asked: list[list[int]] = []
    of = DayStore.of

    def note(store: DayStore, customers: Int32s) -> rfm_days.Days:
        asked.append(customers.tolist())
        return of(store, customers)

    monkeypatch.setattr(DayStore, "of", note)
    news: list[StateRow] = [("b", 5, 0, 0, 100), ("c", 9, 1, 300, 0), ("d", 9, 1, 50, 0)]
    book.absorb(state_of(news))
    assert asked == [[1]]
    assert read(book).equals(rebuilt(rows + news).cast(read(book).schema))


def test_a_book_that_forgot_to_refold_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with the late refund folded in as if it came in order, book and rebuild differ."""
    rows: list[StateRow] = [("a", 0, 1, 100, 0), ("a", 5, 1, 100, 0)]
    late: list[StateRow] = [("a", 5, 0, 0, 100)]
    book = rfm.RfmBook()
    book.absorb(state_of(rows))
    monkeypatch.setattr(rfm.RfmBook, "_write", lambda self, folded: None)
    book.absorb(state_of(late))
    assert not read(book).equals(rebuilt(rows + late).cast(read(book).schema))


def test_weeks_are_a_book_of_their_own() -> None:
    rows: list[StateRow] = [("a", 0, 1, 100, 0), ("a", 14, 2, 300, 50)]
    book = rfm.RfmBook(grain="week")
    book.absorb(ibis.memtable(state_of(rows)))
    assert read(book).equals(rebuilt(rows, "week").cast(read(book).schema))
    assert read(book)["T"].to_pylist() == [8.0]


def test_a_summary_does_not_change_when_the_book_goes_on() -> None:
    book = rfm.RfmBook()
    book.absorb(state_of([("a", 0, 1, 100, 0)]))
    before = book.summary(as_of=AS_OF)
    copy = before.to_pylist()
    book.absorb(state_of([("a", 3, 1, 100, 0), ("b", 3, 1, 100, 0)]))
    assert before.to_pylist() == copy


@pytest.mark.parametrize("grain", ["day", "week"])
def test_a_saved_book_is_loaded_and_goes_on(grain: Grain, tmp_path: Path) -> None:
    rows: list[StateRow] = [("a", 0, 1, 100, 0), ("b", 7, 2, 300, 300), ("a", 14, 1, 300, 50)]
    book = rfm.RfmBook(grain=grain)
    book.absorb(state_of(rows))
    book.save(tmp_path / "book.parquet")
    loaded = rfm.RfmBook.load(tmp_path / "book.parquet")
    more: list[StateRow] = [("b", 7, 0, 10, 0), ("c", 21, 1, 10, 0)]
    loaded.absorb(state_of(more))
    assert loaded.grain == grain
    assert read(loaded).equals(rebuilt(rows + more, grain).cast(read(loaded).schema))
    assert [path.name for path in tmp_path.iterdir()] == ["book.parquet"]


def test_what_a_book_cannot_do_is_refused(tmp_path: Path) -> None:
    book = rfm.RfmBook()
    book.absorb(state_of([("a", 10, 1, 100, 0)]))
    with pytest.raises(InvalidInput, match="already knows"):
        book.summary(as_of=START)
    with pytest.raises(InvalidInput, match="refunded_minor"):
        book.absorb(state_of([]).drop_columns(["refunded_minor"]))
    pa.parquet.write_table(state_of([]), tmp_path / "other.parquet")
    with pytest.raises(InvalidInput, match="no RFM book"):
        rfm.RfmBook.load(tmp_path / "other.parquet")


def test_an_empty_book_has_no_rows() -> None:
    book = rfm.RfmBook()
    book.absorb(state_of([]))
    assert book.summary(as_of=AS_OF).num_rows == 0
    assert book.state().num_rows == 0
