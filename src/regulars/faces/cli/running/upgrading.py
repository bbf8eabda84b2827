"""`regulars upgrade`, and what every start does: bring the database up to this version, after a backup."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import typer

from regulars.faces.cli.running.setting_up import installation, one_sentence, set_up_django
from regulars.kit.i18n import gettext as _
from regulars.kit.installation import Installation
from regulars.kit.postgres import Cluster
from regulars.kit.postgres.binaries import NEWEST
from regulars.kit.supervisor import Supervisor, say_nothing

Say = Callable[[str], None]


def upgrade() -> None:
    """Bring the database up to this version."""
    from regulars.kit.run_lock import run_lock

    def say(sentence: str) -> None:
        typer.echo(sentence, err=True)

    with one_sentence():
        here = installation()
        with run_lock(here.home):
            supervisor = Supervisor(say_nothing)
            try:
                done = bring_up_to_date(here, supervisor, say=say)
            finally:
                supervisor.stop()
        say(_("The database is up to date.") if done else _("The database was up to date already."))


def bring_up_to_date(here: Installation, supervisor: Supervisor, *, say: Say) -> bool:
    """Start the embedded server where there is one, and migrate; tell whether there was anything to do.

    What is there is backed up before it is changed. A server of an older major version is moved to the newest.
    """
    set_up_django()
    from regulars.faces.cli.running.connecting import check_databases, pending_migrations
    from regulars.faces.cli.running.database import migrate, start_cluster

    moved = False
    if here.cluster:
        moved = move_to_newest(here, here.cluster, say=say)
        start_cluster(here, here.cluster, supervisor)
    check_databases(here.urls)
    pending = pending_migrations("owner")
    if pending and not moved:
        _back_up_first(here, say=say)
    migrate()
    return moved or bool(pending)


def _back_up_first(here: Installation, *, say: Say) -> None:
    from regulars.faces.cli.running.backing_up import backup_path, write_backup
    from regulars.faces.cli.running.restoring import holds_tables

    if holds_tables(here.urls["owner"]):
        path = write_backup(here, backup_path(here, None))
        say(_("A backup from before the upgrade is in {path}.").format(path=path))


def move_to_newest(here: Installation, cluster: Cluster, *, say: Say) -> bool:
    """Move the data of an older major version of PostgreSQL to the newest; tell whether there were any.

    The old data directory stays, and so does the backup that the data went through.
    """
    if cluster.major is None or cluster.major == NEWEST:
        return False
    from regulars.faces.cli.running.backing_up import DUMP, backup_path, write_backup
    from regulars.faces.cli.running.connecting import look_at
    from regulars.faces.cli.running.database import start_cluster
    from regulars.faces.cli.running.restoring import load, opened

    say(_("PostgreSQL moves from {old} to {new}; this takes a while.").format(old=cluster.major, new=NEWEST))
    with _started(lambda supervisor: start_cluster(here, cluster, supervisor)):
        path = write_backup(here, backup_path(here, None))
    new = replace(cluster, data_name="moving")
    shutil.rmtree(new.data, ignore_errors=True)
    with opened(path) as found, _started(lambda supervisor: start_cluster(here, new, supervisor)):
        load(found.folder / DUMP, here.urls["owner"], look_at("owner", here.urls["owner"]).major)
    kept = new.take_the_place_of(cluster)
    say(
        _("Moved. The old data are in {kept}, a backup in {path}; delete them when all is well.").format(
            kept=kept, path=path
        )
    )
    return True


@contextmanager
def _started(start: Callable[[Supervisor], None]) -> Iterator[None]:
    """Have a server run for the time of a work."""
    supervisor = Supervisor(say_nothing)
    try:
        start(supervisor)
        yield
    finally:
        supervisor.stop()
