"""A customer of whom much is sensitive: traits of each kind, and most of what features declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from regulars.customers import services as customers
from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile, Trait, TraitKind
from regulars.facts import catalogue
from regulars.facts.catalogue import declared_catalogue, get_catalogue
from regulars.kit.classification import Classification
from regulars.orders.facts_kept import rebuild_facts
from regulars.stream.contracts import system

ACTOR = system("tests")
SECRETS: Mapping[TraitKind, Any] = {
    TraitKind.TEXT: "quaker by faith",
    TraitKind.NUMBER: 734_512,
    TraitKind.BOOLEAN: True,
    TraitKind.DATE: "1931-05-17",
    TraitKind.CHOICE: "diabetic",
    TraitKind.CHOICES: ["penicillin", "nuts"],
}
# What none of whom it is kept secret may meet anywhere.
WORDS = ("quaker", "734512", "734,512", "1931-05-17", "diabetic", "penicillin")
# What the list shows and sorts by of itself.
ORDINARY = frozenset({"profile.since", "orders.count", "orders.revenue", "orders.last"})


def keep_secrets() -> UUID:
    """Keep a sensitive trait of each kind, and one that is not; return the customer of whom all is known."""
    now = datetime.now(UTC)
    for kind, value in SECRETS.items():
        choices = [*value, "milk"] if kind is TraitKind.CHOICES else [value, "none"] if kind is TraitKind.CHOICE else []
        key = f"secret_{kind.value}"
        trait = Trait(
            key=key, kind=kind, label=f"Secret {kind}", choices=choices, classification=Classification.SENSITIVE
        )
        customers.save_trait(trait=trait, now=now, actor=ACTOR)
    customers.save_trait(trait=Trait(key="shoe_size", kind=TraitKind.NUMBER, label="Size"), now=now, actor=ACTOR)
    traits = {f"secret_{kind.value}": value for kind, value in SECRETS.items()} | {"shoe_size": 41}
    ada = _put("Ada", traits)
    _put("Bo", {"shoe_size": 38})
    rebuild_facts()
    return ada


def reclassify(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all that features declare be sensitive, but what lists show of themselves."""
    known = declared_catalogue()
    facts = {
        name: fact if name in ORDINARY else replace(fact, classification=Classification.SENSITIVE)
        for name, fact in known.facts.items()
    }
    monkeypatch.setattr(catalogue._Installed, "catalogue", replace(known, facts=facts))


def sensitive_facts() -> list[str]:
    """Return the names of all sensitive facts there are, by which one could ask for customers."""
    facts = get_catalogue(sees_sensitive=True).facts.values()
    found = [fact.name for fact in facts if fact.classification is Classification.SENSITIVE and fact.source]
    assert len(found) > 30
    assert {f"traits.secret_{kind.value}" for kind in TraitKind} <= set(found)
    return found


def _put(name: str, traits: Mapping[str, Any]) -> UUID:
    person = Person(
        identifiers=[Identifier(IdentifierKind.EMAIL, f"{name.lower()}@example.com")],
        profile=Profile(name=name, traits=traits),
    )
    put = customers.put_customer(person=person, source="shop", now=datetime.now(UTC), actor=ACTOR)
    assert put.customer_id
    return put.customer_id
