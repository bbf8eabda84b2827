"""A key without the scope is told nothing that is sensitive, and finds nobody by it; one with the scope is and does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from regulars.client import ApiError, Client, NotExported
from regulars.exports.carrying_on import carry_on
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.facts.tests.sensitive import WORDS, keep_secrets, reclassify, sensitive_facts
from regulars.staff.permissions import PERMISSIONS, SEES_SENSITIVE

FAITH = 'traits.secret_text starts with "quaker"'


@pytest.fixture(autouse=True)
def many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "API_CALLS_PER_MINUTE", 100_000)


@pytest.fixture
def narrow(db: None) -> Client:
    """A client whose key has every scope but the one that it takes."""
    scopes = sorted(PERMISSIONS.keys() - {SEES_SENSITIVE})
    return Client(URL, make_key(*scopes), transport=transport(), attempts=1)


@pytest.fixture
def ada(db: None) -> str:
    return str(keep_secrets())


def asking_by(client: Client, name: str, ada: str) -> Iterator[Callable[[], Any]]:
    """Yield each way to ask for a fact, or for customers by it."""
    condition = f"orders.count >= 0 and {name} exists"
    tree = {"kind": "not", "of": {"kind": "exists", "what": {"fact": name}}}
    yield lambda: client.conditions.check(condition)
    yield lambda: client.conditions.count(condition)
    yield lambda: client.conditions.count(tree)
    yield lambda: list(client.conditions.list(condition))
    yield lambda: list(client.conditions.list("orders.count >= 0", facts=["orders.count", name]))
    yield lambda: client.conditions.explain(condition, ada)
    yield lambda: client.exports.ask(kind="facts", condition=condition)
    yield lambda: client.exports.ask(kind="facts", facts=["orders.count", name])


def test_no_sensitive_fact_of_the_catalogue_is_told_to_a_key_without_the_scope_or_finds_anybody_for_it(
    client: Client, narrow: Client, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reclassify(monkeypatch)
    names = sensitive_facts()
    assert {fact["name"] for fact in client.facts.list()} >= set(names)
    assert {fact["name"] for fact in narrow.facts.list()}.isdisjoint(names)
    assert client.facts.of(ada)["facts"].keys() >= set(names)
    assert narrow.facts.of(ada)["facts"].keys().isdisjoint(names)
    for name in names:
        for ask in asking_by(client, name, ada):
            assert ask() is not None, name
        for ask in asking_by(narrow, name, ada):
            with pytest.raises(ApiError) as refused:
                ask()
            assert (refused.value.status, refused.value.code) == (403, "fact_withheld"), name
            assert SEES_SENSITIVE in str(refused.value)
        assert name in [each["text"] for each in client.conditions.complete(name[:-1])]
        assert name not in [each["text"] for each in narrow.conditions.complete(name[:-1])]


def test_a_list_that_would_be_sorted_by_what_is_sensitive_is_refused(
    client: Client, narrow: Client, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reclassify(monkeypatch)
    sorts = [fact["name"] for fact in client.facts.list() if fact["is_sortable"] and fact["name"] in sensitive_facts()]
    assert len(sorts) > 2
    for name in sorts:
        assert list(client.conditions.list("orders.count >= 0", sort=name))
        with pytest.raises(ApiError) as refused:
            list(narrow.conditions.list("orders.count >= 0", sort=name))
        assert (refused.value.code, refused.value.pointer) == ("fact_withheld", "/sort")


def test_a_customer_is_told_without_sensitive_traits_however_it_is_found(
    client: Client, narrow: Client, ada: str
) -> None:
    def told(by: Client) -> list[dict[str, Any]]:
        found: list[Any] = [by.customers.get(ada), *by.customers.list(), *by.customers.list(search="Ada")]
        return [*found, by.customers.find(email="ada@example.com")]

    assert len(told(narrow)) == len(told(client)) == 5
    assert all(word in json.dumps(told(client)) for word in ("quaker", "734512", "1931-05-17", "diabetic"))
    assert [word for word in WORDS if word in json.dumps(told(narrow))] == []
    assert narrow.customers.get(ada)["traits"] == {"shoe_size": 41}


def made(client: Client, **told: Any) -> str:
    """Ask for an export, do what a worker would, and return its id."""
    asked = client.exports.ask(**told)
    assert carry_on(UUID(asked["id"]), clock=timezone.now)
    return asked["id"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_file_of_customers_holds_no_sensitive_trait_for_who_may_not_see_it(
    client: Client, narrow: Client, ada: str, form: Any, tmp_path: Path
) -> None:
    full = client.exports.download(made(client, kind="customers", format=form), tmp_path / "full").read_bytes()
    less = narrow.exports.download(made(narrow, kind="customers", format=form), tmp_path / "less").read_bytes()
    assert b"quaker" in full
    assert b"diabetic" in full
    assert [word for word in WORDS if word.encode() in less] == []
    assert b"secret_text" not in less
    assert b"shoe_size" in less


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "customers"},
        {"kind": "facts", "condition": FAITH, "facts": ["orders.count"]},
        {"kind": "facts", "facts": ["orders.count", "traits.secret_text"]},
    ],
)
def test_a_file_that_another_key_made_does_not_leak(
    client: Client, narrow: Client, ada: str, told: dict[str, Any], tmp_path: Path
) -> None:
    export_id = made(client, **told)
    assert not client.exports.get(export_id)["is_withheld"]
    assert client.exports.download(export_id, tmp_path / "full").read_bytes()
    [listed] = narrow.exports.list()
    for seen in (listed, narrow.exports.get(export_id)):
        assert (seen["id"], seen["is_withheld"], seen["is_ready"]) == (export_id, True, False)
        assert (seen["condition"], seen["rows"], seen["size_bytes"]) == ("", None, None)
        assert "traits.secret_text" not in seen["facts"]
    with pytest.raises(ApiError) as refused:
        narrow.exports.download(export_id, tmp_path / "leaked")
    assert (refused.value.status, refused.value.code) == (403, "export_withheld")
    with pytest.raises(NotExported, match="export_withheld"):
        narrow.exports.wait(export_id)
    assert narrow.exports.remove(export_id)["condition"] == ""


def test_a_file_of_what_is_not_sensitive_is_everybodys(
    client: Client, narrow: Client, ada: str, tmp_path: Path
) -> None:
    export_id = made(client, kind="facts", condition="traits.shoe_size > 40", facts=["traits.shoe_size"])
    seen = narrow.exports.get(export_id)
    assert (seen["is_withheld"], seen["rows"], seen["condition"]) == (False, 1, "traits.shoe_size > 40")
    assert "Ada" in narrow.exports.download(export_id, tmp_path / "facts").read_text()


def test_what_became_sensitive_since_is_withheld_from_then_on(
    client: Client, narrow: Client, ada: str, tmp_path: Path
) -> None:
    export_id = made(narrow, kind="facts", facts=["traits.shoe_size"])
    assert narrow.exports.download(export_id, tmp_path / "before").read_bytes()
    client.traits.put("shoe_size", {"kind": "number", "classification": "sensitive"})
    with pytest.raises(ApiError) as refused:
        narrow.exports.download(export_id, tmp_path / "after")
    assert refused.value.code == "export_withheld"
    assert narrow.customers.get(ada)["traits"] == {}
