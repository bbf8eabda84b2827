"""Write results so that a file is either whole or not there, whatever interrupts the work."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext as _


class OutputImpossible(DomainError):
    """A result cannot be written where the user wants it."""

    code = "output_impossible"


def check_goal(goal: Path) -> None:
    """Refuse a goal that is a folder, a device or a pipe, or whose folder is missing.

    Raises
    ------
    OutputImpossible
        It is one of them.
    """
    if goal.is_dir():
        raise OutputImpossible(_("{path} is a folder; name a file.").format(path=goal))
    if goal.exists() and not goal.is_file():
        raise OutputImpossible(_("{path} is no ordinary file; name one.").format(path=goal))
    if not goal.parent.is_dir():
        raise OutputImpossible(_("There is no folder {path} to write to.").format(path=goal.parent))


class Outputs:
    """Files in the making: each is written beside its goal and takes its name only when all are whole."""

    def __init__(self) -> None:
        self._pending: list[tuple[Path, Path]] = []

    def path_for(self, goal: Path) -> Path:
        """Return a path in the goal's folder to write to for now.

        Raises
        ------
        OutputImpossible
            The goal's folder is missing or may not be written to, or the goal is a folder.
        """
        check_goal(goal)
        goal = goal.resolve()
        try:
            handle, name = tempfile.mkstemp(dir=goal.parent, prefix=f".{goal.name}.", suffix=goal.suffix)
        except OSError as error:
            raise OutputImpossible(
                _("{path} cannot be written: {why}.").format(path=goal, why=error.strerror)
            ) from error
        os.close(handle)
        path = Path(name)
        path.chmod(0o666 & ~_umask())
        self._pending.append((path, goal))
        return path

    def publish(self) -> None:
        """Give each file its name."""
        while self._pending:
            path, goal = self._pending[0]
            path.replace(goal)
            self._pending.pop(0)

    def discard(self) -> None:
        """Remove what was not published."""
        while self._pending:
            self._pending.pop()[0].unlink(missing_ok=True)


@contextlib.contextmanager
def written_whole() -> Iterator[Outputs]:
    """Publish all files at the end, or leave none of them."""
    outputs = Outputs()
    try:
        yield outputs
        outputs.publish()
    except OSError as error:
        raise OutputImpossible(_("The result cannot be written: {why}.").format(why=error.strerror)) from error
    finally:
        outputs.discard()


def write_table(table: pa.Table, path: Path, form: str) -> None:
    """Write an Arrow table as `form`: ".csv" or ".parquet"."""
    if form == ".parquet":
        pa.parquet.write_table(table, path)
    else:
        pa.csv.write_csv(table, path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
