"""Whoever changes the ledger behind its back is found, and the row is named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from typer.testing import CliRunner

from regulars.faces.cli import app
from regulars.kit.ids import new_id
from regulars.loyalty.ledger import sealing
from regulars.loyalty.ledger.contracts import Verdict, WrongKind
from regulars.loyalty.ledger.models import Entry, Lot, LotMove, Seal, Transaction
from regulars.loyalty.ledger.sealing import Leaves, anchor_seals, leaves_between, seal_ledger
from regulars.loyalty.ledger.tests.ledger_story import Told, tell
from regulars.loyalty.ledger.tests.test_state_machine import Kept, run
from regulars.loyalty.ledger.verifying import find_difference, verify_ledger

TABLES = ("transaction", "entry", "lot", "lot_move", "account", "member", "member_merge", "seal")
pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def story(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """The story told, and all of it within a transaction of the database's owner, who may then tamper with it."""
    mine = connections["default"]
    connections["default"] = connections["owner"]
    # Nothing is known of what runs beside a transaction that has not ended: here nothing does.
    monkeypatch.setattr(sealing, "get_horizon", lambda: 2**62)
    try:
        yield tell()
    finally:
        connections["default"] = mine


def tamper(statement: str, *told: Any) -> None:
    """Do as the owner of the database, with its triggers off, what nobody should."""
    with connection.cursor() as cursor:
        # What waits for the end of the transaction is done now, as no table is altered with anything waiting.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE loyalty_ledger_{table} DISABLE TRIGGER USER")
        cursor.execute(statement, told)
        assert cursor.rowcount == 1, "a tampering that changes nothing proves nothing"
        for table in TABLES:
            cursor.execute(f"ALTER TABLE loyalty_ledger_{table} ENABLE TRIGGER USER")


def first(verdict: Verdict) -> tuple[WrongKind, str]:
    return verdict.wrong[0].kind, verdict.wrong[0].id


def transaction(kind: str) -> UUID:
    """Return one of a kind, the first that was posted."""
    return Transaction.objects.filter(kind=kind).order_by("position").values_list("id", flat=True)[0]


def test_a_ledger_as_it_was_posted_is_whole(story: Told) -> None:
    verdict = verify_ledger()
    assert verdict.wrong == ()
    posted = Transaction.objects.count()
    assert verdict.sealed_transactions + verdict.unsealed_transactions == posted
    assert (verdict.seals, verdict.anchored_seals) == (2, 0)
    assert 0 < verdict.unsealed_transactions < posted
    seal_ledger(now=story.end)
    assert verify_ledger().unsealed_transactions == 0


def test_whatever_was_done_to_members_the_ledger_is_whole():
    class Proven(Kept):
        def teardown(self) -> None:
            seal_ledger(now=self.now)
            assert verify_ledger().wrong == ()

    run(Proven, 12, 25)


@pytest.mark.parametrize(
    "change",
    [
        'memo = \'{"reason": "none"}\'',
        "occurred_at = occurred_at + interval '1 microsecond'",
        "posted_at = posted_at - interval '1 day'",
        "actor = 'staff:somebody'",
        "occasion = gen_random_uuid()",
        "kind = 'grant'",
    ],
)
def test_a_sealed_transaction_that_was_changed_is_named(story: Told, change: str) -> None:
    wrong = transaction("claw_back")
    tamper(f"UPDATE loyalty_ledger_transaction SET {change} WHERE id = %s", wrong)
    assert first(verify_ledger()) == (WrongKind.TRANSACTION, str(wrong))


def test_sealed_transactions_before_the_wrong_one_are_counted_as_proven(story: Told) -> None:
    third = Transaction.objects.order_by("position")[2]
    tamper("UPDATE loyalty_ledger_transaction SET memo = '{\"a\": 1}' WHERE id = %s", third.id)
    assert verify_ledger().sealed_transactions == 2


@pytest.mark.parametrize("change", ["points = points + 1", "cause = gen_random_uuid()", "book = 'breakage'"])
def test_an_entry_that_was_changed_names_its_transaction(story: Told, change: str) -> None:
    wrong = transaction("confirm")
    where = "book = 'redeemed'" if "book" in change else "number = 1"
    tamper(f"UPDATE loyalty_ledger_entry SET {change} WHERE {where} AND transaction_id = %s", wrong)
    assert first(verify_ledger()) == (WrongKind.TRANSACTION, str(wrong))


