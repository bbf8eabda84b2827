"""Any order file, however broken, is either analysed or explained."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import duckdb
import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.intake.contracts import Settings
from regulars.intake.reading import read
from regulars.kit.errors import DomainError

_CONNECTION = ibis.duckdb.connect()
_CELLS = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                " ",
                "NULL",
                "nan",
                "inf",
                "-0",
                "1e400",
                "0x10",
                "abc",
                '"',
                '""',
                '"open',
                'in"side',
                "a\nb",
                "\0",
                "\x01",
            ),
            *(
                "1",
                "17850",
                "17850.0",
                "-3",
                "(4.50)",
                "€ 12,50",
                "12,-",
                "$5",
                "5 kr",
                "1.234,56",
                "1,234.56",
                "9" * 40,
            ),
            *(
                "2024-01-31",
                "31/12/2023",
                "12/31/2023",
                "20240131",
                "2024-02-30",
                "infinity",
                "epoch",
                "1700000000",
                "45000",
            ),
            *(
                "2024-01-31T10:00:00Z",
                "2024-01-31 10:00:00 +0100",
                "31.1.24, 9:05",
                "Jan 5, 2024 3:04 PM",
                "0000-00-00",
            ),
            *("EUR", "USD", "cancelled", "C123", "ann@example.com", "Äpfel", "😀", "x" * 3000),
        ]
    ),
    st.text(max_size=12),
    st.dates().map(str),
    st.floats().map(str),
)
_HEADERS = st.sampled_from(
    [
        None,
        ["customer", "date", "amount"],
        ["customer_id", "order_id", "date", "quantity", "unit_price", "product", "currency"],
        ["Kunde", "Datum", "Betrag"],
        ["order_id", "customer", "date", "amount", "order_status"],
        ["Name", "Email", "Created at", "Total", "Currency", "Lineitem quantity", "Lineitem name"],
        ["a", "b", "c", "d"],
    ]
)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Write text that was once a table of orders."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", "  ", "::"]))
    header = draw(_HEADERS)
    width = len(header) if header else draw(st.integers(1, 6))
    sound = st.tuples(st.integers(1, 9).map(str), st.dates().map(str), st.decimals(-99, 99, places=2).map(str)).map(
        lambda row: [*row, *[""] * width][:width]
    )
    broken = st.lists(_CELLS, min_size=0, max_size=width + 2)
    rows = draw(st.lists(st.one_of(sound, broken), max_size=12))
    end = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    lines = [delimiter.join(row) for row in ([header] if header else []) + rows]
    content = end.join(lines).encode(draw(st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-16-le"])), "replace")
    cut = draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    return gzip.compress(content)[: cut or None] if draw(st.integers(0, 9)) == 0 else content[:cut]


def _analysed_or_explained(content: bytes, settings: Settings) -> bool:
    """Read the content: True where it was analysed and its counts add up, False where a sentence explains why not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        path.write_bytes(content)
        before = set(_CONNECTION.list_tables())
        try:
            intake = read([path], settings, connection=_CONNECTION)
        except DomainError as error:
            explained = bool(error.code and error.message)
            return _fail_unless(explained and set(_CONNECTION.list_tables()) == before)
        quality = intake.quality
        assert quality.rows == quality.used + sum(count.count for count in quality.refused)
        assert intake.orders.count().execute() == quality.used
        assert intake.refused.count().execute() == quality.rows - quality.used
        for name in set(_CONNECTION.list_tables()) - before:
            _CONNECTION.drop_table(name)
        return True


def _fail_unless(explained: bool) -> bool:
    assert explained, "a refusal must say why and leave no table behind"
    return False


@given(tables(), st.sampled_from([Settings(), Settings(currency="EUR", zone="Asia/Kathmandu", date_order="mdy")]))
def test_any_table_is_analysed_or_explained(content: bytes, settings: Settings) -> None:
    _analysed_or_explained(content, settings)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_analysed_or_explained(content: bytes) -> None:
    _analysed_or_explained(content, Settings())


@given(st.binary(max_size=60), st.sampled_from([b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"\xff\xfe"]))
def test_what_only_begins_like_a_format_is_explained(rest: bytes, magic: bytes) -> None:
    _analysed_or_explained(magic + rest, Settings())


def test_the_harness_sees_tables_that_are_analysed() -> None:
    assert _analysed_or_explained(b"customer,date,amount\nann,2024-01-02,3.50\n", Settings())


def test_the_harness_fails_on_any_other_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("regulars.intake.reading._treat", fail)
    with pytest.raises(ZeroDivisionError):
        _analysed_or_explained(b"customer,date,amount\nann,2024-01-02,3.50\n", Settings())


def test_too_little_memory_is_explained_and_leaves_no_table(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = "".join(f"{row},customer number {row},2024-03-01,{row}.50\n" for row in range(300_000))
    path.write_text("order_id,customer,date,amount\n" + rows)
    connection = ibis.duckdb.connect(memory_limit="20MB", temp_directory="")
    with pytest.raises(DomainError) as raised:
        read([path], Settings(), connection=connection)
    assert raised.value.code == "out_of_room"
    assert "memory" in raised.value.message
    assert connection.list_tables() == []


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (duckdb.IOException("IO Error: No space left on device"), "out_of_room"),
        (OSError(28, "No space left on device"), "out_of_room"),
        (duckdb.InternalException("INTERNAL Error: broken"), "reading_failed"),
    ],
)
def test_a_failure_in_the_midst_is_explained(monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr("regulars.intake.reading._treat", fail)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        path.write_text("customer,date,amount\nann,2024-01-02,3.50\n")
        with pytest.raises(DomainError) as raised:
            read([path], Settings(), connection=_CONNECTION)
    assert raised.value.code == code
    assert raised.value.message.count("\n") == 0
