"""All customers are scored on demand and whatever is killed, and an order moves its customer's RFM at once."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pyarrow.csv
from tests.running import Running, eventually
from tests.stories.test_import import ask

from regulars.demo.orders import make_orders


def latest(regulars: Running) -> tuple[object, ...]:
    [found] = ask(regulars, "SELECT state, customers, step FROM insights_run ORDER BY started_at DESC LIMIT 1")
    return found


def rfm(regulars: Running, email: str) -> list[tuple[object, ...]]:
    return ask(
        regulars,
        "SELECT rfm_segment, r, f, last_on FROM insights_score JOIN customers_identifier USING (customer_id)"
        f" WHERE value = '{email}'",
    )


def test_customers_are_scored_by_the_command_and_by_a_worker_that_is_killed(regulars: Running, home: Path) -> None:
    assert regulars.run("insights", "status") == "Customers have not been scored yet."
    orders = home / "told.csv"
    pyarrow.csv.write_csv(make_orders(200, date(2026, 11, 1)), orders)
    regulars.run("import", str(orders), "--source", "shop", "--quiet")
    told = regulars.run("insights", "run", "--wait", "--quiet")
    assert " customers with " in told
    assert regulars.run("insights", "status").startswith(told.splitlines()[0])
    scored = ask(regulars, "SELECT count(*) FROM insights_score")
    assert scored[0][0] == latest(regulars)[1]
    assert int(str(scored[0][0])) > 150

    assert regulars.run("insights", "run").startswith("The worker scores all customers as of ")
    assert "A run is under way already" in regulars.refusal("insights", "run")
    eventually(lambda: latest(regulars)[2] != "", within_seconds=60)
    regulars.kill("worker")
    assert latest(regulars)[0] == "running"
    assert ask(regulars, "SELECT count(*) FROM insights_score") == scored
    eventually(lambda: latest(regulars)[0] == "succeeded", within_seconds=120)
    assert ask(regulars, "SELECT count(*) FROM insights_score") == scored

    a_report_is_made_by_the_command_and_by_a_worker_that_is_killed(regulars, home)
    an_order_moves_its_customer_within_a_second(regulars)


def a_report_is_made_by_the_command_and_by_a_worker_that_is_killed(regulars: Running, home: Path) -> None:
    page, told = home / "report.html", home / "report.json"
    said = regulars.run(
        *("insights", "report", "--title", "How we are", "--horizon", "10w", "--margin", "40%", "--quiet"),
        *("--html", str(page), "--json", str(told)),
    )
    assert said.startswith("“How we are”, as of ")
    assert "How we are" in page.read_text()
    report = json.loads(told.read_text())
    assert (report["meta"]["horizon_days"], report["meta"]["margin"]) == (70, 0.4)
    assert "No order was placed there." in regulars.refusal("insights", "report", "--only", "channel=moon")

    headers = {"Authorization": f"Bearer {regulars.run('key', 'add', 'reader', '--scope', 'insights.run')}"}
    asked = httpx.post(f"{regulars.url}/v1/reports", json={"title": "By a worker"}, headers=headers).json()["id"]

    def state() -> tuple[object, ...]:
        [found] = ask(regulars, f"SELECT state, step, starts, orders FROM insights_kept_report WHERE id = '{asked}'")
        return found

    eventually(lambda: state()[1] != "", within_seconds=60)
    regulars.kill("worker")
    eventually(lambda: state()[0] == "ready", within_seconds=120)
    assert state()[2:] == (2, report["metrics"]["orders"])


def an_order_moves_its_customer_within_a_second(regulars: Running) -> None:
    key = regulars.run("key", "add", "till", "--scope", "orders.write")
    told = {
        "placed_at": datetime.now(UTC).isoformat(),
        "buyer": {"identifiers": [{"kind": "email", "value": "new@example.com"}]},
        "currency": "EUR",
        "lines": [
            {"product": {"external_id": "mug"}, "quantity": "1", "unit_price_minor": 1250, "total_minor": 1250},
        ],
        "total_minor": 1250,
    }
    headers = {"Authorization": f"Bearer {key}"}

    def put(number: int) -> None:
        answer = httpx.put(f"{regulars.url}/v1/orders/till/{number}", json=told, headers=headers)
        assert answer.status_code in {200, 201}, answer.text

    # The first one after the worker's start loads what folds.
    put(1)
    eventually(lambda: bool(rfm(regulars, "new@example.com")), within_seconds=20)
    [(segment, r, *_)] = rfm(regulars, "new@example.com")
    assert (segment, r) in {("new", 5), ("potential_loyalists", 5)}
    told["buyer"] = {"identifiers": [{"kind": "email", "value": "second@example.com"}]}
    put(2)
    began = time.monotonic()
    eventually(lambda: bool(rfm(regulars, "second@example.com")), within_seconds=20)
    assert time.monotonic() - began < 1.5
