"""Somebody tries a programme out in a sandbox: to the day on which points expire, and from last year on once more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.running import REGULARS
from tests.stories.conftest import folder_of_a_story

SOME_DAYS_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)

_WITHIN = """
import json, sys
from datetime import datetime, timedelta
from regulars.faces.cli.running.setting_up import installation, set_up_django
set_up_django()
from django.utils import timezone
from regulars.faces.cli.running.database import database_alone
from regulars.loyalty.ledger.models import Lot, Transaction
from regulars.loyalty.nights.models import Night
from regulars.loyalty.nights.services import run_nights
from regulars.loyalty.nights.tests.night_shop import ACTOR, shop
from regulars.loyalty.adjudication.services import put_order
from regulars.loyalty.adjudication.tests.programme_shop import customer, order, per_euro
from regulars.loyalty.ledger.members import enrol_member
from dataclasses import replace
begun = datetime.fromisoformat(sys.argv[1])
with database_alone(installation()):
"""
# A programme that began some days ago, a member, an order, and the nights since.
FILL = (
    _WITHIN
    + """
    points = {"key": "points", "name": "Points", "expiry": {"kind": "rolling", "after": "3 months"}}
    version = shop(now=begun, rules=[per_euro()], currencies=[points])
    enrol_member(customer_id=customer(), version=version, now=begun, actor=ACTOR)
    placed_at = begun + timedelta(days=3)
    put_order(order=replace(order("1", 12000), placed_at=placed_at), now=placed_at, actor=ACTOR)
    run_nights(program="beans", clock=timezone.now, actor=ACTOR)
"""
)
# What stands, of what kind the transactions are, and how many nights there were.
LOOK = (
    _WITHIN
    + """
    print(json.dumps({
        "now": timezone.now().isoformat(),
        "points": sum(lot.active for lot in Lot.objects.all()),
        "kinds": [each.kind for each in Transaction.objects.order_by("position")],
        "posted_at": [each.posted_at.isoformat() for each in Transaction.objects.order_by("position")],
        "nights": Night.objects.filter(finished_at__isnull=False).count(),
        "mails": installation().mail_server is not None,
    }))
"""
)


@pytest.fixture
def installed(made_home: Path) -> Path:
    """The home of an installation in which nothing has happened."""
    return made_home


@pytest.fixture
def box() -> Iterator[Path]:
    with folder_of_a_story() as folder:
        yield folder


def within(home: Path, script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, SOME_DAYS_AGO.isoformat()],
        env=os.environ | {"REGULARS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def look(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(within(home, LOOK))
    return found


def regulars(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*REGULARS, *arguments],
        env=os.environ | {"REGULARS_HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied(installed: Path, box: Path) -> Iterator[Path]:
    """A sandbox of an installation with a programme; the installation itself knows nothing of what is done there."""
    within(installed, FILL)
    before = look(installed)
    assert (before["points"], before["kinds"]) == (120, ["grant"])
    made = regulars(installed, "sandbox", "make", str(box))
    assert made.returncode == 0, made.stderr
    yield box
    assert {**look(installed), "now": ""} == {**before, "now": ""}


def test_a_programme_is_lived_to_a_moment_to_come_in_a_copy(copied: Path) -> None:
    # The points are good for three months, and then no longer.
    expired_at = (SOME_DAYS_AGO + timedelta(days=100)).date().isoformat()
    ran = regulars(copied, "sandbox", "run-to", expired_at, "--quiet")
    assert ran.returncode == 0, ran.stderr
    then = look(copied)
    assert (then["points"], then["kinds"]) == (0, ["grant", "expire"])
    assert then["now"][:10] >= (SOME_DAYS_AGO + timedelta(days=99)).date().isoformat()
    assert then["nights"] > 90
    assert regulars(copied, "sandbox", "run-to", SOME_DAYS_AGO.date().isoformat()).returncode == 2


def test_a_programme_is_lived_through_once_more_from_a_moment_gone_by(copied: Path) -> None:
    began = regulars(copied, "sandbox", "begin", SOME_DAYS_AGO.isoformat())
    assert began.returncode == 0, began.stderr
    day_after = SOME_DAYS_AGO + timedelta(days=4)
    ran = regulars(copied, "sandbox", "run-to", day_after.isoformat(), "--quiet")
    assert ran.returncode == 0, ran.stderr
    again = look(copied)
    assert (again["points"], again["kinds"]) == (120, ["grant"])
    assert again["nights"] in {4, 5}
    assert again["posted_at"] == [(SOME_DAYS_AGO + timedelta(days=3)).isoformat()]


def test_what_is_no_sandbox_is_not_lived_in_and_a_sandbox_reaches_no_other_database(installed: Path, box: Path) -> None:
    for arguments in (["run-to", "2027-01-01"], ["begin", "2026-01-01"], ["status"]):
        refused = regulars(installed, "sandbox", *arguments)
        assert (refused.returncode, "is no sandbox" in refused.stderr) == (2, True)
    (box / "something").touch()
    assert regulars(installed, "sandbox", "make", str(box)).returncode == 2
    (box / "something").unlink()
    assert regulars(installed, "sandbox", "make", str(box)).returncode == 0
    refused = regulars(box, "sandbox", "status", DATABASE_URL="postgresql://me@localhost/mine")
    assert (refused.returncode, "has its own database" in refused.stderr) == (2, True)
    mails = {"REGULARS_SMTP_URL": "smtp://127.0.0.1", "REGULARS_MAIL_FROM": "crm@example.com"}
    assert regulars(box, "sandbox", "status", **mails).returncode == 0
