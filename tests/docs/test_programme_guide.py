"""The guide to a programme shows one that can be published, and conditions that can be asked."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from regulars.facts.catalogue import declared_catalogue
from regulars.facts.language.binding import Setting, bind
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import parse
from regulars.loyalty.definitions.checking import check_program
from regulars.loyalty.definitions.contracts import Fault
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.reading import read_program
from regulars.loyalty.rules.checking import RuleChecks

GUIDE = (Path(__file__).parents[2] / "docs" / "programme-guide.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
CONDITION = re.compile(r"`((?:loyalty|orders)\.[^`]* [^`]*)`")
CLOCK = Clock(datetime(2026, 11, 20, 12, tzinfo=UTC), ZoneInfo("Europe/Vienna"))


def programme(text: str) -> Program:
    reading = read_program(text)
    assert reading.program is not None, reading.faults
    return reading.program


def faults_of(text: str) -> list[Fault]:
    checks = RuleChecks(catalogue=declared_catalogue(), clock=CLOCK, reporting="EUR")
    return check_program(programme(text), checks, reporting_currency="EUR")


def test_the_blocks_together_are_a_programme_without_a_fault() -> None:
    blocks = BLOCK.findall(GUIDE)
    assert len(blocks) == 4
    assert faults_of("\n".join(blocks)) == []


def test_it_has_something_of_each_part() -> None:
    found = programme("\n".join(BLOCK.findall(GUIDE)))
    assert all((found.currencies, found.rules, found.budgets, found.tier_sets, found.vouchers, found.rewards))


def test_the_conditions_that_it_names_can_be_asked() -> None:
    setting = Setting(catalogue=declared_catalogue(), clock=CLOCK, currency="EUR")
    named = CONDITION.findall(GUIDE)
    assert len(named) >= 3
    for text in named:
        bind(parse(text).tree, setting)


def test_a_wrong_condition_in_it_would_be_seen() -> None:
    text = "\n".join(BLOCK.findall(GUIDE)).replace("loyalty.lifetime_points > 0", "loyalty.lifetime_pints > 0")
    assert [each.code for each in faults_of(text)] == ["no_such_fact"]
