"""Reach the database, or say in one sentence why not; a password is never part of the sentence."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from regulars.faces.cli.running.statements import rows_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.installation import unreadable_address

OLDEST_MAJOR = 15
CONNECT_SECONDS = 10
STARTING_SECONDS = 30.0
_PAUSE_SECONDS = 0.5
SETTINGS = {"default": "DATABASE_URL", "owner": "DATABASE_OWNER_URL", "readonly": "DATABASE_READONLY_URL"}


class DatabaseUnusable(DomainError):
    """The database cannot be reached, or not be used as Regulars must use it."""

    code = "database_unusable"


class Unreachable(DatabaseUnusable):
    """No server answers; it may do so in a moment."""

    code = "database_unreachable"


class NotMigrated(DatabaseUnusable):
    """The tables are not those of this version."""

    code = "not_migrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a login sees of its database."""

    user: str
    database: str
    server: int
    major: int
    may_create: bool


def look_at(alias: str, url: str) -> Seen:
    """Sign in with the login `alias`, and look at its database.

    Raises
    ------
    DatabaseUnusable
        It cannot be reached, or is too old.
    """
    name = SETTINGS[alias]
    with _connected(name, url) as connection:
        major = connection.info.server_version // 10_000
        if major < OLDEST_MAJOR:
            raise DatabaseUnusable(
                gettext("{name} leads to PostgreSQL {major}, but Regulars needs {least} or newer.").format(
                    name=name, major=major, least=OLDEST_MAJOR
                )
            )
        [(server, may_create)] = rows_of(connection, "look")
        return Seen(
            user=connection.info.user,
            database=connection.info.dbname,
            server=server,
            major=major,
            may_create=may_create,
        )


def check_databases(urls: Mapping[str, str]) -> Mapping[str, Seen]:
    """Look at the database with each login; return what they see.

    Raises
    ------
    DatabaseUnusable
        One cannot be reached, is too old, is not the others' database, or lacks a right.
    """
    seen = {alias: look_at(alias, url) for alias, url in urls.items()}
    application, owner = seen["default"], seen["owner"]
    for alias, other in seen.items():
        if (other.server, other.database) != (application.server, application.database):
            raise DatabaseUnusable(
                gettext("{name} leads to another database than DATABASE_URL; all must lead to the same one.").format(
                    name=SETTINGS[alias]
                )
            )
    if not owner.may_create:
        raise DatabaseUnusable(
            gettext(
                "The login {user} may not make tables in {database}; let the database's owner run: "
                "GRANT CREATE ON SCHEMA public TO {user}."
            ).format(user=owner.user, database=owner.database)
        )
    return seen


def be_ready() -> None:
    """Wait a little for the database, and make sure that its tables are those of this version; Django is set up.

    Raises
    ------
    DatabaseUnusable
        It does not answer, or has not been brought up to this version.
    """
    from regulars.faces.cli.running.setting_up import installation

    url = installation().urls["default"]
    deadline = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            look_at("default", url)
            break
        except Unreachable:
            # The server may be starting, as after a restart of the machine.
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
    if pending_migrations("default"):
        raise NotMigrated(gettext("The database is not at this version's state yet; run regulars upgrade."))


def pending_migrations(alias: str) -> list[str]:
    """Return the migrations that are to be run, as `stream.0001_initial`."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[alias])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _connected(name: str, url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, connect_timeout=CONNECT_SECONDS, autocommit=True)
    except psycopg.ProgrammingError:
        # What libpq says quotes the address, and so perhaps the password.
        raise unreadable_address(name) from None
    except psycopg.OperationalError as error:
        parts = conninfo_to_dict(url)
        place = f"{parts.get('host') or 'localhost'}:{parts.get('port') or 5432}"
        refusal = str(error).partition("FATAL: ")[2].strip().splitlines()
        if refusal:
            raise _refused(name, place, refusal[0].strip()) from None
        raise Unreachable(
            gettext("No database server answers at {place}, where {name} leads.").format(name=name, place=place)
        ) from None


def _refused(name: str, place: str, reason: str) -> DatabaseUnusable:
    """Return the error for a server that answered, and said no."""
    if "starting up" in reason or "shutting down" in reason or "recovery" in reason:
        return Unreachable(gettext("The database server at {place} is not ready yet.").format(place=place))
    return DatabaseUnusable(
        gettext("The database server at {place}, where {name} leads, refuses: {reason}.").format(
            place=place, name=name, reason=reason
        )
    )
