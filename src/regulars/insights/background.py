"""What runs and reports share: long work that is told of while it is done, and given up with a reason."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

import structlog

from regulars.insights.apart import DiedOnTheWay, FailedThere, where_raised
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress
from regulars.stream.database import is_lost
from regulars.stream.long_work import MOST_STARTS

# Progress is for people, who look once in a while.
TOLD_EVERY_SECONDS = 0.5

log = structlog.get_logger(__name__)

Tell = Callable[[str, float], bool]
"""Writes step and share done where other processes see it; False where nobody wants the work any more."""


class Interrupted(Exception):  # It is no error: this worker is to stop, or nobody wants the work any more.
    """The work goes no further here."""


def too_often() -> str:
    """Say that a work was begun so often that it is given up."""
    sentence = gettext("The work was interrupted {count} times without getting on; it may be too much here.")
    return sentence.format(count=MOST_STARTS)


def carried_through(work: Callable[[], None], *, kind: str, work_id: UUID, give_up: Callable[[str, str], None]) -> bool:
    """Do a work; give it up with code and sentence where it cannot be done; False where it goes no further here.

    The log is told where something unforeseen was raised, but not what the error says.

    Raises
    ------
    Exception
        The database was lost: that is no fault of the work's.
    """

    def unforeseen(error: str, where: str) -> None:
        log.error(f"insights_{kind}_failed", **{f"{kind}_id": str(work_id)}, error=error, where=where)
        sentence = gettext("Something unforeseen went wrong ({error}); the log of the worker tells where.")
        give_up("unforeseen", sentence.format(error=error))

    try:
        work()
    except (Interrupted, DiedOnTheWay):
        return False
    except DomainError as error:
        give_up(error.code, error.message)
    except FailedThere as error:
        unforeseen(error.error, error.where)
    except Exception as error:
        if is_lost(error):
            raise
        unforeseen(type(error).__name__, where_raised(error))
    return True


class Told:
    """Tells of a work's progress: the table, who else wants to know, and the log of how long each step took."""

    def __init__(
        self, kind: str, work_id: UUID, tell: Tell, *, should_stop: Callable[[], bool], shown: Progress | None
    ) -> None:
        self._kind, self._work_id, self._tell = kind, work_id, tell
        self._should_stop, self._shown = should_stop, shown
        self._told_at = 0.0
        self._doing, self._since = "", time.monotonic()

    def __call__(self, doing: str, done: float) -> None:
        """Tell, and go no further where this worker is to stop, or nobody wants the work any more.

        Raises
        ------
        Interrupted
            It is so.
        """
        if self._should_stop():
            raise Interrupted
        self.note(doing)
        if self._shown is not None:
            self._shown(doing, done)
        if time.monotonic() - self._told_at >= TOLD_EVERY_SECONDS:
            self._told_at = time.monotonic()
            # No transaction is open here, so that it is seen at once.
            if not self._tell(doing, done):
                raise Interrupted

    def note(self, doing: str) -> None:
        """Log how long the step before took, once another one begins."""
        if doing == self._doing:
            return
        now = time.monotonic()
        if self._doing:
            ids = {f"{self._kind}_id": str(self._work_id)}
            log.info(f"insights_{self._kind}_step", **ids, step=self._doing, seconds=round(now - self._since, 2))
        self._doing, self._since = doing, now
