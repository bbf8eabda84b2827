"""Transactions are sealed in batches, in the order in which they were posted, and the seals are anchored."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from regulars.kit.installation import read_installation
from regulars.loyalty.ledger import jobs
from regulars.loyalty.ledger.models import Seal
from regulars.loyalty.ledger.sealing import AnchorUnusable, anchor_seals, leaves_between, read_anchor, seal_ledger
from regulars.loyalty.ledger.services import grant_points
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, NOON, member, points, shop
from regulars.loyalty.ledger.tests.ledger_story import tell
from regulars.loyalty.ledger.verifying import verify_ledger

_END = (2**63 - 1, 0)


@pytest.fixture
def post(fresh_database: str):
    version = shop()
    who = member(version)

    def post_some(count: int) -> None:
        for _ in range(count):
            grant_points(member_id=who.id, currency="points", what=points(5), version=version, now=NOON, actor=ACTOR)

    return post_some


def test_what_was_posted_is_sealed_once_in_batches(post) -> None:
    post(5)
    assert [seal_ledger(now=NOON, most=2) for _ in range(4)] == [2, 2, 1, 0]
    post(1)
    assert seal_ledger(now=NOON) == 1
    assert [seal.transactions for seal in Seal.objects.order_by("number")] == [2, 2, 1, 1]
    assert verify_ledger().sealed_transactions == 6


def test_what_commits_late_is_sealed_later_and_nothing_is_forgotten(post) -> None:
    posted, go_on = threading.Event(), threading.Event()

    def late() -> None:
        version = shop()
        who = member(version)
        with transaction.atomic():
            grant_points(member_id=who.id, currency="points", what=points(5), version=version, now=NOON, actor=ACTOR)
            posted.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    posted.wait(10)
    post(2)
    assert seal_ledger(now=NOON) == 0
    go_on.set()
    thread.join()
    assert seal_ledger(now=NOON) == 3
    assert verify_ledger().is_whole


def test_who_posts_does_not_wait_for_who_seals(post) -> None:
    post(1)
    sealed, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            seal_ledger(now=NOON)
            sealed.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    sealed.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    post(2)
    go_on.set()
    thread.join()
    assert Seal.objects.get().transactions == 1


@pytest.mark.begins_with(what=tell)
def test_a_leaf_is_the_same_in_whatever_zone_and_style_a_session_writes(fresh_database: str) -> None:
    found = leaves_between(None, _END)
    with connection.cursor() as cursor:
        cursor.execute("SET timezone = 'Asia/Kathmandu'")
        cursor.execute("SET datestyle = 'German'")
        cursor.execute("SET intervalstyle = 'iso_8601'")
        cursor.execute("SET bytea_output = 'escape'")
        cursor.execute("SET extra_float_digits = -9")
    assert found.ids
    assert leaves_between(None, _END) == found


def test_each_seal_is_anchored_once(post, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor"
    assert read_anchor(anchor) == {}
    post(2)
    seal_ledger(now=NOON)
    assert anchor_seals(anchor) == 1
    before = anchor.read_bytes()
    post(2)
    seal_ledger(now=NOON, most=1)
    seal_ledger(now=NOON, most=1)
    assert anchor_seals(anchor) == 2
    assert anchor_seals(anchor) == 0
    assert anchor.read_bytes().startswith(before)
    assert read_anchor(anchor) == {seal.number: bytes(seal.digest) for seal in Seal.objects.all()}
    verdict = verify_ledger(anchor=anchor)
    assert (verdict.seals, verdict.anchored_seals, verdict.is_whole) == (3, 3, True)


@pytest.mark.parametrize("torn", ["1", "1 ab", "1 " + "0" * 63])
def test_a_line_that_broke_off_comes_again(post, tmp_path: Path, torn: str) -> None:
    anchor = tmp_path / "anchor"
    anchor.write_text(torn)
    post(1)
    seal_ledger(now=NOON)
    assert anchor_seals(anchor) == 1
    assert anchor.read_text().startswith(f"{torn}\n1 ")
    assert verify_ledger(anchor=anchor).anchored_seals == 1


def test_an_anchor_that_cannot_be_written_is_said_so(post, tmp_path: Path) -> None:
    with pytest.raises(AnchorUnusable, match="cannot be read or written"):
        anchor_seals(tmp_path / "nowhere" / "anchor")
    with pytest.raises(AnchorUnusable, match="cannot be read or written"):
        read_anchor(tmp_path)


def test_the_job_seals_and_anchors_where_the_installation_says(
    post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_TRANSACTIONS", 2)
    monkeypatch.setattr(jobs, "seal_ledger", lambda now: seal_ledger(now=now, most=2))
    told = read_installation({"REGULARS_HOME": str(tmp_path), "REGULARS_LEDGER_ANCHOR": str(tmp_path / "anchor")})
    monkeypatch.setattr(settings, "INSTALLATION", told)
    post(5)
    jobs.seal.func(timestamp=0)
    assert sorted(read_anchor(tmp_path / "anchor")) == [1, 2, 3]
