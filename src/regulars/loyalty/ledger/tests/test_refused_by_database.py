"""The database itself refuses what does not add up, whoever writes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, connections, transaction
from django.db.models import F, Sum

from regulars.kit.ids import new_id
from regulars.loyalty.ledger import posting
from regulars.loyalty.ledger.contracts import Book, Entry, State, TransactionKind
from regulars.loyalty.ledger.desk import terms_of
from regulars.loyalty.ledger.earning import grant
from regulars.loyalty.ledger.models import Account, Lot
from regulars.loyalty.ledger.models import Entry as EntryRow
from regulars.loyalty.ledger.models import Transaction as TransactionRow
from regulars.loyalty.ledger.posting import Posted, post
from regulars.loyalty.ledger.services import grant_points
from regulars.loyalty.ledger.statements import rows_of
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, NOON, member, points, shop
from regulars.loyalty.ledger.wallets import Posting, Wallets
from regulars.stream.database import Row

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


def put(lot: Lot, *entries: Entry, kind: Any = TransactionKind.REDEEM) -> None:
    drafted = Posting(id=new_id(), kind=kind, occurred_at=NOON, entries=entries)
    program_id = lot.account.member.program_id
    with transaction.atomic():
        post([drafted], Posted(program_id=program_id, now=NOON, actor=ACTOR))


def many(lot: Lot, *wrong: Entry) -> list[Entry]:
    """Many entries that come to nothing, and some more."""
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
    more = [entry(lot, -1), entry(lot, 1, None)]
    again = Posting(id=standing.id, kind=TransactionKind.REDEEM, occurred_at=NOON, entries=more)
    with pytest.raises(IntegrityError, match="duplicate key"), transaction.atomic():
        post([again], Posted(program_id=standing.program_id, now=NOON, actor=ACTOR))


@pytest.mark.parametrize("kind", TransactionKind)
def test_a_transaction_is_of_a_kind_that_there_is(lot: Lot, kind: TransactionKind):
    put(lot, entry(lot, -1), entry(lot, 1, None), kind=kind)
    with pytest.raises(IntegrityError, match="is of no kind that there is"):
        put(lot, entry(lot, -1), entry(lot, 1, None), kind=f"{kind}s")


@pytest.mark.parametrize("book", [book for book in Book if book is not Book.MEMBER])
def test_an_entry_names_an_account_or_a_book_that_there_is(lot: Lot, book: Book):
    put(lot, entry(lot, -1), entry(lot, 1, None, book=book))
    wrong: list[Any] = [
        {"book": f"{book}s"},
        {"book": Book.MEMBER},
        {"book": book, "account_id": lot.account_id},
    ]
    for told in wrong:
        with pytest.raises(IntegrityError, match="has an entry that says nothing"):
            put(lot, entry(lot, -1), entry(lot, 1, None, **told))
    for told in ({"book": book}, {"account_id": None}, {"lot_id": None}, {"state": "spent"}):
        with pytest.raises(IntegrityError):
            put(lot, entry(lot, -1, **told), entry(lot, 1, None))
    with pytest.raises(IntegrityError, match="has an entry that says nothing"):
        put(lot, entry(lot, 0), entry(lot, 0, None))


@pytest.mark.parametrize("told", [["counts", [1]], ["counts", [3]], ["lot_ids", [UUID(int=7)]]])
def test_what_is_told_of_a_transaction_fits_together(lot: Lot, told: list[Any], monkeypatch: pytest.MonkeyPatch):
    def run(name: str, parameters: dict[str, Any]) -> list[Row]:
        return rows_of(name, {**parameters, told[0]: told[1]})

    monkeypatch.setattr(posting, "rows_of", run)
    with pytest.raises(IntegrityError):
        put(lot, entry(lot, -1), entry(lot, 1, None))


@pytest.mark.parametrize("table", ["transaction", "entry", "lot"])
def test_the_application_posts_in_one_way_only(lot: Lot, table: str):
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO loyalty_ledger_{table} SELECT * FROM loyalty_ledger_{table}")


@pytest.mark.django_db(databases=["default", "readonly"])
@pytest.mark.parametrize("name", ["open", "post", "activate", "expire", "grant"])
def test_who_only_reads_does_not_post(name: str):
    asked = "SELECT has_function_privilege(oid, 'EXECUTE') FROM pg_proc WHERE proname = %s"
    for login, may in (("readonly", False), ("default", True)):
        with connections[login].cursor() as cursor:
            cursor.execute(asked, [f"loyalty_ledger_{name}"])
            assert cursor.fetchall() == [(may,)]


@pytest.mark.parametrize("column", ["active", "pending", "reserved", "debt", "is_open", "granted_at", "currency"])
def test_the_application_cannot_write_what_follows_from_entries(lot: Lot, column: str):
    with pytest.raises(ProgrammingError, match="permission denied"):
        Lot.objects.filter(id=lot.id).update(**{column: F(column)})


def test_the_application_cannot_write_a_debt(lot: Lot):
    with pytest.raises(ProgrammingError, match="permission denied"):
        Account.objects.filter(id=lot.account_id).update(debt=1)


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
    version = shop()
    [drafted] = grant(Wallets((), terms_of(version)), stars.id, "points", points(5), now=NOON)
    with pytest.raises(IntegrityError, match="names a lot that is not there"), transaction.atomic():
        post([drafted], Posted(program_id=version.program_id, now=NOON, actor=ACTOR))
    put(lot, entry(lot, -100), entry(lot, 100, None))
    with pytest.raises(IntegrityError, match="a lot is of its account's currency"):
        Lot.objects.filter(id=lot.id).update(account_id=stars.id)
