"""What somebody may not see is neither told nor asked for, in whatever form a condition asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from regulars.facts import asking, catalogue
from regulars.facts.catalogue import declared_catalogue, get_catalogue
from regulars.facts.contracts import Catalogue
from regulars.facts.language import tree
from regulars.facts.language.binding import Setting, bind, find_fact
from regulars.facts.language.completion import complete
from regulars.facts.language.faults import WITHHELD, WrongCondition
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import parse
from regulars.facts.language.printer import write
from regulars.facts.language.reading_trees import write_tree
from regulars.facts.tests.conditions import conditions
from regulars.kit import i18n
from regulars.kit.classification import Classification, may_see
from regulars.staff.permissions import SEES_SENSITIVE

ALL = declared_catalogue()
CLOCK = Clock(datetime(2026, 11, 28, 12, tzinfo=UTC), ZoneInfo("Europe/Vienna"))


def setting_of(known: Catalogue) -> Setting:
    return Setting(catalogue=known, clock=CLOCK, currency="EUR")


def without(names: set[str]) -> Setting:
    """Return a setting that withholds some facts."""
    seen = {name: fact for name, fact in ALL.facts.items() if name not in names}
    return setting_of(replace(ALL, facts=seen, withheld=frozenset(names)))


def asked_by(told: Any) -> Iterator[str]:
    """Yield the names of the facts that the tree of a condition asks for, as JSON has them."""
    if isinstance(told, dict):
        yield from (told[name] for name in ("fact", "anniversary_of") if isinstance(told.get(name), str))
        yield from (each for part in told.values() for each in asked_by(part))
    elif isinstance(told, Sequence) and not isinstance(told, str):
        yield from (each for part in told for each in asked_by(part))


def code_of(condition: tree.Condition, setting: Setting) -> str:
    """Return why a condition is refused in a setting; an empty text where it is not."""
    try:
        bind(condition, setting)
    except WrongCondition as error:
        return error.code
    return ""


@given(conditions(ALL), st.sets(st.sampled_from(sorted(ALL.facts)), max_size=12))
def test_a_condition_of_any_form_is_refused_exactly_where_it_asks_for_what_is_withheld(
    condition: tree.Condition, names: set[str]
) -> None:
    asks = bool(names.intersection(asked_by(write_tree(condition))))
    assert code_of(condition, without(names)) == (WITHHELD if asks else ""), write(condition)


@pytest.mark.parametrize(
    "text",
    [
        "orders.revenue > 5",
        "not orders.revenue exists",
        "profile.has_email or (profile.has_phone and orders.revenue(last: 30 days) > 5)",
        'orders.revenue(where: channel = "online") between 1 and 2',
    ],
)
def test_the_place_of_what_is_withheld_is_told_and_nothing_like_it_is_offered(text: str) -> None:
    setting = without({"orders.revenue"})
    parsed = parse(text)
    with pytest.raises(WrongCondition) as refused:
        bind(parsed.tree, setting, parsed.places)
    assert refused.value.code == WITHHELD
    assert refused.value.place
    assert text[refused.value.place.start : refused.value.place.end].startswith("orders.revenue")
    with pytest.raises(WrongCondition) as unknown:
        find_fact("orders.revenu", setting.catalogue)
    assert "orders.revenue " not in unknown.value.message


def test_no_list_is_sorted_by_what_is_withheld() -> None:
    assert asking.sortable(setting_of(ALL), "orders.revenue").name == "orders.revenue"
    with pytest.raises(WrongCondition) as refused:
        asking.sortable(without({"orders.revenue"}), "orders.revenue")
    assert (refused.value.code, refused.value.pointer) == (WITHHELD, "/sort")


def test_what_is_withheld_is_no_completion_nor_are_its_values() -> None:
    withheld = without({"rfm.segment"}).catalogue
    assert [each.text for each in complete("rfm.seg", ALL)] == ["rfm.segment"]
    assert complete("rfm.seg", withheld) == []
    assert any("champions" in each.text for each in complete("rfm.segment = ", ALL))
    assert not any("champions" in each.text for each in complete("rfm.segment = ", withheld))


@pytest.mark.parametrize(("language", "word"), [("en", "sensitive"), ("de", "sensibel")])
def test_the_sentence_names_what_one_lacks_in_each_language(language: str, word: str) -> None:
    i18n.activate(language)
    try:
        with pytest.raises(WrongCondition) as refused:
            find_fact("rfm.segment", without({"rfm.segment"}).catalogue)
    finally:
        i18n.activate("en")
    assert word in refused.value.message
    assert SEES_SENSITIVE in refused.value.message


def test_nobody_sees_what_is_hidden_and_only_some_what_is_sensitive() -> None:
    seen = {
        (each, sees_sensitive): may_see(each, sees_sensitive=sees_sensitive)
        for each in Classification
        for sees_sensitive in (False, True)
    }
    assert {told for told, may in seen.items() if not may} == {
        (Classification.SENSITIVE, False),
        (Classification.HIDDEN, False),
        (Classification.HIDDEN, True),
    }


@pytest.mark.django_db
def test_the_catalogue_withholds_what_is_sensitive_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    sensitive = {"profile.birthday", "orders.revenue", "rfm.segment"}
    facts = {
        name: replace(fact, classification=Classification.SENSITIVE) if name in sensitive else fact
        for name, fact in ALL.facts.items()
    }
    monkeypatch.setattr(catalogue._Installed, "catalogue", replace(ALL, facts=facts))
    assert get_catalogue().withheld == sensitive
    assert get_catalogue().facts.keys() == ALL.facts.keys() - sensitive
    assert get_catalogue(sees_sensitive=True).facts.keys() == ALL.facts.keys()
    assert get_catalogue(sees_sensitive=True).withheld == set()
