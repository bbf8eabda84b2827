"""Programmes, carts and members for tests: as plain as can be, and what is different about each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.facts.contracts import Catalogue, Fact, FactType, Ground, Row
from regulars.facts.interpreters.memory import Subject
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.rules.compiling import Compiled, compile_program
from regulars.loyalty.rules.contracts import Cart, CartLine, Evaluation, Ordered, RuleOutcome
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given
from regulars.orders.facts import FACTS

VIENNA = ZoneInfo("Europe/Vienna")
PLACED_AT = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
BIRTHDAY = Fact(
    name="profile.birthday",
    type=FactType.DAY,
    label="Birthday",
    description="When somebody was born.",
    source=Row("customers_customer"),
    column="customers_customer.birthday",
    is_yearly=True,
)
CATALOGUE = Catalogue(
    ground=Ground(customers=Row("customers_customer"), aliases="customers_alias", events="stream_event"),
    facts={fact.name: fact for fact in (*FACTS, BIRTHDAY)},
)
INES = Subject(id=UUID(int=7), facts={"orders.count": 3, "orders.revenue": 25_000})
PER_EURO = {"kind": "per_amount", "points": "1", "per": {"EUR": "1"}}


def rule(key: str = "spend", **different: Any) -> dict[str, Any]:
    """Return a rule that gives a point for each euro, but for what is different."""
    return {"key": key, "name": key, "on": {"kind": "order"}, "currency": "points", "grant": PER_EURO, **different}


def program(*rules: dict[str, Any], **different: Any) -> Program:
    """Return a programme with one point currency, a point costing a cent."""
    plain = {
        "program": "club",
        "name": "Club",
        "currencies": [{"key": "points", "name": "Points", "cost": {"EUR": "0.01"}}],
        "rules": list(rules),
    }
    return Program.model_validate(plain | different)


def compiled(*rules: dict[str, Any], reporting: str = "EUR", **different: Any) -> Compiled:
    return compile_program(
        program(*rules, **different), catalogue=CATALOGUE, zone=VIENNA, reporting=reporting, now=PLACED_AT
    )


def line(total_minor: int = 1_000, number: int = 1, quantity: object = 1, **different: Any) -> CartLine:
    plain: dict[str, Any] = {
        "product": f"p{number}",
        "name": f"Product {number}",
        "category": "Home",
        "unit_price_minor": int(total_minor / Decimal(str(quantity))),
    }
    return CartLine(number=number, quantity=Decimal(str(quantity)), total_minor=total_minor, **plain | different)


def cart(*lines: CartLine, **different: Any) -> Cart:
    """Return a cart of the lines, or of one for ten euros, whose total is what its parts come to."""
    lines = lines or (line(),)
    plain: dict[str, Any] = {
        "source": "shop",
        "external_id": "1",
        "currency": "EUR",
        "placed_at": PLACED_AT,
        "lines": lines,
        "channel": "online",
    } | different
    tax = 0 if plain.get("tax_included", True) else sum(each.tax_minor for each in lines)
    tax += 0 if plain.get("tax_included", True) else plain.get("shipping_tax_minor", 0)
    total = sum(each.total_minor for each in lines) + plain.get("shipping_minor", 0) + tax
    total -= sum(each.amount_minor for each in plain.get("discounts", ()))
    return Cart(**{"total_minor": total} | plain)


def evaluated(rules: Sequence[dict[str, Any]], of: Cart | None = None, /, **given: Any) -> Evaluation:
    """Return what rules give for a cart, to Ines unless somebody else is given; the rest is the programme's."""
    known = {name: given.pop(name) for name in list(given) if name in Given.__dataclass_fields__}
    is_first = given.pop("is_first", None)
    ready = compiled(*rules, **given)
    return evaluate(ready, Ordered(cart=of or cart(), is_first=is_first), Given(**{"member": INES} | known))


def outcome(rules: Sequence[dict[str, Any]], of: Cart | None = None, /, **given: Any) -> RuleOutcome:
    """Return what the first of the rules gives."""
    return evaluated(rules, of, **given).outcomes[0]


def points(rules: Sequence[dict[str, Any]], of: Cart | None = None, /, **given: Any) -> dict[str, int]:
    """Return what is granted by rule."""
    return {each.rule: each.granted for each in evaluated(rules, of, **given).granted}
