"""The process of the measure of previews that knows the services: publish two hundred rules, and take them back.

What is published stays for good; here its row is taken away when all is measured, so that the orders of other measures
are judged by no rules. Usage: `main("publish")`, `main("withdraw")`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connections

from regulars.business.queries import get_business
from regulars.faces.cli.running.database import database_alone
from regulars.faces.cli.running.setting_up import installation
from regulars.facts.catalogue import get_catalogue
from regulars.facts.language.moments import Clock
from regulars.kit.sqlfile import read_statements
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.rules.checking import RuleChecks
from regulars.stream.contracts import system

STATEMENTS = read_statements(Path(__file__).parent / "previewing.sql")
ACTOR = system("bench")
# All customers are its members; see `loyalty.sql`.
PROGRAM = "bench_0"
RULES = 200
# Of what the rules ask, so that some of each are true of a cart, and most are not.
MIX: tuple[dict[str, Any], ...] = (
    {"on": {"kind": "line"}, "condition": 'line.category = "Category {n}"'},
    {"on": {"kind": "line"}, "condition": 'line.product in ("p{n}", "p{m}")'},
    {"on": {"kind": "order"}, "condition": "cart.total >= {n}"},
    {"on": {"kind": "order"}, "condition": 'cart.products contains "p{n}" and cart.items >= 3'},
    {"on": {"kind": "order"}, "condition": "orders.count >= {few} and cart.subtotal >= {n}"},
    {"on": {"kind": "order"}, "condition": "orders.revenue(last: {m} days) >= {n}"},
    {"on": {"kind": "order"}, "condition": 'cart.channel = "channel {few}" and orders.days_since_last > {n}'},
    {"on": {"kind": "line"}, "condition": 'profile.tags contains "vip" and line.quantity >= {few}'},
)
GRANTS: tuple[dict[str, Any], ...] = (
    {"kind": "per_amount", "points": 1, "per": {"EUR": 1}},
    {"kind": "fixed", "points": 10},
    {"kind": "per_amount", "points": 2, "per": {"EUR": 5}},
    {"kind": "multiplier", "factor": 2},
)


def main(what: str) -> None:
    """Publish the rules, or take them back."""
    with database_alone(installation()):
        if what == "publish":
            _publish(datetime.now(UTC) - timedelta(minutes=5))
        with connections["owner"].cursor() as cursor:
            cursor.execute(STATEMENTS[what].sql, {"program": PROGRAM})


def rules() -> Iterator[dict[str, Any]]:
    """Yield rules of all sorts: a base, and others of conditions on cart, lines and the member, some with caps."""
    yield {"key": "base", "name": "Base", "on": {"kind": "order"}, "currency": "points", "grant": GRANTS[0]}
    for number in range(1, RULES):
        asked = MIX[number % len(MIX)]
        numbers = {"n": number % 97, "m": number % 89 + 7, "few": number % 7 + 1}
        rule: dict[str, Any] = {
            "key": f"rule_{number}",
            "name": f"Rule {number}",
            "on": asked["on"],
            "currency": "points",
            "condition": asked["condition"].format_map(numbers),
            "grant": GRANTS[number % len(GRANTS)],
        }
        if number % 10 == 0:
            rule["caps"] = [{"scope": "member", "period": "month", "points": 5000}]
        yield rule


def document() -> Program:
    """Return the programme."""
    told = {"program": PROGRAM, "name": "Bench", "currencies": [{"key": "points", "name": "Points"}]}
    return Program.model_validate({**told, "rules": list(itertools.islice(rules(), RULES))})


def _publish(now: datetime) -> None:
    business = get_business()
    checks = RuleChecks(
        catalogue=get_catalogue(), clock=Clock(now, business.zone_info), reporting=business.reporting_currency
    )
    save_draft(document=document(), now=now, actor=ACTOR)
    publish(program=PROGRAM, now=now, actor=ACTOR, checks=checks)