def test_an_entry_that_was_deleted_names_its_transaction(story: Told) -> None:
    wrong = transaction("confirm")
    tamper("DELETE FROM loyalty_ledger_entry WHERE number = 1 AND transaction_id = %s", wrong)
    verdict = verify_ledger()
    assert first(verdict) == (WrongKind.TRANSACTION, str(wrong))
    assert {row.kind for row in verdict.wrong} == {WrongKind.TRANSACTION, WrongKind.LOT}


def test_a_pair_that_was_added_names_its_transaction(story: Told) -> None:
    wrong = transaction("confirm")
    columns = "transaction_id, number, book, account_id, lot_id, state, currency, points"
    tamper(
        f"WITH one AS (SELECT * FROM loyalty_ledger_entry WHERE transaction_id = %s AND state IS NOT NULL LIMIT 1),"
        f" pair AS (INSERT INTO loyalty_ledger_entry ({columns}) SELECT transaction_id, 90, book, account_id, lot_id,"
        f" state, currency, 5 FROM one)"
        f" INSERT INTO loyalty_ledger_entry ({columns}) SELECT transaction_id, 91, 'issued', NULL, NULL, NULL,"
        f" currency, -5 FROM one",
        wrong,
    )
    assert first(verify_ledger()) == (WrongKind.TRANSACTION, str(wrong))


@pytest.mark.parametrize(
    "change", ["rule = 'other'", "source_id = gen_random_uuid()", "funding = 'goodwill'", "version = 9"]
)
def test_a_lot_whose_origin_was_changed_names_what_granted_it(story: Told, change: str) -> None:
    granted = transaction("grant")
    lot = Entry.objects.filter(transaction_id=granted, book="member").values_list("lot_id", flat=True)[0]
    tamper(f"UPDATE loyalty_ledger_lot SET {change} WHERE id = %s", lot)
    assert first(verify_ledger()) == (WrongKind.TRANSACTION, str(granted))


def test_a_move_that_was_changed_names_its_transaction(story: Told) -> None:
    wrong = transaction("merge")
    tamper("UPDATE loyalty_ledger_lot_move SET expires_at = '2036-01-01' WHERE transaction_id = %s", wrong)
    assert first(verify_ledger()) == (WrongKind.TRANSACTION, str(wrong))


def test_a_sealed_transaction_that_was_deleted_is_missed(story: Told) -> None:
    # One that tells no move, which would keep it.
    gone = Transaction.objects.get(id=transaction("confirm"))
    after = Transaction.objects.filter(position__gt=gone.position).order_by("position")[0]
    tamper("DELETE FROM loyalty_ledger_transaction WHERE id = %s", gone.id)
    verdict = verify_ledger()
    # Beside the one after it something is missing; whose entries are left is named too.
    assert first(verdict) == (WrongKind.TRANSACTION, str(after.id))
    assert "missing" in verdict.wrong[0].reason
    assert verdict.wrong[1].id == str(gone.id)


def test_a_transaction_that_was_put_in_among_sealed_ones_is_named(story: Told) -> None:
    wrong = new_id()
    tamper(
        "INSERT INTO loyalty_ledger_transaction (id, program_id, kind, occurred_at, posted_at, actor, memo, entries,"
        " transaction, position) SELECT %s, program_id, kind, occurred_at, posted_at, actor, memo, 0, transaction,"
        " position FROM loyalty_ledger_transaction WHERE id = %s",
        wrong,
        transaction("confirm"),
    )
    verdict = verify_ledger()
    named = {row.id for row in verdict.wrong}
    assert named <= {str(wrong), str(transaction("confirm"))}
    assert not verdict.is_whole


@pytest.mark.parametrize("part", ["pending", "active", "reserved", "debt"])
def test_a_kept_part_of_a_lot_that_was_changed_names_the_lot(story: Told, part: str) -> None:
    wrong = Lot.objects.filter(is_open=True).order_by("id")[0].id
    tamper(f"UPDATE loyalty_ledger_lot SET {part} = {part} + 1 WHERE id = %s", wrong)
    assert first(verify_ledger()) == (WrongKind.LOT, str(wrong))


