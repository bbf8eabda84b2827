"""What stands is judged by the clock, what was posted is read in pages, and totals tie to the accounts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.kit.ids import new_id
from regulars.loyalty.ledger.contracts import Balance, Book, TransactionKind, Waiting
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.ledger.models import Lot, Transaction
from regulars.loyalty.ledger.queries import (
    find_transaction,
    get_standing,
    get_totals,
    list_daily_totals,
    list_standings,
    list_transactions,
)
from regulars.loyalty.ledger.services import adjust_points
from regulars.loyalty.ledger.tests.keepers import InDatabase
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, DAY, NOON, points
from regulars.loyalty.ledger.tests.ledger_story import tell

pytestmark = pytest.mark.django_db
EARLIER, LATER = NOON + 5 * DAY, NOON + 9 * DAY


def balance(**parts: int) -> Balance:
    return Balance(currency="points", **{"pending": 0, "active": 0, "reserved": 0, "debt": 0, **parts})


def stands(keeper: InDatabase, who: str, at: datetime) -> Balance:
    return get_standing(keeper.ids[who], at=at)["points"].balance


@pytest.fixture
def keeper() -> InDatabase:
    return InDatabase(["ann", "ben"])


def test_a_standing_tells_the_balance_and_what_becomes_of_it(keeper: InDatabase) -> None:
    keeper.earn("ann", points(10, expires_at=LATER), NOON, twice=False)
    keeper.earn("ann", points(5, expires_at=EARLIER), NOON, twice=False)
    keeper.earn("ann", points(7, expires_at=LATER), NOON, twice=False)
    keeper.earn("ann", points(3, expires_at=None), NOON, twice=False)
    keeper.earn("ann", points(2, activates_at=EARLIER), NOON, twice=False)
    keeper.earn("ann", points(4, activates_at=None, expires_at=None), NOON, twice=False)
    standing = get_standing(keeper.ids["ann"], at=NOON)["points"]
    assert standing.balance == balance(pending=6, active=25)
    assert standing.balance.available == 25
    assert [(each.expires_at, each.points) for each in standing.expiring] == [(EARLIER, 5), (LATER, 17), (None, 3)]
    assert standing.pending == [Waiting(activates_at=EARLIER, points=2), Waiting(activates_at=None, points=4)]


def test_a_standing_is_judged_by_the_clock_and_posts_nothing(keeper: InDatabase) -> None:
    keeper.earn("ann", points(10, expires_at=LATER), NOON, twice=False)
    keeper.earn("ann", points(4, activates_at=EARLIER, expires_at=None), NOON, twice=False)
    posted = Transaction.objects.count()
    moment = timedelta(microseconds=1)
    assert stands(keeper, "ann", EARLIER - moment) == balance(pending=4, active=10)
    assert stands(keeper, "ann", EARLIER) == balance(active=14)
    assert stands(keeper, "ann", LATER - moment) == balance(active=14)
    assert stands(keeper, "ann", LATER) == balance(active=4)
    assert Transaction.objects.count() == posted
    assert Lot.objects.get(activates_at=EARLIER).pending == 4


def test_pending_points_pay_debts_when_their_moment_has_come(keeper: InDatabase) -> None:
    lot = keeper.earn("ann", points(10), NOON, twice=False)
    keeper.spend("ann", 10, new_id(), NOON, reserve=False)
    keeper.claw({lot: 6}, [lot], NOON)
    keeper.earn("ann", points(9, activates_at=EARLIER), NOON, twice=False)
    assert stands(keeper, "ann", NOON) == balance(pending=9, debt=6)
    assert stands(keeper, "ann", EARLIER) == balance(active=3)


def test_a_merged_member_stands_as_the_survivor_does(keeper: InDatabase) -> None:
    keeper.earn("ann", points(10), NOON, twice=False)
    keeper.earn("ben", points(5), NOON, twice=False)
    keeper.merge("ann", "ben", NOON)
    assert stands(keeper, "ben", NOON) == stands(keeper, "ann", NOON) == balance(active=15)
    keeper.unmerge("ben", NOON + DAY, ["ben"])
    assert stands(keeper, "ben", NOON + DAY) == balance(active=5)


def test_many_standings_are_read_in_as_few_statements_as_one(keeper: InDatabase) -> None:
    many = InDatabase([f"member {number}" for number in range(12)])
    for name in many.ids:
        many.earn(name, points(10), NOON, twice=False)
    with CaptureQueriesContext(connection) as asked:
        found = list_standings(many.ids.values(), at=NOON)
    assert len(asked) == 2
    assert set(found) == set(many.ids.values())
    assert all(found[member]["points"].balance == balance(active=10) for member in many.ids.values())
    assert all(found[member]["stars"].balance.balance == 0 for member in many.ids.values())


def test_who_is_no_member_has_no_standing() -> None:
    with pytest.raises(NoSuchMember):
        get_standing(new_id(), at=NOON)
    assert list_standings([new_id()], at=NOON) == {}
    assert list_standings([], at=NOON) == {}


def kinds(member_id: UUID) -> list[TransactionKind]:
    return [each.kind for each in list_transactions(member_id, limit=100)]


def test_what_was_posted_is_listed_in_pages_with_its_entries_the_newest_first(keeper: InDatabase) -> None:
    for _ in range(5):
        keeper.earn("ann", points(10), NOON, twice=False)
    keeper.earn("ben", points(10), NOON, twice=False)
    keeper.spend("ann", 15, new_id(), NOON + DAY, reserve=False)
    pages, before = [], None
    while page := list_transactions(keeper.ids["ann"], limit=4, before=before):
        pages.append(page)
        before = page[-1].id
    assert [len(page) for page in pages] == [4, 2]
    found = [each for page in pages for each in page]
    posted = Transaction.objects.filter(lines__lot__origin_account=_account(keeper, "ann")).distinct()
    assert [each.id for each in found] == [row.id for row in posted.order_by("-position")]
    assert [each.points for each in found[0].entries] == [-10, -5, 15]
    assert [each.book for each in found[0].entries] == [Book.MEMBER, Book.MEMBER, Book.REDEEMED]
    assert found[0].actor == str(ACTOR)


def _account(keeper: InDatabase, who: str) -> UUID:
    return next(account for account, name in keeper.names.items() if name == who)


def test_what_was_posted_can_be_listed_for_one_currency(keeper: InDatabase) -> None:
    told: dict[str, Any] = {"member_id": keeper.ids["ann"], "version": keeper.version, "now": NOON, "actor": ACTOR}
    adjust_points(currency="points", points=5, reason="kindness", expires_at=None, **told)
    adjust_points(currency="stars", points=1, reason="brightness", expires_at=None, **told)
    [star] = list_transactions(keeper.ids["ann"], currency="stars", limit=9)
    assert star.memo == {"reason": "brightness"}
    assert len(list_transactions(keeper.ids["ann"], limit=9)) == 2
    assert find_transaction(star.id) == star
    assert find_transaction(new_id()) is None


def test_lots_bring_their_history_with_a_merge_and_take_it_with_its_undo(keeper: InDatabase) -> None:
    keeper.earn("ben", points(10), NOON, twice=False)
    assert kinds(keeper.ids["ann"]) == []
    keeper.merge("ann", "ben", NOON + DAY)
    keeper.spend("ann", 4, new_id(), NOON + DAY, reserve=False)
    merged = [TransactionKind.REDEEM, TransactionKind.MERGE, TransactionKind.MERGE, TransactionKind.GRANT]
    assert kinds(keeper.ids["ann"]) == kinds(keeper.ids["ben"]) == merged
    keeper.unmerge("ben", NOON + 2 * DAY, ["ben"])
    assert kinds(keeper.ids["ann"]) == []
    assert kinds(keeper.ids["ben"]) == [TransactionKind.UNMERGE, TransactionKind.UNMERGE, *merged]


def test_totals_say_what_was_issued_and_where_it_went(keeper: InDatabase) -> None:
    version = keeper.version
    lot = keeper.earn("ann", points(100, expires_at=LATER), NOON, twice=False)
    keeper.spend("ann", 30, new_id(), NOON + DAY, reserve=False)
    keeper.claw({lot: 20}, [lot], NOON + 2 * DAY)
    told: dict[str, Any] = {"version": version, "now": NOON + 3 * DAY, "actor": ACTOR}
    adjust_points(member_id=keeper.ids["ben"], currency="points", points=7, reason="kindness", expires_at=None, **told)
    keeper.settle(["ann"], LATER)
    found = get_totals(version.program_id, "points")
    assert (found.issued, found.redeemed, found.breakage, found.adjusted) == (80, 30, 50, 7)
    assert (found.partner, found.transferred, found.written_off) == (0, 0, 0)
    assert found.outstanding == 7 == stands(keeper, "ann", LATER).balance + stands(keeper, "ben", LATER).balance
    until = get_totals(version.program_id, "points", until=NOON + 2 * DAY)
    assert (until.issued, until.redeemed, until.outstanding) == (100, 30, 70)
    within = get_totals(version.program_id, "points", since=NOON + DAY, until=NOON + 3 * DAY)
    assert (within.issued, within.redeemed, within.breakage, within.outstanding) == (-20, 30, 0, 50)
    assert get_totals(version.program_id, "stars").outstanding == 0


def test_totals_of_days_follow_the_zone_and_add_up(keeper: InDatabase) -> None:
    zone = ZoneInfo("Europe/Vienna")
    # 23:30 and 00:30 in Vienna.
    late, early = datetime(2026, 3, 28, 22, 30, tzinfo=NOON.tzinfo), datetime(2026, 3, 28, 23, 30, tzinfo=NOON.tzinfo)
    keeper.earn("ann", points(100, at=late), late, twice=False)
    keeper.earn("ann", points(10, at=early), early, twice=False)
    keeper.spend("ann", 30, new_id(), early + DAY, reserve=False)
    days = list_daily_totals(
        keeper.version.program_id, "points", first=date(2026, 3, 28), last=date(2026, 3, 31), zone=zone
    )
    assert [(day.issued, day.redeemed, day.outstanding) for day in days] == [
        (100, 0, 100),
        (10, 0, 110),
        (0, 30, 80),
        (0, 0, 80),
    ]


def test_the_books_of_a_whole_story_come_to_what_stands_on_all_accounts() -> None:
    tell()
    program_id = Transaction.objects.values_list("program_id", flat=True)[0]
    found = get_totals(program_id, "points")
    given = found.issued + found.adjusted + found.partner
    gone = found.redeemed + found.breakage + found.transferred + found.written_off
    assert given - gone == found.outstanding
    standing = sum(lot.pending + lot.active + lot.reserved - lot.debt for lot in Lot.objects.all())
    assert found.outstanding == standing
