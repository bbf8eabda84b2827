"""Members are merged and parted while others write to them, and to each other: nobody is refused for it."""

from __future__ import annotations

import random
from typing import Any

from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.ledger.merging import NotMerged, merge_members, unmerge_members
from regulars.loyalty.ledger.models import Account, Lot
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, NOON, member, points, shop
from regulars.loyalty.ledger.tests.test_bulk import assert_books_balance, grant
from regulars.loyalty.ledger.tests.test_bulk_beside_others import in_threads

TURNS = 25


def test_merges_and_their_undo_in_a_storm_fail_nobody(fresh_database: str):
    assert fresh_database
    version = shop()
    members = [member(version).id for _ in range(4)]
    told: dict[str, Any] = {"version": version, "now": NOON, "actor": ACTOR}
    done = {"merged": 0, "parted": 0}

    def merge_and_part(seed: int) -> None:
        drawn = random.Random(seed)
        for _ in range(TURNS):
            survivor, merged = drawn.sample(members, 2)
            try:
                if drawn.random() < 0.5:
                    merge_members(survivor_id=survivor, merged_id=merged, **told)
                    done["merged"] += 1
                else:
                    unmerge_members(merged_id=merged, **told)
                    done["parted"] += 1
            except (NoSuchMember, NotMerged):
                # Somebody else was sooner; that is an answer, and no error.
                continue

    def earn(seed: int) -> None:
        drawn = random.Random(seed)
        for _ in range(TURNS):
            who = drawn.choice(members)
            grant(type("Who", (), {"id": who})(), version, points(3))

    works = [lambda seed=seed: merge_and_part(seed) for seed in range(4)]
    assert in_threads(*works, *(lambda seed=seed: earn(seed) for seed in range(4, 6))) == []
    assert min(done.values()) > 5, done
    assert sum(lot.active for lot in Lot.objects.all()) == 2 * TURNS * 3
    leading = dict(Account.objects.values_list("id", "leads_to_id"))
    assert all(leading[to] is None for to in leading.values() if to), "whoever leads elsewhere leads to the end"
    assert all(leading[lot.account_id] is None for lot in Lot.objects.all())
    assert_books_balance(version)
