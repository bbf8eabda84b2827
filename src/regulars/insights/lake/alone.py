"""Write the lake alone: a run and a report each bring it up to date, in whatever process and on whatever machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress
from regulars.stream.long_work import alone_with

# By this the writing is known to all processes; the lock goes with the connection of who has it.
LAKE = UUID("6c616b65-0000-7000-8000-6c616b650001")
_LOOK_EVERY_SECONDS = 0.5


@contextmanager
def alone_in_lake(progress: Progress) -> Iterator[None]:
    """Be the only one who writes to the lake; wait for who is at it.

    `progress` is told of it, and may raise to wait no more.
    """
    while True:
        with alone_with(LAKE) as is_mine:
            if is_mine:
                yield
                return
        progress(gettext("Waiting for another snapshot to be written"), 0.0)
        time.sleep(_LOOK_EVERY_SECONDS)
