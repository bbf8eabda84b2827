from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.faces.api.tests.way_in import make_key
from regulars.imports.carrying_on import carry_on
from regulars.imports.files import list_kept, path_of

ORDERS = """Order number,Customer,Date,Product,Quantity,Price
1001,c1,2026-11-01,bowl,2,12.50
1002,c2,2026-11-02,cup,1,4.00
1003,c3,someday,cup,1,4.00
"""
NOWHERE = "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"
OCTETS = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    return path


def work(import_id: str) -> None:
    assert carry_on(UUID(import_id), clock=timezone.now)


def test_a_file_is_sent_mapped_looked_at_tried_and_imported(client: Client, orders: Path, tmp_path: Path):
    made = client.imports.create(orders, kind="orders", source="shop")
    import_id = made["import_id"]
    assert made["state"] == "uploaded"
    assert client.imports.map(import_id, {"currency": "EUR"})["state"] == "mapped"

    preview = client.imports.preview(import_id)
    assert preview["items"][0]["rows"] == [1]
    assert preview["items"][0]["kept_as"]["external_id"] == "1001"
    assert [each["row"] for each in preview["refused"]] == [3]

    assert client.imports.try_out(import_id)["state"] == "checking"
    work(import_id)
    tried = client.imports.get(import_id)
    assert (tried["state"], tried["dry_run"]) == (
        "mapped",
        {"imported": 2, "updated": 0, "unchanged": 0, "refused": 1},
    )
    assert list(client.orders.list()) == []

    assert client.imports.start(import_id)["state"] == "running"
    work(import_id)
    done = client.imports.get(import_id)
    assert (done["state"], done["counts"]["imported"], done["rows_total"], done["share_done"]) == ("done", 2, 3, 1.0)
    assert client.orders.get("shop", "1001")["total_minor"] == 2500

    [refused] = client.imports.refused(import_id)
    assert (refused["row"], refused["code"]) == (3, "bad_date")
    kept = client.imports.download_refused(import_id, tmp_path / "refused.csv").read_text()
    assert "1003,c3,someday" in kept
    assert [each["id"] for each in client.imports.list(kind="orders")] == [import_id]
    assert list(client.imports.list(kind="products")) == []


def test_refused_rows_are_listed_page_by_page(client: Client, tmp_path: Path):
    path = tmp_path / "orders.csv"
    good = "".join(f"3{number:03},c,2026-11-02,cup,1,4.00\n" for number in range(40))
    path.write_text(ORDERS + "".join(f"2{number:03},c,someday,cup,1,4.00\n" for number in range(5)) + good)
    import_id = client.imports.create(path, kind="orders", source="shop")["import_id"]
    client.imports.map(import_id)
    client.imports.start(import_id)
    work(import_id)
    assert [each["row"] for each in client.imports.refused(import_id, page_size=2)] == [3, 4, 5, 6, 7, 8]


def test_a_cancelled_import_goes_no_further(client: Client, orders: Path):
    import_id = client.imports.create(orders, kind="orders", source="shop")["import_id"]
    assert client.imports.cancel(import_id)["state"] == "cancelled"
    with pytest.raises(ApiError) as refused:
        client.imports.start(import_id)
    assert (refused.value.status, refused.value.code) == (409, "wrong_state")


def test_the_same_file_is_imported_by_one_import_at_a_time(client: Client, orders: Path):
    first, second = (client.imports.create(orders, kind="orders", source="shop")["import_id"] for _ in range(2))
    for import_id in (first, second):
        client.imports.map(import_id)
    client.imports.start(first)
    with pytest.raises(ApiError) as refused:
        client.imports.start(second)
    assert (refused.value.status, refused.value.code) == (409, "same_file_under_way")


