"""Who moves is told for very many members while one waits."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connections

from regulars.kit.ids import new_id
from regulars.loyalty.nights.moving import who_moves
from regulars.loyalty.nights.tests.night_shop import NOON, draft, live, midnight, shop
from regulars.loyalty.nights.tests.test_moving import AT, TUESDAY, ladder, status_of

MEMBERS = 100_000
_IDS = "(left(%(base)s, 24) || lpad(to_hex(number), 12, '0'))::uuid"
CUSTOMERS = f"""
    INSERT INTO customers_customer (
        id, name, given_name, family_name, language, country, city, postcode, traits, tags, identifier_kinds,
        created_at, updated_at
    )
    SELECT {_IDS}, '', '', '', '', '', '', '', '{{}}', '{{}}', '{{}}', %(now)s, %(now)s
    FROM generate_series(1, %(members)s) AS number
"""
ENROLLED = f"""
    INSERT INTO loyalty_ledger_member (id, program_id, customer_id, code, state, enrolled_at, enrolled_by)
    SELECT {_IDS}, %(program)s, {_IDS}, 'CODE' || number, 'active', %(now)s, 'system:tests'
    FROM generate_series(1, %(members)s) AS number
"""
STANDING = f"""
    INSERT INTO loyalty_tiers_standing
        (member_id, program_id, tier_set, tier, since, evaluated_at, version, due_at, progress)
    SELECT {_IDS}, %(program)s, 'status', CASE WHEN number %% 4 = 3 THEN 'gold' ELSE 'basic' END, %(now)s, %(now)s, 1,
        NULL, number %% 4 * 40
    FROM generate_series(1, %(members)s) AS number
"""
PROGRESS = f"""
    INSERT INTO loyalty_tiers_progress
        (member_id, tier_set, occurred_at, amount, source_kind, occasion, recorded_at)
    SELECT {_IDS}, 'status', %(now)s - part * interval '1 hour', number %% 4 * 10, 'tests', gen_random_uuid(), %(now)s
    FROM generate_series(1, %(members)s) AS number CROSS JOIN generate_series(1, 4) AS part
    WHERE number %% 4 > 0
"""


@pytest.mark.soak
@pytest.mark.usefixtures("fresh_database")
def test_who_moves_of_a_hundred_thousand_members_is_told_in_some_moments() -> None:
    version = shop(tier_sets=[ladder()])
    told: dict[str, Any] = {"base": str(new_id()), "program": version.program_id, "now": NOON, "members": MEMBERS}
    with connections["owner"].cursor() as cursor:
        for statement in (CUSTOMERS, ENROLLED, STANDING, PROGRESS):
            cursor.execute(statement, told)
        cursor.execute("ANALYZE")
    draft(tier_sets=[ladder(70)])
    # What this process takes of a core, since others may keep the machine busy.
    begun = time.process_time()
    report = who_moves(program="beans", at=AT)
    took = time.process_time() - begun
    print(f"who_moves: {MEMBERS} members in {took:.1f} s of one core")
    assert (report.members, status_of(report).up, status_of(report).down) == (MEMBERS, MEMBERS // 4, 0)
    assert took < 120
    begun = time.monotonic()
    [_] = live(midnight(TUESDAY))
    print(f"a night with nobody due: {time.monotonic() - begun:.1f} s")
