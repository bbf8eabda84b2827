"""A folder for the time of a work, gone afterwards whatever ends the work."""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TRIES = 5
_PAUSE_SECONDS = 0.1


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder that only this user may enter, and remove it with all that it holds.

    Its name is known before it is made, so that an interruption in between finds it too.
    """
    folder = Path(tempfile.gettempdir()) / f"regulars-{uuid.uuid4().hex}"
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        # An engine that was interrupted may still be writing what it had begun.
        time.sleep(_PAUSE_SECONDS)