@pytest.mark.parametrize(
    "change",
    [
        "is_open = NOT is_open",
        "account_id = (SELECT id FROM loyalty_ledger_account AS other WHERE other.id <> account_id"
        " AND other.currency = 'points' ORDER BY id DESC LIMIT 1)",
        "restored_at = '2026-01-01'",
    ],
)
def test_whatever_else_is_kept_of_a_lot_names_it_where_it_was_changed(story: Told, change: str) -> None:
    wrong = Lot.objects.filter(is_open=True).order_by("id")[0].id
    tamper(f"UPDATE loyalty_ledger_lot SET {change} WHERE id = %s", wrong)
    assert first(verify_ledger()) == (WrongKind.LOT, str(wrong))


def test_a_lot_whose_times_are_not_those_that_were_told_last_is_named(story: Told) -> None:
    moved = Lot.objects.get(id__in=LotMove.objects.values("id"), origin_account_id=story.accounts["ann"])
    tamper("UPDATE loyalty_ledger_lot SET expires_at = '2036-01-01' WHERE id = %s", moved.id)
    assert first(verify_ledger()) == (WrongKind.LOT, str(moved.id))


def test_times_that_never_changed_are_sealed_with_the_grant(story: Told) -> None:
    lot = Lot.objects.get(origin_account_id=story.accounts["cid"])
    granted = Transaction.objects.get(kind="grant", lines__lot=lot, lines__book="member").id
    tamper("UPDATE loyalty_ledger_lot SET expires_at = '2036-01-01' WHERE id = %s", lot.id)
    assert first(verify_ledger()) == (WrongKind.TRANSACTION, str(granted))


def test_how_a_lot_began_is_sealed_with_its_grant(story: Told) -> None:
    lot = Lot.objects.get(origin_account_id=story.accounts["ann"])
    granted = Transaction.objects.get(kind="grant", lines__lot=lot, lines__book="member").id
    tamper("UPDATE loyalty_ledger_lot_move SET expires_at = '2036-01-01' WHERE id = %s", lot.id)
    assert first(verify_ledger()) == (WrongKind.TRANSACTION, str(granted))


@pytest.mark.parametrize("change", ["debt = debt + 1", "leads_to_id = id"])
def test_what_is_kept_of_an_account_names_it_where_it_was_changed(story: Told, change: str) -> None:
    wrong = story.accounts["ben"]
    tamper(f"UPDATE loyalty_ledger_account SET {change} WHERE id = %s", wrong)
    found = {(row.kind, row.id) for row in verify_ledger().wrong}
    assert (WrongKind.ACCOUNT, str(wrong)) in found
    assert {identity for kind, identity in found if kind is WrongKind.ACCOUNT} == {str(wrong)}


def test_debt_beside_active_points_names_the_account(story: Told) -> None:
    lot = Lot.objects.filter(active__gt=0).order_by("id")[0]
    tamper("UPDATE loyalty_ledger_account SET debt = 1 WHERE id = %s", lot.account_id)
    found = [row for row in verify_ledger().wrong if "beside" in row.reason]
    assert [row.id for row in found] == [str(lot.account_id)]


def test_a_member_that_was_led_elsewhere_is_named(story: Told) -> None:
    wrong = story.members["cid"]
    tamper(
        "UPDATE loyalty_ledger_member SET merged_into_id = %s WHERE id = %s",
        story.members["ben"],
        wrong,
    )
    assert first(verify_ledger()) == (WrongKind.MEMBER, str(wrong))


def test_a_sum_of_unsealed_entries_that_was_changed_is_named(story: Told) -> None:
    wrong = Transaction.objects.order_by("-position").exclude(entries=0)[0].id
    tamper("UPDATE loyalty_ledger_entry SET points = points + 1 WHERE number = 1 AND transaction_id = %s", wrong)
    assert first(verify_ledger()) == (WrongKind.TRANSACTION, str(wrong))


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("DELETE FROM loyalty_ledger_seal WHERE number = 1", 1),
        ("UPDATE loyalty_ledger_seal SET leaves = 'x' WHERE number = 2", 2),
        ("UPDATE loyalty_ledger_seal SET digest = leaves WHERE number = 1", 1),
        ("UPDATE loyalty_ledger_seal SET transactions = 1 WHERE number = 2", 2),
    ],
)
def test_a_seal_that_was_changed_is_named(story: Told, statement: str, number: int) -> None:
    tamper(statement)
    assert first(verify_ledger()) == (WrongKind.SEAL, str(number))


