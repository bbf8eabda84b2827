"""No page asks for what costs more the more customers there are. Counts are exact to a number, and estimated beyond."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from bench.system.fill import fill
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import URLPattern
from tests.looking import noting_rows, rows_looked_at

from regulars.customers import queries, searching
from regulars.faces.console.permission import needed_by
from regulars.faces.console.tests import members_shop, shop
from regulars.faces.console.urls import urlpatterns
from regulars.facts import asking
from regulars.insights.queries import list_at_risk
from regulars.orders import queries as order_queries
from regulars.staff.services import record
from regulars.stream.contracts import system

CUSTOMERS, ORDERS = 20_000, 30_000
ENTRIES = 5_000
# The most rows that one statement may look at: more than a page shows, and far less than there are.
MOST = 4_000
# They only take what is sent, lead elsewhere, or are for those who have not signed in.
NOT_PAGES = {"home", "sign-in", "sign-out", "preferences", "policy-report", "design.specimens"}
# Many fit; few do, and an index knows them; the orders and events of each are looked through.
CONDITIONS = (
    "orders.count >= 1",
    "orders.count >= 40",
    'profile.tags contains "vip"',
    'profile.city = "City 199"',
    'profile.country = "AT" and orders.days_since_last < 400',
    "orders.count(last: 900 days) >= 1",
    'event("order.placed")',
)
SEARCHES = ("a", "an", "ida", "ida+ho", "ida.horvat.7@example.com", "a17", "a29", "a29999", "zzzz", "1")


def pages() -> list[str]:
    """Return the console's pages that stand alone."""
    return [
        f"/{pattern.pattern}"
        for pattern in urlpatterns
        if isinstance(pattern, URLPattern)
        and not pattern.pattern.converters
        and pattern.name not in NOT_PAGES
        and needed_by(pattern.callback)
    ]


def costly(found: dict[str, int]) -> list[str]:
    """Return the statements that look at too many rows."""
    return [f"{rows}: {sql}" for sql, rows in found.items() if rows > MOST]


@pytest.fixture
def large_shop(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many customers; exact counts and broad searches end earlier in proportion."""
    fill(CUSTOMERS, ORDERS)
    for module in (searching, queries):
        monkeypatch.setattr(module, "EXACT_TO", 200)
    monkeypatch.setattr(searching, "LOOKED_AT", 100)
    monkeypatch.setattr(searching, "WORDS_READ", 400)
    monkeypatch.setattr(searching, "COMPARED_WITH", 1_200)
    monkeypatch.setattr(order_queries, "MOST_BY_NUMBER", 5)
    monkeypatch.setattr(asking, "LOOKED_AT", 300)
    monkeypatch.setattr(asking, "GATHERED_OF", (60, 300))
    monkeypatch.setattr(asking, "CHEAP_COST", asking.CHEAP_COST * CUSTOMERS / 1_000_000)


@pytest.mark.usefixtures("large_shop")
def test_no_page_looks_at_all_customers(owner: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT customer_id, id FROM orders_order WHERE number = 'A17'")
        [(customer_id, order_id)] = cursor.fetchall()
    paths = [path for path in pages() if owner.get(path).status_code == 200]
    assert len(paths) > 6
    paths += [f"/customers/{customer_id}", f"/orders/{order_id}", *(f"/customers?q={text}" for text in SEARCHES)]
    paths += [f"/palette?q={text}" for text in SEARCHES] + [f"/palette?recent=customer:{customer_id}"]
    paths += [f"/customers?{urlencode({'where': text})}" for text in CONDITIONS]
    paths += [f"/customers?sort={name}" for name in ("orders.count", "orders.revenue", "orders.last")]
    found = {path: costly(rows_looked_at(owner, path)) for path in paths}
    assert not any(found.values()), json.dumps(found, indent=1)


# Half of all customers are at risk, so that nothing but an index in that order leads to those with the most at stake.
SCORES = """
INSERT INTO insights_score (
    customer_id, run_id, r, f, m, rfm_segment, rfm_on, first_on, last_on, frequency, revenue_minor, risk, at_risk,
    revenue_at_stake_minor, scored_at
)
SELECT id, id, 2, 4, 4, 'at_risk', current_date, current_date, current_date, 3, 9000, 0.8, number %% 2 = 0,
    CASE WHEN number %% 2 = 0 THEN number ELSE 0 END, now()
FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM customers_customer) AS numbered
"""


@pytest.mark.usefixtures("large_shop")
def test_a_page_of_those_at_risk_is_read_from_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute(SCORES, [])
        cursor.execute("ANALYZE insights_score")
    with noting_rows() as found:
        first = list_at_risk(limit=21)
        last = first[-1]
        second = list_at_risk(limit=21, before=(last.revenue_at_stake_minor or 0, last.customer_id))
    stakes = [score.revenue_at_stake_minor for score in (*first, *second)]
    assert stakes == list(range(CUSTOMERS, CUSTOMERS - 84, -2))
    assert found
    assert max(found.values()) <= 2 * 21, found


@pytest.mark.usefixtures("large_shop")
def test_a_condition_that_looked_at_everybody_would_be_seen(owner: Client) -> None:
    assert costly(rows_looked_at(owner, f"/customers?{urlencode({'where': 'orders.days_between = 0.5'})}"))


@pytest.mark.usefixtures("large_shop")
def test_a_page_that_counted_all_customers_would_be_seen(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "EXACT_TO", 10**6)
    assert costly(rows_looked_at(owner, "/customers"))


def test_a_rare_entry_of_the_trail_is_found_among_many(fresh_database: str, owner: Client) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with transaction.atomic():
        for number in range(ENTRIES):
            record(system("test"), "thing.seen", "thing", number % 7, now=now)
            if number % 1_000 == 0:
                record(system("other"), "thing.done", "thing", "rare", now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE staff_audit_entry")
    for chosen in ("action=thing.done", "actor=system:other", "object_kind=thing&object_id=rare"):
        found = rows_looked_at(owner, f"/audit-trail?{chosen}")
        [rows] = [rows for sql, rows in found.items() if " WHERE " in sql and "staff_audit_entry" in sql]
        # Those five, from an index and from the table.
        assert 0 < rows <= 10, chosen


LOTS = """
INSERT INTO loyalty_ledger_lot
    (id, account_id, origin_account_id, currency, granted_at, source_kind, rule, funding, counts_for_tiers, active)
SELECT gen_random_uuid(), told.account_id, told.account_id, 'points', %(now)s - (60000 - n) * interval '26 minutes',
    'order', '', 'sale', TRUE, 10
FROM generate_series(1, 60000) AS n, LATERAL (SELECT gen_random_uuid() AS account_id WHERE n > 0) AS told
"""


def test_who_earned_lately_is_found_among_the_points_of_years(fresh_database: str, owner: Client) -> None:
    members_shop.club()
    members_shop.member()
    with connections["owner"].cursor() as cursor:
        cursor.execute(LOTS, {"now": shop.now()})
        cursor.execute("SELECT brin_summarize_new_values('loyalty_lot_granted')")
        cursor.execute("ANALYZE loyalty_ledger_lot")
    [rows] = [rows for sql, rows in rows_looked_at(owner, "/loyalty/programs/roastery").items() if "earned AS" in sql]
    # A twelfth of three years; of the rest only what lies on the same pages is looked at.
    assert 4_900 < rows < 10_000
