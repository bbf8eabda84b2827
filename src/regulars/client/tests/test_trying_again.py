"""The client against a server on loopback that fails as networks do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from regulars.client import ApiError, Client

Answer = tuple[int, dict[str, str], object]


class Server:
    """Answers as told, in order, and keeps what it was asked; an answer of status 0 hangs up."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                kept.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                kept.asked.append((self.command, self.path, dict(self.headers)))
                status, headers, body = kept.answers.pop(0)
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                content = json.dumps(body).encode()
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_PATCH = answer  # noqa: N815  # The names of the base class.

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever)
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(server: Server, slept: list[float]) -> Iterator[Client]:
    with Client(server.url, "rk_test", sleep=slept.append) as made:
        yield made


BUSY: Callable[[int], Answer] = lambda seconds: (429, {"Retry-After": str(seconds)}, {"code": "too_many_requests"})  # noqa: E731
OK: Answer = (200, {}, {"outcome": "created"})


def test_a_write_is_sent_again_under_one_idempotency_key(server: Server, client: Client):
    server.answers = [(503, {}, {"code": "try_again"}), (0, {}, None), OK]
    client.orders.put("shop", "a/b", {"placed_at": "", "currency": "EUR", "lines": [], "total_minor": 0})
    keys = {headers["Idempotency-Key"] for _, _, headers in server.asked}
    assert len(server.asked) == 3
    assert len(keys) == 1
    assert {path for _, path, _ in server.asked} == {"/v1/orders/shop/a%2Fb"}


def test_two_writes_have_two_idempotency_keys(server: Server, client: Client):
    server.answers = [OK, OK]
    for _ in range(2):
        client.products.put("shop", {"external_id": "bowl"})
    assert len({headers["Idempotency-Key"] for _, _, headers in server.asked}) == 2


def test_it_waits_as_long_as_it_is_asked_to(server: Server, client: Client, slept: list[float]):
    server.answers = [BUSY(7), OK]
    client.me()
    assert slept == [7.0]


def test_pauses_grow_where_nothing_is_asked(server: Server, client: Client, slept: list[float]):
    server.answers = [(502, {}, {})] * 3 + [OK]
    client.me()
    assert len(slept) == 3
    assert 0.1 <= slept[0] <= 0.2 <= slept[1] <= 0.4 <= slept[2] <= 0.8


def test_it_gives_up_and_tells_the_last_refusal(server: Server, client: Client):
    server.answers = [BUSY(1)] * 4
    with pytest.raises(ApiError) as refused:
        client.me()
    assert (refused.value.status, refused.value.code) == (429, "too_many_requests")


def test_it_gives_up_where_nobody_answers(server: Server, client: Client):
    server.answers = [(0, {}, None)] * 4
    with pytest.raises(httpx.TransportError):
        client.me()
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_what_will_not_go_better_is_not_sent_again(server: Server, client: Client, status: int):
    server.answers = [(status, {}, {"code": "no", "detail": "No.", "pointer": "/lines/0"})]
    with pytest.raises(ApiError) as refused:
        client.me()
    assert (refused.value.status, refused.value.pointer) == (status, "/lines/0")
    assert len(server.asked) == 1


def test_an_answer_that_is_no_problem_of_ours_is_told_by_its_status(server: Server, client: Client):
    server.answers = [(404, {}, ["an old proxy"])]
    with pytest.raises(ApiError) as refused:
        client.me()
    assert (refused.value.status, refused.value.code) == (404, "http_error")


def test_a_file_is_sent_again_from_its_beginning_under_one_idempotency_key(
    server: Server, client: Client, tmp_path: Path
):
    file = tmp_path / "orders.csv"
    file.write_bytes(b"a,b\n" * 1000)
    server.answers = [(503, {}, {}), OK]
    client.imports.create(file, kind="orders", source="shop")
    assert server.bodies == [file.read_bytes()] * 2
    assert len({headers["Idempotency-Key"] for _, _, headers in server.asked}) == 1
    assert server.asked[0][1] == "/v1/imports?kind=orders&source=shop&file_name=orders.csv"


def test_a_file_that_is_fetched_stands_there_once_all_of_it_has_come(server: Server, client: Client, tmp_path: Path):
    goal = tmp_path / "refused.csv"
    server.answers = [(503, {}, {}), (404, {}, {"code": "no_such_import"})]
    with pytest.raises(ApiError) as refused:
        client.imports.download_refused("1", goal)
    assert refused.value.code == "no_such_import"
    assert list(tmp_path.iterdir()) == []
    server.answers = [(200, {}, "row")]
    assert client.imports.download_refused("1", goal).read_text() == '"row"'
    assert list(tmp_path.iterdir()) == [goal]
