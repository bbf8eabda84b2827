"""An operator watches: probes, measurements and logs tell how it stands, and nothing of anybody."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psutil
import pytest
from tests.running import Running, eventually
from tests.stories.test_first_order import sign_in
from tests.stories.test_recovery import Shop

TOKEN = "a-token-for-the-one-that-measures-0123456789"


@pytest.fixture
def watched(made_home: Path) -> Iterator[Running]:
    """A whole Regulars whose logs are JSON, and whose measurements are for who has the token."""
    running = Running(made_home)
    running.environment |= {"REGULARS_LOG_FORMAT": "json", "REGULARS_METRICS_TOKEN": TOKEN}
    running.start()
    yield running
    running.stop()


def lines_of(running: Running, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (running.home / "logs" / f"{name}.log").read_text().splitlines()]


def measured(text: str, name: str, **labels: str) -> float:
    """Return the value of a measurement whose labels hold `labels`."""
    for line in text.splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found and found[1] == name and all(f'{key}="{value}"' in (found[2] or "") for key, value in labels.items()):
            return float(found[3])
    raise AssertionError(f"{name} {labels} is not measured")


def test_each_request_is_one_line_that_names_its_route_and_nothing_of_anybody(watched: Running) -> None:
    shop = Shop(watched)
    shop.send()
    browser = sign_in(watched)
    browser.get("/customers/ines.kovac@example.com?email=ines.kovac@example.com")
    answer = browser.get("/customers")
    eventually(shop.all_arrived)

    lines = lines_of(watched, "web")
    requests = [line for line in lines if line["event"] == "request"]
    put = next(line for line in requests if line["method"] == "PUT")
    assert put["status"] == 200
    assert str(put["actor"]).startswith("api_key:")
    assert isinstance(put["duration_ms"], float)
    seen = next(line for line in requests if line["request_id"] == answer.headers["X-Request-ID"])
    assert seen["route"] == "console:customers"
    assert str(seen["actor"]).startswith("staff:")
    assert not [line for line in requests if line["route"] in {"healthz", "readyz"}]

    whole = "".join(path.read_text() for path in watched.home.glob("logs/*.log"))
    for canary in ("ines.kovac", "customer1@example.com", "mira@example.com", "correct horse", "127.0.0.1", shop.key):
        assert canary not in whole, canary
    # The positive control of this search: what the log does hold, it finds.
    assert "console:customers" in whole
    with_a_token_only_the_token_opens_them(watched)


def test_the_measurements_of_all_processes_are_added_up(regulars: Running) -> None:
    shop = Shop(regulars)
    for _ in range(12):
        shop.send()
    eventually(shop.all_arrived)
    text = httpx.get(f"{regulars.url}/metrics").text
    assert measured(text, "regulars_requests_total", method="PUT", status="200") == 12
    assert measured(text, "regulars_request_seconds_count", method="PUT") == 12
    assert measured(text, "regulars_database_up") == 1
    assert measured(text, "regulars_stream_behind_events", subscription="orders.facts") == 0
    assert measured(text, "regulars_stream_dead_letters", subscription="orders.facts") == 0
    assert measured(text, "regulars_jobs", state="failed") == 0
    what_waits_and_what_failed_is_measured(regulars, shop)
    the_measurements_are_not_for_who_comes_through_a_proxy(regulars)
    the_probes_tell_a_process_that_lives_from_one_that_can_work(regulars)


def what_waits_and_what_failed_is_measured(regulars: Running, shop: Shop) -> None:
    with regulars.connected() as holding:
        # Held, so that no worker comes by while the orders are sent.
        holding.execute("SELECT * FROM stream_cursor WHERE subscription = 'orders.facts' FOR UPDATE")
        shop.send()
        shop.send()
        with regulars.connected() as connection:
            connection.execute(
                "INSERT INTO procrastinate_jobs (task_name, queue_name, args, status, attempts)"
                " VALUES ('stream.none', 'nobody', '{}', 'failed', 1)"
            )
        text = httpx.get(f"{regulars.url}/metrics").text
    # Two orders, and who is new with each.
    assert measured(text, "regulars_stream_behind_events", subscription="orders.facts") == 4
    assert measured(text, "regulars_stream_behind_seconds", subscription="orders.facts") > 0
    assert measured(text, "regulars_jobs", state="failed") == 1


def the_probes_tell_a_process_that_lives_from_one_that_can_work(regulars: Running) -> None:
    assert httpx.get(f"{regulars.url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{regulars.url}/readyz").json() == {"status": "ok"}
    assert regulars.process
    supervisor = psutil.Process(regulars.process.pid)
    # Held, so that nobody starts the database again while one looks.
    supervisor.suspend()
    regulars.kill("postgres")
    eventually(lambda: httpx.get(f"{regulars.url}/readyz", timeout=10).status_code == 503)
    assert httpx.get(f"{regulars.url}/healthz").json() == {"status": "ok"}
    assert measured(httpx.get(f"{regulars.url}/metrics", timeout=30).text, "regulars_database_up") == 0
    supervisor.resume()
    eventually(lambda: httpx.get(f"{regulars.url}/readyz", timeout=10).status_code == 200, within_seconds=60)


def the_measurements_are_not_for_who_comes_through_a_proxy(regulars: Running) -> None:
    assert httpx.get(f"{regulars.url}/metrics").status_code == 200
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-Ip"):
        assert httpx.get(f"{regulars.url}/metrics", headers={header: "203.0.113.7"}).status_code == 403


def with_a_token_only_the_token_opens_them(running: Running) -> None:
    with httpx.Client(base_url=running.url) as client:
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"}).status_code == 403
        far = {"X-Forwarded-For": "203.0.113.7", "Authorization": f"Bearer {TOKEN}"}
        assert client.get("/metrics", headers=far).status_code == 200


def test_traces_without_their_packages_end_the_start_with_one_sentence(home: Path) -> None:
    # Stands before the real ones, and holds nothing.
    (home / "shadow" / "opentelemetry").mkdir(parents=True)
    (home / "shadow" / "opentelemetry" / "__init__.py").write_text("")
    running = Running(home)
    running.environment["PYTHONPATH"] = f"{home / 'shadow'}:{running.environment.get('PYTHONPATH', '')}"
    running.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4318"
    for command in (["web", "--port", str(running.port)], ["worker"]):
        assert "install regulars[otel]" in running.refusal(*command)


class Collector:
    """Where traces go: it keeps what it is sent."""

    def __init__(self) -> None:
        self.received = b""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.received += gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def has(self, *names: bytes) -> bool:
        return all(name in self.received for name in names)


def test_traces_name_routes_subscriptions_and_jobs_and_nothing_of_anybody(made_home: Path, otel: None) -> None:
    collector = Collector()
    running = Running(made_home)
    running.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{collector.server.server_port}"
    running.environment["OTEL_BSP_SCHEDULE_DELAY"] = "200"
    running.start()
    try:
        shop = Shop(running)
        shop.send()
        eventually(shop.all_arrived)
        eventually(lambda: collector.has(b"PUT ", b"events orders.facts", b"regulars-web", b"regulars-worker"))
        eventually(lambda: collector.has(b"job "), within_seconds=90)
    finally:
        running.stop()
        collector.server.shutdown()
    assert not collector.has(b"customer1@example.com")
    assert not collector.has(b"/v1/orders")
    assert not collector.has(b"SELECT")