@pytest.mark.parametrize(
    ("mapping", "pointer", "code"),
    [
        ({"delimiter": "||"}, "/delimiter", "string_too_long"),
        ({"date_order": "ydm"}, "/date_order", "literal_error"),
        ({"columns": {"date": "No such"}}, None, "unknown_column"),
        ({"columns": {"moon": "Date"}}, None, "unknown_role"),
        ({"encoding": "klingon"}, None, "unknown_encoding"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(
    client: Client, orders: Path, mapping: Any, pointer: str | None, code: str
):
    import_id = client.imports.create(orders, kind="orders", source="shop")["import_id"]
    with pytest.raises(ApiError) as refused:
        client.imports.map(import_id, mapping)
    assert (refused.value.status, refused.value.code, refused.value.pointer) == (422, code, pointer)


def test_an_import_that_is_not_there_is_404(client: Client, tmp_path: Path):
    for ask in (
        lambda: client.imports.get(NOWHERE),
        lambda: client.imports.preview(NOWHERE),
        lambda: client.imports.start(NOWHERE),
        lambda: list(client.imports.refused(NOWHERE)),
        lambda: client.imports.download_refused(NOWHERE, tmp_path / "refused.csv"),
    ):
        with pytest.raises(ApiError) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (404, "no_such_import")
    assert list(tmp_path.iterdir()) == []


def test_sent_again_under_the_same_key_a_file_makes_one_import(client: Client, http: httpx.Client, orders: Path):
    before = set(list_kept())
    first = client.imports.create(orders, kind="orders", source="shop", idempotency_key="a")
    again = client.imports.create(orders, kind="orders", source="shop", idempotency_key="a")
    assert again == first
    assert set(list_kept()) - before == {UUID(first["import_id"])}
    orders.write_text(ORDERS + "1004,c4,2026-11-03,cup,1,4.00\n")
    with pytest.raises(ApiError) as refused:
        client.imports.create(orders, kind="orders", source="shop", idempotency_key="a")
    assert refused.value.code == "idempotency_key_reused"
    assert set(list_kept()) - before == {UUID(first["import_id"])}


def test_nothing_is_left_of_a_file_that_is_refused(http: httpx.Client, tmp_path: Path):
    before = set(list_kept())
    damaged = gzip.compress(b"a,b\n" * 1000)[:-20]
    for content, address, expected in (
        (damaged, "/imports?kind=orders&source=shop", (422, "file_damaged")),
        (b"a,b", "/imports?kind=poems&source=shop", (422, "enum")),
        (b"a,b", "/imports?kind=orders", (422, "missing_field")),
    ):
        answer = http.post(address, content=content, headers=OCTETS)
        assert (answer.status_code, answer.json()["code"]) == expected
    assert set(list_kept()) == before


def test_a_body_that_is_no_file_or_of_unknown_length_is_refused(http: httpx.Client):
    address = "/imports?kind=orders&source=shop"
    assert http.post(address, json={}).json()["code"] == "not_a_file"
    answer = http.post(address, content=iter([b"a,b"]), headers=OCTETS)
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


class Endless(io.RawIOBase):
    """A body of so many bytes, made as it is read."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        assert size >= 0
        size = min(size, self.left)
        self.left -= size
        return b"x" * size


@pytest.fixture
def peak() -> Iterator[Any]:
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def send(body: Endless, size: int) -> tuple[str, bytes]:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v1/imports",
        "QUERY_STRING": "kind=orders&source=shop",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "application/octet-stream",
        "CONTENT_LENGTH": str(size),
        "HTTP_AUTHORIZATION": f"Bearer {make_key()}",
        "HTTP_IDEMPOTENCY_KEY": "large",
        "wsgi.input": body,
        "wsgi.url_scheme": "http",
    }
    told: list[str] = []

    def start(status: str, _headers: Any, _error: Any = None) -> Callable[[bytes], object]:
        told.append(status)
        return len

    answer = get_wsgi_application()(environ, start)
    return told[0], b"".join(answer)


@pytest.mark.django_db
def test_a_large_file_is_never_in_memory_as_a_whole(peak: Any):
    size = 64 * 2**20
    status, content = send(Endless(size), size)
    assert status == "200 OK", content
    [import_id] = [each for each in list_kept() if str(each).encode() in content]
    assert path_of(import_id).stat().st_size == size
    assert peak() < 16 * 2**20
    path_of(import_id).unlink()


@pytest.mark.django_db
def test_a_file_that_is_too_large_is_refused_before_it_is_read():
    body = Endless(2**40)
    status, content = send(body, 2**40)
    assert (status, b'"file_too_large"' in content) == ("413 Request Entity Too Large", True)
    assert body.left == 2**40


def test_the_whole_body_would_be_seen_in_memory(peak: Any):
    size = 32 * 2**20
    request = WSGIRequest(
        {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(size), "wsgi.input": Endless(size), "PATH_INFO": "/"}
    )
    assert len(request.read()) == size
    assert peak() > 16 * 2**20
