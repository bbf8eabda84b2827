"""The recipes work: their programs are run against a served Regulars, and what they name is there."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from regulars.faces.api.tests import loyalty_shop
from regulars.faces.console.tests.serving import server
from regulars.loyalty.rewards.issuing import Source, issue_voucher
from regulars.staff.permissions import PERMISSIONS
from regulars.staff.services import create_api_key
from regulars.stream.contracts import system

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
BLOCK = re.compile(r"^```python\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
CUSTOMERS = """id,name,email,coffee,newsletter_since
7,Ines Kovač,ines@example.com,espresso,2025-03-01
8,Jonas Weiß,jonas@example.com,tea,
"""


def run(name: str, key: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the program of a recipe, as one would who has copied it."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("REGULARS_KEY", key)
    [program] = BLOCK.findall((RECIPES / name).read_text(encoding="utf-8"))
    with server() as url:
        monkeypatch.setenv("REGULARS_URL", url)
        exec(compile(program, name, "exec"), {"__name__": "__main__"})


def key_of(*scopes: str) -> str:
    assert set(scopes) <= set(PERMISSIONS)
    return create_api_key(name="recipe", scopes=scopes, now=timezone.now(), actor=system("test")).secret


def scopes_named(name: str) -> list[str]:
    """Return the scopes that a recipe says its key needs."""
    text = (RECIPES / name).read_text(encoding="utf-8")
    return re.findall(r"`([a-z_]+\.[a-z_]+)`", " ".join(re.findall(r"The key needs .*?\.\n", text, re.DOTALL)))


def rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_a_shop_sends_its_orders(fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        run("orders-from-a-shop.md", key_of(*scopes_named("orders-from-a-shop.md")), tmp_path, monkeypatch)
    assert rows("SELECT external_id, total_minor FROM orders_order") == [("1001", 2500)]
    assert rows("SELECT name FROM customers_customer") == [("Ines Kovač",)]


def test_customers_come_from_another_system(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    name = "customers-from-another-system.md"
    run(name, key_of(*scopes_named(name)), tmp_path, monkeypatch)
    assert rows("SELECT name, traits ->> 'coffee', traits ->> 'newsletter_since' FROM customers_customer") == [
        ("Ines Kovač", "espresso", "2025-03-01")
    ]
    assert "line 3: /profile/traits/coffee" in capsys.readouterr().out


def test_a_warehouse_gets_each_event_once(fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of("events.read", "orders.write")
    for _ in range(2):
        run("orders-from-a-shop.md", key, tmp_path, monkeypatch)
        run("events-to-a-warehouse.md", key, tmp_path, monkeypatch)
    written = (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(written) == len(set(written)) == rows("SELECT count(*) FROM stream_event")[0][0]


def test_alarms_name_metrics_that_are_told(fresh_database: str) -> None:
    from django.test import Client

    told = Client(REMOTE_ADDR="127.0.0.1").get("/metrics").content.decode()
    named = set(re.findall(r"regulars_[a-z_]+", (RECIPES / "alarms.md").read_text(encoding="utf-8")))
    assert len(named) >= 6
    assert {name for name in named if name not in told} == set()


def test_each_recipe_is_listed() -> None:
    listed = (RECIPES / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in RECIPES.glob("*.md") if f"({path.name})" not in listed} == {"README.md"}


def test_a_checkout_takes_a_voucher_and_points(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = loyalty_shop.club()
    who = loyalty_shop.member(version, beans=300)
    given = issue_voucher(
        version=version,
        series="five",
        member_id=UUID(who),
        source=Source(kind="test"),
        now=timezone.now(),
        actor=system("test"),
    )
    monkeypatch.setenv("MEMBER_ID", who)
    monkeypatch.setenv("VOUCHER_CODE", given.code)
    key = key_of(*scopes_named("points-at-a-checkout.md"))
    run("points-at-a-checkout.md", key, tmp_path, monkeypatch)
    told = capsys.readouterr().out
    assert "this cart earns 25" in told
    assert "granted" in told
    assert rows("SELECT total_minor FROM orders_order") == [(2000,)]
    assert rows("SELECT state, discount_minor FROM loyalty_rewards_use WHERE state = 'redeemed'") == [("redeemed", 500)]
    assert rows("SELECT state, given ->> 'amount_minor' FROM loyalty_rewards_redemption") == [("confirmed", "500")]