def seal_anew(number: int) -> None:
    """Make a seal, the last, as if its transactions had always been as they are."""
    seal, before = Seal.objects.get(number=number), Seal.objects.get(number=number - 1)
    leaves = leaves_between(before, (seal.transaction, seal.position)).leaves
    digest = hashlib.sha256(bytes(before.digest) + leaves).digest()
    tamper("UPDATE loyalty_ledger_seal SET leaves = %s, digest = %s WHERE number = %s", leaves, digest, number)


def test_a_seal_made_anew_is_found_by_the_anchor_alone(story: Told, tmp_path: Path) -> None:
    anchor_seals(anchor := tmp_path / "anchor")
    tamper("UPDATE loyalty_ledger_transaction SET memo = '{\"a\": 1}' WHERE id = %s", transaction("unmerge"))
    assert first(verify_ledger()) == (WrongKind.TRANSACTION, str(transaction("unmerge")))
    seal_anew(2)
    assert verify_ledger().is_whole
    assert first(verify_ledger(anchor=anchor)) == (WrongKind.SEAL, "2")


def test_a_chain_that_was_cut_is_found_by_the_anchor(story: Told, tmp_path: Path) -> None:
    anchor_seals(anchor := tmp_path / "anchor")
    tamper("DELETE FROM loyalty_ledger_seal WHERE number = 2")
    assert verify_ledger().is_whole
    assert first(verify_ledger(anchor=anchor)) == (WrongKind.SEAL, "2")


@pytest.mark.parametrize(
    ("there", "place", "what"),
    [
        ("abcd", 4, "missing"),
        ("abxde", 2, "changed"),
        ("abde", 2, "missing"),
        ("abcxde", 3, "inserted"),
        ("abcdex", 5, "inserted"),
        ("", 0, "missing"),
    ],
)
def test_the_first_difference_is_told(there: str, place: int, what: str) -> None:
    def leaves(text: str) -> bytes:
        return b"".join(letter.encode() * 16 for letter in text)

    found = find_difference(
        leaves("abcde"),
        Leaves(ids=[UUID(int=ord(letter)) for letter in there], leaves=leaves(there), transaction=0, position=0),
    )
    assert found.place == place
    assert {"missing": found.missing, "inserted": found.inserted}.get(what, not (found.missing or found.inserted))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command use the database of the test."""
    monkeypatch.setattr("regulars.faces.cli.ledger.set_up_django", lambda: None)
    monkeypatch.setattr("regulars.faces.cli.running.connecting.be_ready", lambda: None)


def test_the_command_says_that_the_ledger_is_whole(story: Told, here: None) -> None:
    answer = CliRunner().invoke(app, ["verify-ledger", "--quiet"])
    assert answer.exit_code == 0
    assert "The ledger is whole" in answer.stdout


def test_the_command_names_what_is_wrong_and_fails(story: Told, here: None) -> None:
    wrong = Lot.objects.order_by("id")[0].id
    tamper("UPDATE loyalty_ledger_lot SET active = active + 1 WHERE id = %s", wrong)
    answer = CliRunner().invoke(app, ["verify-ledger"])
    assert answer.exit_code == 1
    assert f"The first row that is wrong: lot {wrong}." in answer.stderr


def test_the_command_holds_the_ledger_to_its_anchor(
    story: Told, here: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_LEDGER_ANCHOR", str(tmp_path / "anchor"))
    anchor_seals(tmp_path / "anchor")
    assert "2 anchored" in CliRunner().invoke(app, ["verify-ledger"]).stdout
    tamper("DELETE FROM loyalty_ledger_seal WHERE number = 2")
    assert CliRunner().invoke(app, ["verify-ledger"]).exit_code == 1
