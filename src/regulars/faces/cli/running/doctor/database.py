"""The database: reached, new enough, with the rights that each login should have, and up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import psycopg

from regulars.faces.cli.running.connecting import SETTINGS, DatabaseUnusable, Seen, check_databases, pending_migrations
from regulars.faces.cli.running.doctor.finding import Finding, bad, good, notice
from regulars.faces.cli.running.statements import rows_of, value_of
from regulars.kit.i18n import gettext as _
from regulars.kit.installation import Installation

MOST_APART = timedelta(seconds=5)


def look_at_database(here: Installation) -> Iterator[Finding]:
    """Look at the server, the logins and the tables; stop at what hinders the rest."""
    try:
        seen = check_databases(here.urls)
    except DatabaseUnusable as error:
        yield bad(
            "database", error.message, _("Mend the setting, or start the server; docs/settings.md describes each.")
        )
        return
    yield good("database", _("PostgreSQL {major} answers.").format(major=seen["owner"].major))
    yield clock(here.urls["default"])
    pending = pending_migrations("owner")
    yield migrations(pending)
    if not pending:
        yield logins(seen)
        yield rights(here.urls, seen)


def clock(url: str) -> Finding:
    """Look whether the server's clock and ours agree."""
    with psycopg.connect(url) as connection:
        theirs = value_of(connection, "clock")
    apart = abs(theirs - datetime.now(UTC))
    said = _("The database's clock and this machine's are {seconds} s apart.").format(
        seconds=f"{apart.total_seconds():.0f}"
    )
    if apart > MOST_APART:
        return bad("clock", said, _("Let both machines follow the same time server."))
    return good("clock", said)


def migrations(pending: list[str]) -> Finding:
    """Look whether the tables are those of this version."""
    if pending:
        return bad(
            "migrations",
            _("{count} changes of the tables are to be made ({first} first).").format(
                count=len(pending), first=pending[0]
            ),
            _("Run: regulars upgrade"),
        )
    return good("migrations", _("The tables are those of this version."))


def logins(seen: Mapping[str, Seen]) -> Finding:
    """Look whether each kind of work has a login of its own."""
    if len({login.user for login in seen.values()}) == len(seen):
        return good("logins", _("Owner, application and reading have logins of their own."))
    return notice(
        "logins",
        _("One login does the work of several, so that fewer mistakes are refused by the database itself."),
        _("Make three logins, and set {names}; docs/operating.md shows how.").format(
            names=", ".join(SETTINGS.values())
        ),
    )


def rights(urls: Mapping[str, str], seen: Mapping[str, Seen]) -> Finding:
    """Look whether the application could change what is only ever added to, and whether the reader could write."""
    from regulars.faces.cli.running.database import append_only_tables

    mend = _("Take from it what was granted by hand; regulars upgrade grants what each login needs.")
    with psycopg.connect(urls["default"]) as connection:
        changeable = [name for (name,) in rows_of(connection, "changeable", {"tables": append_only_tables()})]
    if changeable and seen["default"].user != seen["owner"].user:
        return bad(
            "rights",
            _("The application's login could change {table}, which is only ever added to.").format(table=changeable[0]),
            mend,
        )
    with psycopg.connect(urls["readonly"]) as connection:
        if value_of(connection, "writable") and seen["readonly"].user not in {
            seen["default"].user,
            seen["owner"].user,
        }:
            return bad("rights", _("The read-only login could write."), mend)
    return good("rights", _("No login may do more than it needs."))
