"""What people write, and what is secret, is in no log: canaries are planted everywhere, and looked for."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from tests.running import Running, eventually

from regulars.client import Client

CANARIES = {
    "email": "canary.mail@example.com",
    "name": "Canarina Vogel",
    "phone": "+4369912345678",
    "note": "canary-attribute-text",
    "password": "canary-password-5417",
    "query": "canaryquery",
    "number": "canary-order-77",
    "column": "canarycolumn",
    "cell": "canary-cell-31",
    "unreadable": "canary-date-90",
    "author": "canary-author@example.com",
}
FILE = f"""order,customer,date,amount,{CANARIES["column"]}
{CANARIES["number"]},{CANARIES["email"]},2026-11-20,5,{CANARIES["cell"]}
81,{CANARIES["author"]},{CANARIES["unreadable"]},5,{CANARIES["cell"]}
82,{CANARIES["author"]},2026-11-21,{CANARIES["cell"]},
"""
# What the database says of a row that it refuses holds the row.
NO_MORE_FACTS = "ALTER TABLE orders_customer_facts ADD CHECK (orders > 1000) NOT VALID"


def order(**different: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "placed_at": "2026-11-20T10:15:00+01:00",
        "buyer": {
            "identifiers": [
                {"kind": "email", "value": CANARIES["email"]},
                {"kind": "phone", "value": CANARIES["phone"]},
            ],
            "profile": {"name": CANARIES["name"]},
        },
        "currency": "EUR",
        "lines": [{"product": {"external_id": "bowl"}, "quantity": "1", "unit_price_minor": 100, "total_minor": 100}],
        "total_minor": 100,
        "attributes": {"card": CANARIES["note"]},
    }
    return plain | different


def found_in(folder: Path, wanted: dict[str, str]) -> dict[str, list[str]]:
    """Return which of some texts stand in which files, however they are escaped."""
    found: dict[str, list[str]] = {}
    for path in sorted(each for each in folder.rglob("*.log") if each.is_file()):
        text = path.read_text(encoding="utf-8", errors="replace")
        for name, canary in wanted.items():
            spellings = {canary, canary.replace("@", "%40"), canary.replace("+", "%2B"), canary.replace(" ", "%20")}
            if any(each in text for each in spellings):
                found.setdefault(path.name, []).append(name)
    return found


def send_in_a_file(regulars: Running) -> None:
    """Import a file with rows that are kept and rows that are refused."""
    path = regulars.home / f"{CANARIES['column']}.csv"
    path.write_text(FILE, encoding="utf-8")
    key = regulars.run("key", "add", "imports", "--scope", "imports.run", "--scope", "imports.read")
    with Client(regulars.url, key) as client:
        received = client.imports.create(path, kind="orders", source="till")["import_id"]
        client.imports.map(received, {"currency": "EUR"})
        client.imports.start(received)
        eventually(lambda: client.imports.get(received)["state"] == "done", within_seconds=60)
        assert [row["row"] for row in client.imports.refused(received)] == [2, 3]


def have_a_handler_fail(regulars: Running, headers: dict[str, str]) -> None:
    """Have what happens on an order break, until the order lies among the dead letters."""
    with regulars.connected() as connection:
        connection.execute(NO_MORE_FACTS)
    httpx.put(f"{regulars.url}/v1/orders/shop/5", json=order(), headers=headers).raise_for_status()

    def is_dead() -> bool:
        with regulars.connected() as connection:
            return bool(connection.execute("SELECT count(*) FROM stream_dead_letter").fetchone() != (0,))

    eventually(is_dead, within_seconds=60)


def test_no_log_holds_what_people_write_or_what_is_secret(regulars: Running) -> None:
    regulars.run("staff", "add", "mira@example.com", "--name", "Mira", stdin=f"{CANARIES['password']}\n")
    key = regulars.run("key", "add", "shop", "--scope", "orders.write", "--scope", "customers.read")
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=regulars.url, timeout=30) as client:
        statuses = [
            client.put(f"/v1/orders/shop/{CANARIES['number']}", json=order(), headers=headers).status_code,
            client.put("/v1/orders/shop/2", json=order(currency=CANARIES["name"]), headers=headers).status_code,
            client.put("/v1/orders/shop/3", json=order(total_minor=7), headers=headers).status_code,
            client.put("/v1/orders/shop/4", json=order(), headers={"Authorization": f"Bearer {key}x"}).status_code,
            client.get(f"/customers?q={CANARIES['query']}").status_code,
            client.get(f"/{CANARIES['query']}/nothing").status_code,
        ]
        page = client.get("/sign-in")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "login": CANARIES["email"], "password": CANARIES["password"]}
        client.post("/sign-in", data=form)
    send_in_a_file(regulars)
    have_a_handler_fail(regulars, headers)
    assert statuses[0] == 200
    assert 500 not in statuses
    regulars.stop()
    secrets = (regulars.home / "secrets.json").read_text(encoding="utf-8")
    kept = {f"secret {number}": text for number, text in enumerate(re.findall(r'"([0-9a-f]{64})"', secrets))}
    assert len(kept) == 5
    logs = [path.name for path in (regulars.home / "logs").glob("*.log")]
    assert {"web.log", "worker.log", "postgres.log"} <= set(logs)
    assert found_in(regulars.home, CANARIES | kept | {"key": key}) == {}


def test_a_canary_in_a_log_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "web.log").write_text("GET /customers?email=canary.mail%40example.com 200\n", encoding="utf-8")
    assert found_in(tmp_path, CANARIES) == {"web.log": ["email"]}
