"""What people write, and what is secret, is in no log: canaries are planted everywhere, and looked for."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from tests.running import Running

CANARIES = {
    "email": "canary.mail@example.com",
    "name": "Canarina Vogel",
    "phone": "+4369912345678",
    "note": "canary-attribute-text",
    "password": "canary-password-5417",
    "query": "canaryquery",
    "number": "canary-order-77",
}


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
