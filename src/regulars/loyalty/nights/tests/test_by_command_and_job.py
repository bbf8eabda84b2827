"""Nights are lived by a command and by the worker's jobs, as by the service."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from typer.testing import CliRunner

from regulars.faces.cli import app
from regulars.loyalty.definitions.queries import get_program_id
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.nights.jobs import TASK, begin_nights, run_nights_of
from regulars.loyalty.nights.queries import get_state
from regulars.loyalty.nights.tests.night_shop import give, lots, member, shop
from regulars.stream.long_work import alone_with

DAY = timedelta(days=1)


@pytest.fixture
def ann(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> Member:
    """A member for whom points become active by the next night, in a shop that has lived no night for two days."""
    # The command uses the database of the test.
    monkeypatch.setattr(import_module("regulars.faces.cli.nights"), "set_up_django", lambda: None)
    monkeypatch.setattr("regulars.faces.cli.running.connecting.be_ready", lambda: None)
    begins = timezone.now() - 2 * DAY
    version = shop(now=begins)
    who = member(version, now=begins)
    give(version, who, 120, now=begins, activates=begins + timedelta(hours=1))
    return who


def told(*words: str) -> str:
    answer = CliRunner().invoke(app, ["nights", *words])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_the_command_lives_what_is_due_and_says_how_it_went(ann: Member) -> None:
    before = told("show")
    assert "beans" in before
    assert "Next: " in before
    assert "activate" not in before
    assert "Nights that were lived: 2." in told("run", "--quiet")
    assert lots(ann) == [(0, 120)]
    assert "Nights that were lived: 0." in told("run", "--quiet", "beans")
    assert told("show", "beans").count("activate 1") == 1
    assert len(told("show", "beans", "--limit", "1").splitlines()) == 3


def test_the_command_names_a_programme_that_is_not_there(ann: Member) -> None:
    answer = CliRunner().invoke(app, ["nights", "run", "peas"])
    assert answer.exit_code != 0
    assert "There is no programme peas." in answer.output


def test_the_jobs_live_each_programme_that_is_due_once(ann: Member) -> None:
    begin_nights(0)
    begin_nights(0)
    [job] = ProcrastinateJob.objects.filter(task_name=TASK)
    assert job.args == {"program": "beans"}
    context = cast("Any", SimpleNamespace(should_abort=lambda: False))
    run_nights_of(context, **job.args)
    assert lots(ann) == [(0, 120)]
    assert all(night.finished_at for night in get_state("beans").nights)
    ProcrastinateJob.objects.all().delete()
    begin_nights(0)
    assert not ProcrastinateJob.objects.filter(task_name=TASK).exists()


def test_a_job_leaves_to_whom_is_at_it_and_stops_when_it_is_asked_to(ann: Member) -> None:
    run_nights_of(cast("Any", SimpleNamespace(should_abort=lambda: True)), program="beans")
    assert get_state("beans").nights == []
    with alone_with(get_program_id("beans")) as is_mine:
        assert is_mine
