"""`regulars restore`: bring a backup back, whole or not at all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any

import psycopg
import typer

from regulars import __version__
from regulars.faces.cli.running.backing_up import (
    DUMP,
    FORMAT,
    MANIFEST,
    SECRETS,
    describe,
    run_program,
    sha256,
)
from regulars.faces.cli.running.setting_up import installation, one_sentence, set_up_django
from regulars.faces.cli.running.statements import rows_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _
from regulars.kit.installation import Installation, Secrets, write_secrets
from regulars.kit.postgres.binaries import NEWEST, find_binaries
from regulars.kit.run_lock import AlreadyRunning, is_running
from regulars.kit.scratch import scratch_folder

# The passwords of the logins are those of the server at hand, whatever server the backup was made of.
_OF_THE_SERVER = {"superuser", "owner", "application", "read_only"}
_FIRST_WITH_TRANSACTION_TIMEOUT = 17
_EMPTY_FIRST = b"DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n"


class DamagedBackup(DomainError):
    """The file is no whole backup."""

    code = "damaged_backup"


class NewerBackup(DomainError):
    """The backup was made by a later version than this one."""

    code = "newer_backup"


class DatabaseNotEmpty(DomainError):
    """There are data that the backup would replace."""

    code = "database_not_empty"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was looked through, unpacked in a folder."""

    manifest: Mapping[str, Any]
    folder: Path

    @property
    def secrets(self) -> Mapping[str, str] | None:
        """The secrets in it, where there are any."""
        path = self.folder / SECRETS
        kept: dict[str, str] | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        return kept


def restore(
    file: Annotated[Path, typer.Argument(help=_("What regulars backup wrote."))],
    replace: Annotated[bool, typer.Option("--replace", help=_("Replace the data that there are."))] = False,
    yes: Annotated[bool, typer.Option("--yes", help=_("Do not ask before replacing."))] = False,
) -> None:
    """Bring back a backup."""
    from regulars.faces.cli.running.database import database_alone

    with one_sentence(), opened(file) as found:
        typer.echo(describe(found.manifest), err=True)
        here = installation()
        if is_running(here.home):
            raise AlreadyRunning(_("Regulars runs in {home}; stop it before a restore.").format(home=here.home))
        if not (here.home / SECRETS).exists():
            take_over_secrets(here, found)
            # Read anew: the secrets were not there before.
            here = installation()
        set_up_django()
        refuse_unknown_migrations(found.manifest)
        with database_alone(here):
            _restore_into(here, found, replace=replace, yes=yes)
        typer.echo(_("Restored. Start Regulars with: regulars serve"), err=True)


def _restore_into(here: Installation, found: Backup, *, replace: bool, yes: bool) -> None:
    from regulars.faces.cli.running.connecting import check_databases
    from regulars.faces.cli.running.database import migrate

    seen = check_databases(here.urls)
    if holds_tables(here.urls["owner"]):
        if not replace:
            raise DatabaseNotEmpty(
                _("The database {database} holds data; --replace puts those of the backup in their place.").format(
                    database=seen["owner"].database
                )
            )
        if not yes:
            ask_before_replacing(seen["owner"].database)
    load(found.folder / DUMP, here.urls["owner"], seen["owner"].major)
    # Not before: who refuses to replace the data keeps the key too.
    take_over_secrets(here, found)
    migrate()


def ask_before_replacing(database: str) -> None:
    """Ask a person; where there is none to ask, leave all as it is."""
    sentence = _("All that the database {database} holds now will be lost. Go on?").format(database=database)
    if not sys.stdin.isatty():
        raise DatabaseNotEmpty(
            _("{sentence} Nobody is there to answer; --yes answers for them.").format(sentence=sentence)
        )
    typer.confirm(sentence, abort=True)


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Unpack a backup into a scratch folder, and look whether it is whole and not too new.

    Raises
    ------
    DamagedBackup
        It is not what `regulars backup` wrote.
    NewerBackup
        A later version wrote it.
    """
    with scratch_folder() as folder:
        try:
            with tarfile.open(path) as tar:
                for name in (MANIFEST, SECRETS, DUMP):
                    _unpack(tar, name, folder)
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            whole = all(sha256(folder / name) == digest for name, digest in manifest["sha256"].items())
            version, form = str(manifest["version"]), int(manifest["format"])
        except FileNotFoundError:
            if not path.exists():
                raise DamagedBackup(_("There is no file {path}.").format(path=path)) from None
            whole = False
        except (tarfile.TarError, OSError, ValueError, KeyError, AttributeError):
            whole = False
        if not whole:
            raise DamagedBackup(_("{path} is damaged, or is not what regulars backup wrote.").format(path=path))
        if form > FORMAT or _numbers(version) > _numbers(__version__):
            raise NewerBackup(
                _("The backup was made by version {theirs}, but this is {ours}; install the newer one first.").format(
                    theirs=version, ours=__version__
                )
            )
        yield Backup(manifest, folder)


def _unpack(tar: tarfile.TarFile, name: str, folder: Path) -> None:
    """Copy one file out of the archive, by its content alone: neither its path nor its mode is taken over."""
    try:
        source = tar.extractfile(name)
    except KeyError:
        return
    if source is None:
        return
    (folder / name).touch(mode=0o600)
    with (folder / name).open("wb") as target:
        shutil.copyfileobj(source, target)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def refuse_unknown_migrations(manifest: Mapping[str, Any]) -> None:
    """Refuse a backup whose tables this version does not know.

    Raises
    ------
    NewerBackup
        A migration in it is not one of ours.
    """
    from django.db.migrations.loader import MigrationLoader

    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(manifest["migrations"]) - known)
    if unknown:
        raise NewerBackup(
            _("The backup was made by a newer Regulars (it knows {migration}); install that one first.").format(
                migration=unknown[0]
            )
        )


def take_over_secrets(here: Installation, found: Backup) -> None:
    """Keep the key that signs sessions and links; the passwords of the logins stay those of this server."""
    theirs = found.secrets
    if theirs is None:
        return
    path = here.home / SECRETS
    if path.exists():
        ours = json.loads(path.read_text(encoding="utf-8"))
        taken = {**theirs} | {name: value for name, value in ours.items() if name in _OF_THE_SERVER}
        write_secrets(path, Secrets(**taken), replace=True)
    else:
        here.home.mkdir(parents=True, exist_ok=True)
        write_secrets(path, Secrets(**theirs))


def holds_tables(url: str) -> bool:
    """Tell whether there is any table in the database."""
    with psycopg.connect(url) as connection:
        return bool(rows_of(connection, "tables"))


def load(dump: Path, url: str, server_major: int) -> None:
    """Put what `dump` holds in the place of all that the database holds, in one transaction."""
    binaries = find_binaries(NEWEST)

    def feed(stdin: IO[bytes]) -> None:
        stdin.write(_EMPTY_FIRST)
        with subprocess.Popen(  # noqa: S603
            [binaries.program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as script:
            if script.stdout:
                _copy(script.stdout, stdin, server_major)
        if script.returncode:
            # Without its end the transaction is not committed.
            stdin.write(b"\nSELECT 'the backup is damaged'::int;\n")

    run_program([binaries.program("psql"), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", "-"], url, feed)


def _copy(script: IO[bytes], target: IO[bytes], server_major: int) -> None:
    """Copy a script, but for the setting that an older server does not know; it stands at the beginning."""
    for line in script:
        if server_major < _FIRST_WITH_TRANSACTION_TIMEOUT and line.startswith(b"SET transaction_timeout"):
            break
        target.write(line)
        if line.startswith(b"COPY "):
            break
    shutil.copyfileobj(script, target)
