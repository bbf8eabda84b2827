"""What a linter cannot see of tables and statements."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from regulars.kit.sqlfile import Statement, read_statements

SOURCE = Path(__file__).parents[2] / "src" / "regulars"
# From below; a foreign key points to the same rung or one further down.
RUNGS = ["stream", "business", "staff", "customers", "orders"]
LOYALTY = ("definitions", "ledger", "tiers", "rewards", "facts", "adjudication", "membership", "nights")
RUNGS += [f"loyalty_{part}" for part in LOYALTY]
RUNGS += ["insights", "imports", "exports", "api", "console"]
STATEMENTS = [
    (path.parent.parent.name, statement)
    for path in sorted(SOURCE.rglob("sql/*.sql"))
    for statement in read_statements(path).values()
]


def wrong_keys(fields: list[models.ForeignKey[models.Model, models.Model]]) -> list[str]:
    """Return the foreign keys that point upwards, or let another feature's rows know of ours."""
    found = []
    for field in fields:
        here, there = field.model._meta.app_label, field.related_model._meta.app_label
        name = f"{here}.{field.model.__name__}.{field.name}"
        if here == there or here not in RUNGS:
            continue
        if there not in RUNGS or RUNGS.index(there) > RUNGS.index(here):
            found.append(f"{name} points upwards")
        if not field.remote_field.hidden:
            found.append(f"{name} is seen from the other side")
    return found


def foreign_keys() -> list[models.ForeignKey[models.Model, models.Model]]:
    return [
        field
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.model is model
    ]


def test_foreign_keys_point_down_and_are_not_seen_from_there() -> None:
    keys = foreign_keys()
    assert len([key for key in keys if key.model._meta.app_label in RUNGS]) > 8
    assert wrong_keys(keys) == []


def test_a_key_that_points_up_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "RUNGS", RUNGS[::-1])
    assert any("points upwards" in fault for fault in wrong_keys(foreign_keys()))


@pytest.mark.django_db
@pytest.mark.parametrize(("feature", "statement"), STATEMENTS, ids=[f"{each}-{sql.name}" for each, sql in STATEMENTS])
def test_every_statement_can_be_prepared(feature: str, statement: Statement) -> None:
    sql = statement.sql
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
    for number, name in enumerate(names, start=1):
        sql = sql.replace(f"%({name})s", f"${number}")
    with connection.cursor() as cursor:
        cursor.execute(f"PREPARE checked AS {sql.replace('%%', '%')}")
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = 'checked'")
        assert cursor.fetchone() == (1,)
        cursor.execute("DEALLOCATE checked")


def test_no_model_differs_from_its_migrations() -> None:
    loader = MigrationLoader(None)
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    assert detector.changes(graph=loader.graph) == {}


def test_every_feature_that_has_jobs_is_known_to_the_worker() -> None:
    from regulars.config.jobs import JOBS

    modules = {
        "regulars." + ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for path in SOURCE.rglob("jobs.py")
        if path.parent.name != "config"
    }
    assert set(JOBS) == modules
