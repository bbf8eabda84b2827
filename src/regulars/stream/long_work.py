"""Work in batches that outlives whoever does it: by one process at a time, and a lost database is no fault of it.

A feature keeps how often its work was taken up since it last got on, and gives up what takes down whoever does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError

from regulars.stream.database import tells_of_loss
from regulars.stream.statements import rows_of

# So many starts without getting on, and the work is given up.
MOST_STARTS = 5
Clock = Callable[[], datetime]
# Works whose database was lost under this process: the start that was counted was none of their doing.
_lost: set[UUID] = set()


def never() -> bool:
    """Tell that nothing asks to stop."""
    return False


@contextmanager
def alone_with(work_id: UUID) -> Iterator[bool]:
    """Yield whether this process is the only one that does a work; the lock goes with its connection."""
    key = _key(work_id)
    [(is_mine,)] = rows_of("take_up_work", {"key": key})
    try:
        yield bool(is_mine)
    except Exception as error:
        if tells_of_loss(error):
            _lost.add(work_id)
        raise
    finally:
        if is_mine:
            # Where the connection is gone, so is the lock; what ended the work is what matters then.
            with suppress(DatabaseError):
                rows_of("let_go_of_work", {"key": key})


def is_at_work(work_id: UUID) -> bool:
    """Tell whether some process does a work just now, be it a job's or a command's."""
    [(found,)] = rows_of("is_work_taken", {"key": _key(work_id)})
    return bool(found)


def _key(work_id: UUID) -> int:
    return work_id.int & (2**63 - 1)


def counts_as_start(work_id: UUID) -> bool:
    """Tell whether taking a work up again counts against it; not where the database was lost under it last time."""
    was_lost = work_id in _lost
    _lost.discard(work_id)
    return not was_lost
