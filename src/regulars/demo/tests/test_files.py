"""The demo shop's files come in as such files do: most of each is kept, and what is refused has its reason."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from regulars.customers.contracts import Trait, TraitKind
from regulars.customers.services import save_trait
from regulars.demo.files import DRINKS, bring_files, make_files
from regulars.imports.contracts import ImportState
from regulars.imports.queries import count_by_code, list_imports
from regulars.stream.contracts import system

UNTIL = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ACTOR = system("demo")


def bring() -> None:
    trait = Trait(key="drinks", kind=TraitKind.CHOICE, label="Drinks", choices=DRINKS)
    save_trait(trait=trait, now=NOW, actor=ACTOR)
    bring_files(UNTIL, now=NOW, actor=ACTOR)


@pytest.mark.django_db
def test_each_is_imported_with_some_refused_rows_once() -> None:
    bring()
    bring()
    found = {each.file_name: each for each in list_imports(limit=10)}
    assert len(found) == 3
    newsletter, stall, prices = (found[f"{name}.csv"] for name in ("newsletter", "market-stall", "price-list"))
    assert [each.state for each in (newsletter, stall, prices)] == [
        ImportState.DONE,
        ImportState.DONE,
        ImportState.MAPPED,
    ]
    assert dict(count_by_code(newsletter.id)) == {"nobody_named": 2, "wrong_trait": 2}
    assert dict(count_by_code(stall.id)) == {"bad_date": 3, "no_date": 2}
    assert newsletter.counts.imported + newsletter.counts.updated == 56
    assert stall.counts.imported == 35


def test_the_same_day_gives_the_same_files() -> None:
    assert make_files(UNTIL) == make_files(UNTIL)
    assert make_files(UNTIL) != make_files(date(2026, 11, 19))
