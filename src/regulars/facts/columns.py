"""Facts of all customers as columns, for whoever computes with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.facts.contracts import Fact, FactType, Since
from regulars.facts.interpreters.sql import Compiler
from regulars.facts.language.binding import Setting


def select_all(facts: Sequence[Fact], setting: Setting) -> tuple[str, Mapping[str, Any]]:
    """Return a statement that reads facts of all customers, and what is to be bound in it.

    It gives `customer_id` and a column for each fact, `fact_0` and so on; exact numbers come in double precision. Who
    was merged into another customer is left out.

    Raises
    ------
    NotOfCustomers
        A fact is known of no customer.
    """
    compiler = Compiler(setting.catalogue.ground, setting.clock)
    columns = [f"{compiler.identity} AS customer_id"]
    for place, fact in enumerate(facts):
        value = compiler.value(fact)
        # Of larger ones there is none of double precision; they were kept before traits had bounds, and are not told.
        told = f"CASE WHEN abs({value}) < 1e300 THEN ({value})::float8 END" if fact.type is FactType.NUMBER else value
        columns.append(f"{told} AS fact_{place}")
    return compiler.select(", ".join(columns)), compiler.parameters


def describing(setting: Setting) -> list[Fact]:
    """Return the facts that say who a customer is: those of the profile that do not count the days.

    A birthday is told by the age, and since when somebody is a customer by their first purchase.
    """
    ground = setting.catalogue.ground
    return [
        fact
        for fact in setting.catalogue.facts.values()
        if fact.source == ground.customers
        and fact.counts is not Since.DAYS
        and not fact.is_yearly
        and fact.type is not FactType.MOMENT
    ]
