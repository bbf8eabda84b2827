"""A million entries are sealed and verified, set by set, and the memory does not grow with them."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import pytest
from django.db import connections

from regulars.loyalty.ledger.models import Account, Entry
from regulars.loyalty.ledger.sealing import MOST_TRANSACTIONS, seal_ledger
from regulars.loyalty.ledger.tests.ledger_shop import NOON, member, shop
from regulars.loyalty.ledger.verifying import verify_ledger

pytestmark = pytest.mark.soak
LOTS = 250_000
AT_ONCE = 10_000
MOST_BYTES = 64 * 2**20
# Lots are granted, and of each a point is spent: two transactions of two entries, as the database's owner can add them.
LOTS_OF_ONE = """
INSERT INTO loyalty_ledger_lot (id, account_id, origin_account_id, currency, granted_at, activates_at, source_kind,
    rule, funding, active)
SELECT md5('lot' || number)::uuid, %(account)s, %(account)s, 'points', %(now)s, %(now)s, 'order', 'rule', 'sale', 4
FROM generate_series(%(first)s, %(last)s) AS number
"""
HEADERS = """
INSERT INTO loyalty_ledger_transaction (id, program_id, kind, occurred_at, posted_at, actor, memo, entries)
SELECT md5(kind || number)::uuid, %(program)s, kind, %(now)s, %(now)s, 'system:tests', '{"order": 1}', 2
FROM generate_series(%(first)s, %(last)s) AS number CROSS JOIN (VALUES ('grant'), ('redeem')) AS kinds (kind)
"""
ENTRIES = """
INSERT INTO loyalty_ledger_entry (transaction_id, number, book, account_id, lot_id, state, currency, points)
SELECT md5(kind || number)::uuid, place, book, CASE WHEN state IS NOT NULL THEN %(account)s::uuid END,
    CASE WHEN state IS NOT NULL THEN md5('lot' || number)::uuid END, state, 'points', points
FROM generate_series(%(first)s, %(last)s) AS number CROSS JOIN (VALUES
    ('grant', 1, 'issued', NULL, -5), ('grant', 2, 'member', 'active', 5),
    ('redeem', 1, 'member', 'active', -1), ('redeem', 2, 'redeemed', NULL, 1)
) AS kinds (kind, place, book, state, points)
"""


def test_a_million_entries_are_sealed_and_verified_in_little_memory(fresh_database: str) -> None:
    version = shop()
    account = Account.objects.get(member_id=member(version).id, currency="points")
    told: dict[str, Any] = {"account": account.id, "program": version.program_id, "now": NOON}
    with connections["owner"].cursor() as cursor:
        for first in range(1, LOTS, AT_ONCE):
            for statement in (LOTS_OF_ONE, HEADERS, ENTRIES):
                cursor.execute(statement, told | {"first": first, "last": first + AT_ONCE - 1})
        cursor.execute("VACUUM ANALYZE")
    connections["owner"].close()
    begun = time.perf_counter()
    while seal_ledger(now=NOON) == MOST_TRANSACTIONS:
        pass
    sealed = time.perf_counter()
    tracemalloc.start()
    verdict = verify_ledger()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"sealed in {sealed - begun:.0f} s, verified in {time.perf_counter() - sealed:.0f} s, {peak / 2**20:.0f} MiB")
    assert verdict.wrong == ()
    assert (verdict.sealed_transactions, Entry.objects.count()) == (2 * LOTS, 4 * LOTS)
    assert peak < MOST_BYTES
