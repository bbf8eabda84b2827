"""A program sends a shop's orders in as a file and fetches them again, and no file stands in anybody's memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import pyarrow.csv
from tests.running import Running, eventually

from regulars.client import Client
from regulars.demo.orders import make_orders

MEGABYTE = 2**20
LARGE = 120 * MEGABYTE
SCOPES = ("imports.run", "imports.read", "exports.run", "orders.export", "orders.write")


def key_of(regulars: Running) -> str:
    told = regulars.run("key", "add", "files", *(part for scope in SCOPES for part in ("--scope", scope)))
    return next(word for word in told.split() if word.startswith("rk_"))


@contextmanager
def watched(regulars: Running) -> Iterator[list[int]]:
    """Watch the memory of the processes that answer; in the end, the list holds by how much each of them had grown."""
    web = regulars.processes("web")
    web += [child for process in web for child in process.children(recursive=True)]
    assert web
    before = {process.pid: process.memory_info().rss for process in web}
    most = dict(before)
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            for process in web:
                most[process.pid] = max(most[process.pid], process.memory_info().rss)

    watcher = threading.Thread(target=look)
    watcher.start()
    grown: list[int] = []
    try:
        yield grown
    finally:
        done.set()
        watcher.join()
        grown += [most[pid] - before[pid] for pid in before]


def test_a_large_file_goes_through_the_server_without_standing_in_its_memory(regulars: Running, home: Path) -> None:
    file = home / "large.csv"
    with file.open("wb") as out:
        for number in range(LARGE // MEGABYTE):
            out.write(f"{number},".encode().ljust(MEGABYTE - 1, b"x") + b"\n")
    key = key_of(regulars)
    with watched(regulars) as grown:
        body = b'{"number": "' + b"x" * (7 * MEGABYTE) + b'"}'
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        answer = httpx.put(f"{regulars.url}/v1/orders/shop/1", content=body, headers=headers, timeout=60)
    assert answer.status_code == 422
    assert max(grown) > 7 * MEGABYTE, "what does stand in memory is seen"
    with Client(regulars.url, key, timeout_seconds=120) as client:
        with watched(regulars) as grown:
            made = client.imports.create(file, kind="products", source="shop")
        assert client.imports.get(made["import_id"])["size_bytes"] == LARGE
        # What a process loads when it answers for files the first time is far less than the file.
        assert max(grown) < LARGE // 2, grown


def test_a_program_sends_orders_in_and_fetches_them_again(regulars: Running, home: Path) -> None:
    told = home / "orders.csv"
    pyarrow.csv.write_csv(make_orders(400, date(2026, 11, 1)), told)
    with Client(regulars.url, key_of(regulars), timeout_seconds=60) as client:
        import_id = client.imports.create(told, kind="orders", source="shop")["import_id"]
        client.imports.map(import_id)
        client.imports.start(import_id)
        eventually(lambda: client.imports.get(import_id)["state"] == "done", within_seconds=60)
        kept = client.imports.get(import_id)["counts"]["imported"]
        assert kept > 400

        export_id = client.exports.ask(kind="orders", source="shop")["id"]
        eventually(lambda: client.exports.get(export_id)["is_ready"], within_seconds=60)
        assert client.exports.get(export_id)["items_done"] == kept
        fetched = client.exports.download(export_id, home / "fetched.csv")

        again = client.imports.create(fetched, kind="orders", source="shop")["import_id"]
        client.imports.map(again)
        client.imports.start(again)
        eventually(lambda: client.imports.get(again)["state"] == "done", within_seconds=60)
        assert client.imports.get(again)["counts"] == {"imported": 0, "updated": 0, "unchanged": kept, "refused": 0}
