"""`regulars backup`: the database and the secrets in one file, at one moment, while everything runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Any

import psycopg
import typer
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from regulars import __version__
from regulars.faces.cli.running.setting_up import installation, one_sentence, set_up_django
from regulars.faces.cli.running.statements import rows_of, value_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _
from regulars.kit.installation import Installation
from regulars.kit.postgres.binaries import FOLDERS, find_binaries

FORMAT = 1
MANIFEST, DUMP, SECRETS = "manifest.json", "database.dump", "secrets.json"
_CHUNK_BYTES = 2**20


class BackupFailed(DomainError):
    """The backup could not be made."""

    code = "backup_failed"


def backup(
    out: Annotated[
        Path | None, typer.Option(help=_("The file to write, or a folder for it; backups/ in the home by default."))
    ] = None,
) -> None:
    """Back up the database and the secrets."""
    with one_sentence():
        here = installation()
        set_up_django()
        from regulars.faces.cli.running.connecting import look_at
        from regulars.faces.cli.running.database import running_database

        with running_database(here):
            look_at("owner", here.urls["owner"])
            path = write_backup(here, backup_path(here, out))
        typer.echo(str(path))


def backup_path(here: Installation, out: Path | None) -> Path:
    """Return where the backup goes: `out`, or a name by the time in the folder that it is."""
    name = f"regulars-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"
    if out is None:
        return here.home / "backups" / name
    return out / name if out.is_dir() else out


def write_backup(here: Installation, path: Path) -> Path:
    """Write a backup of the running database to `path`; readable by its owner only, and whole or not there.

    Raises
    ------
    BackupFailed
        The file cannot be written, or the database not be read.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as scratch:
            folder = Path(scratch)
            manifest = _dump(here.urls["owner"], folder / DUMP)
            if (here.home / SECRETS).exists():
                (folder / SECRETS).write_bytes((here.home / SECRETS).read_bytes())
            manifest["sha256"] = {file.name: sha256(file) for file in sorted(folder.iterdir())}
            (folder / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
            _pack(folder, path)
    except OSError as error:
        raise BackupFailed(
            _("{path} cannot be written ({reason}).").format(path=path, reason=error.strerror or error)
        ) from None
    return path


def _dump(url: str, path: Path) -> dict[str, Any]:
    """Dump the database to `path`, and count its rows at the same moment; return what the manifest says."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        major = connection.info.server_version // 10_000
        snapshot = value_of(connection, "export_snapshot")
        manifest = {
            "format": FORMAT,
            "version": __version__,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "postgres_major": major,
            "migrations": _migrations(connection),
            "rows": _rows(connection),
        }
        program = _program("pg_dump", major)
        run_program(
            [program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}"],
            url,
        )
    return manifest


def _migrations(connection: psycopg.Connection) -> list[str]:
    if not value_of(connection, "has_migrations"):
        return []
    return [name for (name,) in rows_of(connection, "migrations")]


def _rows(connection: psycopg.Connection) -> dict[str, int]:
    """Count each table's rows, partitions by themselves."""
    counted = {}
    for (name,) in rows_of(connection, "tables"):
        counting = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", name))
        [(counted[name],)] = connection.execute(counting).fetchall()
    return counted


def _program(name: str, least_major: int) -> str:
    """Return the oldest client program that understands a server of `least_major`."""
    fitting = [major for major in sorted(FOLDERS) if major >= least_major]
    if not fitting:
        raise BackupFailed(
            _("The server is PostgreSQL {major}, newer than the programs of this Regulars; upgrade Regulars.").format(
                major=least_major
            )
        )
    return find_binaries(fitting[0]).program(name)


def run_program(command: Sequence[str], url: str, feed: Callable[[IO[bytes]], None] | None = None) -> None:
    """Run a program of PostgreSQL on the database at `url`; `feed` writes what it reads.

    The password goes by the environment: other users of the machine see the command line.

    Raises
    ------
    BackupFailed
        It fails; the message carries its last line.
    """
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603
            [*command, f"--dbname={make_conninfo('', **parts)}"],
            env=environment,
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        if feed:
            _feed_until_it_stops(feed, process)
        if process.wait():
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines() or [""]
            raise BackupFailed(
                _("{program} failed: {line}").format(program=Path(command[0]).name, line=_telling(lines))
            )


def _feed_until_it_stops(feed: Callable[[IO[bytes]], None], process: subprocess.Popen[bytes]) -> None:
    # Where it ends early, its exit code and what it said tell why.
    with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext() as stdin:
        if stdin:
            feed(stdin)


def _telling(lines: Sequence[str]) -> str:
    """Return the line that tells what went wrong, without details, which may quote a row."""
    return next((line for line in lines if "ERROR:" in line or "error:" in line), lines[-1])


def sha256(path: Path) -> str:
    """Return the digest of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _pack(folder: Path, path: Path) -> None:
    """Put the files of `folder` into one at `path`, the manifest first."""
    draft = folder / "backup.tar"
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name in (MANIFEST, SECRETS, DUMP):
                if (folder / name).exists():
                    tar.add(folder / name, arcname=name, filter=_anonymous)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def describe(manifest: Mapping[str, Any]) -> str:
    """Return the sentence that tells a person what a backup holds."""
    return _("Backup of {made_at}, by version {version}, {rows} rows.").format(
        made_at=manifest["made_at"], version=manifest["version"], rows=sum(manifest["rows"].values())
    )
