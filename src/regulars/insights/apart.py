"""Find what a run finds in a process of its own: its memory goes when it ends, and the worker goes on meanwhile.

`python -m regulars.insights.apart FOLDER` reads from the folder what is asked, tells on its standard output how far it
has come, one line of JSON each, and leaves in the folder what it found, or why it found nothing.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import OperationalError

from regulars.business.contracts import Business
from regulars.insights.asking import Asked, Found
from regulars.insights.contracts import Boundaries
from regulars.kit.errors import DomainError
from regulars.kit.i18n import activate
from regulars.kit.leash import follow_into_death
from regulars.kit.progress import Progress

_ME = "regulars.insights.apart"
_ASKED, _FOUND = "asked.json", "found.json"
# So often the one who waits looks whether it is to stop.
_LOOK_EVERY_SECONDS = 0.5
# So much does a process step back behind others that want to compute.
_IN_NO_HURRY = 10


class DiedOnTheWay(Exception):  # What befell the process, as the kernel's want of memory.
    """The process ended without a word."""


class FailedThere(Exception):  # Named by what was raised there.
    """Something unforeseen was raised in the process; `where` is the line."""

    def __init__(self, error: str, where: str) -> None:
        super().__init__(error)
        self.error, self.where = error, where


class GaveUp(DomainError):
    """What was asked cannot be found; code and sentence are those of the error that was raised there."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def find_apart(asked: Asked, folder: Path, *, progress: Progress) -> Found:
    """Do what `finding.find` does, in another process.

    Raises
    ------
    GaveUp
        There is nothing to be found.
    FailedThere
        Something unforeseen was raised.
    OperationalError
        The database was lost there; psycopg's, as from who asks it here.
    DiedOnTheWay
        The process was killed.
    """
    told = told_apart(_ME, asdict(asked), folder, progress=progress)
    cuts = {name: tuple(values) for name, values in told.pop("boundaries").items()}
    return Found(**told, boundaries=Boundaries(**cuts))


def told_apart(module: str, asked: Mapping[str, Any], folder: Path, *, progress: Progress) -> dict[str, Any]:
    """Have another process of a module do what is asked; return what it tells. It raises as `find_apart` does."""
    (folder / _ASKED).write_text(json.dumps(asked, default=str), encoding="utf-8")
    doing, done, has_ended = "", 0.0, False
    with _lines_of_process(module, folder) as lines:
        while not has_ended:
            with suppress(queue.Empty):
                line = lines.get(timeout=_LOOK_EVERY_SECONDS)
                if line is None:
                    has_ended = True
                else:
                    doing, done = json.loads(line)
            # It may say that this process is to stop, by raising.
            progress(doing, done)
    return _told(folder)


@contextmanager
def _lines_of_process(module: str, folder: Path) -> Iterator[queue.SimpleQueue[str | None]]:
    """Yield the lines that a process writes, and None behind them; it ends with the work, whatever ends that."""
    process = subprocess.Popen(  # noqa: S603  # It is this Python, and one of our modules.
        [sys.executable, "-m", module, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=follow_into_death(signal.SIGKILL),  # noqa: PLW1509  # One call of C.
    )
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield lines
    finally:
        process.kill()
        process.wait()
        reader.join()
        if process.stdout:
            process.stdout.close()


def _told(folder: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((folder / _FOUND).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DiedOnTheWay from None
    match told.pop("ended"):
        case "lost":
            raise OperationalError
        case "gave_up":
            raise GaveUp(**told)
        case "failed":
            raise FailedThere(**told)
    return told


def main(folder: Path) -> None:
    """Find what is asked in a folder, and leave there how it ended."""
    import django

    django.setup()
    from regulars.insights.finding import find

    def work(told: dict[str, Any], progress: Progress) -> Mapping[str, Any]:
        asked = _asked(told)
        activate(asked.business.language)
        return asdict(find(asked, folder, progress=progress))

    os.nice(_IN_NO_HURRY)
    do_apart(folder, work)


def do_apart(folder: Path, work: Callable[[dict[str, Any], Progress], Mapping[str, Any]]) -> None:
    """Do the work that `told_apart` asked for in a folder, and leave there what is to be told, or how it ended."""
    from regulars.stream.database import tells_of_loss

    try:
        asked = json.loads((folder / _ASKED).read_text(encoding="utf-8"))
        ended = dict(work(asked, _tell)) | {"ended": "well"}
    except DomainError as error:
        ended = {"ended": "gave_up", "code": error.code, "message": error.message}
    except Exception as error:
        if tells_of_loss(error):
            ended = {"ended": "lost"}
        else:
            ended = {"ended": "failed", "error": type(error).__name__, "where": where_raised(error)}
    part = folder / f"{_FOUND}.part"
    part.write_text(json.dumps(ended, default=str), encoding="utf-8")
    part.replace(folder / _FOUND)


def where_raised(error: Exception) -> str:
    """Return the line that raised, as `lake/source.py:41 in table`; what an error says may be what people wrote."""
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno} in {last.name}"


def _asked(told: dict[str, Any]) -> Asked:
    return Asked(
        run_id=UUID(told["run_id"]),
        as_of=date.fromisoformat(told["as_of"]),
        now=datetime.fromisoformat(told["now"]),
        business=Business(**told["business"]),
        before=told["before"],
        stock_before=told["stock_before"],
    )


def _tell(doing: str, done: float) -> None:
    sys.stdout.write(json.dumps([doing, done]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
