"""Whatever is done to members' points, the facts say what the ledger does, at each moment and before it is posted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from regulars.facts import catalogue
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.calendar import local_day
from regulars.loyalty.facts.keeping import keep_facts_of, keep_program
from regulars.loyalty.facts.tests.member_shop import known
from regulars.loyalty.ledger.contracts import Standing
from regulars.loyalty.ledger.models import Member
from regulars.loyalty.ledger.queries import get_standing, get_totals
from regulars.loyalty.ledger.tests.keepers import CURRENCY, InDatabase
from regulars.loyalty.ledger.tests.ledger_shop import DAY, NOON, points
from regulars.loyalty.ledger.tests.lives import begin_life, end_life
from regulars.loyalty.ledger.tests.test_state_machine import ZONE, Ledgers

pytestmark = pytest.mark.django_db
AHEAD = (0, 4, 31)


def told_by(standing: Standing, now: datetime) -> dict[str, object]:
    """Return what the facts of the clock should say."""
    last_days = [
        (local_day(each.expires_at - timedelta(microseconds=1), ZONE), each.points)
        for each in standing.expiring
        if each.expires_at
    ]
    soon = local_day(now, ZONE) + timedelta(days=30)
    return {
        "points": standing.balance.available,
        "pending": standing.balance.pending,
        "points_expiring": sum(points for day, points in last_days if day <= soon),
        "next_expiry": min((day for day, _ in last_days), default=None),
    }


class Known(Ledgers):
    """The ledger in the database, lived through as its own tests do; after each step the facts are asked."""

    keeper = InDatabase
    stood: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        self.begun = begin_life()
        super().__init__()
        assert isinstance(self.ours, InDatabase)
        self.database = self.ours
        keep_program(self.database.version)

    def teardown(self) -> None:
        end_life(self.begun)

    def somebody_is_erased(self) -> None:
        """Not here: what was earned by who is gone is no fact of anybody."""

    def both_stand_alike(self) -> None:
        """Not here: it would post what is due, and the facts are to know it before."""

    @invariant()
    def the_facts_say_what_the_ledger_does(self) -> None:
        customers = dict(Member.objects.filter(state="active").values_list("id", "customer_id"))
        keep_facts_of([each for each in customers.values() if each])
        for days in AHEAD:
            now = self.now + timedelta(days=days)
            found = known([each for each in customers.values() if each], now)
            for member_id, customer_id in customers.items():
                self.compare(found[customer_id], get_standing(member_id, at=now)[CURRENCY], now)
        totals = get_totals(self.database.version.program_id, CURRENCY)
        # What a debt that was written off was is not told of anybody.
        assert sum(each["lifetime_points"] for each in found.values()) == totals.issued + totals.adjusted
        assert sum(each["spent_points"] for each in found.values()) == totals.redeemed

    def compare(self, found: dict[str, object], standing: Standing, now: datetime) -> None:
        wanted = told_by(standing, now)
        assert {name: found[name] for name in wanted} == wanted
        self.stood.update(name for name, value in wanted.items() if value)


def live(examples: int, steps: int) -> None:
    """Let so many lives be lived."""
    asked = settings(
        settings.get_profile("daily"),
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Known, settings=asked)


def test_the_facts_of_the_clock_are_what_the_ledger_says_whatever_happens():
    Known.stood = Counter()
    live(5, 15)
    assert min(Known.stood[name] for name in ("points", "pending", "points_expiring", "next_expiry")) > 10


@pytest.mark.soak
def test_the_facts_of_the_clock_are_what_the_ledger_says_in_many_lives():
    Known.stood = Counter()
    live(500, 40)
    assert min(Known.stood[name] for name in ("points", "pending", "points_expiring", "next_expiry")) > 1_000


def in_debt() -> InDatabase:
    """Somebody who owes 100 points, and to whom 180 will have come, of some of which not much is left by then."""
    keeper, bought = InDatabase(["ann"]), new_id()
    keep_program(keeper.version)
    lot = keeper.earn("ann", points(100), NOON, twice=False)
    keeper.spend("ann", 100, bought, NOON, reserve=False)
    keeper.claw({lot: 100}, [lot], NOON)
    for count, after, good in ((60, 1, 3), (70, 2, 40), (50, 2, None)):
        expires_at = NOON + good * DAY if good else None
        what = points(count, activates_at=NOON + after * DAY, expires_at=expires_at)
        keeper.earn("ann", what, NOON, twice=False)
    return keeper


def available(keeper: InDatabase) -> list[tuple[int, int]]:
    """Return how many points the facts know of, and how many the ledger, on some days to come."""
    member_id = keeper.ids["ann"]
    customer_id = Member.objects.values_list("customer_id", flat=True).get(id=member_id)
    assert customer_id
    keep_facts_of([customer_id])
    moments = [NOON + days * DAY for days in (0, 1, 2, 3, 39, 41)]
    return [
        (known([customer_id], now)[customer_id]["points"], get_standing(member_id, at=now)[CURRENCY].balance.available)
        for now in moments
    ]


def test_what_becomes_due_pays_first_what_is_owed():
    assert available(in_debt()) == [(each, each) for each in (0, 0, 80, 80, 80, 50)]


def test_a_debt_that_is_forgotten_would_be_seen(monkeypatch: pytest.MonkeyPatch):
    real = catalogue.declared_catalogue()
    wrong = {
        name: replace(fact, column=fact.column.replace("lot.due_so_far - lot.owed", "lot.due_so_far"))
        for name, fact in real.facts.items()
    }
    monkeypatch.setattr(catalogue._Installed, "catalogue", replace(real, facts=wrong))
    assert any(fact != standing for fact, standing in available(in_debt()))
