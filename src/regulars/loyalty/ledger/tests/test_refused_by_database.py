"""The database itself refuses what does not add up, whoever writes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.db.models import F, Sum

from regulars.kit.ids import new_id
from regulars.loyalty.ledger.contracts import Book, Entry, State, TransactionKind
from regulars.loyalty.ledger.models import Account, Lot
from regulars.loyalty.ledger.models import Entry as EntryRow
from regulars.loyalty.ledger.models import Transaction as TransactionRow
from regulars.loyalty.ledger.posting import Posted, post
from regulars.loyalty.ledger.services import grant_points
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, NOON, member, points, shop
from regulars.loyalty.ledger.wallets import Posting

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot() -> Lot:
    """A hundred active points."""
    version = shop()
    who = member(version)
    grant_points(member_id=who.id, currency="points", what=points(100), version=version, now=NOON, actor=ACTOR)
    return Lot.objects.get()


def entry(lot: Lot, count: int, state: State | None = State.ACTIVE, **told: Any) -> Entry:
    if state is None:
        return Entry(book=told.pop("book", Book.REDEEMED), currency="points", points=count, **told)
    return Entry(
        **{
            "book": Book.MEMBER,
            "currency": "points",
            "points": count,
            "account_id": lot.account_id,
            "lot_id": lot.id,
            "state": state,
            **told,
        }
    )


def put(lot: Lot, *entries: Entry) -> None:
    posting = Posting(id=new_id(), kind=TransactionKind.REDEEM, occurred_at=NOON, entries=entries)
    program_id = lot.account.member.program_id
    with transaction.atomic():
        post([posting], Posted(program_id=program_id, now=NOON, actor=ACTOR))


def many(lot: Lot, *wrong: Entry) -> list[Entry]:
    """So many entries that they are added up before they are applied, and some more."""
    return [*(entry(lot, sign) for _ in range(40) for sign in (1, -1)), *wrong]


@pytest.mark.parametrize("many_more", [False, True], ids=["few", "many"])
@pytest.mark.parametrize(
    ("told", "why"),
    [
        ([(-10, State.ACTIVE, {}), (9, None, {})], "does not sum to zero"),
        ([(-10, State.ACTIVE, {}), (10, None, {"currency": "stars"})], "does not sum to zero"),
        ([(-101, State.ACTIVE, {}), (101, None, {})], "loyalty_lot_parts"),
        ([(-1, State.PENDING, {}), (1, None, {})], "loyalty_lot_parts"),
        ([(-1, State.RESERVED, {}), (1, State.ACTIVE, {})], "loyalty_lot_parts"),
        ([(1, State.DEBT, {}), (-1, None, {})], "loyalty_lot_parts"),
        ([(-10, State.DEBT, {}), (10, None, {})], "active points beside a debt"),
        ([(-10, State.ACTIVE, {"lot_id": UUID(int=7)}), (10, None, {})], "names a lot that is not there"),
        ([(-10, State.ACTIVE, {"account_id": UUID(int=7)}), (10, None, {})], "names a lot that is not there"),
    ],
)
def test_the_database_refuses_a_transaction_that_breaks_an_invariant(
    lot: Lot, told: list[Any], why: str, many_more: bool
):
    entries = [
        Entry(book=Book.REDEEMED, points=count, currency=more.get("currency", "points"))
        if state is None
        else entry(lot, count, state, **more)
        for count, state, more in told
    ]
    with pytest.raises(IntegrityError, match=why):
        put(lot, *(many(lot, *entries) if many_more else entries))
    lot.refresh_from_db()
    assert (lot.active, lot.pending, lot.reserved, lot.debt) == (100, 0, 0, 0)


@pytest.mark.parametrize("many_more", [False, True], ids=["few", "many"])
def test_what_stands_of_a_lot_is_the_sum_of_its_entries(lot: Lot, many_more: bool):
    told = [entry(lot, -30), entry(lot, 20, State.RESERVED), entry(lot, 10, None)]
    put(lot, *(many(lot, *told) if many_more else told))
    lot.refresh_from_db()
    assert (lot.active, lot.reserved, lot.is_open) == (70, 20, True)
    sums = dict(EntryRow.objects.filter(book="member").values_list("state").annotate(Sum("points")).order_by())
    assert sums == {"active": 70, "reserved": 20}


def test_entries_are_not_added_to_a_transaction_that_stands(lot: Lot):
    [standing] = TransactionRow.objects.all()
    columns = "transaction_id, number, book, account_id, lot_id, state, currency, points"
    values = [
        (standing.id, 3, "member", lot.account_id, lot.id, "active", "points", -1),
        (standing.id, 4, "redeemed", None, None, None, "points", 1),
    ]
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s)"] * 2)
    with pytest.raises(IntegrityError, match="has other entries than it says"), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO loyalty_ledger_entry ({columns}) VALUES {rows}", [x for row in values for x in row]
        )


@pytest.mark.parametrize("column", ["active", "pending", "reserved", "debt", "is_open", "granted_at", "currency"])
def test_the_application_cannot_write_what_follows_from_entries(lot: Lot, column: str):
    with pytest.raises(ProgrammingError, match="permission denied"):
        Lot.objects.filter(id=lot.id).update(**{column: F(column)})


def test_the_application_cannot_write_a_debt(lot: Lot):
    with pytest.raises(ProgrammingError, match="permission denied"):
        Account.objects.filter(id=lot.account_id).update(debt=1)


def add_lot(account_id: UUID, currency: str, **more: int) -> None:
    told: dict[str, Any] = {
        "id": new_id(),
        "account_id": account_id,
        "origin_account_id": account_id,
        "currency": currency,
    }
    told |= {"granted_at": NOON, "source_kind": "order", "rule": "", "funding": "sale", **more}
    marks = ", ".join(["%s"] * len(told))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO loyalty_ledger_lot ({', '.join(told)}) VALUES ({marks})", list(told.values()))


def test_a_lot_is_not_added_with_points_in_it(lot: Lot):
    with pytest.raises(ProgrammingError, match="permission denied"):
        add_lot(lot.account_id, "points", active=5)


@pytest.mark.parametrize("table", ["transaction", "entry", "lot_move", "request", "seal"])
@pytest.mark.parametrize("what", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_what_is_posted_is_neither_changed_nor_deleted(lot: Lot, table: str, what: str):
    name, column = f"loyalty_ledger_{table}", {"request": "key", "seal": "number"}.get(table, "id")
    column = "number" if table == "entry" else column
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(what.format(name, column, column))


def test_a_lot_that_holds_something_does_not_change_its_holder(lot: Lot):
    version = shop()
    other = Account.objects.get(member_id=member(version).id, currency="points")
    with pytest.raises((IntegrityError, InternalError), match="a lot is moved when it is empty"):
        Lot.objects.filter(id=lot.id).update(account_id=other.id)


def test_a_lot_is_of_its_accounts_currency(lot: Lot):
    stars = Account.objects.get(member_id=lot.account.member_id, currency="stars")

    @transaction.atomic
    def add_one_of_another_currency() -> None:
        add_lot(stars.id, "points")
        connection.check_constraints()

    with pytest.raises(IntegrityError, match="loyalty_lot_holder"):
        add_one_of_another_currency()
