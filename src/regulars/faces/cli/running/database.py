"""The database made ready: the embedded cluster with its logins, and the tables with their rights."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from regulars.faces.cli.running.statements import STATEMENTS
from regulars.kit.installation import APPLICATION, DATABASE, OWNER, READ_ONLY, Installation
from regulars.kit.postgres import Cluster
from regulars.kit.run_lock import is_running, run_lock
from regulars.kit.supervisor import Service, Supervisor, say_nothing
from regulars.stream.services import settle_clock

# The read-only login is for conditions and analytics, which have no business with accounts, keys and sessions.
NOT_FOR_READ_ONLY = ("staff", "sessions", "account", "mfa", "socialaccount", "auth", "api", "procrastinate")
STOP_SECONDS = 30.0


def postgres_service(cluster: Cluster) -> Service:
    """Return the embedded server as a process to keep running."""
    account = cluster.account
    return Service(
        name="postgres",
        command=cluster.server_command(),
        log=cluster.home / "logs" / "postgres.log",
        # A fast shutdown: open transactions are rolled back, what was committed is on disk.
        stop=signal.SIGINT,
        grace_seconds=STOP_SECONDS,
        owner=(account.uid, account.gid) if account else None,
        before_start=cluster.clear_what_a_kill_left,
    )


def make_logins(installation: Installation, cluster: Cluster) -> None:
    """Make the logins and the database of the embedded server, or bring their passwords up to the kept ones."""
    kept = installation.secrets
    logins = {OWNER: kept.owner, APPLICATION: kept.application, READ_ONLY: kept.read_only}
    standing = set(cluster.run_sql("SELECT rolname FROM pg_roles", kept.superuser).split())
    statements = [
        f"{'ALTER' if name in standing else 'CREATE'} ROLE {name} LOGIN PASSWORD '{password}';"
        for name, password in logins.items()
    ]
    cluster.run_sql("\n".join(statements), kept.superuser)
    databases = cluster.run_sql("SELECT datname FROM pg_database", kept.superuser).split()
    if DATABASE not in databases:
        cluster.run_sql(f"CREATE DATABASE {DATABASE} OWNER {OWNER}", kept.superuser)
        cluster.run_sql(f"ALTER SCHEMA public OWNER TO {OWNER}", kept.superuser, DATABASE)


def start_cluster(installation: Installation, cluster: Cluster, supervisor: Supervisor) -> None:
    """Start the embedded server, made where it does not stand and recovered where it was killed, with its logins."""
    cluster.create(installation.secrets.superuser)
    cluster.clear_what_a_kill_left()
    cluster.wait_until_ready(supervisor.start(postgres_service(cluster)))
    make_logins(installation, cluster)


@contextmanager
def running_database(installation: Installation) -> Iterator[None]:
    """Have the database run for the time of a work: the one that runs already, or one that is started for it."""
    cluster = installation.cluster
    if cluster is None or (is_running(installation.home) and cluster.is_ready()):
        yield
        return
    with database_alone(installation):
        yield


@contextmanager
def database_alone(installation: Installation) -> Iterator[None]:
    """Have the database run for the time of a work during which nothing else of this home may run."""
    supervisor = Supervisor(say_nothing)
    with run_lock(installation.home):
        try:
            if installation.cluster:
                start_cluster(installation, installation.cluster, supervisor)
            yield
        finally:
            supervisor.stop()


def migrate() -> None:
    """Bring the tables up to this version, and give each login its rights; one at a time, whoever else does."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(STATEMENTS["lock_migrating"].sql)
        try:
            call_command("migrate", database="owner", verbosity=0, interactive=False)
            grant_rights()
        finally:
            cursor.execute(STATEMENTS["unlock_migrating"].sql)
    settle_clock()


def analyse() -> None:
    """Count for the planner what the tables hold, after much has come at once."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


def grant_rights() -> None:
    """Let the application write all but what is append-only, and the read-only login read all but the staff's own."""
    owner = connections["owner"]
    names = {alias: connections[alias].settings_dict["USER"] for alias in ("owner", "default", "readonly")}
    with owner.cursor() as cursor:
        if names["default"] != names["owner"]:
            for statement in _application_rights(names["default"]):
                cursor.execute(statement.as_string(cursor.cursor))
        if names["readonly"] not in {names["owner"], names["default"]}:
            for statement in _read_only_rights(names["readonly"]):
                cursor.execute(statement.as_string(cursor.cursor))


def _application_rights(user: str) -> list[sql.Composed]:
    role = sql.Identifier(user)
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(role),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role),
        sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}").format(role),
        # What the owner makes later, partitions of the stream above all.
        sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {}").format(role),
    ]
    statements.extend(
        sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), role)
        for table in append_only_tables()
    )
    statements.extend(_rights_by_column(role))
    return statements


def _rights_by_column(role: sql.Identifier) -> Iterator[sql.Composed]:
    """Yield the rights to tables of which triggers keep some columns: to these none but to read, to others as told."""
    for model in apps.get_models():
        kept = getattr(model, "kept_by_database", None)
        if kept is None:
            continue
        table = sql.Identifier(model._meta.db_table)
        columns = [field.column for field in model._meta.concrete_fields if field.column not in kept]
        yield sql.SQL("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(table, role)
        for right, named in (("INSERT", columns), ("UPDATE", list(getattr(model, "changes", ())))):
            if named:
                listed = sql.SQL(", ").join(map(sql.Identifier, named))
                yield sql.SQL("GRANT {} ({}) ON {} TO {}").format(sql.SQL(right), listed, table, role)


def _read_only_rights(user: str) -> list[sql.Composed]:
    role = sql.Identifier(user)
    hidden = [
        model._meta.db_table  # Django's documented way to a model's table.
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in NOT_FOR_READ_ONLY
    ]
    return [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role),
        sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(role),
        sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {}").format(role),
        *(sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(table), role) for table in hidden),
        *_columns_for_read_only(role),
    ]


def _columns_for_read_only(role: sql.Identifier) -> Iterator[sql.Composed]:
    """Yield the rights to tables with columns that are not for who only reads, as the codes of vouchers."""
    for model in apps.get_models():
        withheld = getattr(model, "not_for_read_only", ())
        if withheld:
            table = sql.Identifier(model._meta.db_table)
            columns = [str(field.column) for field in model._meta.concrete_fields if field.column not in withheld]
            yield sql.SQL("REVOKE ALL ON {} FROM {}").format(table, role)
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(listed, table, role)


def append_only_tables() -> list[str]:
    """Return the tables whose models say so, and the partitions of those."""
    tables = [model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False)]
    with connections["owner"].cursor() as cursor:
        cursor.execute(STATEMENTS["partitions"].sql, {"tables": tables})
        return tables + [name for (name,) in cursor.fetchall()]
